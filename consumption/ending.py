"""The end of a bucket's validity: it expires, or its next period begins; in the transaction of whoever has locked it.

A bucket whose validity is over ends by the sweep or, if that comes first, by the next verb that touches it.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from consumption import reserving
from consumption.booking import Book
from consumption.models import Bucket, LedgerEntry
from consumption.models.bucket import UNRENEWABLE
from tmfusage.tmf.refusals import TmfError, conflict

Kind = LedgerEntry.Kind
BY = "system:validity"
log = logging.getLogger(__name__)


def end(bucket: Bucket, moment: datetime, by: str = BY) -> bool:
    """Expire or renew the (locked) bucket if its validity is over by then; whether it was. 409 when it cannot renew.

    What is reserved of it and over now is given back before.
    """
    reserving.end(bucket, timezone.now(), by)
    if not bucket.is_overdue(moment):
        return False
    try:
        state = bucket.state_at(moment)
    except TmfError as refusal:
        raise _unrenewable(refusal.message) from refusal
    except UNRENEWABLE as exc:
        raise _unrenewable(str(exc)) from exc
    if state.status == Bucket.Status.EXPIRED:
        expire(bucket, by)
    else:
        _renew(bucket, state.valid_from, state.valid_to, state.remaining, by)
    return True


def end_all(buckets: Iterable[Bucket], moment: datetime) -> None:
    """End those of the (locked) buckets that are over by then; one that cannot be renewed gives nothing."""
    for bucket in buckets:
        try:
            end(bucket, min(moment, timezone.now()))
        except TmfError as refusal:
            log.error("bucket not renewed", extra={"bucket": bucket.pk, "reason": refusal.message})


def expire(bucket: Bucket, by: str) -> None:
    """Expire the (locked) bucket: what remains is gone."""
    bucket.status, bucket.crossed = Bucket.Status.EXPIRED, []
    book = Book(by, reason="end of validity")
    _empty(book, bucket)
    _write(book, bucket, "status", "crossed")


def _renew(bucket: Bucket, start: datetime | None, until: datetime | None, granted: Decimal, by: str) -> None:
    """Begin a period: what remains is gone, what the specification grants is there."""
    book = Book(by)
    _empty(book, bucket)
    bucket.anchor, bucket.valid_from, bucket.valid_to = bucket.counted_from, start, until
    bucket.granted_before, bucket.crossed = bucket.granted - bucket.reserved, []
    if granted:
        book.post(bucket, Kind.GRANT, granted, reason="renewal")
    _write(book, bucket, "anchor", "valid_from", "valid_to", "granted_before", "crossed")


def _empty(book: Book, bucket: Bucket) -> None:
    if bucket.remaining:
        book.post(bucket, Kind.EXPIRY, -bucket.remaining, reason="end of validity")


def _write(book: Book, bucket: Bucket, *columns: str) -> None:
    """Write the entries, which count as one change, and what changed beside the balance."""
    bucket.end_failures, bucket.end_again_at = 0, None
    if not book.entries:
        bucket.touch()
    values: dict[str, Any] = {name: getattr(bucket, name) for name in (*columns, "end_failures", "end_again_at")}
    Bucket.objects.filter(pk=bucket.pk).update(**values, revision=bucket.revision, last_update=bucket.last_update)
    book.close()


def _unrenewable(why: str) -> TmfError:
    return conflict("The bucket's validity is over, and it cannot be renewed.", why, "bucketExpired")
