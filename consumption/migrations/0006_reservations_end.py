"""Reservations are released when their validity is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consumption", "0005_renewal")]

    operations = [
        migrations.AddField("balanceaction", "release_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddIndex(
            "balanceaction",
            models.Index(
                condition=models.Q(("release_at__isnull", False), ("status", "completed")),
                fields=["release_at"],
                name="consumption_action_release",
            ),
        ),
    ]
