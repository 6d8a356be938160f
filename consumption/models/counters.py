"""What has been used: per bucket, and in total where there is no bucket."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consumption.models.bucket import Bucket
from consumption.models.fields import amounts, ids
from tmfusage.tmf.resources import ExactJSONField, new_id


class BucketCounter(models.Model):
    """How much of a bucket, or beyond it, one user of one product has used in one period."""

    class Type(models.TextChoices):
        """TMF677's words."""

        USED = "used", _("Used")
        OUT_OF_BUCKET = "outOfBucket", _("Out of bucket")

    id = ids(_("id"), primary_key=True, default=new_id, editable=False)
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="counters", db_index=False)
    counter_type = models.CharField(_("type"), max_length=32, choices=Type)
    period_start = models.DateTimeField(_("from"), null=True)
    period_end = models.DateTimeField(_("until"), null=True)
    user_id = ids(_("user"))
    product_id = ids(_("product"))
    value = amounts(_("value"))
    characteristic = ExactJSONField(_("characteristics"), default=list, blank=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        ordering = ["bucket_id", "period_start", "counter_type"]
        constraints = [
            models.UniqueConstraint(
                fields=["bucket", "counter_type", "period_start", "user_id", "product_id"],
                name="consumption_counter",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.counter_type} {self.value}"


class RunningTotal(models.Model):
    """What was used in a calendar month (UTC) without any bucket; the consumptionSummary of a product."""

    id = ids(_("id"), primary_key=True, default=new_id, editable=False)
    owner_kind = models.CharField(_("whose"), max_length=8)
    owner_key = ids(_("key"))
    product_id = ids(_("product"), db_index=True)
    user_id = ids(_("user"))
    usage_type = ids(_("usage type"))
    unit = models.CharField(_("unit"), max_length=32)
    period_start = models.DateTimeField(_("from"))
    period_end = models.DateTimeField(_("until"))
    value = amounts(_("value"))

    class Meta:
        verbose_name = _("running total")
        verbose_name_plural = _("running totals")
        ordering = ["owner_key", "period_start", "usage_type"]
        indexes = [models.Index(fields=["user_id"], name="consumption_total_user")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner_key", "owner_kind", "product_id", "user_id", "usage_type", "unit", "period_start"],
                name="consumption_total",
            )
        ]

    def __str__(self) -> str:
        return f"{self.usage_type} {self.value} {self.unit}"


class Crossing(models.Model):
    """A threshold was crossed: noted once, and again only after the bucket had been below it."""

    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="crossings")
    threshold = models.PositiveSmallIntegerField(_("percent"))
    period_start = models.DateTimeField(_("from"), null=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("threshold crossed")
        verbose_name_plural = _("thresholds crossed")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.threshold} %"
