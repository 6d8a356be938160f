"""The verbs of the ledger: each one transaction, done once however often it is asked for, explained by entries.

Amounts are base units of the bucket's family (`consumption.units.to_base`). A `key` makes a verb idempotent: the same
key again returns the entry of the first time; with another amount it is refused.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from consumption import ending, reserving
from consumption.booking import Book, lock
from consumption.models import Bucket, LedgerEntry
from tmfusage.tmf.refusals import TmfError, conflict
from tmfusage.tmf.retrying import atomic

Kind = LedgerEntry.Kind
Status = Bucket.Status


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for a change, why, and under which key."""

    by: str
    reason: str = ""
    key: str = ""
    reference: str = ""

    @property
    def about(self) -> dict[str, str]:
        """What each entry says of the request."""
        return {"reason": self.reason, "key": self.key, "reference": self.reference}


@atomic
def grant(bucket_id: str, amount: Decimal, request: Request, until: datetime | None = None) -> LedgerEntry:
    """Add an amount: a top-up, a bonus, a first filling; until a moment to which the bucket's validity is extended."""
    _positive(amount)
    bucket = _locked(bucket_id)
    if done := _done(bucket, Kind.GRANT, amount, request):
        return done
    _usable(bucket)
    _extend(bucket, until)
    return _single(bucket, Kind.GRANT, amount, request)


top_up = grant


@atomic
def adjust(bucket_id: str, amount: Decimal, request: Request) -> LedgerEntry:
    """Correct what was granted, upwards or downwards, never below what remains."""
    if not amount:
        raise TmfError(400, "invalidQuantity", "There is nothing to adjust.")
    bucket = _locked(bucket_id)
    if done := _done(bucket, Kind.ADJUSTMENT, amount, request):
        return done
    _usable(bucket)
    _enough(bucket, -amount)
    return _single(bucket, Kind.ADJUSTMENT, amount, request)


@atomic
def transfer(giver_id: str, receiver_id: str, amount: Decimal, request: Request) -> tuple[LedgerEntry, LedgerEntry]:
    """Move an amount from one bucket to another of the same family of units."""
    _positive(amount)
    if giver_id == receiver_id:
        raise conflict("A bucket cannot transfer to itself.")
    buckets = lock([giver_id, receiver_id])
    giver, receiver = _found(buckets, giver_id), _found(buckets, receiver_id)
    done = _done(giver, Kind.TRANSFER, -amount, request), _done(receiver, Kind.TRANSFER, amount, request)
    if done[0] and done[1]:
        return done[0], done[1]
    if any(done):
        raise _other_request()
    _usable(giver)
    _usable(receiver)
    _convertible(giver, receiver)
    _enough(giver, amount)
    book = Book(request.by, **request.about)
    out = book.post(giver, Kind.TRANSFER, -amount)
    into = book.post(receiver, Kind.TRANSFER, amount)
    book.close()
    return out, into


@atomic
def reserve(bucket_id: str, amount: Decimal, request: Request) -> LedgerEntry:
    """Set an amount aside under the request's reference; it remains no more, and is not used yet."""
    _positive(amount)
    bucket = _locked(bucket_id)
    if done := _done(bucket, Kind.RESERVATION, -amount, request):
        return done
    _usable(bucket)
    _enough(bucket, amount)
    return _single(bucket, Kind.RESERVATION, -amount, request)


@atomic
def release(bucket_id: str, request: Request, amount: Decimal | None = None) -> LedgerEntry:
    """Return what is reserved under the request's reference, all of it or an amount."""
    bucket = _locked(bucket_id)
    if request.key and (done := _done(bucket, Kind.RELEASE, amount, request)):
        return done
    return reserving.give_back(bucket, request.by, amount, **request.about)


@atomic
def expire(bucket_id: str, by: str, at: datetime | None = None) -> bool:
    """End the bucket when its validity is over: what remains is gone; whether it was ended."""
    bucket = _locked(bucket_id)
    if not bucket.is_overdue(at or timezone.now()):
        return False
    ending.expire(bucket, by)
    return True


@atomic
def renew(bucket_id: str, by: str, at: datetime | None = None) -> bool:
    """Begin the next period of a bucket that renews: what remains is gone, the amount is granted anew."""
    bucket = _locked(bucket_id)
    return bool(bucket.specification and bucket.specification.renews) and ending.end(bucket, at or timezone.now(), by)


def _single(bucket: Bucket, kind: str, amount: Decimal, request: Request) -> LedgerEntry:
    book = Book(request.by, **request.about)
    book.post(bucket, kind, amount)
    return book.close()[0]


def _locked(bucket_id: str) -> Bucket:
    return _found(lock([bucket_id]), bucket_id)


def _found(buckets: dict[str, Bucket], bucket_id: str) -> Bucket:
    if bucket_id not in buckets:
        raise TmfError(404, "notFound", f'There is no bucket "{bucket_id}".')
    return buckets[bucket_id]


def _done(bucket: Bucket, kind: str, amount: Decimal | None, request: Request) -> LedgerEntry | None:
    """The entry that the same request made earlier."""
    entry = bucket.entries.filter(key=request.key, kind=kind).first() if request.key else None
    if entry and amount is not None and entry.amount != amount:
        raise _other_request()
    return entry


def _other_request() -> TmfError:
    return conflict("The key was used for another request.", "It stands for another amount.", "keyReused")


def _positive(amount: Decimal) -> None:
    if amount <= 0:
        raise TmfError(400, "invalidQuantity", "The amount cannot be taken.", "An amount is more than nothing.")


def _usable(bucket: Bucket) -> None:
    """Bring the (locked) bucket up to date, and refuse one of which nothing can be taken."""
    ending.end(bucket, timezone.now())
    if bucket.status == Status.EXPIRED:
        raise conflict("The bucket has expired.", "Nothing can be added to it or taken from it.", "bucketExpired")
    if bucket.unlimited or not bucket.measured:
        raise conflict("The bucket holds no amount.", "It is unlimited, or only tells a status.", "bucketUnmeasured")


def _extend(bucket: Bucket, until: datetime | None) -> None:
    """Let the (locked) bucket end later, never sooner; its revision is counted with the entry."""
    if until is None or bucket.valid_to is None or until <= bucket.valid_to:
        return
    if bucket.specification and bucket.specification.renews:
        message = "It renews at the end of each period; leave validFor out."
        raise conflict("The validity of the bucket is not extended.", message)
    bucket.valid_to = until
    Bucket.objects.filter(pk=bucket.pk).update(valid_to=until)


def _enough(bucket: Bucket, amount: Decimal) -> None:
    if amount > bucket.remaining:
        raise conflict("So much does not remain.", f"{bucket.remaining_text} remains.", "insufficientBalance")


def _convertible(giver: Bucket, receiver: Bucket) -> None:
    if not giver.shares_units_with(receiver):
        raise conflict("The units differ.", f"{giver.unit} cannot become {receiver.unit}.", "unitMismatch")
