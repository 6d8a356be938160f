"""Limits of clients, counted in a real Valkey."""

import socket

import pytest

from tests.access.factories import make_client
from tests.calling import Api
from tmfusage.access import throttling

pytestmark = pytest.mark.django_db


@pytest.fixture
def limited(settings):
    settings.RATE_LIMIT_READS, settings.RATE_LIMIT_WRITES = 3, 2
    settings.RATE_LIMIT_URL = settings.BROKER_URL
    throttling.counter.resting_until = 0
    yield settings
    throttling.counter.resting_until = 0


def caller() -> Api:
    return Api(make_client()[1])


def test_the_request_beyond_the_limit_waits_for_the_next_minute(limited):
    api = caller()
    left = [api.get("usage")["X-Rate-Limit-Remaining"] for _ in range(3)]
    refused = api.get("usage")
    assert left == ["2", "1", "0"]
    assert (refused.status_code, refused.json()["code"]) == (429, "tooManyRequests")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert (refused["X-Rate-Limit-Limit"], refused["X-Rate-Limit-Remaining"]) == ("3", "0")
    assert 1 <= int(refused["X-Rate-Limit-Reset"]) <= 61


def test_reads_and_writes_are_counted_apart(limited):
    api = caller()
    for _ in range(4):
        api.get("usage")
    assert [api.delete("usage/none").status_code for _ in range(3)] == [404, 404, 429]


def test_clients_do_not_share_their_limits(limited):
    one, other = caller(), caller()
    assert [one.get("usage").status_code for _ in range(4)][-1] == 429
    assert other.get("usage").status_code == 200


def test_a_database_of_its_own_may_be_named_as_celery_names_it(limited):
    if not limited.BROKER_URL.startswith("redis+socket://"):
        pytest.skip("the broker is not reached by a socket")
    api, elsewhere = caller(), f"{limited.BROKER_URL}?virtual_host=1"
    left = []
    for url in (elsewhere, elsewhere, limited.BROKER_URL):
        limited.RATE_LIMIT_URL = url
        left.append(api.get("usage")["X-Rate-Limit-Remaining"])
    assert left == ["2", "1", "2"]


def test_who_is_not_let_in_is_not_counted(limited):
    assert [Api().get("usage").status_code for _ in range(5)] == [401] * 5


def test_without_a_limit_nothing_is_counted(settings):
    settings.RATE_LIMIT_URL = "redis://127.0.0.1:1/0"
    throttling.counter.resting_until = 0
    answer = caller().get("usage")
    assert (answer.status_code, "X-Rate-Limit-Limit" in answer) == (200, False)
    assert throttling.counter.resting_until == 0


def test_without_valkey_requests_pass_and_it_is_left_alone_for_a_while(limited):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        limited.RATE_LIMIT_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        api = caller()
        assert [api.get("usage").status_code for _ in range(5)] == [200] * 5
    assert throttling.counter.resting_until > 0
    assert api.delete("usage/none").status_code == 404


def test_writes_can_be_refused_while_they_cannot_be_counted(limited):
    limited.RATE_LIMIT_URL, limited.RATE_LIMIT_FAIL_CLOSED = "redis://127.0.0.1:1/0", True
    api = caller()
    assert api.delete("usage/none").status_code == 503
    assert api.get("usage").status_code == 200


def test_a_broker_that_cannot_count_limits_nothing(limited):
    limited.RATE_LIMIT_URL = "amqp://127.0.0.1/"
    assert [caller().get("usage").status_code for _ in range(5)] == [200] * 5
