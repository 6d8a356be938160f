"""Opening a bucket of a kind: what its specification grants, for as long as it says."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from consumption.models import Bucket, BucketSpecification
from consumption.models.bucket import period


def open_bucket(
    kind: BucketSpecification, whose: dict[str, Any], by: str, start: datetime | None = None
) -> Bucket:  # fmt: skip
    """A new bucket of the kind; `whose` are wire members: relatedParty, product, logicalResource, partyAccount, …"""
    start = start or timezone.now()
    granted = {"remainingValue": {"amount": kind.default_amount or 0, "units": kind.unit}}
    members = {
        "name": kind.name,
        "usageType": kind.usage_type,
        "isShared": kind.is_shared,
        "bucketSpecification": kind.reference,
        "validFor": period(start, kind.end_after(start)),
        **({"isUnlimited": True} if kind.unlimited else granted),
        **whose,
    }
    return Bucket.receive(members, by)
