"""A query that kills its worker is given up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consumption", "0006_reservations_end")]

    operations = [
        migrations.AddField(
            "queryusageconsumption", "attempts", models.PositiveSmallIntegerField(default=0, editable=False)
        ),
    ]
