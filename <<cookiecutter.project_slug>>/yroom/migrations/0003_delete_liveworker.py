from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("yroom", "0002_damaged")]

    operations = [migrations.DeleteModel(name="LiveWorker")]
