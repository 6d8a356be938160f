"""Kinds of buckets, as product managers define them."""

import calendar
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from consumption import units
from consumption.models.fields import amounts, ids, period
from tmfusage.tmf.moments import instant
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import new_id

LONGEST = 1_000  # so many years ahead there is still a date
DAYS = {"day": 1, "week": 7}


def default_thresholds() -> list[int]:
    """Percent of a bucket at which listeners are told, unless its specification says otherwise."""
    return [80, 100]


class BucketSpecificationQuerySet(models.QuerySet):
    """Finds kinds of buckets."""

    def named_by(self, members: dict[str, Any]) -> "BucketSpecification | None":
        """The kind that the members of a bucket name; None when they name none, or one that is not kept here."""
        named = (members.get("bucketSpecification") or {}).get("id")
        return BucketSpecification.objects.filter(pk=named).first() if named else None


class BucketSpecification(models.Model):
    """A kind of bucket: what it counts, how much of it is granted, for how long, and when to warn."""

    class Period(models.TextChoices):
        """What a period is counted in."""

        DAY = "day", _("days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")
        YEAR = "year", _("years")

    id = ids(_("id"), primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    usage_type = ids(_("usage type"), default="", blank=False, help_text=_("Such as data, voice, sms, or EUR."))
    unit = models.CharField(_("unit"), max_length=32, help_text=_("Such as GB, minutes, messages, or EUR."))
    unlimited = models.BooleanField(_("unlimited"), default=False)
    is_shared = models.BooleanField(_("shared"), default=False, help_text=_("Between several devices or users."))
    default_amount = amounts(_("granted"), max_digits=20, null=True, blank=True, default=None,
                             help_text=_("At the beginning of each period, in the unit beside."))  # fmt: skip
    thresholds = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(100)]),
        verbose_name=_("thresholds"),
        default=default_thresholds,
        blank=True,
        size=10,
        help_text=_("Percent used at which listeners are told, such as 80,100."),
    )
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("Lower ones are used up first; among equals the one that ends soonest.")
    )
    period_count = models.PositiveSmallIntegerField(
        _("valid for"), null=True, blank=True, default=None,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST)],
    )  # fmt: skip
    period = models.CharField(_("counted in"), max_length=5, choices=Period, default=Period.MONTH)
    renews = models.BooleanField(_("renews"), default=False, help_text=_("Granted anew when the period ends."))
    active = models.BooleanField(_("active"), default=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    objects = BucketSpecificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("bucket specification")
        verbose_name_plural = _("bucket specifications")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(default_amount__isnull=True) | models.Q(default_amount__gte=0),
                name="consumption_kind_grants",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse amounts that cannot be kept exactly or are less than nothing, and renewal without a period."""
        if self.default_amount and self.default_amount < 0:
            raise ValidationError({"default_amount": _("Nobody can be granted less than nothing.")})
        if self.renews and not self.period_count:
            raise ValidationError({"period_count": _("What renews needs a period.")})
        try:
            units.to_base(self.default_amount or Decimal(0), self.unit)
        except TmfError as refusal:
            raise ValidationError({"default_amount": refusal.message}) from refusal
        before = type(self).objects.filter(pk=self.pk).values_list("unit", flat=True).first()
        if before and not units.same_family(before, self.unit) and self.buckets.exists():
            raise ValidationError({"unit": _("Buckets of this kind count in units that do not convert into this one.")})
        self.thresholds = sorted(set(self.thresholds or ()))

    @property
    def granted(self) -> Decimal:
        """What a period begins with, in base units."""
        return units.to_base(self.default_amount or Decimal(0), self.unit)

    def end_after(self, start: datetime, periods: int = 1) -> datetime | None:
        """When so many periods that start then end; None when they never do."""
        if not self.period_count:
            return None
        count = self.period_count * periods
        if self.period in DAYS:
            return start + timedelta(days=count * DAYS[self.period])
        return months_later(start, count * (12 if self.period == self.Period.YEAR else 1))

    def period_at(self, anchor: datetime, moment: datetime) -> tuple[datetime, datetime]:
        """The period in which the moment lies, counted from the anchor: a month's last day does not wear off."""
        days = DAYS.get(self.period, 366 if self.period == self.Period.YEAR else 31) * (self.period_count or 1)
        # No period is longer, so that many are over for certain.
        over = (moment - anchor) // timedelta(days=days)
        start, end = self.end_after(anchor, over), self.end_after(anchor, over + 1)
        while start and end and end <= moment:
            over += 1
            start, end = end, self.end_after(anchor, over + 1)
        if not (start and end):
            raise ValueError(f"{self} has no period.")
        return start, end

    def anchor_of(self, start: datetime | None, end: datetime) -> datetime:
        """From where the periods of a bucket are counted of which one ends then: its start, if that fits the end."""
        fits = start and start < end and self.period_at(start, end)[0] == end
        return start if start and fits else end

    def filled(self, members: dict[str, Any], start: datetime) -> dict[str, Any]:
        """The wire members of a new bucket of this kind: what they leave out is as the kind has it."""
        given = {name: item for name, item in members.items() if item is not None}
        whole = {"name": self.name, "usageType": self.usage_type, "isShared": self.is_shared, **given}
        whole["validFor"] = self._validity(given.get("validFor") or {}, start)
        holds = given.get("remainingValue")
        if holds is not None:
            whole["remainingValue"] = {**holds, "units": holds.get("units") or self.unit}
        elif self.unlimited and "isUnlimited" not in given:
            whole["isUnlimited"] = True
        elif not given.get("isUnlimited"):
            whole["remainingValue"] = {"amount": self.default_amount or 0, "units": self.unit}
        return whole

    def _validity(self, given: dict[str, Any], start: datetime) -> dict[str, str]:
        """The period that was asked for, or else one from its start, or from now."""
        if given.get("endDateTime"):
            return given
        start = instant(given["startDateTime"]) if given.get("startDateTime") else start
        return period(start, self.end_after(start))

    @property
    def reference(self) -> dict[str, Any]:
        """The BucketSpecificationRef of the wire."""
        return {"id": self.id, "name": self.name, "@referredType": "BucketSpecification"}


def months_later(start: datetime, count: int) -> datetime:
    """The same day so many months later, or the last one of a shorter month."""
    years, month = divmod(start.month - 1 + count, 12)
    year = start.year + years
    return start.replace(year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1]))
