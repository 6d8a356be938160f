"""Rating anew moves the difference and nothing else, also when the period it was taken from is over."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import Sum

from consumption import ledger
from consumption.charging import Charge, Demand, debit
from consumption.ledger import Request
from consumption.models import Bucket, BucketCounter, ConsumptionRule, Crossing, LedgerEntry, Posting, RunningTotal
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, make_rule, now
from tests.consumption.test_consuming import MB, SPEC, impact, moved, told, used
from tests.hub.making import make_hub
from tests.usage.factories import RATING
from tmfusage.hub.models import Event
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

pytestmark = pytest.mark.django_db

MARCH = {"validFor": {"startDateTime": "2026-03-01T00:00:00Z", "endDateTime": "2026-04-01T00:00:00Z"}}
APRIL = datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rule() -> ConsumptionRule:
    """The characteristic volume, in MB, from data buckets of the number."""
    return make_rule(SPEC)


def volume(amount) -> dict:
    return {"usageCharacteristic": [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": amount}]}


def renewing(amount: int = 100) -> Bucket:
    """A bucket of March that is renewed with 1 GB."""
    return make_bucket(amount, bucketSpecification={"id": make_kind(renews=True).pk}, **MARCH)


def counted(counter: str = "used", start: str = "2026-03-01T00:00:00Z") -> Decimal:
    found = BucketCounter.objects.filter(counter_type=counter, period_start=start)
    return (found.aggregate(sum=Sum("value"))["sum"] or Decimal(0)) / MB


def entries(kind: str) -> Decimal:
    return (LedgerEntry.objects.filter(kind=kind).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)) / MB


def test_a_threshold_is_told_once_by_a_rating_that_stays_beyond_it():
    make_hub(api="prepayBalanceManagement")
    make_bucket(100)
    moved(used(85), "rated", **volume(86))
    assert list(Crossing.objects.values_list("threshold", flat=True)) == [80]
    assert Event.objects.filter(event_type="BucketThresholdCrossedEvent").count() == 1


@pytest.mark.parametrize(
    "members",
    [
        {"ratedProductUsage": [{**RATING[0], "isBilled": True}]},
        {"relatedParty": [{"id": "acme", "role": "customer", "name": "Acme", "@referredType": "Organization"}]},
        {"usageCharacteristic": [*volume(30)["usageCharacteristic"], {"name": "cell", "value": "4711"}]},
        {"usageDate": "2026-03-01T13:00:00+01:00"},
        {"impactedBucket": None},
        volume("30.0"),
    ],
)
def test_a_change_that_decides_nothing_moves_nothing(members):
    bucket = make_bucket(100, **MARCH)
    usage = used(30)
    ledger.expire(bucket.pk, "tests", APRIL)
    ConsumptionRule.objects.get().save()
    before = Usage.objects.get(pk=usage.pk).members["impactedBucket"]
    changed = {name: item for name, item in {**usage.shown, **members}.items() if item is not None}
    Usage.objects.get(pk=usage.pk).amend(changed, "tests")
    assert Usage.objects.get(pk=usage.pk).members["impactedBucket"] == before
    assert (Posting.objects.count(), LedgerEntry.objects.count()) == (1, 3)


@pytest.mark.parametrize("change", [{"active": False}, {"unit": "GB"}, {"unit": "no such unit of anything at all"}])
def test_a_rule_that_has_changed_since_does_not_charge_anew_what_did_not_change(rule, change):
    bucket = make_bucket(100)
    usage = used(30)
    for name, value in change.items():
        setattr(rule, name, value)
    rule.save()
    moved(usage, "rated", ratedProductUsage=[{**RATING[0], "isBilled": True}])
    assert (now(bucket).remaining, told(usage)) == (70 * MB, [(100, 70)])


def test_a_usage_corrected_to_another_number_tells_of_that_number_s_bucket():
    bucket = make_bucket(100)
    other = make_bucket(50, logicalResource=[{"id": "line-2", "value": "+15550100002"}])
    usage = used(30)
    there = [{"name": "msisdn", "value": "+15550100002"}, {"name": "volume", "value": 20}]
    moved(usage, "rated", usageCharacteristic=there)
    (impacted,) = Usage.objects.get(pk=usage.pk).members["impactedBucket"]
    assert (impacted["bucket"]["id"], told(usage)) == (other.pk, [(50, 30)])
    assert (now(bucket).remaining, now(other).remaining) == (100 * MB, 30 * MB)
    assert_sound()


def test_a_usage_that_names_another_bucket_tells_of_that_one():
    bucket, other = make_bucket(100), make_bucket(50)
    usage = used(impactedBucket=[impact(bucket, 30)])
    moved(usage, "rated", impactedBucket=[impact(other, 20)])
    (impacted,) = Usage.objects.get(pk=usage.pk).members["impactedBucket"]
    assert (impacted["bucket"]["id"], told(usage)) == (other.pk, [(50, 30)])
    assert (now(bucket).remaining, now(other).remaining) == (100 * MB, 30 * MB)
    assert_sound()


def test_what_a_usage_says_of_its_bucket_besides_the_amount_moves_nothing_and_stays_true():
    bucket = make_bucket(100)
    usage = used(impactedBucket=[impact(bucket, 30)])
    moved(usage, "rated", impactedBucket=[impact(bucket, "0.03", "GB", name="mine", amountAfter={"amount": 1})])
    stored = Usage.objects.get(pk=usage.pk).members["impactedBucket"][0]
    assert (stored["name"], told(usage), Posting.objects.count()) == ("mine", [(100, 70)], 1)


def test_a_correction_that_cannot_be_taken_is_refused():
    bucket = make_bucket(100)
    usage = used(30)
    with pytest.raises(TmfError):
        moved(usage, "rated", **volume("much"))
    assert now(bucket).remaining == 70 * MB


def corrected(usage: Usage, amount, at_once: bool) -> None:
    """The usage with another quantity: by one change, or marked first and rated later."""
    if not at_once:
        moved(usage, "rerated")
        assert_sound()
    moved(usage, "rated", **volume(amount))
    assert_sound()


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_taken_before_a_renewal_is_taken_there_again(at_once):
    bucket = renewing()
    usage = used(30)
    ledger.renew(bucket.pk, "tests", APRIL)
    corrected(usage, 20, at_once)
    assert (now(bucket).remaining, counted(), entries("debit")) == (1000 * MB, 20, -50)
    assert entries("expiry") + entries("expiryReversal") == -80
    assert not RunningTotal.objects.exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_taken_before_an_expiry_is_taken_there_again(at_once):
    bucket = make_bucket(100, **MARCH)
    usage = used(30)
    ledger.expire(bucket.pk, "tests", APRIL)
    for amount in (20, 30, 10):
        corrected(usage, amount, at_once)
    assert (now(bucket).remaining, counted()) == (0, 10)
    assert entries("expiry") + entries("expiryReversal") == -90
    assert not RunningTotal.objects.exists()


def test_a_usage_given_back_before_the_period_ended_takes_there_again_afterwards():
    bucket = renewing()
    usage = used(30)
    moved(usage, "rerated")
    ledger.renew(bucket.pk, "tests", APRIL)
    moved(usage, "rated")
    assert (now(bucket).remaining, counted(), RunningTotal.objects.count()) == (1000 * MB, 30, 0)
    assert_sound()


def test_what_others_have_used_up_meanwhile_is_not_there_again():
    bucket = renewing()
    usage = used(30)
    moved(usage, "rerated")
    used(90)
    ledger.renew(bucket.pk, "tests", APRIL)
    moved(usage, "rated")
    assert (counted(), RunningTotal.objects.get().value) == (100, 20 * MB)
    assert_sound()


def test_what_exceeds_the_earlier_amount_goes_the_usual_way():
    bucket, longer = renewing(), make_bucket(5, priority=1)
    usage = used(30)
    ledger.renew(bucket.pk, "tests", APRIL)
    corrected(usage, 50, at_once=True)
    assert (counted(), now(longer).remaining, now(longer).overage) == (30, 0, 15 * MB)
    assert now(bucket).remaining == 1000 * MB


def test_what_was_beyond_the_bucket_stays_beyond_it():
    bucket = make_bucket(10, **MARCH)
    usage = used(30)
    ledger.expire(bucket.pk, "tests", APRIL)
    corrected(usage, 29, at_once=False)
    assert (counted(), counted("outOfBucket"), now(bucket).overage) == (10, 19, 19 * MB)
    assert not RunningTotal.objects.exists()


def test_what_was_taken_without_limit_is_taken_so_again():
    bucket = make_bucket(None, isUnlimited=True, **MARCH)
    usage = used(30)
    ledger.expire(bucket.pk, "tests", APRIL)
    corrected(usage, 40, at_once=True)
    assert (counted(), RunningTotal.objects.count()) == (40, 0)


def test_a_usage_whose_date_is_corrected_leaves_the_period_that_is_over():
    bucket = renewing()
    usage = used(30)
    ledger.renew(bucket.pk, "tests", APRIL)
    moved(usage, "rated", usageDate="2026-04-02T00:00:00Z")
    assert (now(bucket).remaining, counted(), counted(start="2026-04-01T00:00:00Z")) == (970 * MB, 0, 30)
    assert_sound()


def test_a_named_bucket_gives_again_of_its_old_period_and_then_of_the_present_one():
    bucket = renewing()
    usage = used(impactedBucket=[impact(bucket, 30)])
    ledger.renew(bucket.pk, "tests", APRIL)
    moved(usage, "rated", impactedBucket=[impact(bucket, 50)])
    assert (now(bucket).remaining, counted(), counted(start="2026-04-01T00:00:00Z")) == (980 * MB, 30, 20)
    moved(usage, "rerated")
    assert (now(bucket).remaining, counted()) == (1000 * MB, 0)
    assert_sound()


def test_a_late_record_of_a_period_that_is_over_counts_towards_the_total_of_its_month():
    bucket = renewing()
    ledger.renew(bucket.pk, "tests", APRIL)
    late = used(10)
    assert (now(bucket).remaining, told(late)) == (1000 * MB, [])
    assert RunningTotal.objects.get().period_start == datetime(2026, 3, 1, tzinfo=UTC)
    still_open = make_bucket(100)
    used(10)
    assert now(still_open).remaining == 90 * MB
    assert_sound()


@pytest.mark.parametrize("number", [NUMBER, "0015550100001", "+1 555 010 0001", "15550100001"])
def test_totals_of_a_number_are_one_however_it_is_written(number):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    for place, spelled in enumerate(("15550100001", number)):
        owner = ("resource", (spelled,))
        debit(Charge(f"usage-{place}", at, (Demand(Decimal(1), "units", "sms", owner),)), "tests")
    assert RunningTotal.objects.get().value == 2


def test_a_bucket_that_is_gone_takes_nothing():
    demand = Demand(Decimal(1), "B", "data", bucket_id="gone")
    assert debit(Charge("u", APRIL, (demand,)), "tests") == []
    assert not RunningTotal.objects.exists()
    ledger.grant(make_bucket(1).pk, Decimal(1), Request("tests"))
