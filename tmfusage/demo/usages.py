"""Sixty days of usages of two hundred subscribers; the same seed and time give the same bytes again."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from tmfusage.demo.catalogue import voice_switch
from tmfusage.demo.identifiers import uuid7
from tmfusage.demo.journeys import Journey, Move
from tmfusage.demo.operator import OPERATOR, PARTIES
from tmfusage.demo.rating import Rater
from tmfusage.demo.records import draw_record
from tmfusage.demo.records.abroad import draw_trips
from tmfusage.demo.records.record import Record, World
from tmfusage.demo.subscribers import subscribers
from tmfusage.tmf.moments import instant_text

SEED = 635
USAGES = 5_000


@dataclass(frozen=True, slots=True)
class DemoUsage:
    """A usage as it is stored: id, time of arrival, members in the wire's words, and the moves it made."""

    id: str
    arrived: datetime
    members: dict[str, Any]
    moves: list[Move]


def usages(now: datetime, seed: int = SEED, count: int = USAGES) -> list[DemoUsage]:
    """The usages in the order of their arrival."""
    rng = Random(seed)  # noqa: S311 - believable, not secret
    people = subscribers(rng)
    trips = draw_trips(people, now, rng)
    world = World(now, voice_switch(now), people, trips, rng)
    records = sorted((draw_record(world) for _ in range(count)), key=lambda record: record.start)
    rater = Rater()
    made = [_usage(serial, record, world, rater) for serial, record in enumerate(records, start=1)]
    return sorted(made, key=lambda usage: usage.id)


def _usage(serial: int, record: Record, world: World, rater: Rater) -> DemoUsage:
    journey = Journey(record.arrived, world.now, record.subscriber.bill_day, world.rng)
    rated_at = journey.rated_at
    rating = rater.rate(record, rated_at, journey.status == "billed") if rated_at else {}
    members = {
        "usageDate": instant_text(record.start),
        "usageType": record.usage_type,
        "description": record.description,
        "status": journey.status,
        "usageSpecification": _specification(record),
        "externalIdentifier": [
            {"id": f"LKS-{serial:08d}", "owner": "mediation", "externalIdentifierType": "recordReference"}
        ],
        "relatedParty": _parties(record),
        "usageCharacteristic": record.characteristics,
        **rating,
    }
    return DemoUsage(uuid7(record.arrived, world.rng), record.arrived, members, journey.moves)


def _specification(record: Record) -> dict[str, Any]:
    identifier, name = record.specification
    return {"id": identifier, "name": name, "@referredType": "UsageSpecification"}


def _parties(record: Record) -> list[dict[str, Any]]:
    customer = {
        "id": record.subscriber.party_id,
        "href": f"{PARTIES}/individual/{record.subscriber.party_id}",
        "name": record.subscriber.name,
        "role": "customer",
        "@referredType": "Individual",
    }
    organizations = [("serviceProvider", OPERATOR), *record.partners]
    return [
        customer,
        *(
            {"id": each.id, "name": each.name, "role": role, "@referredType": "Organization"}
            for role, each in organizations
        ),
    ]
