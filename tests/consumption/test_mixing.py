"""Units and currencies are never mixed: an unlimited bucket counts in one family as well."""

from decimal import Decimal

import pytest
from django.utils import timezone

from consumption.charging import Charge, Demand, debit
from consumption.models import Bucket, RunningTotal
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, now
from tests.consumption.test_consuming import impact, used
from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db


def take(amount: int, unit: str, **named) -> None:
    demand = Demand(Decimal(amount), unit, "data", **(named or {"owner": ("resource", (NUMBER,))}))
    debit(Charge(make_usage("rated").pk, timezone.now(), (demand,)), "tests")


def counted(bucket: Bucket) -> list[Decimal]:
    return list(bucket.counters.values_list("value", flat=True))


def test_an_unlimited_bucket_counts_in_the_unit_of_its_first_usage():
    bucket = make_bucket(None, isUnlimited=True)
    take(60, "seconds")
    take(2, "minutes")
    take(5, "EUR")
    assert (now(bucket).unit, counted(bucket)) == ("seconds", [62])
    assert [(total.unit, total.value) for total in RunningTotal.objects.all()] == [("EUR", 5)]
    assert_sound()


def test_an_unlimited_bucket_of_a_kind_counts_in_its_unit_from_the_start():
    bucket = make_bucket(None, isUnlimited=True, bucketSpecification={"id": make_kind(unlimited=True).pk})
    take(60, "seconds")
    assert (now(bucket).unit, counted(bucket)) == ("GB", [])


def test_a_bucket_that_a_usage_names_does_not_count_another_currency():
    bucket = make_bucket(None, isUnlimited=True)
    take(5, "EUR", bucket_id=bucket.pk)
    with pytest.raises(TmfError) as refusal:
        take(7, "USD", bucket_id=bucket.pk)
    assert (refusal.value.code, counted(bucket)) == ("unitMismatch", [5])


def test_impacts_of_a_usage_on_an_unlimited_bucket_share_one_unit():
    bucket = make_bucket(None, isUnlimited=True)
    with pytest.raises(TmfError) as refusal:
        used(impactedBucket=[impact(bucket, 5, "EUR"), impact(bucket, 7, "USD")])
    assert refusal.value.status_code == 400
    used(impactedBucket=[impact(bucket, 1, "GB"), impact(bucket, 1, "MB")])
    assert (now(bucket).unit, counted(bucket)) == ("GB", [1_001_000_000])
    with pytest.raises(TmfError):
        used(impactedBucket=[impact(bucket, 7, "USD")])
    assert_sound()


def test_amounts_without_a_unit_count_pieces():
    bucket = make_bucket(None, isUnlimited=True)
    take(3, "")
    take(4, "messages")
    take(5, "EUR")
    assert (now(bucket).unit, counted(bucket)) == ("units", [7])
