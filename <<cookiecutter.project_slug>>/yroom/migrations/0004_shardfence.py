from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("yroom", "0003_delete_liveworker")]

    operations = [
        migrations.CreateModel(
            name="ShardFence",
            fields=[
                ("shard", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("worker", models.CharField(max_length=100)),
                ("term", models.BigIntegerField()),
            ],
        ),
    ]
