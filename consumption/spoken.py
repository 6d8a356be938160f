"""Amounts and periods as staff read them: one of a unit is one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext_lazy

from consumption import units
from consumption.models import Bucket, BucketSpecification

Period = BucketSpecification.Period
PERIODS = {
    Period.DAY: ngettext_lazy("%(n)s day", "%(n)s days", "count"),
    Period.WEEK: ngettext_lazy("%(n)s week", "%(n)s weeks", "count"),
    Period.MONTH: ngettext_lazy("%(n)s month", "%(n)s months", "count"),
    Period.YEAR: ngettext_lazy("%(n)s year", "%(n)s years", "count"),
}
# By their names in `units`; abbreviations are the same for one and for many.
UNITS = {
    "seconds": ngettext_lazy("%(n)s second", "%(n)s seconds", "count"),
    "minutes": ngettext_lazy("%(n)s minute", "%(n)s minutes", "count"),
    "hours": ngettext_lazy("%(n)s hour", "%(n)s hours", "count"),
    "days": PERIODS[Period.DAY],
    "units": ngettext_lazy("%(n)s unit", "%(n)s units", "count"),
    "messages": ngettext_lazy("%(n)s message", "%(n)s messages", "count"),
    "events": ngettext_lazy("%(n)s event", "%(n)s events", "count"),
}
FRACTIONS = 2  # are told as several are


def amount(base: Decimal, unit: str) -> str:
    """The amount of base units, in the unit, or in a smaller one where it is not exact in that."""
    return counted(*units.shown(base, unit))


def remaining(bucket: Bucket) -> str:
    """What may still be used of the bucket."""
    if bucket.unlimited:
        return gettext("unlimited")
    return amount(bucket.state_shown(timezone.now()).remaining, bucket.unit) if bucket.measured else "—"


def quantity(told: Mapping[str, Any]) -> str:
    """The Quantity of a report, which is told in a unit in which it is exact."""
    return counted(Decimal(told["amount"]), told["units"])


def lasting(count: int, period: str) -> str:
    """So many days, weeks, months or years."""
    return str(PERIODS[Period(period)] % {"n": count, "count": count})


def counted(number: Decimal, unit: str) -> str:
    """So many of the unit."""
    digits = units.digits(number, unit)
    if unit not in UNITS:
        return f"{digits} {unit}".strip()
    whole = number == number.to_integral_value()
    return str(UNITS[unit] % {"n": digits, "count": abs(int(number)) if whole else FRACTIONS})
