"""The first and the last day that there are: Python and PostgreSQL agree, and nothing is found by overflow."""

import pytest
from django.db import connection

from tests.usage.factories import make_usage
from tmfusage.tmf.query.instants import instant_of, instant_sql

TEXTS = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00-14:00",
    "0001-01-01",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-01:00",
    "9999-12-31T23:59:59+01:00",
    "9999-12-31",
]
BEYOND = [TEXTS[0], TEXTS[5]]


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS)
def test_an_instant_is_one_for_both(text):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {instant_sql('x')} FROM (SELECT %s::text AS x) t", [text])
        assert cursor.fetchone()[0] == instant_of(text)
    assert (instant_of(text) is None) == (text in BEYOND)


@pytest.mark.django_db
@pytest.mark.parametrize("text", BEYOND)
@pytest.mark.parametrize("operator", ["", ".lt", ".lte", ".gt", ".gte", ".ne"])
def test_what_lies_beyond_is_no_date(api, text, operator):
    make_usage()
    answer = api.get(f"usage?usageDate{operator}={text.replace('+', '%2B')}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("usageDate.lte=0001-01-01", 1),
        ("usageDate.lt=0001-01-01", 0),
        ("usageDate=9999-12-31", 1),
        ("usageDate.gt=9999-12-31", 0),
        ("usageDate.gt=9999-12-31T23:59:59.999999Z", 0),
        ("usageDate.gte=9999-12-31T23:59:59.999999Z", 1),
        ("usageDate.lte=9999-12-31", 2),
        ("usageCharacteristic.value=0001-01-01T00:00:00%2B14:00", 0),
    ],
)
def test_the_first_and_the_last_day_are_found(api, query, found):
    make_usage(usageDate="0001-01-01T00:00:00Z")
    make_usage(usageDate="9999-12-31T23:59:59.999999Z")
    assert len(api.get(f"usage?{query}").json()) == found
