"""What a usage takes: from several buckets in their order, beyond the last one, or towards a total; and giving it back.

A posting stands for each rating of a usage. At most one stands at a time, which makes a debit happen once, and a
reversal return exactly what that posting took.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Q

from consumption import units
from consumption.booking import Book, lock
from consumption.models import Bucket, LedgerEntry, Posting, RunningTotal
from consumption.models.catalogue import months_later
from tmfusage.tmf import exact
from tmfusage.tmf.resources import new_id
from tmfusage.tmf.retrying import atomic
from tmfusage.tmf.statements import execute, fetch_one

Kind = LedgerEntry.Kind
Owned = defaultdict[str, set[tuple[str, str]]]
FOREVER = datetime.max.replace(tzinfo=UTC)
# A rating of the same usage that is under way is waited for; then there is nothing to insert.
_BEGIN = """
INSERT INTO consumption_posting (usage_id, sequence, source, totals, at)
SELECT %s, coalesce(max(sequence), 0) + 1, %s, '[]', now() FROM consumption_posting WHERE usage_id = %s
ON CONFLICT DO NOTHING RETURNING id, sequence
"""
_END = """
UPDATE consumption_posting SET reversed_at = now() WHERE usage_id = %s AND reversed_at IS NULL
RETURNING sequence, totals::text, source
"""
_OWNERS = """
SELECT array_agg(ARRAY[o.bucket_id, o.kind, o.key]::text[])
FROM unnest(%s::text[], %s::text[]) AS v (kind, key) JOIN consumption_owner o ON o.kind = v.kind AND o.key = v.key
"""
_TOTAL = """
INSERT INTO consumption_runningtotal AS t (id, owner_kind, owner_key, product_id, user_id, usage_type, unit,
                                           period_start, period_end, value)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (owner_key, owner_kind, product_id, user_id, usage_type, unit, period_start)
DO UPDATE SET value = t.value + EXCLUDED.value RETURNING id
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
    """Everything that one rating of a usage takes."""

    usage_id: str
    at: datetime
    demands: tuple[Demand, ...]
    source: str = Posting.Source.RULE
    user_id: str = ""
    product_id: str = ""


@atomic
def debit(charge: Charge, by: str) -> list[LedgerEntry]:
    """Take what the usage demands; when it has taken already, what it took."""
    begun = fetch_one(_BEGIN, [charge.usage_id, charge.source, charge.usage_id])
    if begun is None:
        return standing(charge.usage_id)
    posting_id, sequence = begun
    buckets, owned = _candidates(charge)
    taking = Taking(buckets, owned)
    for demand in charge.demands:
        taking.take(demand, charge.at)
    book = Book(
        by, usage_id=charge.usage_id, sequence=sequence, user_id=charge.user_id, product_id=charge.product_id
    )  # fmt: skip
    for (bucket_id, kind), amount in taking.taken.items():
        book.post(buckets[bucket_id], kind, -amount if kind == Kind.DEBIT else amount)
    entries = book.close()
    if taking.missing:
        totals = exact.dumps([[_count(total), str(total.value)] for total in _totals(charge, taking.missing)])
        execute("UPDATE consumption_posting SET totals = %s::jsonb WHERE id = %s", [totals.decode(), posting_id])
    return entries


@atomic
def reverse(usage_id: str, by: str, reason: str = "", anew: Charge | None = None) -> str | None:
    """Give back exactly what the usage took; what had said how much it takes, or None when it holds nothing.

    What is charged anew afterwards is locked now, all in one order: a second order would meet others' first.
    """
    ended = fetch_one(_END, [usage_id])
    if ended is None:
        return None
    sequence, totals, source = ended
    taken = LedgerEntry.objects.filter(usage_id=usage_id, sequence=sequence, kind__in=LedgerEntry.BACK).order_by("id")
    entries = list(taken)
    held = {entry.bucket_id for entry in entries}
    buckets = _candidates(anew, held)[0] if anew else lock(held)
    book = Book(by, usage_id=usage_id, sequence=sequence, reason=reason)
    for entry in entries:
        about = {"user_id": entry.user_id, "product_id": entry.product_id}
        back = LedgerEntry.BACK[Kind(entry.kind)]
        book.give_back(buckets[entry.bucket_id], back, -entry.amount, entry.period_start, **about)
    book.close()
    for total_id, amount in sorted(exact.loads(totals.encode())):
        execute("UPDATE consumption_runningtotal SET value = value - %s WHERE id = %s", [Decimal(amount), total_id])
    return source


@atomic
def rerate(charge: Charge, by: str, reason: str = "") -> list[LedgerEntry]:
    """Give back what the usage took, and take anew, at once."""
    reverse(charge.usage_id, by, reason, charge)
    return debit(charge, by)


