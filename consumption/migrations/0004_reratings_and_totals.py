"""A usage rated anew takes again of periods that are over."""

from django.db import migrations, models

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
