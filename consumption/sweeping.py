"""Ending what is over: buckets expire or renew in batches, each in a transaction of its own."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consumption import ledger
from consumption.models import Bucket

BY = "system:validity"


def sweep(now: datetime | None = None) -> int:
    """Expire or renew one batch of buckets whose validity is over; how many were due.

    Workers that sweep at once skip what another one has locked.
    """
    now = now or timezone.now()
    over = Bucket.objects.exclude(status=Bucket.Status.EXPIRED).filter(valid_to__lte=now).order_by("valid_to")
    with transaction.atomic():
        locked = over.select_for_update(of=("self",), skip_locked=True, no_key=True).select_related("specification")
        due = list(locked[: settings.CONSUMPTION_SWEEP_BATCH])
        for bucket in sorted(due, key=lambda bucket: bucket.pk):
            if not (bucket.specification and bucket.specification.renews):
                ledger.expire(bucket.pk, BY, now)
            else:
                ledger.renew(bucket.pk, BY, now)
    return len(due)
