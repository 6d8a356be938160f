"""The book: balances of locked buckets and the entries that explain them, written together."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import timezone

from consumption.models import Bucket, BucketCounter, BucketSpecification, LedgerEntry
from consumption.models.fields import DIGITS
from consumption.thresholds import note_thresholds
from consumption.units import DECIMALS
from tmfusage.tmf.resources import new_id
from tmfusage.tmf.statements import fetch_all, fetch_one

Kind = LedgerEntry.Kind
_NUMERIC = f"numeric({DIGITS},{DECIMALS})[]"
# All that a book writes, in one round trip. The rows are locked, so what is written is what was read plus entries;
# the entries get their ids in the order in which they stand in the book.
_WRITE = f"""
WITH entered AS (
    INSERT INTO consumption_ledgerentry (bucket_id, kind, amount, resulting_remaining, usage_id, sequence, period_start,
                                         user_id, product_id, key, reference, reason, by, at)
    SELECT bucket_id, kind, amount, remaining, usage_id, sequence, period_start, user_id, product_id, key, reference,
           reason, %s, %s
    FROM unnest(%s::text[], %s::text[], %s::{_NUMERIC}, %s::{_NUMERIC}, %s::text[], %s::int[], %s::timestamptz[],
                %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
         AS v (bucket_id, kind, amount, remaining, usage_id, sequence, period_start, user_id, product_id, key,
               reference, reason, place)
    ORDER BY place RETURNING id
), balanced AS (
    UPDATE consumption_bucket b SET granted = v.granted, remaining = v.remaining, reserved = v.reserved,
           overage = v.overage, revision = b.revision + 1, last_update = %s
    FROM unnest(%s::text[], %s::{_NUMERIC}, %s::{_NUMERIC}, %s::{_NUMERIC}, %s::{_NUMERIC})
         AS v (id, granted, remaining, reserved, overage)
    WHERE b.id = v.id
), counted AS (
    INSERT INTO consumption_bucketcounter AS c (id, bucket_id, counter_type, period_start, period_end, user_id,
                                                product_id, value, characteristic)
    SELECT *, '[]'::jsonb FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[],
                                      %s::text[], %s::text[], %s::{_NUMERIC})
    ON CONFLICT (bucket_id, counter_type, period_start, user_id, product_id)
    DO UPDATE SET value = c.value + EXCLUDED.value
)
SELECT array_agg(id ORDER BY id) FROM entered
"""  # noqa: S608 (own words, bound values)
_ENTRY = (
    "bucket_id", "kind", "amount", "resulting_remaining", "usage_id", "sequence", "period_start", "user_id",
    "product_id", "key", "reference", "reason",
)  # fmt: skip
_BALANCE = ("pk", "granted", "remaining", "reserved", "overage")
USED, OUT = BucketCounter.Type.USED, BucketCounter.Type.OUT_OF_BUCKET
# Which counter an entry moves, and which way its amount counts.
COUNTS = {
    Kind.DEBIT: (USED, -1),
    Kind.REVERSAL: (USED, -1),
    Kind.UNLIMITED: (USED, 1),
    Kind.UNLIMITED_REVERSAL: (USED, 1),
    Kind.OVERAGE: (OUT, 1),
    Kind.OVERAGE_REVERSAL: (OUT, 1),
}


@cache
def _locking(condition: str) -> tuple[str, list[str], list[str]]:
    """The statement that locks buckets, and which attributes of a bucket and its specification are in its rows."""
    own = [field for field in Bucket._meta.concrete_fields if field.name not in {"document", "party_ids"}]
    kind = BucketSpecification._meta.concrete_fields
    columns = ", ".join([f'b."{field.column}"' for field in own] + [f's."{field.column}"' for field in kind])
    statement = (
        f"SELECT {columns} FROM consumption_bucket b "  # noqa: S608 (own names)
        "LEFT JOIN consumption_bucketspecification s ON s.id = b.specification_id "
        f"WHERE {condition} ORDER BY b.id FOR NO KEY UPDATE OF b"
    )
    return statement, [field.attname for field in own], [field.attname for field in kind]


def lock(ids: Iterable[str]) -> dict[str, Bucket]:
    """The buckets by id, locked in the order of their ids, so that no two transactions wait for each other."""
    return lock_where("b.id = ANY(%s::text[])", [list(ids)])


def lock_where(condition: str, values: Sequence[Any]) -> dict[str, Bucket]:
    """The same of those that meet the condition (SQL of ours): prepared, for every debit begins so."""
    statement, own, kind = _locking(condition)
    found: dict[str, Bucket] = {}
    for row in fetch_all(statement, values):
        bucket = Bucket.from_db(None, own, row[: len(own)])
        known = row[len(own) :]
        bucket.specification = BucketSpecification.from_db(None, kind, known) if known[0] is not None else None
        found[bucket.pk] = bucket
    return found


def is_over(bucket: Bucket, period: datetime | None) -> bool:
    """Whether the period of the bucket that began then has ended: nothing remains of it."""
    renewed = period and bucket.valid_from and period < bucket.valid_from
    return bucket.status == Bucket.Status.EXPIRED or bool(renewed)


class Book:
    """Entries of one transaction; nothing is written until it is closed."""

    def __init__(self, by: str, **about: Any):
        self.by, self.about = by, about
        self.at: datetime = timezone.now()
        self.entries: list[LedgerEntry] = []
        self.buckets: dict[str, Bucket] = {}

    def post(self, bucket: Bucket, kind: str, amount: Decimal, **about: Any) -> LedgerEntry:
        """Note that the (locked) bucket changes by the signed amount."""
        granted, remaining, reserved, overage = LedgerEntry.EFFECT[Kind(kind)]
        bucket.granted += granted * amount
        bucket.remaining += remaining * amount
        bucket.reserved += reserved * amount
        bucket.overage += overage * amount
        self.buckets[bucket.pk] = bucket
        about = {"period_start": bucket.valid_from, **self.about, **about}
        entry = LedgerEntry(
            bucket=bucket, kind=kind, amount=amount, resulting_remaining=bucket.remaining, by=self.by, at=self.at,
            **about,
        )  # fmt: skip
        self.entries.append(entry)
        return entry

    def give_back(self, bucket: Bucket, kind: str, amount: Decimal, period: datetime | None, **about: Any) -> None:
        """Return an amount to the bucket; to a period that is over it returns only to expire."""
        self.post(bucket, kind, amount, period_start=period, **about)
        if is_over(bucket, period) and LedgerEntry.EFFECT[Kind(kind)][1]:
            self.post(bucket, Kind.EXPIRY, -amount, period_start=period, **about)

    def close(self) -> list[LedgerEntry]:
        """Write entries, balances and counters, and note the thresholds that were crossed."""
        if not self.entries:
            return []
        row = fetch_one(
            _WRITE, [self.by, self.at, *self._entry_columns(), self.at, *self._balances(), *self._counters()]
        )  # fmt: skip
        for entry, entry_id in zip(self.entries, row[0] if row else (), strict=True):
            entry.pk, entry._state.adding = entry_id, False
        for bucket in self.buckets.values():
            bucket.revision, bucket.last_update = bucket.revision + 1, self.at
        note_thresholds(self.buckets.values())
        return self.entries

    def _entry_columns(self) -> list[list[Any]]:
        columns = [[getattr(entry, name) for entry in self.entries] for name in _ENTRY]
        columns[1] = [str(kind) for kind in columns[1]]
        return columns

    def _balances(self) -> list[list[Any]]:
        return [[getattr(bucket, name) for bucket in self.buckets.values()] for name in _BALANCE]

    def _counters(self) -> list[list[Any]]:
        """What the counters change by, column by column."""
        totals: dict[tuple, Decimal] = {}
        for entry in self.entries:
            if entry.kind in COUNTS:
                counter, sign = COUNTS[Kind(entry.kind)]
                place = (entry.bucket_id, counter.value, entry.period_start, entry.user_id, entry.product_id)
                totals[place] = totals.get(place, Decimal(0)) + sign * entry.amount
        rows = [(new_id(), *place[:3], self._end(place), *place[3:], value) for place, value in totals.items()]
        return [[row[at] for row in rows] for at in range(8)]

    def _end(self, place: tuple) -> datetime | None:
        """Until when a counter counts: an earlier period's counter has its end already."""
        bucket = self.buckets[place[0]]
        return bucket.valid_to if place[2] == bucket.valid_from else None
