from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("yroom", "0004_shardfence")]

    operations = [
        migrations.CreateModel(
            name="RoomSchema",
            fields=[
                ("room", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("schema", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="FormerRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("room", models.CharField(db_index=True, max_length=255)),
                ("schema", models.IntegerField(null=True)),
                ("sequence", models.BigIntegerField(null=True)),
                ("data", models.BinaryField()),
                ("checksum", models.BigIntegerField()),
                ("user", models.CharField(blank=True, max_length=64)),
                ("created", models.DateTimeField()),
                ("replaced", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
    ]
