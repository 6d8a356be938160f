"""Drop the second index on ids: with collation C the primary key serves prefixes as well."""

from django.db import migrations

FORWARD = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE tablename = 'usage_usage' AND indexname LIKE '%_id_%_like'
    LOOP
        EXECUTE format('DROP INDEX %I', name);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0002_life_cycle")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
