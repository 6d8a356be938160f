"""Deliveries know whether they waited behind one that was given up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0004_catching_up")]
    operations = [
        migrations.AddField("delivery", "waited", models.BooleanField(default=False, db_default=False)),
    ]
