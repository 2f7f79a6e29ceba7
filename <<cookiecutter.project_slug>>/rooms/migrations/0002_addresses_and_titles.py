"""Invitations go to addresses in their one form; titles are one line that can be seen."""

from django.db import migrations

import accounts.addresses
import accounts.names


def normalise(apps, schema_editor):
    rows = apps.get_model("rooms", "Invitation").objects.using(schema_editor.connection.alias)
    for key, room, stored in list(rows.values_list("pk", "room", "email")):
        address = accounts.addresses.canonical_or_same(stored)
        if address == stored:
            continue
        if rows.filter(room=room, email=address).exists():
            rows.filter(pk=key).delete()
        else:
            rows.filter(pk=key).update(email=address)


class Migration(migrations.Migration):
    dependencies = [("rooms", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="email",
            field=accounts.addresses.AddressField(max_length=254),
        ),
        migrations.AlterField(
            model_name="room",
            name="title",
            field=accounts.names.LineField(blank=True, max_length=200),
        ),
        migrations.RunPython(normalise, migrations.RunPython.noop),
    ]
