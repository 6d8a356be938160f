"""What a usage takes, and giving it back: each of the three verbs is one transaction, done once.

A posting stands for each rating of a usage. At most one stands at a time, which makes a debit happen once, and a
reversal return exactly what that posting took.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from consumption.booking import Book, is_over
from consumption.ending import end_all
from consumption.models import Bucket, LedgerEntry, Posting
from consumption.past import Place, claims, once_taken
from consumption.taking import Charge, Demand, Taking, candidates
from consumption.totals import Counted, settle
from tmfusage.tmf import exact
from tmfusage.tmf.retrying import atomic
from tmfusage.tmf.statements import execute, fetch_one

__all__ = ["Charge", "Demand", "debit", "rerate", "reverse", "standing"]

Kind = LedgerEntry.Kind
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
_NOTE = "UPDATE consumption_posting SET totals = %s::jsonb, source = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class _Ended:
    """A posting that stands no more: what it took, and what had said how much that was."""

    sequence: int = 0
    source: str = ""
    totals: Counted = field(default_factory=list)
    entries: tuple[LedgerEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Begun:
    """A posting that is being made."""

    charge: Charge
    id: int
    sequence: int


@atomic
def debit(charge: Charge, by: str) -> list[LedgerEntry]:
    """Take what the usage demands; when it has taken already, what it took."""
    begun = _begin(charge)
    return _settle(charge.usage_id, by, _Ended(), begun) if begun else standing(charge.usage_id)


@atomic
def reverse(usage_id: str, by: str, reason: str = "") -> str | None:
    """Give back exactly what the usage took; what had said how much it takes, or None when it holds nothing."""
    ended = _end(usage_id)
    if ended is None:
        return None
    _settle(usage_id, by, ended, None, reason)
    return ended.source


@atomic
def rerate(charge: Charge, by: str, reason: str = "") -> list[LedgerEntry]:
    """Give back what the usage took, and take anew, at once: thresholds see the outcome only."""
    ended = _end(charge.usage_id)
    begun = _begin(charge)
    return _settle(charge.usage_id, by, ended or _Ended(), begun, reason) if begun else standing(charge.usage_id)


def standing(usage_id: str) -> list[LedgerEntry]:
    """What the usage holds now."""
    posting = Posting.objects.filter(usage_id=usage_id, reversed_at__isnull=True).first()
    return _entries(usage_id, posting.sequence) if posting else []


def _entries(usage_id: str, sequence: int) -> list[LedgerEntry]:
    taken = LedgerEntry.objects.filter(usage_id=usage_id, sequence=sequence, kind__in=LedgerEntry.BACK)
    return list(taken.select_related("bucket").order_by("id"))


def _begin(charge: Charge) -> _Begun | None:
    """A posting for the charge; None while another one stands."""
    row = fetch_one(_BEGIN, [charge.usage_id, charge.source, charge.usage_id])
    return _Begun(charge, *row) if row else None


def _end(usage_id: str) -> _Ended | None:
    """The posting that stood until now."""
    row = fetch_one(_END, [usage_id])
    if row is None:
        return None
    sequence, totals, source = row
    return _Ended(sequence, source, exact.loads(totals.encode()), tuple(_entries(usage_id, sequence)))


def _settle(usage_id: str, by: str, ended: _Ended, begun: _Begun | None, reason: str = "") -> list[LedgerEntry]:
    """Write at once what goes back and what is taken anew; what is taken.

    All buckets are locked in one order and before all totals, so that no two transactions wait for each other.
    """
    once = once_taken(usage_id) if begun and begun.sequence > 1 else []
    held = {entry.bucket_id for entry in ended.entries} | {each.bucket_id for each in once}
    found = candidates(begun.charge if begun else None, held)
    if begun:
        end_all(found.buckets.values(), begun.charge.at)
    book = Book(by, usage_id=usage_id)
    freed = _give_back(book, found.buckets, ended, reason)
    if begun is None:
        _expire(book, found.buckets, freed, ended, reason)
        book.close()
        settle(ended.totals, None, ())
        return []
    taking = Taking(begun.charge, found, claims(once, found.buckets, freed), freed)
    for demand in begun.charge.demands:
        taking.take(demand)
    _expire(book, found.buckets, _less(freed, taking.retaken), ended, reason)
    _revive(book, found.buckets, _less(taking.retaken, freed), begun, reason)
    entries = _post(book, found.buckets, begun, taking)
    book.close()
    totals = settle(ended.totals, begun.charge, taking.missing)
    if totals or not entries:
        source = begun.charge.source if totals else Posting.Source.NONE
        execute(_NOTE, [exact.dumps(totals).decode(), source, begun.id])
    return entries


def _give_back(book: Book, buckets: Mapping[str, Bucket], ended: _Ended, reason: str) -> dict[Place, Decimal]:
    """Return every entry to its bucket; how much of that went to which period that is over."""
    freed: dict[Place, Decimal] = defaultdict(Decimal)
    for entry in ended.entries:
        bucket, kind = buckets[entry.bucket_id], Kind(entry.kind)
        about = {"user_id": entry.user_id, "product_id": entry.product_id, "period_start": entry.period_start}
        book.post(bucket, LedgerEntry.BACK[kind], -entry.amount, sequence=ended.sequence, reason=reason, **about)
        if kind == Kind.DEBIT and is_over(bucket, entry.period_start):
            freed[bucket.pk, entry.period_start] -= entry.amount
    return freed


def _less(amounts: Mapping[Place, Decimal], others: Mapping[Place, Decimal]) -> dict[Place, Decimal]:
    """By how much the amounts exceed the others, where they do."""
    rests = {place: amount - others.get(place, Decimal(0)) for place, amount in amounts.items()}
    return {place: rest for place, rest in rests.items() if rest > 0}


def _expire(book: Book, buckets: Mapping[str, Bucket], rests: dict[Place, Decimal], ended: _Ended, reason: str) -> None:
    """What went back to a period that is over, and is not taken again, expires."""
    for (bucket_id, start), amount in rests.items():
        about = {"sequence": ended.sequence, "reason": reason, "period_start": start}
        book.post(buckets[bucket_id], Kind.EXPIRY, -amount, **about)


def _revive(book: Book, buckets: Mapping[str, Bucket], rests: dict[Place, Decimal], begun: _Begun, reason: str) -> None:
    """What is taken again of a period that is over, and had expired meanwhile, did not expire after all."""
    for (bucket_id, start), amount in rests.items():
        about = {"sequence": begun.sequence, "reason": reason, "period_start": start}
        book.post(buckets[bucket_id], Kind.EXPIRY_REVERSAL, amount, **about)


def _post(book: Book, buckets: Mapping[str, Bucket], begun: _Begun, taking: Taking) -> list[LedgerEntry]:
    about = {"sequence": begun.sequence, "user_id": begun.charge.user_id, "product_id": begun.charge.product_id}
    return [
        book.post(buckets[bucket_id], kind, -amount if kind == Kind.DEBIT else amount, period_start=start, **about)
        for (bucket_id, kind, start), amount in taking.taken.items()
    ]
