"""The ledger: every change of a balance, never changed itself."""

from collections.abc import Mapping

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consumption.models.bucket import Bucket
from consumption.models.fields import amounts, ids
from tmfusage.tmf.resources import ExactJSONField


class LedgerEntry(models.Model):
    """One change of one bucket; a trigger keeps it as it is. A correction is another entry."""

    class Kind(models.TextChoices):
        """Why a balance changed."""

        GRANT = "grant", _("Grant")
        DEBIT = "debit", _("Debit")
        REVERSAL = "reversal", _("Reversal")
        EXPIRY = "expiry", _("Expiry")
        ADJUSTMENT = "adjustment", _("Adjustment")
        RESERVATION = "reservation", _("Reservation")
        RELEASE = "release", _("Release")
        TRANSFER = "transfer", _("Transfer")
        OVERAGE = "overage", _("Beyond the bucket")
        OVERAGE_REVERSAL = "overageReversal", _("Reversal beyond the bucket")
        UNLIMITED = "unlimited", _("Used without limit")
        UNLIMITED_REVERSAL = "unlimitedReversal", _("Reversal without limit")
        EXPIRY_REVERSAL = "expiryReversal", _("Reversal of an expiry")

    # What one unit of an entry's (signed) amount changes: granted, remaining, reserved, overage.
    EFFECT: Mapping[str, tuple[int, int, int, int]] = {
        Kind.GRANT: (1, 1, 0, 0),
        Kind.ADJUSTMENT: (1, 1, 0, 0),
        Kind.TRANSFER: (1, 1, 0, 0),
        Kind.DEBIT: (0, 1, 0, 0),
        Kind.REVERSAL: (0, 1, 0, 0),
        Kind.EXPIRY: (0, 1, 0, 0),
        Kind.RESERVATION: (0, 1, -1, 0),
        Kind.RELEASE: (0, 1, -1, 0),
        Kind.OVERAGE: (0, 0, 0, 1),
        Kind.OVERAGE_REVERSAL: (0, 0, 0, 1),
        Kind.UNLIMITED: (0, 0, 0, 0),
        Kind.UNLIMITED_REVERSAL: (0, 0, 0, 0),
        Kind.EXPIRY_REVERSAL: (0, 1, 0, 0),
    }
    BACK: Mapping[str, str] = {
        Kind.DEBIT: Kind.REVERSAL,
        Kind.OVERAGE: Kind.OVERAGE_REVERSAL,
        Kind.UNLIMITED: Kind.UNLIMITED_REVERSAL,
    }

    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("bucket"))
    kind = models.CharField(_("what"), max_length=18, choices=Kind)
    amount = amounts(_("amount"))
    resulting_remaining = amounts(_("then remaining"))
    usage_id = ids(_("usage"))
    sequence = models.PositiveIntegerField(_("rating"), default=0)
    period_start = models.DateTimeField(_("period"), null=True)
    user_id = ids(_("user"))
    product_id = ids(_("product"))
    key = ids(_("key of the request"))
    reference = ids(_("reservation"))
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    by = models.CharField(_("by"), max_length=255)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["bucket", "id"], name="consumption_entry_bucket"),
            models.Index(fields=["bucket", "reference"], condition=~Q(reference=""), name="consumption_entry_reserved"),
            models.Index(
                fields=["bucket", "period_start"], condition=Q(kind__in=["expiry", "expiryReversal"]),
                name="consumption_entry_expired",
            ),
        ]  # fmt: skip
        constraints = [
            # Rated anew, a usage may take of a period that is over and of the present one.
            models.UniqueConstraint(
                fields=["usage_id", "bucket", "kind", "sequence", "period_start"],
                condition=~Q(usage_id=""),
                name="consumption_entry_usage",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["bucket", "key", "kind"], condition=~Q(key=""), name="consumption_entry_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Posting(models.Model):
    """What one rating of a usage took; at most one of a usage stands at a time."""

    class Source(models.TextChoices):
        """What said how much to take."""

        IMPACT = "impact", _("the usage itself")
        RULE = "rule", _("a consumption rule")
        NONE = "none", _("nothing: its buckets are kept elsewhere")

    usage_id = ids(_("usage"), blank=False)
    sequence = models.PositiveIntegerField(_("rating"))
    source = models.CharField(_("by"), max_length=6, choices=Source)
    # Totals without a bucket that it counted towards: [[id, amount], …].
    totals = ExactJSONField(_("totals"), default=list)
    at = models.DateTimeField(_("at"), default=timezone.now)
    reversed_at = models.DateTimeField(_("reversed"), null=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["usage_id", "sequence"], name="consumption_posting_rating"),
            models.UniqueConstraint(
                fields=["usage_id"], condition=Q(reversed_at__isnull=True), name="consumption_posting_stands"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.usage_id} {self.sequence}"
