"""Who changed a specification may have a long name: of a token's client up to 206 characters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("specs", "0001_specifications")]
    operations = [
        migrations.AlterField(
            "historicalusagespecification", "history_change_reason", models.CharField(max_length=255, null=True)
        ),
    ]