def standing(usage_id: str) -> list[LedgerEntry]:
    """What the usage holds now."""
    posting = Posting.objects.filter(usage_id=usage_id, reversed_at__isnull=True).first()
    if posting is None:
        return []
    taken = LedgerEntry.objects.filter(usage_id=usage_id, sequence=posting.sequence, kind__in=LedgerEntry.BACK)
    return list(taken.select_related("bucket").order_by("id"))


class Taking:
    """Shares demands among locked buckets, before anything is written."""

    def __init__(self, buckets: dict[str, Bucket], owned: Owned):
        self.buckets, self.owned = buckets, owned
        self.left = {bucket.pk: bucket.remaining for bucket in buckets.values()}
        self.taken: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.missing: list[Demand] = []

    def take(self, demand: Demand, at: datetime) -> None:
        """From one bucket after the other; the rest from beyond the last, or from nowhere."""
        rest, last = demand.amount, None
        for bucket in self._order(demand, at):
            if rest <= 0:
                break
            rest, last = self._from(bucket, rest), bucket
        if rest <= 0:
            return
        if last is None:
            self.missing.append(replace(demand, amount=rest))
        else:
            self.taken[last.pk, Kind.OVERAGE] += rest

    def _from(self, bucket: Bucket, amount: Decimal) -> Decimal:
        if bucket.unlimited:
            self.taken[bucket.pk, Kind.UNLIMITED] += amount
            return Decimal(0)
        taken = min(self.left[bucket.pk], amount)
        if taken:
            self.left[bucket.pk] -= taken
            self.taken[bucket.pk, Kind.DEBIT] += taken
        return amount - taken

    def _order(self, demand: Demand, at: datetime) -> list[Bucket]:
        if demand.bucket_id:
            return [self.buckets[demand.bucket_id]]
        fitting = [bucket for bucket in self.buckets.values() if self._fits(bucket, demand, at)]
        return sorted(fitting, key=lambda bucket: (bucket.priority, bucket.valid_to or FOREVER, bucket.pk))

    def _fits(self, bucket: Bucket, demand: Demand, at: datetime) -> bool:
        begun = not bucket.valid_from or bucket.valid_from <= at
        open_ = begun and (not bucket.valid_to or at < bucket.valid_to)
        counts = bucket.unlimited or (bucket.measured and units.same_family(bucket.unit, demand.unit))
        return (
            open_ and counts and bucket.status == Bucket.Status.ACTIVE and bucket.usage_type == demand.usage_type
            and not self.owned[bucket.pk].isdisjoint((demand.owner[0], key) for key in demand.owner[1])
        )  # fmt: skip


def _candidates(charge: Charge, held: Iterable[str] = ()) -> tuple[dict[str, Bucket], Owned]:
    """Every bucket that the charge could take from and those held, locked, and by which owners it was found."""
    named = {demand.bucket_id for demand in charge.demands if demand.bucket_id}.union(held)
    keys = {(demand.owner[0], key) for demand in charge.demands for key in demand.owner[1]}
    owned: Owned = defaultdict(set)
    if keys:
        kinds, names = zip(*sorted(keys), strict=True)
        row = fetch_one(_OWNERS, [list(kinds), list(names)])
        for bucket_id, kind, key in row[0] or () if row else ():
            owned[bucket_id].add((kind, key))
    if not named and not owned:
        return {}, owned
    types = {demand.usage_type for demand in charge.demands}
    fitting = Q(usage_type__in=types, status=Bucket.Status.ACTIVE)
    valid = Q(valid_to__isnull=True) | Q(valid_to__gt=charge.at)
    return lock(Bucket.objects.filter(Q(pk__in=named) | fitting & valid, pk__in=[*named, *owned])), owned


def _totals(charge: Charge, missing: list[Demand]) -> list[RunningTotal]:
    """The totals that count what no bucket had, in the order in which everybody locks them."""
    start = charge.at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    totals = [
        RunningTotal(
            owner_kind=demand.owner[0],
            owner_key=(demand.owner[1] or ("",))[0],
            product_id=charge.product_id,
            user_id=charge.user_id,
            usage_type=demand.usage_type,
            unit=units.base_of(demand.unit),
            period_start=start,
            period_end=months_later(start, 1),
            value=demand.amount,
        )
        for demand in missing
    ]
    return sorted(totals, key=lambda total: (total.owner_key, total.owner_kind, total.usage_type, total.unit))


def _count(total: RunningTotal) -> str:
    """Add to the stored total; its id."""
    row = fetch_one(
        _TOTAL,
        [
            new_id(), total.owner_kind, total.owner_key, total.product_id, total.user_id, total.usage_type, total.unit,
            total.period_start, total.period_end, total.value,
        ],
    )  # fmt: skip
    assert row is not None  # noqa: S101 - an upsert returns its row
    return row[0]
