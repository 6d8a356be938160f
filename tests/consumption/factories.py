"""Buckets for tests."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from consumption.auditing import findings
from consumption.charging import Charge, Demand, debit
from consumption.models import Bucket, BucketSpecification, ConsumptionRule

NUMBER = "+15550100001"


def make_bucket(amount: Any = 100, units: str = "MB", by: str = "tests", **overrides: Any) -> Bucket:
    """A stored bucket of data of one phone number; None as amount: it holds none."""
    members = {
        "name": "Data",
        "usageType": "data",
        "logicalResource": [{"id": "line-1", "value": NUMBER}],
        "relatedParty": [{"id": "ada", "role": "customer", "@referredType": "Individual"}],
        "product": [{"id": "mobile-1"}],
        **({} if amount is None else {"remainingValue": {"amount": amount, "units": units}}),
        **overrides,
    }
    return Bucket.receive({name: item for name, item in members.items() if item is not None}, by)


def make_used_bucket(party: str = "ada") -> Bucket:
    """A stored bucket of the party with everything that a report can tell, a quarter of it used, by two."""
    bucket = make_bucket(
        1,
        "GB",
        bucketSpecification={"id": make_kind().pk},
        partyAccount={"id": "account-1"},
        bucketRelationship=[{"relationshipType": "aggregator", "bucketRefOrValue": {"id": "whole"}}],
        characteristic=[{"name": "TOTAL", "value": 5}, {"name": "ARABIC_NAME", "value": "س"}],
        relatedParty=[
            {"id": party, "role": "user", "@referredType": "Individual"},
            {"id": "c1", "role": "customer", "@referredType": "Customer", "name": "Ada Ltd"},
        ],
    )
    for user, usage in ((party, "u1"), ("eve", "u2")):
        demand = Demand(Decimal(125_000_000), "B", bucket_id=bucket.pk)
        debit(Charge(usage, timezone.now(), (demand,), user_id=user), "tests")
    return bucket


def make_kind(**fields: Any) -> BucketSpecification:
    """A stored bucket specification of 1 GB a month."""
    return BucketSpecification.objects.create(
        **{"name": "Data 1 GB", "usage_type": "data", "unit": "GB", "default_amount": 1, "period_count": 1, **fields}
    )


def make_rule(specification: str, **fields: Any) -> ConsumptionRule:
    """A stored rule: the characteristic volume, in MB, from data buckets of the number."""
    return ConsumptionRule.objects.create(
        **{"specification_id": specification, "characteristic": "volume", "unit": "MB", "usage_type": "data", **fields}
    )


def now(bucket: Bucket) -> Bucket:
    """The bucket as it is stored."""
    return Bucket.objects.select_related("specification").get(pk=bucket.pk)


def assert_sound() -> None:
    """Every balance is explained."""
    assert findings() == []
