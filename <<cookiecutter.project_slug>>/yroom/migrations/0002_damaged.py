from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("yroom", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="DamagedRoom",
            fields=[
                ("room", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("reason", models.TextField()),
                ("found", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="DamagedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("room", models.CharField(db_index=True, max_length=255)),
                ("sequence", models.BigIntegerField(null=True)),
                ("data", models.BinaryField()),
                ("checksum", models.BigIntegerField()),
                ("user", models.CharField(blank=True, max_length=64)),
                ("created", models.DateTimeField()),
                ("reason", models.TextField()),
                ("set_aside", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
