import django.db.models.deletion
from django.db import migrations, models

import publish.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ('rooms', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Page',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=publish.models.new_token, max_length=32, unique=True)),
                ('is_public', models.BooleanField(default=False)),
                ('is_listed', models.BooleanField(default=False)),
                ('title', models.TextField(blank=True)),
                ('language', models.CharField(blank=True, max_length=35)),
                ('html', models.TextField(blank=True)),
                ('summary', models.TextField(blank=True)),
                ('read', models.DateTimeField(help_text='When it was read from the document last.', null=True)),
                (
                    'room',
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name='public_page', to='rooms.room'
                    ),
                ),
            ],
        ),
    ]
