"""A usage rated anew takes again of periods that are over; totals of a phone number are kept under one spelling."""

from django.db import migrations, models

# As `consumption.models.owners.canonical`: the digits of what looks like a phone number, without 00 in front.
# The oldest of the totals that become one keeps its id; postings that counted towards another one follow.
MERGE = """
CREATE TEMPORARY TABLE consumption_respelled ON COMMIT DROP AS
WITH bare AS (
    SELECT t.*, CASE WHEN owner_kind = 'resource' AND owner_key ~ '^[+0-9 ()./-]+$'
                     THEN regexp_replace(regexp_replace(owner_key, '[^0-9]', '', 'g'), '^00', '') END AS digits
    FROM consumption_runningtotal t
), spelled AS (
    SELECT b.*, CASE WHEN length(digits) BETWEEN 5 AND 15 THEN digits ELSE owner_key END AS canonical FROM bare b
)
SELECT id, canonical, value, min(id) OVER same AS kept, sum(value) OVER same AS total
FROM spelled
WINDOW same AS (PARTITION BY canonical, owner_kind, product_id, user_id, usage_type, unit, period_start);

DELETE FROM consumption_respelled r USING consumption_runningtotal t
WHERE t.id = r.id AND t.owner_key = r.canonical AND r.kept = r.id AND r.total = r.value
  AND NOT EXISTS (SELECT 1 FROM consumption_respelled o WHERE o.kept = r.id AND o.id <> r.id);

UPDATE consumption_posting p SET totals = (
    SELECT jsonb_agg(jsonb_build_array(coalesce(r.kept, e.item ->> 0), e.item -> 1) ORDER BY e.place)
    FROM jsonb_array_elements(p.totals) WITH ORDINALITY AS e (item, place)
    LEFT JOIN consumption_respelled r ON r.id = e.item ->> 0
)
WHERE p.totals <> '[]'::jsonb AND EXISTS (
    SELECT 1 FROM jsonb_array_elements(p.totals) AS e (item)
    JOIN consumption_respelled r ON r.id = e.item ->> 0 AND r.kept <> r.id
);

DELETE FROM consumption_runningtotal t USING consumption_respelled r WHERE r.id = t.id AND r.kept <> r.id;

UPDATE consumption_runningtotal t SET owner_key = r.canonical, value = r.total
FROM consumption_respelled r WHERE r.id = t.id;

DROP TABLE consumption_respelled;
"""
SIGN = """
ALTER TABLE consumption_ledgerentry DROP CONSTRAINT consumption_entry_sign;
ALTER TABLE consumption_ledgerentry ADD CONSTRAINT consumption_entry_sign CHECK (
    CASE WHEN kind IN ('grant', 'reversal', 'release', 'overage', 'unlimited'{positive}) THEN amount > 0
         WHEN kind IN ('debit', 'expiry', 'reservation', 'overageReversal', 'unlimitedReversal') THEN amount < 0
         WHEN kind IN ('adjustment', 'transfer') THEN amount <> 0
         ELSE false END);
"""
KINDS = [
    ("grant", "Grant"),
    ("debit", "Debit"),
    ("reversal", "Reversal"),
    ("expiry", "Expiry"),
    ("adjustment", "Adjustment"),
    ("reservation", "Reservation"),
    ("release", "Release"),
    ("transfer", "Transfer"),
    ("overage", "Beyond the bucket"),
    ("overageReversal", "Reversal beyond the bucket"),
    ("unlimited", "Used without limit"),
    ("unlimitedReversal", "Reversal without limit"),
    ("expiryReversal", "Reversal of an expiry"),
]
SOURCES = [
    ("impact", "the usage itself"),
    ("rule", "a consumption rule"),
    ("none", "nothing: its buckets are kept elsewhere"),
]


class Migration(migrations.Migration):
    dependencies = [("consumption", "0003_queries_and_actions")]
    operations = [
        # Spellings that were merged are not told apart again.
        migrations.RunSQL(MERGE, migrations.RunSQL.noop),
        migrations.RunSQL(SIGN.format(positive=", 'expiryReversal'"), SIGN.format(positive="")),
        migrations.AlterField(
            "ledgerentry", "kind", models.CharField(choices=KINDS, max_length=18, verbose_name="what")
        ),
        migrations.AlterField("posting", "source", models.CharField(choices=SOURCES, max_length=6, verbose_name="by")),
        migrations.AddIndex(
            "ledgerentry",
            models.Index(
                fields=["bucket", "period_start"],
                condition=models.Q(kind__in=["expiry", "expiryReversal"]),
                name="consumption_entry_expired",
            ),
        ),
        migrations.RemoveConstraint("ledgerentry", "consumption_entry_usage"),
        migrations.AddConstraint(
            "ledgerentry",
            models.UniqueConstraint(
                fields=["usage_id", "bucket", "kind", "sequence", "period_start"],
                condition=~models.Q(usage_id=""),
                name="consumption_entry_usage",
                nulls_distinct=False,
            ),
        ),
    ]
