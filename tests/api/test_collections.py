"""Collections: filters, pages, counts and selection over TMF635 v4."""

import pytest

from tests.api.payloads import RATING, call_of
from tests.calling import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(api) -> list[str]:
    """Three usages, oldest first: a voice call, a rated message of another party, and data of another day."""
    bodies = [
        call_of(description="call"),
        call_of(usageType="sms", status="rated", ratedProductUsage=RATING, relatedParty=[{"id": "zeta"}]),
        call_of(usageType="data", usageDate="2026-03-02T00:00:00Z", **{"@type": "DataUsage"}),
    ]
    return [api.post("usage", body).json()["id"] for body in bodies]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 0]),
        ("usageType=voice", [0]),
        ("usageType=voice,sms", [1, 0]),
        ("usageType=voice&usageType=sms", [1, 0]),
        ("usageType=voice;status=rated", [1, 0]),
        ("usageType=sms&status=received", []),
        ("status=Rated", [1]),
        ("@type=Usage", [1, 0]),
        ("%40type=DataUsage", [2]),
        ("date=2026-03-01", [1, 0]),
        ("usageDate=2026-03-02T01:00:00%2B01:00", [2]),
        ("usageDate=2026-03-02T01:00:00+01:00", [2]),
        ("usageDate.gt=2026-03-01T12:00:00Z", [2]),
        ("relatedParty.id=zeta", [1]),
        ("relatedParty.id=zeta,acme", [2, 1, 0]),
        ("relatedParty.role=CUSTOMER&usageType=voice", [0]),
        ("usageCharacteristic.name=duration&usageCharacteristic.value=60&usageType=voice", [0]),
        ("usageCharacteristic.value=SEC", [2, 1, 0]),
        ("ratedProductUsage.taxExcludedRatingAmount.value=10.0", [1]),
        ("ratedProductUsage.taxRate=20", [1]),
        ("description=call", [0]),
        ("description=nothing", []),
    ],
)
def test_a_filter_finds_what_it_says(api, three, query, found):
    answer = api.get(f"usage?{query}")
    assert answer.status_code == 200
    assert [each["id"] for each in answer.json()] == [three[index] for index in found]
    assert answer["X-Total-Count"] == answer["X-Result-Count"] == str(len(found))


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("usageType", [2, 1, 0]),
        ("-usageType", [0, 1, 2]),
        ("%2BusageType", [2, 1, 0]),
        ("+usageType", [2, 1, 0]),
        ("-usageDate,usageType", [2, 1, 0]),
        ("usageDate,-usageType", [0, 1, 2]),
        ("description", [0, 1, 2]),
        ("relatedParty.id", [0, 2, 1]),
        ("-relatedParty.role", [1, 2, 0]),
        ("id", [0, 1, 2]),
    ],
)
def test_a_sort_orders_the_page(api, three, sort, found):
    assert [each["id"] for each in api.get(f"usage?sort={sort}").json()] == [three[index] for index in found]
    paged = [api.get(f"usage?sort={sort}&limit=1&offset={offset}").json()[0]["id"] for offset in range(3)]
    assert paged == [three[index] for index in found]


@pytest.mark.parametrize("sort", ["", "nope", "--id", "relatedParty", "id,", ",".join(["id"] * 6)])
def test_a_sort_without_an_order_is_refused(api, sort):
    assert api.get(f"usage?sort={sort}").status_code == 400


def test_a_page_is_partial_content_with_links(api, three):
    answer = api.get("usage?limit=2")
    assert answer.status_code == 206
    assert (answer["X-Total-Count"], answer["X-Result-Count"]) == ("3", "2")
    assert 'rel="next"' in answer["Link"]
    rest = api.get("usage?limit=2&offset=2")
    assert [each["id"] for each in rest.json()] == three[:1]


def test_a_cut_list_that_asked_for_no_part_is_200(api, three, settings):
    settings.API_PAGE_SIZE = 2
    answer = api.get("usage")
    assert (answer.status_code, answer["X-Result-Count"], answer["X-Total-Count"]) == (200, "2", "3")
    assert 'rel="next"' in answer["Link"]


def test_no_limit_asks_for_the_counts_only(api, three):
    answer = api.get("usage?limit=0")
    assert (answer.json(), answer["X-Total-Count"], answer["X-Result-Count"]) == ([], "3", "0")


def test_an_offset_past_the_end_is_an_empty_page(api, three):
    answer = api.get("usage?offset=10")
    assert answer.json() == []
    assert answer["X-Total-Count"] == "3"


def test_counts_above_the_bound_are_estimates_and_say_so(api, three, settings):
    settings.API_COUNT_BOUND = 1
    answer = api.get("usage?limit=1")
    assert answer["X-Total-Count-Estimated"] == "true"
    assert int(answer["X-Total-Count"]) >= 2


def test_fields_narrow_the_answer(api, three):
    assert set(api.get("usage?fields=status").json()[0]) == {"id", "href", "@type", "status"}
    assert set(api.get(f"usage/{three[0]}?fields=none").json()) == {"id", "href", "@type"}


@pytest.mark.parametrize("query", ["nope=1", "limit=-1", "offset=x", "fields=a,,b", "usageDate=soon", "a..b=1"])
def test_a_query_that_makes_no_sense_is_refused(api, query):
    answer = api.get(f"usage?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")


def test_a_closing_slash_changes_nothing(api, three):
    assert api.get("usage/").json() == api.get("usage").json()
    assert api.get(f"usage/{three[0]}/").status_code == 200


def test_the_root_lists_the_entry_points(db):
    answer = Api().get("")
    assert answer.status_code == 200
    assert set(answer.json()["_links"]) == {"self", "describedby", "hub", "usage", "usageSpecification"}
    assert Api().call("POST", "").json()["code"] == "methodNotAllowed"
