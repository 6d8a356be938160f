"""What a charge takes of which bucket: several of them in their order, beyond the last one, or none."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from consumption.booking import lock, lock_where
from consumption.models import Bucket, LedgerEntry, Posting
from consumption.models.owners import Owner
from consumption.past import Past, Place
from tmfusage.tmf.refusals import conflict
from tmfusage.tmf.statements import fetch_one

Kind = LedgerEntry.Kind
FOREVER = datetime.max.replace(tzinfo=UTC)
_OWNERS = """
SELECT array_agg(ARRAY[o.bucket_id, o.kind, o.key]::text[])
FROM unnest(%s::text[], %s::text[]) AS v (kind, key) JOIN consumption_owner o ON o.kind = v.kind AND o.key = v.key
"""
# Those needed, and those that are open and of the right type; what renews is renewed before it is taken from.
_FITTING = """
b.id = ANY(%s::text[]) AND (b.id = ANY(%s::text[]) OR (b.usage_type = ANY(%s::text[]) AND b.status = 'active'
    AND (b.valid_to IS NULL OR b.valid_to > %s::timestamptz OR s.renews)))
"""


@dataclass(frozen=True, slots=True)
class Demand:
    """An amount of base units that a usage takes: of a kind of bucket of some owner, or of one bucket by id."""

    amount: Decimal
    unit: str
    usage_type: str = ""
    owner: tuple[str, tuple[str, ...]] = ("", ())
    bucket_id: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """Everything that one rating of a usage takes; with a restriction, of that party's buckets only."""

    usage_id: str
    at: datetime
    demands: tuple[Demand, ...]
    source: str = Posting.Source.RULE
    user_id: str = ""
    product_id: str = ""
    restriction: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Locked buckets, by which owners they were found, and which others are none of the sender's business."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    owned: Mapping[str, set[tuple[str, str]]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def are_of(self, demand: Demand, bucket_id: str) -> bool:
        """Whether the bucket is the demand's owner's."""
        kind, keys = demand.owner
        return not self.owned.get(bucket_id, set()).isdisjoint((kind, key) for key in keys)


def candidates(charge: Charge | None, held: Iterable[str] = ()) -> Candidates:
    """Every bucket that the charge could take from and those held, all locked in one order."""
    if charge is None:
        return Candidates(lock(held))
    named = {demand.bucket_id for demand in charge.demands if demand.bucket_id}
    owned = _owned(charge)
    hidden = _hidden(charge, {*named, *owned}) if charge.restriction else frozenset()
    needed, found = {*named - hidden, *held}, owned.keys() - hidden
    if not needed and not found:
        return Candidates(owned=owned, hidden=hidden)
    types = sorted({demand.usage_type for demand in charge.demands})
    return Candidates(lock_where(_FITTING, [[*needed, *found], list(needed), types, charge.at]), owned, hidden)


def _owned(charge: Charge) -> dict[str, set[tuple[str, str]]]:
    """The buckets of those who pay, and by which of their keys."""
    keys = {(demand.owner[0], key) for demand in charge.demands for key in demand.owner[1]}
    owned: dict[str, set[tuple[str, str]]] = defaultdict(set)
    if keys:
        kinds, names = zip(*sorted(keys), strict=True)
        row = fetch_one(_OWNERS, [list(kinds), list(names)])
        for bucket_id, kind, key in row[0] or () if row else ():
            owned[bucket_id].add((kind, key))
    return owned


def _hidden(charge: Charge, bucket_ids: set[str]) -> frozenset[str]:
    """Those of the buckets that are not of the party for which alone the sender may act."""
    own = Bucket.objects.filter(pk__in=bucket_ids, party_ids__contains=[charge.restriction])
    return frozenset(bucket_ids.difference(own.values_list("pk", flat=True)))


