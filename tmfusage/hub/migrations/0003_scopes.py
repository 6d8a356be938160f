"""Listeners keep the scopes to read with which they registered; those of today's clients are asked for everything."""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
UPDATE hub_hub SET scopes = CASE api WHEN 'usageManagement' THEN ARRAY['spec:read', 'usage:read']
                                     ELSE ARRAY['consumption:read'] END
WHERE starts_with(created_by, 'client:') OR starts_with(created_by, 'token:')
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0002_storage")]
    operations = [
        migrations.AddField(
            "hub",
            "scopes",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, editable=False, size=None, verbose_name="scopes"
            ),
        ),
        migrations.AlterField(
            "hub",
            "client_id",
            models.CharField(blank=True, db_collation="C", max_length=255, verbose_name="API client"),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
