"""The same action, sent by many at once, happens once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from consumption.acting import act
from consumption.models import BalanceAction
from tests.consumption.factories import assert_sound, make_bucket, now

THREADS = 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("action", "left"), [("topupBalance", 110), ("reserveBalance", 90), ("adjustBalance", 110)])
def test_one_key_is_one_action_however_many_send_it(action, left):
    bucket = make_bucket(100, "MB")
    members = {
        "bucket": {"id": bucket.pk},
        "amount": {"amount": 10, "units": "MB"},
        "externalIdentifier": [{"id": "key"}],
    }

    def send(_: int) -> str:
        try:
            return act(action, members, "client:one").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        answered = set(pool.map(send, range(THREADS)))
    assert answered == set(BalanceAction.objects.values_list("pk", flat=True))
    assert (len(answered), now(bucket).remaining) == (1, left * 1_000_000)
    assert_sound()


def test_a_repeated_query_is_answered_with_what_was_preferred(v5):
    headers = {"Idempotency-Key": "query-1", "Prefer": "return=minimal"}
    body = {"relatedParty": [{"id": "ada", "@referredType": "Individual"}]}
    first, second = (v5.post("queryUsageConsumption", body, **headers) for _ in range(2))
    assert (first.status_code, second.content) == (200, first.content)
    assert second["Idempotent-Replayed"] == "true"
    assert second["Preference-Applied"] == first["Preference-Applied"] == "return=minimal"


@pytest.mark.parametrize("other", [{}, {"Prefer": "respond-async"}])
def test_another_preference_is_another_request(v5, other):
    body = {"relatedParty": [{"id": "ada", "@referredType": "Individual"}]}
    v5.post("queryUsageConsumption", body, **{"Idempotency-Key": "query-1", "Prefer": "return=minimal"})
    answer = v5.post("queryUsageConsumption", body, **{"Idempotency-Key": "query-1", **other})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
