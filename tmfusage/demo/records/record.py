"""What a network element reports before anyone has looked at it: a record, and what may be charged for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tmfusage.demo.operator import Organization
from tmfusage.demo.subscribers import Subscriber
from tmfusage.tmf.moments import instant_text

NEVER_CHARGED = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charge:
    """So many units at a net price each; first from the plan's monthly allowance, where one is named."""

    product: str
    quantity: int
    unit: str
    price: Decimal
    tariff: str
    allowance: str = ""
    tax_rate: int = 20


@dataclass(frozen=True, slots=True)
class Trip:
    """A stay abroad: country, zone of the price list, partner network, from and to."""

    country: str
    name: str
    zone: str
    network: str
    partner: Organization
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One use by one subscriber, in the words of one specification."""

    specification: tuple[str, str]
    usage_type: str
    description: str
    subscriber: Subscriber
    start: datetime
    end: datetime
    characteristics: list[dict[str, Any]]
    charge: Charge
    delay: timedelta
    partners: list[tuple[str, Organization]] = field(default_factory=list)

    @property
    def arrived(self) -> datetime:
        """When the record reached us."""
        return self.end + self.delay


@dataclass(frozen=True)
class World:
    """What the makers of records know: who there is, where they travel, what time it is, and chance."""

    now: datetime
    voice_switch: datetime
    people: list[Subscriber]
    trips: dict[str, Trip]
    rng: Random

    def somebody(self, holding: str = "mobile") -> Subscriber:
        """A subscriber who holds such a product, active ones more often."""
        holders = [person for person in self.people if holding in person.products]
        return self.rng.choices(holders, [person.activity for person in holders])[0]

    def soon(self) -> timedelta:
        """The delay of the home network: seconds to minutes."""
        return timedelta(milliseconds=self.rng.randint(1_500, 600_000))


def value(name: str, value_type: str, content: Any) -> dict[str, Any]:
    """One usage characteristic."""
    return {"name": name, "valueType": value_type, "value": content}


def period(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The two usage characteristics that say when something began and ended."""
    return [
        value("startDateTime", "dateTime", instant_text(start)),
        value("endDateTime", "dateTime", instant_text(end)),
    ]


def about(rng: Random, median: float, spread: float, least: int, most: int) -> int:
    """A whole number around the median, with a long tail, within bounds."""
    return max(least, min(most, round(rng.lognormvariate(0, spread) * median)))


def weighted(rng: Random, shares: Sequence[tuple[str, int]]) -> str:
    """One of the words, each as often as its share."""
    words, weights = zip(*shares, strict=True)
    return rng.choices(words, weights)[0]
