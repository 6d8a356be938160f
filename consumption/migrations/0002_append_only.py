"""What a model cannot say: entries are never changed, and rows leave room for their next balance."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION consumption_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is only added to: correct an entry by another one.' USING ERRCODE = 'TMF02';
END $$;

CREATE TRIGGER consumption_append_only BEFORE UPDATE OR DELETE ON consumption_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION consumption_append_only();

-- A new balance stands in the same page as the old one, and no index learns of it.
ALTER TABLE consumption_bucket SET (fillfactor = 75);
ALTER TABLE consumption_bucketcounter SET (fillfactor = 75);
ALTER TABLE consumption_runningtotal SET (fillfactor = 75);

ALTER TABLE consumption_ledgerentry ADD CONSTRAINT consumption_entry_sign CHECK (
    CASE WHEN kind IN ('grant', 'reversal', 'release', 'overage', 'unlimited') THEN amount > 0
         WHEN kind IN ('debit', 'expiry', 'reservation', 'overageReversal', 'unlimitedReversal') THEN amount < 0
         WHEN kind IN ('adjustment', 'transfer') THEN amount <> 0
         ELSE false END);
"""

BACKWARD = """
ALTER TABLE consumption_ledgerentry DROP CONSTRAINT consumption_entry_sign;
ALTER TABLE consumption_bucket RESET (fillfactor);
ALTER TABLE consumption_bucketcounter RESET (fillfactor);
ALTER TABLE consumption_runningtotal RESET (fillfactor);
DROP TRIGGER consumption_append_only ON consumption_ledgerentry;
DROP FUNCTION consumption_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("consumption", "0001_buckets")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
