import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0001_initial"),
        ("rooms", "0008_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="guest",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="rooms.guest"
            ),
        ),
        migrations.AddField(
            model_name="thread",
            name="resolved_by_guest",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="rooms.guest"
            ),
        ),
    ]
