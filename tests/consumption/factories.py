"""Buckets for tests."""

from typing import Any

from consumption.auditing import findings
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
