"""The list of usages in the admin: found by key, page by page, without counting or scanning."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.specs.factories import make_specification
from tests.usage.conftest import ADDRESS
from tests.usage.factories import make_usage
from tmfusage.tmf.moments import instant_text
from usage.admin import UsageAdmin
from usage.models import Usage

pytestmark = pytest.mark.django_db


def page(browser, query: str = "", **parameters) -> str:
    response = browser.get(ADDRESS + query, parameters or None)
    assert response.status_code == 200, response.headers
    return response.content.decode()


def rows(browser, query: str = "", **parameters) -> list[str]:
    """The ids on the page, in order."""
    return [each.pk for each in browser.get(ADDRESS + query, parameters or None).context["cl"].result_list]


def dated(days_ago: float, **overrides) -> Usage:
    return make_usage(usageDate=instant_text(timezone.now() - timedelta(days=days_ago)), **overrides)


def test_a_row_shows_date_type_status_specification_numbers_and_parties(operator):
    specification = make_specification(name="Voice at home")
    make_usage(usageSpecification={"id": specification.pk})
    shown = page(operator)
    assert "March 1, 2026, 12:00:00" in shown
    for text in ("voice", "Received", "Voice at home 1.0", "<bdi>15550100001</bdi>", "<bdi>acme</bdi>"):
        assert text in shown


def test_a_usage_without_anything_is_listed_too(operator):
    usage = Usage.receive({}, "tests")
    assert usage.pk in page(operator)


def test_a_specification_that_is_kept_elsewhere_is_named_by_its_id(operator):
    make_usage(usageSpecification={"id": "elsewhere-1"})
    assert "elsewhere-1" in page(operator)


def test_the_newest_come_first(operator):
    made = [make_usage().pk for _ in range(3)]
    assert rows(operator) == made[::-1]


def test_the_list_counts_nothing_and_leaves_the_documents_in_the_database(operator):
    for _ in range(5):
        make_usage()
    page(operator)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page(operator)
    statements = [query["sql"] for query in captured if "usage_usage" in query["sql"]]
    assert len(statements) == 2
    assert not any("COUNT(" in sql.upper() or "OFFSET" in sql.upper() for sql in statements)
    assert not any('"document"' in sql for sql in statements)


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(operator):
    specification = make_specification()
    make_usage()
    page(operator)
    with CaptureQueriesContext(connection) as one:
        page(operator)
    for _ in range(20):
        make_usage(usageSpecification={"id": specification.pk})
    with CaptureQueriesContext(connection) as many:
        page(operator)
    assert len(many) == len(one)


def test_pages_lead_to_the_last_usage_and_back(operator, monkeypatch):
    monkeypatch.setattr(UsageAdmin, "list_per_page", 2)
    made = [make_usage().pk for _ in range(5)][::-1]
    first = operator.get(ADDRESS).context["cl"]
    second = operator.get(ADDRESS + first.older_url).context["cl"]
    third = operator.get(ADDRESS + second.older_url).context["cl"]
    assert [[each.pk for each in each_page.result_list] for each_page in (first, second, third)] == [
        made[:2],
        made[2:4],
        made[4:],
    ]
    assert (first.newer_url, third.older_url) == (None, None)
    assert rows(operator, third.newer_url) == made[2:4]
    assert rows(operator, third.newest_url) == made[:2]


def test_pages_by_date_keep_usages_of_the_same_instant_apart(operator, monkeypatch):
    monkeypatch.setattr(UsageAdmin, "list_per_page", 2)
    noon = instant_text(timezone.now() - timedelta(minutes=1))
    made = {make_usage(usageDate=noon).pk for _ in range(5)}
    seen, address = [], "?period=30"
    while address:
        shown = operator.get(ADDRESS + address).context["cl"]
        seen += [each.pk for each in shown.result_list]
        address = shown.older_url
    assert len(seen) == 5
    assert set(seen) == made


def test_filters_and_search_survive_to_the_next_page(operator, monkeypatch):
    monkeypatch.setattr(UsageAdmin, "list_per_page", 1)
    made = [make_usage("guided").pk for _ in range(2)]
    make_usage()
    first = operator.get(f"{ADDRESS}?status__exact=guided&q=acme").context["cl"]
    assert rows(operator, first.older_url) == [made[0]]


@pytest.mark.parametrize(
    "term",
    ["15550100001", "+1 555 010-0001", "001 (555) 010 0001", "acme", "CDR 17/ä", "prepaid-9", "elsewhere-1"],
)
def test_a_usage_is_found_by_number_party_external_id_product_and_specification(operator, term):
    rating = [{"productRef": {"id": "prepaid-9"}}]
    overrides = {"externalIdentifier": [{"id": "CDR 17/ä"}], "usageSpecification": {"id": "elsewhere-1"}}
    usage = make_usage("rated", ratedProductUsage=rating, **overrides)
    other = [{"name": "originatingNumber", "value": "+15550100002"}]
    make_usage(usageCharacteristic=other, relatedParty=[{"id": "globex"}])
    assert rows(operator, q=term) == [usage.pk]


def test_a_number_that_came_with_00_is_found_with_plus(operator):
    usage = make_usage(usageCharacteristic=[{"name": "msisdn", "value": "0015550100009"}])
    assert rows(operator, q="+1 555 010 0009") == [usage.pk]


def test_a_usage_is_found_by_its_id_and_by_the_beginning_of_it(operator):
    make_usage()
    usage = make_usage()
    assert rows(operator, q=usage.pk) == [usage.pk]
    assert usage.pk in rows(operator, q=usage.pk[:13])
    assert rows(operator, q="ffffffff-ffff") == []


def test_usages_are_found_by_the_name_of_their_specification(operator):
    specification = make_specification(name="Roaming voice")
    usage = make_usage(usageSpecification={"id": specification.pk})
    make_usage()
    assert rows(operator, q="roaming") == [usage.pk]


def test_one_usage_found_twice_is_shown_once(operator):
    usage = make_usage(relatedParty=[{"id": "same"}], externalIdentifier=[{"id": "same"}])
    assert rows(operator, q="same") == [usage.pk]


@pytest.mark.parametrize("term", ["%", "_", "'; --", "a" * 300, "\\", "🙂", "0", "+"])
def test_an_odd_term_finds_nothing_and_breaks_nothing(operator, term):
    make_usage()
    assert rows(operator, q=term) == []


def test_the_status_filter_shows_that_status(operator):
    usage = make_usage("rejected")
    make_usage()
    assert rows(operator, status__exact="rejected") == [usage.pk]


def test_the_type_filter_merges_all_statuses_by_age(operator):
    made = [make_usage(status, usageType="sms").pk for status in ("received", "rejected", "guided", "received")]
    make_usage()
    assert rows(operator, usage_type="sms") == made[::-1]
    assert rows(operator, usage_type="sms", status__exact="guided") == [made[2]]


def test_the_types_to_choose_from_are_those_of_the_usages(operator):
    make_usage(usageType="sms")
    make_usage(usageType="data")
    make_usage(usageType=None)
    shown = page(operator)
    for address in ("?usage_type=sms", "?usage_type=data", "?usage_type="):
        assert f'href="{address}"' in shown
    assert "without a type" in shown


@pytest.mark.parametrize(("period", "expected"), [("today", 1), ("yesterday", 1), ("7", 3), ("30", 4)])
def test_the_date_filter_shows_the_days_it_names(operator, period, expected):
    noon = timezone.now().replace(hour=0, minute=0, second=1)
    for days in (0, 1, 5, 20, 50):
        make_usage(usageDate=instant_text(noon - timedelta(days=days)))
    assert len(rows(operator, period=period)) == expected


def test_the_days_of_a_range_are_both_included(operator):
    for day in (1, 2, 3, 4):
        make_usage(usageDate=f"2026-03-0{day}T23:59:59.9Z")
    shown = operator.get(ADDRESS, {"date_from": "2026-03-02", "date_to": "2026-03-03"}).context["cl"]
    assert [each.usage_date.day for each in shown.result_list] == [3, 2]


def test_days_begin_where_the_site_is(operator, settings):
    settings.TIME_ZONE = "Asia/Muscat"
    usage = make_usage(usageDate="2026-03-01T21:00:00Z")
    assert rows(operator, date_from="2026-03-02", date_to="2026-03-02") == [usage.pk]


def test_with_a_filter_by_date_the_order_is_by_date(operator):
    old, new = dated(3), dated(5)
    assert rows(operator) == [new.pk, old.pk]
    assert rows(operator, period="30") == [old.pk, new.pk]


@pytest.mark.parametrize(
    "query",
    [
        "?date_from=yesterday",
        "?date_to=9999-12-31",
        "?period=always",
        "?status__exact=%00",
        "?period=30&after=x",
        "?period=30&after=2026-01-01,x",
    ],
)
def test_an_address_that_makes_no_sense_leads_back_to_the_list(operator, query):
    response = operator.get(ADDRESS + query)
    assert (response.status_code, response["Location"]) == (302, f"{ADDRESS}?e=1")


@pytest.mark.parametrize("query", ["?document__contains=x", "?id__contains=x", "?created_by=x", "?all=1&o=1.2&p=9"])
def test_no_address_makes_the_database_search_what_has_no_index(operator, query):
    make_usage()
    with CaptureQueriesContext(connection) as captured:
        operator.get(ADDRESS + query)
    assert not any(
        "LIKE" in each["sql"] or "OFFSET" in each["sql"] for each in captured if "usage_usage" in each["sql"]
    )


def test_a_list_that_takes_too_long_is_given_up_with_advice(operator, monkeypatch):
    def sleep(*_args):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr("usage.admin_list.UsageChangeList._keys", sleep)
    response = operator.get(ADDRESS, {"usage_type": "voice"})
    assert (response.status_code, response["Location"]) == (302, ADDRESS)
