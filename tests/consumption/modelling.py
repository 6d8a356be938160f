"""The ledger as a dict and a list: what each verb makes of buckets, totals and usages, one after the other.

It knows nothing of tables, locks or entries; the tests compare it with what the database says.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from consumption.charging import Charge, Demand

NOTHING = Decimal(0)
FOREVER = datetime.max.replace(tzinfo=UTC)
Place = tuple[str, datetime]


class Refused(Exception):
    """The verb is not allowed now."""


@dataclass
class Held:
    """A bucket as the model sees it; `renewal` is what each period begins with, and how long one lasts."""

    start: datetime
    end: datetime | None
    owners: frozenset[str]
    remaining: Decimal = NOTHING
    granted: Decimal = NOTHING
    reserved: Decimal = NOTHING
    overage: Decimal = NOTHING
    expired: bool = False
    renewal: tuple[Decimal, timedelta] | None = None
    ends: dict[datetime, datetime | None] = field(default_factory=dict)

    def is_overdue(self, moment: datetime) -> bool:
        """Whether it should have ended by then, and has not."""
        return not self.expired and self.end is not None and self.end <= moment

    def is_over(self, start: datetime) -> bool:
        """Whether the period that began then is."""
        return self.expired or start < self.start


class Hold(NamedTuple):
    """What a usage holds of a bucket."""

    place: Place
    beyond: bool
    amount: Decimal
    user: str


class Model:
    """Everything that the ledger has to agree with."""

    def __init__(self, now: datetime):
        self.now = now
        self.buckets: dict[str, Held] = {}
        self.holds: dict[str, list[Hold]] = {}
        self.counted: dict[str, list[tuple[tuple, Decimal]]] = {}
        # The most that a usage ever held of a period, inside and beyond; it may take so much of it again.
        self.once: dict[str, dict[Place, dict[bool, Decimal]]] = {}
        self.unused: dict[Place, Decimal] = defaultdict(Decimal)
        self.reservations: dict[str, tuple[Place, Decimal]] = {}
        self.counters: dict[tuple, Decimal] = defaultdict(Decimal)
        self.totals: dict[tuple, Decimal] = defaultdict(Decimal)
        self.impacts: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}

    def grant(self, key: str, amount: Decimal) -> None:
        """More is there; or less, by an adjustment."""
        bucket = self._usable(key)
        self._enough(bucket, -amount)
        bucket.granted, bucket.remaining = bucket.granted + amount, bucket.remaining + amount

    def transfer(self, giver: str, receiver: str, amount: Decimal) -> None:
        """It moves from one to the other."""
        one, other = self._usable(giver), self._usable(receiver)
        self._enough(one, amount)
        for bucket, change in ((one, -amount), (other, amount)):
            bucket.granted, bucket.remaining = bucket.granted + change, bucket.remaining + change

    def reserve(self, key: str, amount: Decimal, reference: str) -> None:
        """It is set aside."""
        bucket = self._usable(key)
        self._enough(bucket, amount)
        bucket.remaining, bucket.reserved = bucket.remaining - amount, bucket.reserved + amount
        self.reservations[reference] = (key, bucket.start), amount

    def release(self, reference: str) -> None:
        """What was set aside is there again, or expires if its period is over."""
        if reference not in self.reservations:
            raise Refused
        (key, start), amount = self.reservations.pop(reference)
        bucket = self.buckets[key]
        bucket.reserved -= amount
        if bucket.is_over(start):
            self.unused[key, start] += amount
        else:
            bucket.remaining += amount

    def end(self, key: str, moment: datetime) -> bool:
        """Expire or renew what is overdue."""
        bucket = self.buckets[key]
        if not bucket.is_overdue(moment):
            return False
        if bucket.renewal is None:
            return self.expire(key, moment)
        self.unused[key, bucket.start] += bucket.remaining
        amount, length = bucket.renewal
        bucket.start += (moment - bucket.start) // length * length
        bucket.end = bucket.start + length
        bucket.remaining, bucket.granted = amount, bucket.granted + amount
        return True

    def expire(self, key: str, moment: datetime) -> bool:
        """What remains is gone; whether it was time."""
        bucket = self.buckets[key]
        if not bucket.is_overdue(moment):
            return False
        self.unused[key, bucket.start] += bucket.remaining
        bucket.expired, bucket.remaining = True, NOTHING
        return True

    def debit(self, charge: Charge) -> None:
        """The usage takes, unless it holds something already."""
        if charge.usage_id not in self.holds:
            self.rerate(charge)

    def reverse(self, usage: str) -> None:
        """The usage gives back what it holds."""
        for place, amount in self._give_back(usage).items():
            self.unused[place] += amount

    def rerate(self, charge: Charge) -> None:
        """The usage gives back, and takes anew."""
        usage = charge.usage_id
        known = {place[0] for place in self.once.get(usage, {})}
        for key in known | {key for key, bucket in self.buckets.items() if self._is_candidate(key, bucket, charge)}:
            self.end(key, min(charge.at, self.now))
        for place, amount in self._give_back(usage).items():
            self.unused[place] += amount
        self.holds[usage], self.counted[usage] = [], []
        once = self.once.setdefault(usage, {})
        left = {(place, beyond): amount for place, most in once.items() for beyond, amount in most.items()}
        for demand in charge.demands:
            self._take(charge, demand, left)
        for key, (inside, beyond) in self._held_by_place(usage).items():
            most = once.setdefault(key, {False: NOTHING, True: NOTHING})
            most[False], most[True] = max(most[False], inside), max(most[True], beyond)
        self._note_impact(usage)

    def _take(self, charge: Charge, demand: Demand, left: dict[tuple[Place, bool], Decimal]) -> None:
        rest = demand.amount
        claims = list(self._claims(charge, demand))
        for place in claims:
            rest -= self._again(charge, place, False, min(left[place, False], self.unused[place], rest), left)
        last = None
        for key in self._order(charge, demand):
            if rest <= 0:
                break
            last, bucket = key, self.buckets[key]
            open_ = not bucket.expired and not bucket.is_overdue(charge.at)
            taken = min(bucket.remaining, rest) if open_ else NOTHING
            bucket.remaining -= taken
            rest -= self._hold(charge, (key, bucket.start), False, taken)
        for place in claims:
            rest -= self._again(charge, place, True, min(left[place, True], rest), left)
        if rest > 0 and last:
            self._hold(charge, (last, self.buckets[last].start), True, rest)
        elif rest > 0:
            self._count(charge, demand, rest)

    def _claims(self, charge: Charge, demand: Demand) -> Iterable[Place]:
        """Periods that are over of which the usage once held something, and in which it lies."""
        for key, start in sorted(self.once.get(charge.usage_id, {})):
            bucket = self.buckets[key]
            end = bucket.ends[start] or FOREVER
            if bucket.is_over(start) and start <= charge.at < end and self._suits(key, bucket, demand):
                yield key, start

    def _again(self, charge: Charge, place: Place, beyond: bool, amount: Decimal, left: dict) -> Decimal:
        left[place, beyond] -= amount
        if not beyond:
            self.unused[place] -= amount
        return self._hold(charge, place, beyond, amount)

    def _hold(self, charge: Charge, place: Place, beyond: bool, amount: Decimal) -> Decimal:
        if amount:
            bucket = self.buckets[place[0]]
            bucket.ends.setdefault(place[1], bucket.end)
            self.holds[charge.usage_id].append(Hold(place, beyond, amount, charge.user_id))
            bucket.overage += amount if beyond else NOTHING
            self.counters[(*place, beyond, charge.user_id)] += amount
        return amount

    def _count(self, charge: Charge, demand: Demand, amount: Decimal) -> None:
        month = charge.at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        key = (demand.owner[1][-1], charge.user_id, demand.usage_type, month)
        self.totals[key] += amount
        self.counted[charge.usage_id].append((key, amount))

    def _give_back(self, usage: str) -> dict[Place, Decimal]:
        """What went back to periods that are over."""
        freed: dict[Place, Decimal] = defaultdict(Decimal)
        for key, amount in self.counted.pop(usage, ()):
            self.totals[key] -= amount
        for place, beyond, amount, user in self.holds.pop(usage, ()):
            bucket = self.buckets[place[0]]
            self.counters[(*place, beyond, user)] -= amount
            if beyond:
                bucket.overage -= amount
            elif bucket.is_over(place[1]):
                freed[place] += amount
            else:
                bucket.remaining += amount
        self.impacts.pop(usage, None)
        return freed

    def _held_by_place(self, usage: str) -> dict[Place, tuple[Decimal, Decimal]]:
        held: dict[Place, tuple[Decimal, Decimal]] = {}
        for place, beyond, amount, _user in self.holds[usage]:
            inside, outside = held.get(place, (NOTHING, NOTHING))
            held[place] = (inside, outside + amount) if beyond else (inside + amount, outside)
        return held

    def _note_impact(self, usage: str) -> None:
        taken: dict[str, Decimal] = defaultdict(Decimal)
        for (key, _start), beyond, amount, _user in self.holds[usage]:
            taken[key] += NOTHING if beyond else amount
        after = {key: self.buckets[key].remaining for key in taken}
        self.impacts[usage] = {key: (after[key] + amount, after[key]) for key, amount in taken.items()}

    def _is_candidate(self, key: str, bucket: Held, charge: Charge) -> bool:
        valid = bucket.end is None or bucket.end > charge.at or bucket.renewal
        fits = [each for each in charge.demands if self._suits(key, bucket, each)]
        return any(each.bucket_id for each in fits) or bool(fits and valid and not bucket.expired)

    def _order(self, charge: Charge, demand: Demand) -> list[str]:
        if demand.bucket_id:
            return [demand.bucket_id]
        fitting = [
            (bucket.end or FOREVER, key)
            for key, bucket in self.buckets.items()
            if self._suits(key, bucket, demand) and not bucket.expired
            if bucket.start <= charge.at < (bucket.end or FOREVER)
        ]
        return [key for _end, key in sorted(fitting)]

    @staticmethod
    def _suits(key: str, bucket: Held, demand: Demand) -> bool:
        if demand.bucket_id:
            return key == demand.bucket_id
        return demand.usage_type == "data" and not bucket.owners.isdisjoint(demand.owner[1])

    def _usable(self, key: str) -> Held:
        bucket = self.buckets[key]
        if bucket.expired or (bucket.is_overdue(self.now) and bucket.renewal is None):
            raise Refused
        self.end(key, self.now)
        return bucket

    @staticmethod
    def _enough(bucket: Held, amount: Decimal) -> None:
        if amount > bucket.remaining:
            raise Refused
