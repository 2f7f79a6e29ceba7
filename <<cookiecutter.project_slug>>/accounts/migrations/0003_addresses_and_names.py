"""Addresses are stored in their one form, names as one line that can be seen."""

import logging

from django.db import IntegrityError, migrations, transaction

import accounts.addresses
import accounts.names

logger = logging.getLogger(__name__)


def normalise(apps, schema_editor):
    alias = schema_editor.connection.alias
    for app, model in (("accounts", "User"), ("account", "EmailAddress")):
        rows = apps.get_model(app, model).objects.using(alias)
        for key, stored in list(rows.values_list("pk", "email")):
            address = accounts.addresses.canonical_or_same(stored)
            if address == stored:
                continue
            try:
                with transaction.atomic(using=alias):
                    rows.filter(pk=key).update(email=address)
            except IntegrityError:
                # Two people stand under what is one address: somebody has to decide.
                logger.warning("%s %s: %r is another one's %r, and left as it is", model, key, stored, address)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_cache_table"), ("account", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="email",
            field=accounts.addresses.AddressField(max_length=254, unique=True, verbose_name="e-mail address"),
        ),
        migrations.AlterField(
            model_name="user",
            name="name",
            field=accounts.names.LineField(
                blank=True,
                help_text="How others see you.",
                max_length=100,
                validators=[accounts.names.check_visible],
            ),
        ),
        migrations.RunPython(normalise, migrations.RunPython.noop),
    ]
