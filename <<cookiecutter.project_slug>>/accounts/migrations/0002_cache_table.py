"""The table of Django's database cache, in which failed logins and the like are counted where there is no Redis."""

from django.core.management import call_command
from django.db import migrations

TABLE = "site_cache"


def create(apps, schema_editor):
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(create, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, f"DROP TABLE {TABLE}"),
    ]
