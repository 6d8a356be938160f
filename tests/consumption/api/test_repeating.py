"""The same action, sent by many at once, happens once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from consumption.acting import act
from consumption.models import BalanceAction
from tests.access.factories import make_client
from tests.calling import Api
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


def is_waited_for() -> bool:
    """Whether another connection waits for this one."""
    with connection.cursor() as cursor:
        # The list of activities would be that of the transaction's first look.
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
        return cursor.rowcount > 0


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_buckets_at_once_is_refused_as_used_for_another_action():
    one, other = make_bucket(100, "MB"), make_bucket(100, "MB")
    key = make_client(scopes=["consumption:write"])[1]
    api = Api(key, "/tmf-api/prepayBalanceManagement/v4")
    members = {"amount": {"amount": 10, "units": "MB"}, "externalIdentifier": [{"id": "key"}]}

    def send():
        try:
            return api.post("topupBalance", {**members, "bucket": {"id": other.pk}})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert api.post("topupBalance", {**members, "bucket": {"id": one.pk}}).status_code == 201
            second = pool.submit(send)
            while not (second.done() or is_waited_for()):
                time.sleep(0.01)
        answer = second.result()
    assert (answer.status_code, answer.json()["code"]) == (409, "keyReused")
    assert (now(one).remaining, now(other).remaining) == (110_000_000, 100_000_000)
    assert_sound()
