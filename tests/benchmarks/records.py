"""The measured data: usages of about 2.3 kB with nested sub-resources, the same in every run."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

SEED = 635
TYPES = ("Voice", "SMS", "Data", "Roaming", "TV")
STATUSES = ("received", "guided", "rated", "rerated", "billed", "rejected", "recycled")
FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
WANTED = {"usageType": "Voice", "status": "rated"}
HOST = "https://csp.example/tmf-api"

_TEXTS = {"callType": ("national", "international", "onnet"), "unit": ("SEC",), "network": ("4G", "5G")}
_NUMBERS = {"duration": 86_400, "setupTime": 60_000, "cellChanges": 100, "quality": 100}
_FREE = ("originatingNumber", "destinationNumber", "cell", "imsi", "trunk", "callReference")


def specification() -> dict[str, Any]:
    """The specification of every measured usage: twelve characteristics, most of them mandatory."""
    characteristics = [_characteristic(name, "string", _allowed(values)) for name, values in _TEXTS.items()]
    characteristics += [_characteristic(name, "integer", _range(top)) for name, top in _NUMBERS.items()]
    characteristics += [_characteristic(name, "string", []) for name in _FREE]
    return {
        "name": "Benchmark call",
        "version": "1.0",
        "lifecycleStatus": "Active",
        "validFor": {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2099-01-01T00:00:00Z"},
        "specCharacteristic": characteristics,
    }


def usages(count: int, specification_id: str) -> Iterator[dict[str, Any]]:
    """Wire members of this many usages of the specification, types and statuses evenly spread."""
    chance = random.Random(SEED)
    for number in range(count):
        yield {
            "usageType": TYPES[number % len(TYPES)],
            "status": STATUSES[number // len(TYPES) % len(STATUSES)],
            **_members(number, chance, specification_id),
        }


def posted(count: int, specification_id: str) -> list[dict[str, Any]]:
    """Wire members of usages to post, as a mediation system would send them."""
    chance = random.Random(SEED + 1)
    return [{"usageType": "Posted", **_members(number, chance, specification_id)} for number in range(count)]


def _members(number: int, chance: random.Random, specification_id: str) -> dict[str, Any]:
    moment = FIRST_DAY + timedelta(seconds=number * 50 % (60 * 86_400))
    return {
        "description": f"Measured usage number {number}",
        "usageDate": _text(moment),
        "ratedProductUsage": [_rating(moment, chance)],
        "relatedParty": [_party("customer", chance.randrange(20_000)), _party("serviceProvider", 7)],
        "usageCharacteristic": _characteristics(chance),
        "usageSpecification": {
            "id": specification_id,
            "name": "Benchmark call",
            "@referredType": "UsageSpecification",
        },
    }


def _characteristics(chance: random.Random) -> list[dict[str, Any]]:
    texts = {name: chance.choice(values) for name, values in _TEXTS.items()}
    numbers = {name: chance.randrange(top) for name, top in _NUMBERS.items()}
    free = {name: f"9689{chance.randrange(10**7):07}" for name in _FREE}
    return [
        {"name": name, "valueType": kind, "value": value}
        for values, kind in ((texts, "string"), (numbers, "integer"), (free, "string"))
        for name, value in values.items()
    ]


def _rating(moment: datetime, chance: random.Random) -> dict[str, Any]:
    net = chance.randrange(1, 9_999) * 10 + 5
    product = f"product-{chance.randrange(20_000)}"
    return {
        "isBilled": False,
        "isTaxExempt": False,
        "offerTariffType": "Normal",
        "ratingAmountType": "Total",
        "ratingDate": _text(moment + timedelta(seconds=30)),
        "taxRate": 5,
        "usageRatingTag": "usage",
        "taxExcludedRatingAmount": {"unit": "OMR", "value": net / 1000},
        "taxIncludedRatingAmount": {"unit": "OMR", "value": net * 2 / 1000},
        "bucketValueConvertedInAmount": {"unit": "OMR", "value": 0},
        "productRef": {
            "id": product,
            "href": f"{HOST}/productInventory/v4/product/{product}",
            "name": "Post-paid voice",
            "@referredType": "Product",
        },
    }


def _party(role: str, number: int) -> dict[str, Any]:
    return {
        "id": f"{role}-{number}",
        "href": f"{HOST}/partyManagement/v4/individual/{role}-{number}",
        "name": f"Party {number}",
        "role": role,
        "@referredType": "Individual",
    }


def _characteristic(name: str, kind: str, allowed: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "valueType": kind,
        "configurable": True,
        "minCardinality": 1,
        "maxCardinality": 1,
        "characteristicValueSpecification": allowed,
    }


def _allowed(values: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"valueType": "string", "value": value} for value in values]


def _range(top: int) -> list[dict[str, Any]]:
    return [{"valueType": "integer", "valueFrom": 0, "valueTo": top, "rangeInterval": "closed"}]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
