"""The life cycle again, as a trigger: no SQL console and no bulk update can bypass it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION usage_life_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed text[] := CASE OLD.status
        WHEN 'received' THEN ARRAY['guided', 'rejected']
        WHEN 'guided' THEN ARRAY['rated', 'rejected']
        WHEN 'rated' THEN ARRAY['rerated', 'billed']
        WHEN 'rerated' THEN ARRAY['rated']
        WHEN 'rejected' THEN ARRAY['recycled']
        WHEN 'recycled' THEN ARRAY['guided', 'rejected']
        ELSE ARRAY[]::text[]
    END;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status = 'billed' THEN
            RAISE EXCEPTION 'A billed usage cannot be deleted.' USING ERRCODE = 'TMF01';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.status <> OLD.status AND NOT NEW.status = ANY (allowed) THEN
        RAISE EXCEPTION 'A usage cannot go from % to %.', OLD.status, NEW.status USING ERRCODE = 'TMF01';
    END IF;
    IF OLD.status = 'billed' AND (NEW.document::jsonb - 'description') <> (OLD.document::jsonb - 'description') THEN
        RAISE EXCEPTION 'A usage is billed: only its description may change.' USING ERRCODE = 'TMF01';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER usage_life_cycle BEFORE UPDATE OR DELETE ON usage_usage
    FOR EACH ROW EXECUTE FUNCTION usage_life_cycle();

ALTER TABLE usage_usage ADD CONSTRAINT usage_status_known
    CHECK (status IN ('received', 'guided', 'rated', 'rerated', 'billed', 'rejected', 'recycled'));
ALTER TABLE usage_usage ADD CONSTRAINT usage_priced
    CHECK (status NOT IN ('rated', 'rerated', 'billed')
           OR COALESCE(json_typeof(document -> 'ratedProductUsage' -> 0) = 'object', false));
"""

BACKWARD = """
ALTER TABLE usage_usage DROP CONSTRAINT usage_priced;
ALTER TABLE usage_usage DROP CONSTRAINT usage_status_known;
DROP TRIGGER usage_life_cycle ON usage_usage;
DROP FUNCTION usage_life_cycle();
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_usage")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
