"""`validFor` of actions: reservations that end, top-ups that extend; and what is not done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consumption import sweeping, tasks
from consumption.criteria import criteria_of
from consumption.models import BalanceAction, Bucket
from consumption.querying import look
from consumption.report import parsed
from tests.consumption.api.test_balances import act, remaining
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, make_rule, now
from tests.consumption.test_consuming import SPEC, used
from tests.hub.making import make_hub
from tmfusage.hub.models import Event
from tmfusage.tmf.moments import instant_text

pytestmark = pytest.mark.django_db

SOON = timezone.now() + timedelta(hours=1)


MB = 10**6


def over() -> None:
    """Let time pass, as far as reservations are concerned."""
    BalanceAction.objects.filter(release_at__isnull=False).update(release_at=timezone.now() - timedelta(seconds=1))


def until(moment) -> dict:
    return {"validFor": {"endDateTime": instant_text(moment)}}


def test_a_reservation_whose_validity_is_over_is_released(balances):
    make_hub(api="prepayBalanceManagement")
    bucket = make_bucket(100)
    held = act(balances, "reserveBalance", bucket, 60, **until(SOON))
    act(balances, "reserveBalance", bucket, 10)
    assert (sweeping.release(), remaining(balances, bucket)) == (0, 30)
    assert sweeping.release(SOON + timedelta(minutes=1)) == 1
    assert (remaining(balances, bucket), balances.get(held["href"]).json()["status"]) == (90, "cancelled")
    assert "ReserveBalanceCancelEvent" in Event.objects.values_list("event_type", flat=True)
    assert sweeping.release(SOON + timedelta(minutes=1)) == 0
    assert_sound()


def test_the_task_releases_as_well(balances):
    bucket = make_bucket(100)
    act(balances, "reserveBalance", bucket, 60, **until(SOON))
    over()
    assert (tasks.sweep(), now(bucket).remaining) == (1, 100 * MB)


def test_who_looks_or_takes_does_not_wait_for_the_sweep(balances):
    make_hub(api="prepayBalanceManagement")
    bucket, number = make_bucket(100), {"searchCriteria": {"logicalResource": [{"id": NUMBER}]}}
    held = act(balances, "reserveBalance", bucket, 60, **until(SOON))
    act(balances, "reserveBalance", bucket, 10)
    over()
    shown = balances.get(f"bucket/{bucket.pk}").json()
    assert (shown["remainingValue"]["amount"], shown["reservedValue"]["amount"]) == (90, 10)
    (report,) = parsed(look(criteria_of(number)))
    assert [each["remainingValue"]["amount"] for each in report["bucketRefOrValue"]] == [90]
    assert now(bucket).remaining == 30 * MB
    make_rule(SPEC)
    used(85)
    assert (now(bucket).remaining, now(bucket).reserved, now(bucket).overage) == (5 * MB, 10 * MB, 0)
    assert balances.get(held["href"]).json()["status"] == "cancelled"
    assert "ReserveBalanceCancelEvent" in Event.objects.values_list("event_type", flat=True)
    assert sweeping.release() == 0
    assert_sound()


def test_what_was_reserved_of_an_earlier_period_does_not_come_back(balances):
    bucket = make_bucket(1, "GB", bucketSpecification={"id": make_kind(renews=True).pk})
    act(balances, "reserveBalance", bucket, 600, **until(SOON))
    Bucket.objects.update(valid_to=timezone.now() - timedelta(minutes=1))
    over()
    assert balances.get(f"bucket/{bucket.pk}").json()["remainingValue"]["amount"] == 1
    assert sweeping.sweep() == 1
    assert (now(bucket).remaining, now(bucket).reserved) == (1000 * MB, 0)
    assert_sound()


@pytest.mark.django_db(transaction=True)
def test_a_reservation_that_was_over_before_it_began_is_refused_but_for_a_repetition(balances):
    bucket, key = make_bucket(100), {"externalIdentifier": [{"id": "order-1"}]}
    refused = act(balances, "reserveBalance", bucket, 60, status=400, **until(timezone.now() - timedelta(minutes=1)))
    assert (refused["message"], now(bucket).reserved) == ("$.validFor.endDateTime: lies in the past", 0)
    held = act(balances, "reserveBalance", bucket, 60, **until(SOON), **key)
    over()
    again = act(balances, "reserveBalance", bucket, 60, **until(timezone.now() - timedelta(minutes=1)), **key)
    assert (again["id"], remaining(balances, bucket)) == (held["id"], 100)


def test_a_reservation_that_cannot_be_released_is_tried_again_later(balances):
    bucket = make_bucket(100)
    act(balances, "reserveBalance", bucket, 60, **until(SOON))
    BalanceAction.objects.update(bucket_ids=["gone"])
    later = SOON + timedelta(minutes=1)
    assert [sweeping.release(later), sweeping.release(later)] == [1, 0]
    assert now(bucket).reserved == 60 * 10**6


def test_a_top_up_extends_the_validity_and_never_shortens_it(balances):
    bucket = make_bucket(100, **until(SOON))
    act(balances, "topupBalance", bucket, 1, **until(SOON + timedelta(days=30)))
    assert now(bucket).valid_to == SOON + timedelta(days=30)
    act(balances, "topupBalance", bucket, 1, **until(SOON))
    assert now(bucket).valid_to == SOON + timedelta(days=30)
    open_ended = make_bucket(100)
    act(balances, "topupBalance", open_ended, 1, **until(SOON))
    assert now(open_ended).valid_to is None


def test_a_top_up_that_is_repeated_extends_once(balances):
    bucket = make_bucket(100, **until(SOON))
    key = {"externalIdentifier": [{"id": "order-1"}]}
    act(balances, "topupBalance", bucket, 1, **until(SOON + timedelta(days=1)), **key)
    act(balances, "topupBalance", bucket, 1, **until(SOON + timedelta(days=9)), **key)
    assert now(bucket).valid_to == SOON + timedelta(days=1)


def test_a_bucket_that_renews_is_not_extended(balances):
    bucket = make_bucket(1, "GB", bucketSpecification={"id": make_kind(renews=True).pk})
    act(balances, "topupBalance", bucket, 1, status=409, **until(timezone.now() + timedelta(days=90)))
    assert remaining(balances, bucket) == 1


@pytest.mark.parametrize(
    ("action", "asked", "named"),
    [
        ("topupBalance", {"isAutoTopup": True}, "isAutoTopup"),
        ("topupBalance", {"numberOfPeriods": 3}, "numberOfPeriods"),
        ("topupBalance", {"recurringPeriod": "monthly"}, "recurringPeriod"),
        ("topupBalance", {"validFor": {"startDateTime": instant_text(SOON)}}, "validFor.startDateTime"),
        ("reserveBalance", {"validFor": {"startDateTime": instant_text(SOON)}}, "validFor.startDateTime"),
    ],
)
def test_what_would_have_to_be_done_later_is_not_accepted(balances, action, asked, named):
    bucket = make_bucket(100)
    refused = act(balances, action, bucket, 1, status=501, **asked)
    assert (refused["code"], named in refused["message"]) == ("notImplemented", True)
    assert (remaining(balances, bucket), BalanceAction.objects.exists()) == (100, False)


def test_a_top_up_that_says_that_it_is_done_once_is_done(balances):
    assert act(balances, "topupBalance", make_bucket(), 1, isAutoTopup=False)["status"] == "completed"
