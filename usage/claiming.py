"""The values that no two usages of a specification share: each usage claims its own, the database keeps them apart.

A rejected usage holds none: another may come with its values. It claims them anew when it is recycled and guided.
"""

import hashlib
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from specs.rule_names import UNIQUE
from tmfusage.tmf.refusals import broken
from tmfusage.tmf.violations import Violation

if TYPE_CHECKING:
    from usage.models import Usage

Unique = list[tuple[str, str]]


def claim(usage: "Usage", unique: Unique) -> None:
    """Note the values that no other usage of the specification may have; 400 when one is taken."""
    for name, value in unique:
        try:
            with transaction.atomic():
                usage.unique_values.create(
                    specification_id=usage.specification_id or "", name=name, digest=digest(value)
                )
        except IntegrityError as exc:
            message = f"another usage of the specification already has this value of {name}, which is unique"
            taken = Violation("$.usageCharacteristic", "duplicateValue", message, name, UNIQUE)
            raise broken([taken]) from exc


def claim_anew(usage: "Usage", unique: Unique) -> None:
    """Release what the usage holds, and claim these values instead."""
    usage.unique_values.all().delete()
    claim(usage, unique)


def digest(value: str) -> str:
    """The fixed-length key of a unique value."""
    return hashlib.sha256(value.encode()).hexdigest()
