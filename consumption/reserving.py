"""Reservations: amounts set aside under a reference, until they are asked back or their validity is over.

The end of a validity takes effect at that moment: whoever locks the bucket gives back what is over, and who only looks
is told of it as given back; the sweep does it where nobody comes by.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from consumption import events
from consumption.booking import Book
from consumption.models import BalanceAction, Bucket, LedgerEntry
from tmfusage.hub import publishing
from tmfusage.tmf.refusals import conflict
from tmfusage.tmf.statements import fetch_all

Kind = LedgerEntry.Kind
OVER = "end of validity"
# What was reserved of an earlier period does not come back to this one.
_OVER = """
SELECT e.bucket_id, -sum(e.amount)
FROM consumption_balanceaction a
JOIN consumption_ledgerentry e ON e.bucket_id = a.bucket_ids[1] AND e.reference = a.reference
JOIN consumption_bucket b ON b.id = e.bucket_id AND b.valid_from IS NOT DISTINCT FROM e.period_start
WHERE a.bucket_ids && %s::text[] AND a.status = 'completed' AND a.release_at <= %s::timestamptz
  AND e.kind IN ('reservation', 'release')
GROUP BY e.bucket_id
"""


def over(bucket_ids: Iterable[str], moment: datetime) -> dict[str, Decimal]:
    """How much of each bucket is still reserved although its validity is over by then."""
    return dict(fetch_all(_OVER, [list(bucket_ids), moment]))


def give_back(bucket: Bucket, by: str, amount: Decimal | None = None, **about: Any) -> LedgerEntry:
    """Return what is reserved of the (locked) bucket under the reference, all of it or an amount; 409 if it is not."""
    own = list(bucket.entries.filter(reference=about["reference"], kind__in=[Kind.RESERVATION, Kind.RELEASE]))
    outstanding = -sum((entry.amount for entry in own), Decimal(0))
    wanted = outstanding if amount is None else amount
    if not 0 < wanted <= outstanding:
        raise conflict("So much is not reserved.", f"{outstanding} is.", "notReserved")
    book = Book(by, **about)
    book.give_back(bucket, Kind.RELEASE, wanted, own[-1].period_start)
    return book.close()[0]


def conclude(action: BalanceAction, reason: str) -> None:
    """Say that the (locked) reservation is no more."""
    action.status = action.Status.CANCELLED
    action.members = {**action.members, **({"reason": reason} if reason else {})}
    action.touch()
    action.save()
    publishing.publish(events.action_events(action.action)[1], action)


def end(bucket: Bucket, moment: datetime, by: str) -> None:
    """Give back what is reserved of the (locked) bucket and over by then, but for what somebody else is giving back."""
    if not bucket.reserved:
        return
    held = BalanceAction.objects.filter(bucket_ids__contains=[bucket.pk], status=BalanceAction.Status.COMPLETED)
    due = held.filter(release_at__lte=moment).order_by("release_at", "pk")
    for action in due.select_for_update(skip_locked=True):
        give_back(bucket, by, reason=OVER, reference=action.reference)
        conclude(action, OVER)
