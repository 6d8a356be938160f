"""Searches end in time."""

import pytest
from django.db import OperationalError, connection

from tests.access.factories import make_client
from tests.calling import Api
from tests.usage.factories import make_usage
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.patience import patience
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return Api(make_client()[1])


@pytest.fixture
def much() -> None:
    """Texts in which a pattern has to be looked for."""
    for _ in range(200):
        make_usage(description="ab" * 4_000)


def test_a_pattern_that_takes_too_long_is_refused(api, much, settings):
    settings.API_PATTERN_TIMEOUT_MS = 1
    answer = api.get("usage?description.regex=(a|b|ab)*(ba)*c")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")
    assert "takes too long" in answer.json()["reason"]


def test_the_limit_of_patterns_holds_for_nothing_else(api, much, settings):
    settings.API_PATTERN_TIMEOUT_MS = 1
    assert api.get("usage?description.gt=a").status_code == 200
    assert api.get("usage?usageCharacteristic.value=nothing").status_code == 200


def test_a_pattern_within_the_limit_is_answered(api):
    make_usage(description="call 7")
    make_usage(description="message")
    assert len(api.get("usage?filter=$[?(@.description=~'^call')]").json()) == 1


@pytest.mark.parametrize("query", ["sort=description", "offset=199", "sort=id&offset=199", "status=received"])
def test_what_a_client_asked_for_is_refused_when_it_takes_too_long(query):
    with pytest.raises(TmfError) as refusal, patience(parse(query)):
        sleep()
    assert refusal.value.status_code == 400
    assert all(name in refusal.value.message for name in ("sort", "offset") if name in query)


def test_a_plain_list_that_takes_too_long_is_not_the_clients_doing():
    with pytest.raises(OperationalError), patience(parse("limit=1")):
        sleep()


def sleep() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(9)")
