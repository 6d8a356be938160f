"""Usages take from buckets when they become rated, and give back when they cease to be."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consumption.models import Bucket, LedgerEntry, Posting, RunningTotal
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_rule, now
from tests.usage.factories import RATING, make_usage
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

pytestmark = pytest.mark.django_db

MB = 10**6
SPEC = "elsewhere"


def used(volume=30, status="rated", **overrides) -> Usage:
    """A data session of so many megabytes."""
    characteristics = [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": volume}]
    return make_usage(
        status, **{"usageSpecification": {"id": SPEC}, "usageCharacteristic": characteristics, **overrides}
    )


def impact(bucket: Bucket, amount, units="MB", **more) -> dict:
    item = {"itemType": "debit", "amount": {"amount": amount, "units": units}}
    return {"bucket": {"id": bucket.pk}, "item": [item], **more}


def told(usage: Usage) -> list[tuple]:
    """Before and after of each bucket, as the stored usage tells."""
    impacts = Usage.objects.get(pk=usage.pk).members.get("impactedBucket", [])
    return [(each["amountBefore"]["amount"], each["amountAfter"]["amount"]) for each in impacts]


def moved(usage: Usage, status: str, **members) -> Usage:
    usage = Usage.objects.get(pk=usage.pk)
    usage.amend({**usage.shown, "status": status, **members}, "tests")
    return usage


def test_a_usage_that_arrives_rated_takes_by_its_rule_and_tells_so():
    make_rule(SPEC)
    bucket = make_bucket(100)
    usage = used(30)
    assert (now(bucket).remaining, told(usage)) == (70 * MB, [(100, 70)])
    (stored,) = Usage.objects.get(pk=usage.pk).members["impactedBucket"]
    assert (stored["bucket"]["id"], stored["item"][0]["amount"]) == (bucket.pk, {"amount": 30, "units": "MB"})
    assert_sound()


def test_a_usage_takes_when_it_becomes_rated_and_only_then():
    make_rule(SPEC)
    bucket = make_bucket(100)
    usage = used(30, "guided")
    assert now(bucket).remaining == 100 * MB
    moved(usage, "rated", ratedProductUsage=RATING)
    assert (now(bucket).remaining, told(usage)) == (70 * MB, [(100, 70)])
    moved(usage, "billed")
    assert now(bucket).remaining == 70 * MB
    assert_sound()


def test_rerating_gives_back_and_takes_the_corrected_quantity():
    make_rule(SPEC)
    bucket = make_bucket(100)
    usage = used(30)
    moved(usage, "rerated")
    assert (now(bucket).remaining, told(usage)) == (100 * MB, [])
    corrected = [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": 45}]
    moved(usage, "rated", usageCharacteristic=corrected)
    assert (now(bucket).remaining, told(usage)) == (55 * MB, [(100, 55)])
    assert_sound()


def test_a_rated_usage_whose_quantity_is_corrected_takes_anew():
    make_rule(SPEC)
    bucket = make_bucket(100)
    usage = used(30)
    corrected = [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": 45}]
    moved(usage, "rated", usageCharacteristic=corrected)
    assert (now(bucket).remaining, told(usage)) == (55 * MB, [(100, 55)])
    moved(usage, "rated", description="checked")
    assert Posting.objects.count() == 2
    assert_sound()


def test_a_removed_usage_gives_back():
    make_rule(SPEC)
    bucket = make_bucket(100)
    used(30).remove("tests")
    assert now(bucket).remaining == 100 * MB
    assert_sound()


def test_what_the_usage_says_goes_before_the_rule():
    make_rule(SPEC)
    bucket, other = make_bucket(100), make_bucket(100, logicalResource=[{"id": "+15550100009"}])
    usage = used(30, impactedBucket=[impact(other, "0.02", "GB", name="mine", amountAfter={"amount": 1})])
    assert (now(bucket).remaining, now(other).remaining) == (100 * MB, 80 * MB)
    stored = Usage.objects.get(pk=usage.pk).members["impactedBucket"][0]
    assert (stored["name"], stored["amountAfter"]) == ("mine", {"amount": 80, "units": "MB"})
    moved(usage, "rerated")
    moved(usage, "rated")
    assert (now(other).remaining, told(usage)) == (80 * MB, [(100, 80)])
    assert_sound()


def test_one_usage_takes_from_several_buckets():
    data, money = make_bucket(100), make_bucket(5, "EUR", usageType="EUR")
    usage = used(impactedBucket=[impact(data, 100), impact(money, "0.50", "EUR")])
    assert (now(data).remaining, now(money).remaining) == (0, Decimal("4.5"))
    assert told(usage) == [(100, 0), (5, Decimal("4.5"))]


def test_before_and_after_are_enough():
    bucket = make_bucket(100)
    amounts = {"amountBefore": {"amount": 50, "units": "MB"}, "amountAfter": {"amount": 20, "units": "MB"}}
    usage = used(impactedBucket=[{"bucket": {"id": bucket.pk}, **amounts}])
    assert told(usage) == [(100, 70)]


def test_what_is_beyond_the_bucket_is_told_as_such():
    make_rule(SPEC)
    bucket = make_bucket(10)
    stored = used(30).members["impactedBucket"][0]
    assert [(item["name"], item["amount"]["amount"]) for item in stored["item"]] == [("usage", 10), ("outOfBucket", 20)]
    assert now(bucket).overage == 20 * MB


@pytest.mark.parametrize(
    ("amount", "units", "told"),
    [
        ("1.0000001", "MB", "decimals"),
        (1, "minutes", "cannot be converted"),
        ("1e20", "MB", "digits"),
        (-1, "MB", "takes from"),
    ],
)
def test_an_impact_that_cannot_be_taken_is_refused_and_nothing_is_stored(amount, units, told):
    bucket = make_bucket(100)
    with pytest.raises(TmfError) as refusal:
        used(impactedBucket=[impact(bucket, Decimal(amount), units)])
    assert refusal.value.violations[0].path.startswith("$.impactedBucket[0]")
    assert told in refusal.value.message
    assert (Usage.objects.count(), Posting.objects.count(), now(bucket).remaining) == (0, 0, 100 * MB)


def test_a_bucket_that_is_kept_elsewhere_is_left_to_its_keeper():
    usage = used(impactedBucket=[{"bucket": {"id": "theirs"}, "amountAfter": {"amount": 3}}])
    assert usage.members["impactedBucket"] == [{"bucket": {"id": "theirs"}, "amountAfter": {"amount": 3}}]
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("volume", ["much", True, None, Decimal("0.1234567"), -3])
def test_a_quantity_that_is_none_is_refused(volume):
    make_rule(SPEC)
    with pytest.raises(TmfError) as refusal:
        used(volume)
    assert refusal.value.violations[0].path == "$.usageCharacteristic[?(@.name=='volume')].value"


@pytest.mark.parametrize(
    "whose",
    [{"whose": "party"}, {"whose": "party", "whose_name": "Customer"}, {"whose": "product"}, {"whose_name": "msisdn"}],
)
def test_buckets_are_found_by_number_party_or_product(whose):
    make_rule(SPEC, **whose)
    bucket = make_bucket(100, relatedParty=[{"id": "acme"}])
    used(30)
    assert now(bucket).remaining == 70 * MB


def test_the_unit_may_stand_in_a_characteristic():
    make_rule(SPEC, unit="", unit_characteristic="unit")
    bucket = make_bucket(100)
    values = {"msisdn": NUMBER, "volume": "1024", "unit": "KiB"}
    used(usageCharacteristic=[{"name": name, "value": value} for name, value in values.items()])
    assert now(bucket).remaining == 100 * MB - 1024 * 1024


def test_without_a_quantity_each_usage_counts_one():
    make_rule(SPEC, characteristic="", unit="", usage_type="sms")
    bucket = make_bucket(10, "sms", usageType="sms")
    used()
    assert now(bucket).remaining == 9


def test_without_a_bucket_the_usage_stands_and_the_total_runs():
    make_rule(SPEC)
    usage = used(30)
    assert "impactedBucket" not in usage.members
    moved(usage, "rerated")
    assert RunningTotal.objects.get().value == 0
    assert_sound()


def test_a_rule_that_is_not_in_force_takes_nothing_but_what_it_took_is_given_back():
    rule = make_rule(SPEC)
    bucket = make_bucket(100)
    usage = used(30)
    rule.active = False
    rule.save()
    used(30)
    moved(usage, "rerated")
    assert now(bucket).remaining == 100 * MB


def test_a_usage_without_rule_and_impact_costs_no_statement(monkeypatch):
    make_rule(SPEC)
    used(1)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            used(1, usageSpecification={"id": "other"}).move_to("rerated", "tests")
        return len(asked)

    with_consumers = statements()
    monkeypatch.setattr(Usage, "consumers", [])
    assert with_consumers == statements()
