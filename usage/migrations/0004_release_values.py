"""Rejected usages hold no unique values any more, nor do recycled ones before they are guided."""

from django.db import migrations

FORWARD = """
DELETE FROM usage_uniquevalue v USING usage_usage u
WHERE u.id = v.usage_id AND u.status IN ('rejected', 'recycled')
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0003_one_index_on_ids")]
    # Backwards nothing: a value that was released may be another's by then.
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
