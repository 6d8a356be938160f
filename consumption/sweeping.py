"""Ending what is over: buckets expire or renew, reservations are released; each in a transaction of its own.

What fails is logged, counted, and tried again after a while that doubles; it holds up nothing else.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from prometheus_client import Counter

from consumption import acting, ending
from consumption.models import BalanceAction, Bucket

LONGEST_WAIT = timedelta(days=1)
RELEASE_AGAIN = timedelta(hours=1)
ENDED = Counter("tmfusage_sweep_ended_total", "Buckets expired or renewed and reservations released", ["what"])
FAILED = Counter("tmfusage_sweep_failures_total", "Those that could not be, and are tried again later", ["what"])
log = logging.getLogger(__name__)


def sweep(now: datetime | None = None) -> int:
    """Expire or renew one batch of buckets whose validity is over; how many were dealt with.

    Workers that sweep at once skip what another one has locked.
    """
    now = now or timezone.now()
    due = Bucket.objects.exclude(status=Bucket.Status.EXPIRED).filter(
        Q(end_again_at__isnull=True) | Q(end_again_at__lte=now), valid_to__lte=now
    )
    ids = list(due.order_by("valid_to").values_list("pk", flat=True)[: settings.CONSUMPTION_SWEEP_BATCH])
    return sum(_tried("bucket", each, now, _end, _put_off) for each in ids)


def release(now: datetime | None = None) -> int:
    """Release one batch of reservations whose validity is over; how many were dealt with."""
    now = now or timezone.now()
    held = BalanceAction.objects.filter(release_at__lte=now, status=BalanceAction.Status.COMPLETED)
    ids = list(held.order_by("release_at").values_list("pk", flat=True)[: settings.CONSUMPTION_SWEEP_BATCH])
    return sum(_tried("reservation", each, now, _cancel, _release_later) for each in ids)


def _tried(
    what: str, key: str, now: datetime, do: Callable[[str, datetime], bool], later: Callable[[str, datetime], None]
) -> bool:
    """Whether something was done about it, if only to put it off."""
    try:
        with transaction.atomic():
            done = do(key, now)
    except Exception as exc:  # whatever it is must not keep the others waiting
        log.exception("%s not ended", what, extra={what: key, "error": type(exc).__name__})
        FAILED.labels(what).inc()
        later(key, now)
        return True
    if done:
        ENDED.labels(what).inc()
    return done


def _end(bucket_id: str, now: datetime) -> bool:
    locked = Bucket.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    bucket = locked.select_related("specification").filter(pk=bucket_id).first()
    return bucket is not None and ending.end(bucket, now)


def _put_off(bucket_id: str, now: datetime) -> None:
    bucket = Bucket.objects.only("end_failures").get(pk=bucket_id)
    wait = min(timedelta(minutes=2 ** min(bucket.end_failures + 1, 15)), LONGEST_WAIT)
    Bucket.objects.filter(pk=bucket_id).update(end_failures=F("end_failures") + 1, end_again_at=now + wait)


def _cancel(action_id: str, now: datetime) -> bool:
    action = BalanceAction.objects.select_for_update(skip_locked=True).filter(pk=action_id).first()
    if action is None or action.status == BalanceAction.Status.CANCELLED:
        return False
    acting.cancel(action, "end of validity", ending.BY)
    return True


def _release_later(action_id: str, now: datetime) -> None:
    BalanceAction.objects.filter(pk=action_id).update(release_at=now + RELEASE_AGAIN)