class Taking:
    """Shares demands among locked buckets, before any entry is written."""

    def __init__(
        self, charge: Charge, found: Candidates, past: Sequence[Past] = (), freed: Mapping[Place, Decimal] | None = None
    ):
        self.charge, self.found = charge, found
        self.past = [each for each in past if each.bucket_id not in found.hidden and each.holds(charge.at)]
        self.left = {bucket.pk: bucket.remaining for bucket in found.buckets.values()}
        # What went back to a period that is over does not remain in the present one.
        for (bucket_id, _start), amount in (freed or {}).items():
            self.left[bucket_id] -= amount
        self.taken: dict[tuple[str, str, datetime | None], Decimal] = defaultdict(Decimal)
        self.retaken: dict[Place, Decimal] = defaultdict(Decimal)
        self.missing: list[Demand] = []

    def take(self, demand: Demand) -> None:
        """From what it once took and from one bucket after the other; the rest beyond the last, or from nowhere."""
        if self._is_elsewhere(demand):
            return
        self._guard_units(demand)
        rest, last = demand.amount, None
        past = [each for each in self.past if self._suits(self.found.buckets[each.bucket_id], demand)]
        for each in past:
            rest -= self._again(each, rest)
        for bucket in self._order(demand):
            if rest <= 0:
                break
            bucket.decide_unit(demand.unit)
            rest, last = rest - self._from(bucket, rest), bucket
        for each in past:
            rest -= self._beyond_again(each, rest)
        if rest <= 0:
            return
        if last is None:
            self.missing.append(replace(demand, amount=rest))
        else:
            self.taken[last.pk, Kind.OVERAGE, last.valid_from] += rest

    def _guard_units(self, demand: Demand) -> None:
        """Refuse an amount that the named bucket cannot count: it had no unit until another usage took from it."""
        named = self.found.buckets.get(demand.bucket_id)
        if named and not named.counts_in(demand.unit):
            raise conflict("The units differ.", f"{demand.unit} cannot become {named.unit}.", "unitMismatch")

    def _is_elsewhere(self, demand: Demand) -> bool:
        """Whether the bucket is gone, or nothing that the sender could know of is concerned."""
        if demand.bucket_id:
            return demand.bucket_id in self.found.hidden or demand.bucket_id not in self.found.buckets
        if not self.charge.restriction:
            return False
        kind, keys = demand.owner
        stranger = kind == Owner.Kind.PARTY and self.charge.restriction not in keys
        theirs = {bucket_id for bucket_id in self.found.owned if self.found.are_of(demand, bucket_id)}
        return stranger or bool(theirs and theirs <= self.found.hidden)

    def _again(self, past: Past, amount: Decimal) -> Decimal:
        if past.unlimited:
            self.taken[past.bucket_id, Kind.UNLIMITED, past.start] += amount
            return amount
        taken = min(past.inside, amount)
        if taken > 0:
            past.inside -= taken
            self.retaken[past.place] += taken
            self.taken[past.bucket_id, Kind.DEBIT, past.start] += taken
        return taken

    def _beyond_again(self, past: Past, amount: Decimal) -> Decimal:
        taken = min(past.beyond, amount)
        if taken > 0:
            past.beyond -= taken
            self.taken[past.bucket_id, Kind.OVERAGE, past.start] += taken
        return taken

    def _from(self, bucket: Bucket, amount: Decimal) -> Decimal:
        if bucket.status != Bucket.Status.ACTIVE or bucket.is_overdue(self.charge.at):
            # Named by the usage, but suspended or over: the use is beyond it.
            return Decimal(0)
        if bucket.unlimited:
            self.taken[bucket.pk, Kind.UNLIMITED, bucket.valid_from] += amount
            return amount
        taken = min(self.left[bucket.pk], amount)
        if taken:
            self.left[bucket.pk] -= taken
            self.taken[bucket.pk, Kind.DEBIT, bucket.valid_from] += taken
        return taken

    def _order(self, demand: Demand) -> list[Bucket]:
        if demand.bucket_id:
            return [self.found.buckets[demand.bucket_id]]
        fitting = [bucket for bucket in self.found.buckets.values() if self._fits(bucket, demand)]
        return sorted(fitting, key=lambda bucket: (bucket.priority, bucket.valid_to or FOREVER, bucket.pk))

    def _fits(self, bucket: Bucket, demand: Demand) -> bool:
        at = self.charge.at
        begun = not bucket.valid_from or bucket.valid_from <= at
        open_ = begun and (not bucket.valid_to or at < bucket.valid_to)
        return open_ and bucket.status == Bucket.Status.ACTIVE and self._suits(bucket, demand)

    def _suits(self, bucket: Bucket, demand: Demand) -> bool:
        """Whether the bucket is of the demand's kind and owner, whenever it is valid."""
        if demand.bucket_id:
            return bucket.pk == demand.bucket_id
        counts = (bucket.unlimited or bucket.measured) and bucket.counts_in(demand.unit)
        return (
            counts and bucket.usage_type == demand.usage_type and bucket.pk not in self.found.hidden
            and self.found.are_of(demand, bucket.pk)
        )  # fmt: skip
