"""The client that registers a listener may be a token's, whose name has up to 200 characters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0002_storage")]
    operations = [
        migrations.AlterField(
            "hub",
            "client_id",
            models.CharField(blank=True, db_collation="C", max_length=255, verbose_name="API client"),
        ),
    ]
