"""Cursors: every row once, in order, whichever way one walks and whatever is stored meanwhile."""

import random
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from tests.usage.factories import make_usage
from usage.models import Usage

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')
SORTS = [
    "",
    "sort=id",
    "sort=usageDate",
    "sort=-usageDate",
    "sort=usageType,-usageDate",
    "sort=-status,usageDate,-usageType",
    "sort=description",
    "sort=-description,usageDate",
    "sort=-relatedParty.id",
    "sort=relatedParty.role,-usageDate",
    "sort=ratedProductUsage.taxRate",
    "usageDate.gte=2026-03-02",
]


@pytest.fixture
def many() -> list[str]:
    """Sixty usages with few different dates, types and descriptions, some of them without."""
    chance = random.Random(7)
    for number in range(60):
        day = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=chance.randrange(4))
        make_usage(
            usageType=chance.choice(["voice", "sms", None]),
            usageDate=chance.choice([day.isoformat(), day.isoformat(), None]),
            description=chance.choice(["a", "B", "ä", None]),
            relatedParty=[{"id": f"p{chance.randrange(3)}", "role": chance.choice("xyz")} for _ in range(number % 3)],
            ratedProductUsage=[{"taxRate": chance.choice([2, 10, 0.5])}] if number % 2 else None,
        )
    return list(Usage.objects.values_list("pk", flat=True))


def linked(answer) -> dict[str, str]:
    return {relation: url for url, relation in LINK.findall(answer.get("Link", ""))}


def ids(answer) -> list[str]:
    assert answer.status_code in (200, 206), answer.content
    return [each["id"] for each in answer.json()]


def walk(api, url: str, relation: str) -> list[list[str]]:
    pages = []
    while url:
        answer = api.get(url)
        pages.append(ids(answer))
        assert len(pages) < 100
        url = linked(answer).get(relation, "")
    return pages


@pytest.mark.parametrize("query", SORTS)
def test_following_next_shows_every_row_once_in_the_order_of_one_page(api, many, query):
    whole = ids(api.get(f"usage?{query}&limit=1000"))
    pages = walk(api, f"usage?{query}&limit=7", "next")
    assert [each for page in pages for each in page] == whole
    assert len(whole) > 20


@pytest.mark.parametrize("query", SORTS)
def test_following_prev_from_the_last_page_leads_back_to_the_first(api, many, query):
    whole = ids(api.get(f"usage?{query}&limit=1000"))
    last = linked(api.get(f"usage?{query}&limit=7"))["last"]
    pages = walk(api, last, "prev")
    assert [each for page in reversed(pages) for each in page] == whole


@pytest.mark.parametrize("query", SORTS)
def test_the_end_is_reached_from_behind(api, many, query, settings):
    settings.API_COUNT_BOUND = 5
    whole = ids(api.get(f"usage?{query}&limit=1000"))
    last = linked(api.get(f"usage?{query}&limit=7"))["last"]
    assert "before=" in last
    assert ids(api.get(last)) == whole[-7:]


def test_rows_stored_meanwhile_shift_no_page(api, many):
    whole = ids(api.get("usage?limit=1000"))
    first = api.get("usage?limit=20")
    for _ in range(5):
        make_usage()
    assert ids(api.get(linked(first)["next"])) == whole[20:40]


def test_a_deleted_row_still_marks_its_place(api, many):
    whole = ids(api.get("usage?limit=1000"))
    following = linked(api.get("usage?limit=20"))["next"]
    Usage.objects.get(pk=whole[19]).remove("tests")
    assert ids(api.get(following)) == whole[20:40]


def test_a_cursor_page_tells_counts_and_says_it_is_a_part(api, many):
    answer = api.get(linked(api.get("usage?limit=20"))["next"])
    assert (answer.status_code, answer["X-Total-Count"], answer["X-Result-Count"]) == (206, "60", "20")
    assert {"self", "first", "prev", "next", "last"} == set(linked(answer))


def test_the_last_page_has_no_next_and_the_first_no_prev(api, many):
    assert "prev" not in linked(api.get("usage?limit=20"))
    assert "next" not in linked(api.get("usage?limit=20&offset=40"))
    middle = linked(api.get("usage?limit=20&offset=20"))
    assert "next" not in linked(api.get(middle["next"]))
    assert "prev" not in linked(api.get(middle["prev"]))


def test_a_filter_holds_on_every_page(api, many):
    pages = walk(api, "usage?usageType=sms&limit=5&sort=usageDate", "next")
    found = {each for page in pages for each in page}
    assert found == set(Usage.objects.filter(usage_type="sms").values_list("pk", flat=True))


def cursor_of(api, query: str = "") -> str:
    return unquote(re.search(r"after=([^&]+)", linked(api.get(f"usage?limit=3&{query}"))["next"]).group(1))


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: "x" + text, lambda text: "!", lambda _text: ""]
)
def test_a_cursor_that_was_changed_is_refused(api, many, change):
    answer = api.get(f"usage?limit=3&after={change(cursor_of(api))}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")


def test_a_cursor_of_another_order_or_collection_is_refused(api, many):
    cursor = cursor_of(api)
    assert api.get(f"usage?limit=3&sort=usageType&after={cursor}").status_code == 400
    assert api.get(f"usageSpecification?limit=3&after={cursor}").status_code == 400
    assert api.get(f"usage?limit=3&after={cursor}").status_code == 206


@pytest.mark.parametrize("window", ["offset=1&after={0}", "after={0}&before={0}", "offset=1&before={0}"])
def test_windows_that_exclude_each_other_are_refused(api, many, window):
    answer = api.get("usage?" + window.format(cursor_of(api)))
    assert answer.status_code == 400
    assert "exclude each other" in answer.json()["message"]


def test_keys_too_long_for_a_cursor_are_paged_by_offset(api):
    for number in range(3):
        make_usage(description=f"{number}{random.Random(number).randbytes(2_000).hex()}")
    following = linked(api.get("usage?sort=description&limit=1"))["next"]
    assert "offset=1" in following
