"""Opening a bucket of a kind: what its specification grants, for as long as it says."""

from datetime import datetime
from typing import Any

from consumption.models import Bucket, BucketSpecification
from consumption.models.fields import period


def open_bucket(kind: BucketSpecification, whose: dict[str, Any], by: str, start: datetime | None = None) -> Bucket:
    """A new bucket of the kind; `whose` are wire members: relatedParty, product, logicalResource, partyAccount, …"""
    begun = {"validFor": period(start, None)} if start else {}
    return Bucket.receive({"bucketSpecification": kind.reference, **begun, **whose}, by)
