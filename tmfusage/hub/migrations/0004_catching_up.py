"""How far a listener is that catches up with what it missed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0003_scopes")]
    operations = [
        migrations.AddField(
            "hub",
            "catch_up_from",
            models.DateTimeField(editable=False, null=True, verbose_name="catching up since"),
        ),
        migrations.AddField("hub", "catch_up_after", models.BigIntegerField(default=0, editable=False)),
        migrations.AddField("hub", "replay_until", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("hub", "again_after", models.BigIntegerField(default=0, editable=False)),
        migrations.AddField("hub", "again_to", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField("hub", "cancelling", models.BooleanField(default=False, editable=False)),
    ]
