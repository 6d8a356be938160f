"""A client that acts for one party takes from that party's buckets only, and learns nothing of others."""

from typing import Any

import pytest

from consumption.models import LedgerEntry, Posting, RunningTotal
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_rule, now
from tests.consumption.test_consuming import MB, SPEC, impact
from tests.usage.factories import RATING
from usage.models import Usage
from usage.moving import move

pytestmark = pytest.mark.django_db

OTHER = "+15550100009"
EVE = {"relatedParty": [{"id": "eve", "role": "customer", "@referredType": "Individual"}]}


@pytest.fixture
def eve() -> Api:
    """An integrator who acts for the party "eve" only."""
    return Api(make_client(party="eve")[1])


def sent(api: Api, *impacts, number: str = NUMBER, status: str = "rated", **members: Any) -> dict:
    """A usage of eve over HTTP: 10 MB of a number, or what it says itself."""
    volume = [{"name": "msisdn", "value": number}, {"name": "volume", "value": 10}]
    body = {
        "status": status, "usageDate": "2026-03-01T12:00:00Z", "ratedProductUsage": RATING, **EVE,
        "usageSpecification": {"id": SPEC}, "usageCharacteristic": volume, **members,
        **({"impactedBucket": list(impacts)} if impacts else {}),
    }  # fmt: skip
    response = api.post("usage", body)
    assert response.status_code == 201, response.content
    return response.json()


def test_a_bucket_of_another_party_that_the_usage_names_is_left_alone_and_told_of_nothing(eve):
    bucket = make_bucket(100)
    answer = sent(eve, impact(bucket, 40))
    assert answer["impactedBucket"] == [impact(bucket, 40)]
    assert now(bucket).remaining == 100 * MB
    assert_sound()


def test_a_rule_does_not_lead_to_the_bucket_of_another_partys_number(eve):
    make_rule(SPEC)
    bucket = make_bucket(100)
    answer = sent(eve)
    assert "impactedBucket" not in answer
    assert (now(bucket).remaining, now(bucket).overage, RunningTotal.objects.count()) == (100 * MB, 0, 0)
    assert Posting.objects.get().source == "none"
    assert_sound()


def test_of_several_buckets_only_the_partys_own_are_taken_from(eve):
    make_rule(SPEC)
    adas, own = make_bucket(100), make_bucket(100, **EVE)
    sent(eve)
    sent(eve, impact(adas, 7), impact(own, 7))
    assert (now(adas).remaining, now(own).remaining) == (100 * MB, 83 * MB)
    assert_sound()


def test_nothing_is_counted_for_another_party(eve):
    make_rule(SPEC, whose="party")
    sent(eve, relatedParty=[{"id": "ada", "role": "payer"}, *EVE["relatedParty"]])
    assert not RunningTotal.objects.exists()
    sent(eve)
    assert RunningTotal.objects.get().owner_key == "eve"


def test_a_number_that_nobody_has_a_bucket_of_is_counted(eve):
    make_rule(SPEC)
    sent(eve, number=OTHER)
    assert RunningTotal.objects.get().value == 10 * MB


def test_a_change_takes_no_more_than_a_new_usage_does(eve):
    make_rule(SPEC)
    bucket = make_bucket(100)
    usage = sent(eve, number=OTHER)
    adas = [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": 20}]
    changed = eve.patch(f"usage/{usage['id']}", {"usageCharacteristic": adas})
    assert changed.status_code == 200
    assert eve.patch(f"usage/{usage['id']}", {"impactedBucket": [impact(bucket, 5)]}).status_code == 200
    assert (now(bucket).remaining, RunningTotal.objects.get().value) == (100 * MB, 0)
    assert_sound()


def test_a_unit_that_does_not_fit_another_partys_bucket_does_not_betray_it(eve):
    sent(eve, impact(make_bucket(100), 4, "minutes"))
    assert not LedgerEntry.objects.exclude(kind="grant").exists()


def test_staff_and_clients_without_a_restriction_take_from_any_bucket(eve):
    make_rule(SPEC)
    bucket = make_bucket(100)
    sent(Api(make_client()[1]))
    assert now(bucket).remaining == 90 * MB
    usage = sent(eve, status="guided")
    move(usage["id"], "rated", "staff:care")
    assert now(bucket).remaining == 80 * MB
    taken = Usage.objects.get(pk=usage["id"])
    assert eve.patch(f"usage/{taken.pk}", {"description": "seen"}).status_code == 200
    assert now(bucket).remaining == 80 * MB
    assert_sound()
