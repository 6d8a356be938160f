"""What may happen to buckets, as values: each can be done to the database and, afterwards, to the model."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from consumption import ledger, sweeping
from consumption.charging import Charge, Demand
from consumption.ledger import Request
from tests.consumption.modelling import Model
from tests.usage.factories import RATING
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.retrying import again
from usage import lifecycle
from usage.models import Usage
from usage.moving import move

NUMBERS = ("15550100001", "15550100002")
RULED, BY = "metered", "tests"


@dataclass
class World:
    """What the operations of one run are about."""

    now: datetime
    buckets: list[str] = field(default_factory=list)
    usages: list[str] = field(default_factory=list)

    def day(self, days: float) -> datetime:
        """So many days from now."""
        return self.now + timedelta(days=days)

    def usage(self, which: int) -> str:
        """One of the usages there are by now."""
        return self.usages[which % len(self.usages)]


@dataclass
class Replay:
    """The model while what was committed is done to it; what each usage says, and what it is."""

    world: World
    model: Model
    records: dict[str, "Record"] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)

    def rate(self, usage: str) -> None:
        """The usage is rated, by what it says."""
        self.statuses[usage] = lifecycle.RATED
        self.model.debit(self.records[usage].charge(usage, self.world))


@dataclass(frozen=True)
class Record:
    """What a usage says: volume by a rule or of named buckets, and messages that no bucket has."""

    days: float
    user: str
    number: int
    volume: Decimal
    messages: int = 0
    named: tuple[int, ...] = ()

    def members(self, world: World) -> dict[str, Any]:
        """As it stands on the wire."""
        told = {"volume": self.volume, "messages": self.messages, "msisdn": f"+{NUMBERS[self.number]}"}
        members = {
            "usageDate": instant_text(world.day(self.days)),
            "description": "named" if self.named else "ruled",
            "ratedProductUsage": RATING,
            "relatedParty": [{"id": self.user, "role": "user", "@referredType": "Individual"}],
            "usageSpecification": {"id": RULED},
            "usageCharacteristic": [{"name": name, "value": value} for name, value in told.items()],
        }
        taken = [{"itemType": "debit", "amount": {"amount": self.volume, "units": "units"}}]
        named = [{"bucket": {"id": world.buckets[place]}, "item": taken} for place in self.named]
        return {**members, "impactedBucket": named} if named else members

    def charge(self, usage: str, world: World) -> Charge:
        """As the model is asked for it."""
        owner, asked = ("resource", (NUMBERS[self.number],)), {"data": self.volume, "sms": Decimal(self.messages)}
        demands = [Demand(amount, "units", kind, owner) for kind, amount in asked.items() if amount]
        if self.named:
            named = sorted(world.buckets[place] for place in self.named)
            demands = [Demand(self.volume, "units", "data", bucket_id=bucket) for bucket in named]
        return Charge(usage, world.day(self.days), tuple(demands), user_id=self.user)


@dataclass(frozen=True)
class Operation:
    """Something that somebody asks for. The same operation again is the same request: it has the same key."""

    keyed = True

    def request(self) -> Request:
        """Who asks, and the key."""
        return Request(BY, key=str(self), reference=str(self))

    def perform(self, world: World) -> str:
        """Do it to the database; about which usage."""
        raise NotImplementedError

    def replay(self, after: Replay, about: str) -> None:
        """Do it to the model, which must allow it too."""
        raise NotImplementedError


@dataclass(frozen=True)
class Grant(Operation):
    place: int
    amount: Decimal

    def perform(self, world):
        ledger.grant(world.buckets[self.place], self.amount, self.request())
        return ""

    def replay(self, after, about):
        after.model.grant(after.world.buckets[self.place], self.amount)


@dataclass(frozen=True)
class Adjust(Grant):
    def perform(self, world):
        ledger.adjust(world.buckets[self.place], self.amount, self.request())
        return ""


@dataclass(frozen=True)
class Transfer(Operation):
    giver: int
    receiver: int
    amount: Decimal

    def perform(self, world):
        ledger.transfer(world.buckets[self.giver], world.buckets[self.receiver], self.amount, self.request())
        return ""

    def replay(self, after, about):
        after.model.transfer(after.world.buckets[self.giver], after.world.buckets[self.receiver], self.amount)


@dataclass(frozen=True)
class Reserve(Operation):
    place: int
    amount: Decimal

    def perform(self, world):
        ledger.reserve(world.buckets[self.place], self.amount, self.request())
        return ""

    def replay(self, after, about):
        after.model.reserve(after.world.buckets[self.place], self.amount, str(self))


@dataclass(frozen=True)
class Release(Operation):
    held: Reserve

    def perform(self, world):
        ledger.release(world.buckets[self.held.place], replace(self.request(), reference=str(self.held)))
        return ""

    def replay(self, after, about):
        after.model.release(str(self.held))


@dataclass(frozen=True)
class Expire(Operation):
    place: int

    def perform(self, world):
        ledger.expire(world.buckets[self.place], BY, world.day(2))
        return ""

    def replay(self, after, about):
        assert after.model.expire(after.world.buckets[self.place], after.world.day(2))


@dataclass(frozen=True)
class Sweep(Operation):
    """Each bucket that it ends is a transaction of its own, about that bucket."""

    keyed = False
    days: float

    def perform(self, world):
        sweeping.sweep(world.day(self.days))
        return ""

    def replay(self, after, about):
        assert after.model.end(about, after.world.day(self.days))


@dataclass(frozen=True)
class Arrive(Operation):
    keyed = False
    record: Record
    status: str = lifecycle.RATED

    def perform(self, world):
        usage = Usage.receive({**self.record.members(world), "status": self.status}, BY).pk
        world.usages.append(usage)
        return usage

    def replay(self, after, about):
        after.records[about], after.statuses[about] = self.record, self.status
        if self.status == lifecycle.RATED:
            after.rate(about)


@dataclass(frozen=True)
class Rerate(Operation):
    """A correction of what the usage says, whatever its status."""

    keyed = False
    which: int
    volume: Decimal
    messages: int

    def perform(self, world):
        usage = world.usage(self.which)
        _amend(usage, self, world)
        return usage

    def replay(self, after, about):
        before = after.records[about].charge(about, after.world)
        after.records[about] = replace(after.records[about], volume=self.volume, messages=self.messages)
        charge = after.records[about].charge(about, after.world)
        if after.statuses[about] == lifecycle.RATED and charge != before:
            after.model.rerate(charge)


@again
@transaction.atomic
def _amend(usage_id: str, change: Rerate, world: World) -> None:
    usage = Usage.objects.select_for_update(of=("self",)).get(pk=usage_id)
    said = Record(0, "", 0, change.volume, change.messages)
    told = said.members(world)["usageCharacteristic"][:2]
    members = {**usage.shown, "usageCharacteristic": [*told, *usage.members["usageCharacteristic"][2:]]}
    if usage.members["description"] == "named":
        item = [{"itemType": "debit", "amount": {"amount": change.volume, "units": "units"}}]
        members["impactedBucket"] = [{**each, "item": item} for each in members["impactedBucket"]]
    usage.amend(members, BY)


@dataclass(frozen=True)
class Move(Operation):
    """To another status: rerated and rejected hold nothing, rated takes."""

    keyed = False
    which: int
    status: str

    def perform(self, world):
        return move(world.usage(self.which), self.status, BY).pk

    def replay(self, after, about):
        assert self.status in lifecycle.NEXT[after.statuses[about]]
        after.statuses[about] = self.status
        if self.status == lifecycle.RATED:
            after.rate(about)
        else:
            after.model.reverse(about)


@dataclass(frozen=True)
class Remove(Operation):
    keyed = False
    which: int

    def perform(self, world):
        usage = world.usage(self.which)
        _remove(usage)
        return usage

    def replay(self, after, about):
        after.model.reverse(about)
        del after.records[about], after.statuses[about]


@again
@transaction.atomic
def _remove(usage_id: str) -> None:
    Usage.objects.select_for_update(of=("self",)).get(pk=usage_id).remove(BY)
