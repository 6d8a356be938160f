"""Ranges of numbers with their four kinds of interval."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from specs.value_types import NUMBERS, folded, is_number, number_text

Bound = int | Decimal | None
# Whether the lower and the upper end belong to the range.
INTERVALS = {
    "open": (False, False),
    "closed": (True, True),
    "closedbottom": (True, False),
    "closedtop": (False, True),
}
OFFICIAL = "open, closed, closedBottom, closedTop"


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers between two bounds, either of which may be missing."""

    low: Bound
    high: Bound
    with_low: bool = True
    with_high: bool = True

    @classmethod
    def of(cls, members: dict[str, Any]) -> "Range | None":
        """The range of a value specification; None when it has no bounds. Without an interval it is closed."""
        low, high = (
            bound if is_number(bound) else None for bound in (members.get("valueFrom"), members.get("valueTo"))
        )
        if low is None and high is None:
            return None
        return cls(low, high, *INTERVALS.get(folded(members.get("rangeInterval")), (True, True)))

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and not (self.with_low and self.with_high))

    def predicate(self) -> Callable[[Any], bool]:
        """What tells whether a value is a number of the range."""
        low, high = self.low, self.high
        if low is not None and high is not None and self.with_low and self.with_high:
            return lambda value: type(value) in NUMBERS and low <= value <= high
        above = _above(low, self.with_low)
        below = _below(high, self.with_high)
        return lambda value: type(value) in NUMBERS and above(value) and below(value)

    def schema(self) -> dict[str, Any]:
        """The range in the words of JSON Schema."""
        schema: dict[str, Any] = {}
        if self.low is not None:
            schema["minimum" if self.with_low else "exclusiveMinimum"] = self.low
        if self.high is not None:
            schema["maximum" if self.with_high else "exclusiveMaximum"] = self.high
        return schema

    def words(self, unit: str = "") -> str:
        """The range as a message names it."""
        unit = f" {unit}" if unit else ""
        low = None if self.low is None else number_text(self.low)
        high = None if self.high is None else number_text(self.high)
        if low is not None and high is not None and self.with_low and self.with_high:
            return f"a number from {low} to {high}{unit}"
        bottom = low and f"{'at least' if self.with_low else 'more than'} {low}"
        top = high and f"{'at most' if self.with_high else 'less than'} {high}"
        return f"a number of {' and '.join(filter(None, (bottom, top)))}{unit}"


def _above(low: Bound, with_low: bool) -> Callable[[Any], bool]:
    if low is None:
        return lambda _value: True
    return (lambda value: value >= low) if with_low else (lambda value: value > low)


def _below(high: Bound, with_high: bool) -> Callable[[Any], bool]:
    if high is None:
        return lambda _value: True
    return (lambda value: value <= high) if with_high else (lambda value: value < high)
