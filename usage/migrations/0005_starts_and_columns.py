"""The rest of the life cycle in the database: how a usage may begin, and that billed ones keep their columns too.

Usages that come with a life behind them (a demonstration, a copy of another database) say so by the setting
`tmfusage.import` of the session or transaction. The trigger for INSERT runs after the row, so that COPY stays fast.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION usage_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tmfusage.import', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'A usage cannot arrive as %; it can arrive as received, guided, rated.', NEW.status
            USING ERRCODE = 'TMF01', HINT = 'SET LOCAL tmfusage.import = on, to import usages as they are.';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER usage_start AFTER INSERT ON usage_usage
    FOR EACH ROW WHEN (NEW.status NOT IN ('received', 'guided', 'rated')) EXECUTE FUNCTION usage_start();

CREATE FUNCTION usage_billed_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A usage is billed: only its description may change.' USING ERRCODE = 'TMF01';
END $$;

CREATE TRIGGER usage_billed_columns BEFORE UPDATE ON usage_usage
    FOR EACH ROW WHEN (OLD.status = 'billed' AND (
        ROW(NEW.id, NEW.type, NEW.specification_id, NEW.usage_date, NEW.usage_type,
            NEW.party_ids, NEW.product_ids, NEW.external_ids, NEW.numbers)
        IS DISTINCT FROM
        ROW(OLD.id, OLD.type, OLD.specification_id, OLD.usage_date, OLD.usage_type,
            OLD.party_ids, OLD.product_ids, OLD.external_ids, OLD.numbers)
    )) EXECUTE FUNCTION usage_billed_columns();
"""

BACKWARD = """
DROP TRIGGER usage_billed_columns ON usage_usage;
DROP FUNCTION usage_billed_columns();
DROP TRIGGER usage_start ON usage_usage;
DROP FUNCTION usage_start();
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0004_release_values")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
