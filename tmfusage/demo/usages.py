"""Sixty days of usages of two hundred subscribers; the same seed and time give the same bytes again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from tmfusage.demo.catalogue import voice_switch
from tmfusage.demo.identifiers import uuid7
from tmfusage.demo.journeys import Journey, Move
from tmfusage.demo.operator import OPERATOR, PARTIES
from tmfusage.demo.rating import Rater, month_end
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

    @property
    def marked_at(self) -> datetime | None:
        """When it gave back what it took, in order to be rated anew; None when that is not so now."""
        return self.moves[-1].at if self.members["status"] == "rerated" else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A usage before it is rated."""

    serial: int
    id: str
    record: Record
    journey: Journey

    @property
    def steps(self) -> Iterable[tuple[datetime, int, bool]]:
        """When it was rated, and when what it took was given back."""
        if rated_at := self.journey.rated_at:
            yield rated_at, self.serial, False
            if self.journey.status == "rerated":
                yield self.journey.at, self.serial, True


def usages(now: datetime, seed: int = SEED, count: int = USAGES) -> list[DemoUsage]:
    """The usages in the order of their arrival."""
    rng = Random(seed)  # noqa: S311 - believable, not secret
    people = subscribers(rng)
    trips = draw_trips(people, now, rng)
    world = World(now, voice_switch(now), people, trips, rng)
    records = sorted((draw_record(world) for _ in range(count)), key=lambda record: record.start)
    drafts = [_draft(serial, record, world) for serial, record in enumerate(records, start=1)]
    ratings = _ratings(drafts)
    made = [_usage(draft, ratings.get(draft.serial, {})) for draft in drafts]
    return sorted(made, key=lambda usage: usage.id)


def _draft(serial: int, record: Record, world: World) -> Draft:
    end = month_end(record.start)
    journey = Journey(record.arrived, end, world.now, record.subscriber.bill_day, world.rng)
    return Draft(serial, uuid7(record.arrived, world.rng), record, journey)


def _ratings(drafts: list[Draft]) -> dict[int, dict[str, Any]]:
    """The members of each rating by serial: in the order of time, so that each finds what those before have left."""
    rater = Rater()
    ratings: dict[int, dict[str, Any]] = {}
    for at, serial, back in sorted(step for draft in drafts for step in draft.steps):
        draft = drafts[serial - 1]
        if back:
            rater.give_back(draft.record, ratings[serial])
        else:
            ratings[serial] = rater.rate(draft.record, at, draft.journey.status == "billed")
    return ratings


def _usage(draft: Draft, rating: dict[str, Any]) -> DemoUsage:
    record, journey = draft.record, draft.journey
    members = {
        "usageDate": instant_text(record.start),
        "usageType": record.usage_type,
        "description": record.description,
        "status": journey.status,
        "usageSpecification": _specification(record),
        "externalIdentifier": [
            {"id": f"LKS-{draft.serial:08d}", "owner": "mediation", "externalIdentifierType": "recordReference"}
        ],
        "relatedParty": _parties(record),
        "usageCharacteristic": record.characteristics,
        **rating,
    }
    return DemoUsage(draft.id, record.arrived, members, journey.moves)


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
