"""A bucket of a kind: what its sender leaves out is as the specification has it, and it counts in that one's units."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from consumption.models import Bucket, BucketSpecification
from tests.consumption.factories import assert_sound, make_bucket, make_kind, now
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db

START = {"startDateTime": "2026-01-31T00:00:00Z"}


def of_kind(kind, **members) -> dict:
    """What is shown of a bucket that was sent with so little."""
    return now(Bucket.receive({"bucketSpecification": {"id": kind.pk}, **members}, "tests")).shown


def test_a_bucket_is_opened_as_its_kind_says():
    kind = make_kind(renews=True, is_shared=True)
    members = {"bucketSpecification": kind.reference, "product": [{"id": "p1"}], "validFor": START}
    bucket = Bucket.receive(members, "tests")
    assert now(bucket).granted == 10**9
    assert now(bucket).valid_to == datetime(2026, 2, 28, tzinfo=UTC)
    assert (list(Bucket.objects.of("product", "p1")), now(bucket).specification) == ([bucket], kind)
    assert_sound()


def test_a_bucket_that_names_only_its_kind_is_complete():
    shown = of_kind(make_kind(is_shared=True))
    told = {name: shown[name] for name in ("name", "usageType", "isShared", "remainingValue")}
    amount = {"amount": 1, "units": "GB"}
    assert told == {"name": "Data 1 GB", "usageType": "data", "isShared": True, "remainingValue": amount}
    assert set(shown["validFor"]) == {"startDateTime", "endDateTime"}
    assert now(Bucket.objects.get()).valid_from - timezone.now() < timedelta(minutes=1)
    assert_sound()


def test_there_are_no_new_buckets_of_a_kind_that_is_not_active():
    kind = make_kind(active=False)
    with pytest.raises(TmfError) as refusal:
        of_kind(kind)
    assert [each.path for each in refusal.value.violations] == ["$.bucketSpecification.id"]
    BucketSpecification.objects.update(active=True)
    bucket = Bucket.receive({"bucketSpecification": {"id": kind.pk}}, "tests")
    BucketSpecification.objects.update(active=False)
    now(bucket).amend({**now(bucket).shown, "name": "Mine"}, "tests")
    assert now(bucket).name == "Mine"


def test_what_is_sent_goes_before_the_kind():
    sent = {"name": "Mine", "usageType": "roaming", "isShared": False, "remainingValue": {"amount": 5, "units": "MB"}}
    shown = of_kind(make_kind(is_shared=True), **sent)
    assert {name: shown[name] for name in sent} == sent


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ({"remainingValue": {"amount": 5}}, {"amount": 5, "units": "GB"}),
        ({"remainingValue": {"amount": 0}}, {"amount": 0, "units": "GB"}),
        ({"remainingValue": None}, {"amount": 1, "units": "GB"}),
        ({"isUnlimited": False}, {"amount": 1, "units": "GB"}),
        ({"isUnlimited": True}, None),
    ],
)
def test_an_amount_without_a_unit_is_in_that_of_the_kind(sent, held):
    assert of_kind(make_kind(period_count=None), **sent).get("remainingValue") == held
    assert_sound()


def test_an_unlimited_kind_makes_unlimited_buckets_that_know_their_unit():
    assert of_kind(make_kind(unlimited=True))["isUnlimited"] is True
    assert Bucket.objects.get().unit == "GB"


def test_the_period_begins_when_the_sender_says():
    assert now(make_bucket(1, "GB", bucketSpecification={"id": make_kind().pk}, validFor=START)).valid_to == datetime(
        2026, 2, 28, tzinfo=UTC
    )


def test_units_that_the_kind_cannot_grant_are_refused():
    kind = {"bucketSpecification": {"id": make_kind(renews=True).pk}}
    for wrong in ({"amount": 100, "units": "minutes"}, {"amount": 100, "units": "units"}):
        with pytest.raises(TmfError) as refusal:
            make_bucket(None, remainingValue=wrong, **kind)
        assert (refusal.value.status_code, refusal.value.code) == (400, "unitMismatch")
    assert not Bucket.objects.exists()


@pytest.mark.parametrize("unit", ["minutes", ""])
def test_a_bucket_does_not_become_one_of_a_kind_in_other_units(unit):
    bucket = make_bucket(5, unit)
    with pytest.raises(TmfError) as refusal:
        bucket.amend({**bucket.shown, "bucketSpecification": {"id": make_kind().pk}}, "tests")
    assert (refusal.value.status_code, refusal.value.code) == (400, "unitMismatch")


def test_a_bucket_changes_and_leaves_its_kind():
    bucket, kind = make_bucket(5, "MB"), make_kind(priority=4)
    bucket.amend({**bucket.shown, "bucketSpecification": {"id": kind.pk}}, "tests")
    assert (now(bucket).specification, now(bucket).priority, now(bucket).unit) == (kind, 4, "MB")
    bucket.amend({name: item for name, item in bucket.shown.items() if name != "bucketSpecification"}, "tests")
    assert now(bucket).specification is None
