"""`validFor` of actions: reservations that end, top-ups that extend; and what is not done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consumption import sweeping, tasks
from consumption.models import BalanceAction
from tests.consumption.api.test_balances import act, remaining
from tests.consumption.factories import assert_sound, make_bucket, make_kind, now
from tests.hub.making import make_hub
from tmfusage.hub.models import Event
from tmfusage.tmf.moments import instant_text

pytestmark = pytest.mark.django_db

SOON = timezone.now() + timedelta(hours=1)


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
    act(balances, "reserveBalance", bucket, 60, **until(timezone.now() - timedelta(minutes=1)))
    assert (tasks.sweep(), remaining(balances, bucket)) == (1, 100)


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
