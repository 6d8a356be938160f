"""What a usage once took in periods that are over: when it is rated anew, it takes from them before anything else.

A period that is over gives nothing more to anybody, with one exception: what a usage had taken of it was used in time,
so the usage keeps its claim to it, however often it is rated anew, as far as that amount then expired unused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from consumption.booking import is_over
from consumption.models import Bucket
from tmfusage.tmf.statements import fetch_all

Place = tuple[str, datetime | None]
_ONCE = """
SELECT e.bucket_id, e.period_start,
       (SELECT max(c.period_end) FROM consumption_bucketcounter c
        WHERE c.bucket_id = e.bucket_id AND c.period_start IS NOT DISTINCT FROM e.period_start),
       coalesce(max(-e.amount) FILTER (WHERE e.kind = 'debit'), 0),
       coalesce(max(e.amount) FILTER (WHERE e.kind = 'overage'), 0),
       bool_or(e.kind = 'unlimited')
FROM consumption_ledgerentry e
WHERE e.usage_id = %s AND e.usage_id <> '' AND e.kind IN ('debit', 'overage', 'unlimited')
GROUP BY e.bucket_id, e.period_start ORDER BY e.bucket_id, e.period_start
"""
_EXPIRED = """
SELECT bucket_id, period_start, -sum(amount) FROM consumption_ledgerentry
WHERE bucket_id = ANY(%s::text[]) AND kind IN ('expiry', 'expiryReversal') GROUP BY bucket_id, period_start
"""


@dataclass(slots=True)
class Past:
    """What a usage may take again of a bucket in a period that is over."""

    bucket_id: str
    start: datetime | None
    end: datetime | None
    inside: Decimal
    beyond: Decimal
    unlimited: bool

    @property
    def place(self) -> Place:
        """Which bucket, and which period of it."""
        return self.bucket_id, self.start

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in the period."""
        return (not self.start or self.start <= at) and (not self.end or at < self.end)


def once_taken(usage_id: str) -> list[Past]:
    """The most that any rating of the usage has taken, by bucket and period; the periods may still be open."""
    return [Past(*row) for row in fetch_all(_ONCE, [usage_id])]


def claims(once: list[Past], buckets: Mapping[str, Bucket], freed: Mapping[Place, Decimal]) -> list[Past]:
    """Those in periods of the (locked) buckets that are over, as far as the amount is there: just freed, or expired."""
    over = [each for each in once if is_over(buckets[each.bucket_id], each.start)]
    if not over:
        return []
    unused = _expired({each.bucket_id for each in over})
    for each in over:
        there = unused.get(each.place, Decimal(0)) + freed.get(each.place, Decimal(0))
        each.inside = max(Decimal(0), min(each.inside, there))
        # The counter of a period without an end tells none; that of the next one is then the bound.
        bucket = buckets[each.bucket_id]
        each.end = each.end or (bucket.valid_to if each.start == bucket.valid_from else bucket.valid_from)
    return over


def _expired(bucket_ids: Iterable[str]) -> dict[Place, Decimal]:
    return {(bucket_id, start): amount for bucket_id, start, amount in fetch_all(_EXPIRED, [sorted(bucket_ids)])}
