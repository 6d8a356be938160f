"""Amounts as reports tell them, worked out once: most buckets hold one of few amounts."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from consumption import units


@lru_cache(16_384)
def told(amount: Decimal, unit: str) -> tuple[dict[str, Any], str]:
    """The amount of base units as a Quantity, and for people; neither is to be changed."""
    return units.quantity(amount, unit), units.text(amount, unit)
