"""A care agent looks a subscriber up and sees what the API tells, and which usages took it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consumption import admin_subscriber
from consumption.charging import Charge, Demand, debit
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.factories import NUMBER, make_bucket, make_rule
from tests.consumption.test_consuming import SPEC, used
from tests.usage.conftest import logged_in
from tmfusage.access import roles
from tmfusage.tmf.moments import instant_text

pytestmark = pytest.mark.django_db
PAGE = "/admin/consumption/subscriber/"


@pytest.fixture
def integrator(db) -> Api:
    return Api(make_client(scopes=["consumption:read", "consumption:write"])[1], "/tmf-api/usageConsumption/v4")


def looked_up(browser, term: str = NUMBER) -> str:
    answer = browser.get(PAGE, {"q": term})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("term", [NUMBER, "+1 555 010-0001", "0015550100001", "line-1", "ada", "mobile-1"])
def test_a_subscriber_is_found_by_any_key(agent, term):
    make_bucket(100)
    make_bucket(7, logicalResource=[{"id": "line-2"}], relatedParty=None, product=None)
    text = looked_up(agent, term)
    assert "100 MB" in text
    assert "7 MB" not in text


@pytest.mark.parametrize("term", [NUMBER, "ada", "mobile-1"])
def test_who_used_something_without_a_bucket_is_found_too(agent, term):
    demand = Demand(Decimal(5_000_000), "B", "data", ("resource", (NUMBER,)))
    debit(Charge("u1", timezone.now(), (demand,), user_id="ada", product_id="mobile-1"), "tests")
    text = looked_up(agent, term)
    assert "5,000,000 B" in text
    assert "Nobody" not in text


def test_what_is_left_and_which_usage_took_it(agent):
    make_rule(SPEC)
    bucket = make_bucket(100)
    usage = used(30, usageType="roaming data")
    text = looked_up(agent)
    for told in ("70 MB", "70 % left", "-30 MB", "roaming data", bucket.pk, f"/admin/usage/usage/{usage.pk}/change/"):
        assert told in text


def test_the_page_says_what_the_api_says(agent, integrator):
    make_rule(SPEC)
    make_bucket(100)
    make_bucket(None, name="Weekend", isUnlimited=True, usageType="voice")
    used(130)
    body = {"searchCriteria": {"logicalResource": [{"id": NUMBER}]}}
    answer = integrator.post("queryUsageConsumption", body).json()
    text = looked_up(agent)
    buckets = answer["usageConsumption"][0]["bucketRefOrValue"]
    assert len(buckets) == 2
    for bucket in buckets:
        assert bucket["name"] in text
        assert bucket["remainingValueName"] in text
        for counter in bucket.get("bucketCounter", ()):
            assert counter["valueName"] in text


def test_what_was_used_without_a_bucket_is_told(agent):
    make_rule(SPEC)
    used(30, usageDate=instant_text(timezone.now()))
    text = looked_up(agent)
    assert "30,000,000 B" in text
    assert "Used this month without a bucket" in text
    assert "There is no active bucket." in text


@pytest.mark.parametrize("term", ["nobody", "x" * 300, "a\x00b", "<script>"])
def test_nobody_is_found_and_the_page_says_so(agent, term):
    make_bucket()
    text = looked_up(agent, term)
    assert "Nobody with the key" in text
    assert "<script>" not in text.partition("subscriber-key")[2].partition("</section>")[0]


def test_the_page_asks_first(agent):
    assert "Look a subscriber up" in looked_up(agent, "")


def test_too_many_buckets_are_left_to_the_list(agent, monkeypatch):
    monkeypatch.setattr(admin_subscriber, "MOST_BUCKETS", 1)
    for _ in range(2):
        make_bucket()
    assert "More than 1 buckets" in looked_up(agent)


def test_suspended_and_expired_buckets_stand_apart(agent):
    make_bucket(5, status="suspended")
    text = looked_up(agent)
    assert "1 bucket that is suspended or expired" in text


def test_only_those_who_may_see_buckets(db):
    assert logged_in(roles.AUDITOR).get(PAGE).status_code == 200
    stranger = Client()
    stranger.force_login(User.objects.create_user("temp", is_staff=True))
    assert stranger.get(PAGE).status_code == 403


def test_the_page_costs_the_same_for_one_usage_and_for_many(agent):
    make_rule(SPEC)
    make_bucket(1_000)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            looked_up(agent)
        return len(asked)

    used(1)
    statements()
    one = statements()
    for _ in range(5):
        used(1)
    assert statements() == one


def test_what_is_over_is_not_among_what_may_be_used(agent):
    make_bucket(100, validFor={"endDateTime": instant_text(timezone.now() - timedelta(minutes=1))})
    answer = agent.get(PAGE, {"q": NUMBER}).context
    assert (answer["current"], [row["remaining"] for row in answer["others"]]) == ([], ["0 MB"])
