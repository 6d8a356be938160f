"""The columns that hold amounts and ids, and periods as the wire has them."""

from datetime import datetime
from typing import Any

from django.db import models

from consumption.units import DECIMALS
from tmfusage.tmf.moments import instant_text

DIGITS = 28


def amounts(name: Any, **options: Any) -> models.DecimalField:
    """A column of base units: numeric(28,6), wider than numeric(20,6) of the wire, for a gigabyte is 10^9 bytes."""
    return models.DecimalField(name, **{"max_digits": DIGITS, "decimal_places": DECIMALS, "default": 0, **options})


def ids(name: Any, **options: Any) -> models.CharField:
    """A column of somebody's id, compared byte by byte; empty when there is none."""
    return models.CharField(name, **{"max_length": 255, "db_collation": "C", "blank": True, "default": "", **options})


def period(start: datetime | None, end: datetime | None) -> dict[str, str]:
    """The TimePeriod of the wire; open ends are left out."""
    ends = {"startDateTime": instant_text(start)} if start else {}
    if end:
        ends["endDateTime"] = instant_text(end)
    return ends
