"""Each earlier secret of a listener signs until its own end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0005_waiting")]
    operations = [
        migrations.AddField(
            "hub",
            "older_secrets",
            models.JSONField(default=list, db_default=[], editable=False, verbose_name="older secrets, sealed"),
        ),
    ]
