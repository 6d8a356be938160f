"""Amounts and periods as reports tell them, worked out once: most buckets hold one of few, for one of few periods."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from consumption import units
from consumption.models.fields import period


@lru_cache(16_384)
def told(amount: Decimal, unit: str) -> tuple[dict[str, Any], str]:
    """The amount of base units as a Quantity, and for people; neither is to be changed."""
    return units.quantity(amount, unit), units.text(amount, unit)


@lru_cache(4_096)
def told_period(start: datetime | None, end: datetime | None) -> dict[str, str]:
    """The TimePeriod of the wire; it is not to be changed."""
    return period(start, end)
