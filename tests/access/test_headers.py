"""The Authorization header, in all the ways it can be wrong."""

import logging
import threading

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.access.factories import make_client
from tests.access.probe import Probe, request, says
from tmfusage.access.remembering import Memory

pytestmark = pytest.mark.django_db

KEY = "tmfu_abcdefgh_" + "x" * 43
MISSING = [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", KEY, "bearer", "Token " + KEY, "\x00"]
REFUSED = [
    f"Bearer  {KEY}",
    f"Bearer {KEY} ",
    f"Bearer {KEY} more",
    f"Bearer {KEY},Bearer {KEY}",
    f"bearer {KEY}",
    f"BEARER {KEY}",
    "Bearer " + "a" * 10_240,
    "Bearer tmfu_" + "a" * 10_240,
    "Bearer tmfu_äbcdefgh_" + "x" * 43,
    "Bearer \u0661\u0662",
    "Bearer \ud800",
    f"Bearer {KEY}\x00",
    f"Bearer {KEY}\n",
    "Bearer \x00",
    "Bearer tmfu_",
    "Bearer tmfu_abcdefgh_short",
    "Bearer a.b.c",
    "Bearer ..",
    "Bearer " + "eyJhbGciOiJub25lIn0.e30.",
]


def ask(header):
    return Probe.as_view()(request(header))


@pytest.mark.parametrize("header", MISSING, ids=ascii)
def test_no_bearer_token_is_a_plain_challenge(header):
    response = ask(header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="tmfusage"'


@pytest.mark.parametrize("header", REFUSED, ids=lambda header: ascii(header)[:40])
def test_a_refused_token_is_told_so(header):
    response = ask(header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="tmfusage", error="invalid_token"'


@pytest.mark.parametrize("header", REFUSED, ids=lambda header: ascii(header)[:40])
def test_wrong_tokens_stay_401_where_jwts_are_accepted(header, provider):
    assert ask(header).status_code == 401


@given(header=st.text(max_size=60) | st.text(max_size=60).map("Bearer {}".format))
@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_header_breaks_the_server(header, provider):
    assert ask(header).status_code == 401


def test_the_scheme_may_be_written_in_any_case():
    _client, key = make_client(name="any-case")
    assert says(ask(f"bEARER {key}")) == "client:any-case"


def test_a_refused_token_is_neither_answered_nor_logged(caplog):
    caplog.set_level(logging.DEBUG)
    response = ask(f"Bearer {KEY}")
    assert "abcdefgh" not in says(response) + caplog.text


def test_the_memory_is_bounded_and_forgets_the_oldest():
    memory = Memory(2)
    for name in "abc":
        memory.keep(name, True, until=float("inf"))
    assert [memory.recall(name) for name in "abc"] == [None, True, True]


def test_the_memory_bears_many_threads():
    memory, broken = Memory(50), []

    def hammer(start: int) -> None:
        try:
            for number in range(start, start + 2_000):
                memory.keep(str(number % 97), number, until=float("inf"))
                memory.recall(str(number % 89))
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=hammer, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert sum(memory.recall(str(number)) is not None for number in range(97)) == 50
