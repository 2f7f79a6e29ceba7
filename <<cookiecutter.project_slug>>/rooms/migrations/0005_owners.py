from django.conf import settings
from django.db import migrations, models

import rooms.ownership


class Migration(migrations.Migration):
    dependencies = [("rooms", "0004_kinds"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AlterField(
            model_name="room",
            name="owner",
            field=models.ForeignKey(
                on_delete=rooms.ownership.hand_over, related_name="owned_rooms", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
