"""Documents are of a kind; all that there were are of the first one.

The column has a default in the database: processes of the version before may still run, and know nothing of it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rooms", "0003_search_and_drafts")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="kind",
            field=models.CharField(db_default="text", default="text", editable=False, max_length=20),
        ),
    ]
