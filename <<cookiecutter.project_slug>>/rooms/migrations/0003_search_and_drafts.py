"""Titles are found in a form of their own; documents that were left empty are drafts.

The new columns have defaults in the database: processes of the version before may still run, and know nothing of them.
"""

from django.db import migrations, models

import rooms.search


def fold_titles(apps, schema_editor):
    rows = apps.get_model("rooms", "Room").objects.using(schema_editor.connection.alias)
    for key, title in rows.exclude(title="").values_list("pk", "title").iterator():
        rows.filter(pk=key).update(folded_title=rooms.search.fold(title))


class Migration(migrations.Migration):
    dependencies = [("rooms", "0002_addresses_and_titles")]

    operations = [
        migrations.AlterModelOptions(name="room", options={"ordering": ["-updated", "-id"]}),
        migrations.AddField(
            model_name="room",
            name="folded_title",
            field=rooms.search.FoldedField(db_default="", default="", editable=False, of="title"),
        ),
        migrations.AddField(
            model_name="room",
            name="is_draft",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(fold_titles, migrations.RunPython.noop),
    ]
