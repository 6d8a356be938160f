"""Selection, pages, merge patches, moments and errors, without a database."""

from datetime import UTC, datetime

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tmfusage.tmf.fields import parse_fields
from tmfusage.tmf.keyset import sign
from tmfusage.tmf.moments import instant, utc_text
from tmfusage.tmf.pagination import Around, Page, links
from tmfusage.tmf.patch import merge_patch
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.sorting import NEWEST_FIRST
from usage.api.v4 import Usage

USAGE = {
    "id": "1",
    "href": "/1",
    "@type": "Usage",
    "status": "rated",
    "usageDate": "2026-01-01T00:00:00Z",
    "relatedParty": [{"id": "p", "name": "P"}, {"id": "q"}],
}
ALWAYS = {"id": "1", "href": "/1", "@type": "Usage"}


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ("none", {}),
        ("status", {"status": "rated"}),
        ("date", {"usageDate": "2026-01-01T00:00:00Z"}),
        ("unknown", {}),
        ("relatedParty.id", {"relatedParty": [{"id": "p"}, {"id": "q"}]}),
        ("relatedParty.id,relatedParty", {"relatedParty": [{"id": "p", "name": "P"}, {"id": "q"}]}),
        ("relatedParty,relatedParty.id", {"relatedParty": [{"id": "p", "name": "P"}, {"id": "q"}]}),
    ],
)
def test_fields_selects_members_and_always_the_identity(fields, more):
    assert parse_fields(fields, Usage).pick(USAGE) == {**ALWAYS, **more}


@pytest.mark.parametrize("fields", ["", "a,,b", "a..b", ".a", "a."])
def test_a_syntax_error_in_fields_is_refused(fields):
    with pytest.raises(TmfError, match="query"):
        parse_fields(fields, Usage)


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ({"a": 2}, {"a": 2, "b": {"c": 1, "d": 2}}),
        ({"a": None}, {"b": {"c": 1, "d": 2}}),
        ({"b": {"c": None}}, {"a": 1, "b": {"d": 2}}),
        ({"b": [1]}, {"a": 1, "b": [1]}),
        ({"e": {"f": None}}, {"a": 1, "b": {"c": 1, "d": 2}, "e": {}}),
    ],
)
def test_a_merge_patch_works_as_rfc_7396_says(patch, result):
    assert merge_patch({"a": 1, "b": {"c": 1, "d": 2}}, patch) == result


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1970, 1, 2), max_value=datetime(2999, 1, 1)))
def test_a_moment_stays_the_same_instant_in_utc(moment):
    offset = moment.utcoffset().total_seconds()
    if offset % 60 == 0:
        assert instant(moment.isoformat()) == moment.astimezone(UTC)
        assert utc_text(moment.isoformat()).endswith("Z")


@pytest.mark.parametrize(
    "text",
    ["2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z", "", "0000-01-01T00:00:00Z"],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 (any message will do)
        utc_text(text)


def test_the_digits_of_a_second_are_kept():
    assert utc_text("2026-01-01T02:00:00.120+02:00") == "2026-01-01T00:00:00.120Z"


@pytest.mark.parametrize(
    "controls", [{"limit": "-1"}, {"limit": "x"}, {"offset": "1.5"}, {"limit": ""}, {"offset": "٣"}]
)
def test_a_page_that_is_no_number_is_refused(controls):
    with pytest.raises(TmfError, match="query"):
        Page.of(controls)


def test_a_limit_above_the_maximum_is_lowered_to_it():
    assert Page.of({"limit": "5000"}).limit == 1000


def test_a_part_is_206_only_when_a_part_was_asked_for():
    assert Page(0, 10, asked=True).status(10, 11) == 206
    assert Page(0, 10, asked=False).status(10, 11) == 200
    assert Page(0, 10, asked=True).status(10, 10) == 200
    with override_settings(API_PARTIAL_CONTENT=False):
        assert Page(0, 10, asked=True).status(10, 11) == 200


def around(page: Page, total: int | None = 45) -> Around:
    return Around("usage", NEWEST_FIRST, page, ("a",), ("z",), earlier=page.offset > 0, later=True, total=total)


def test_links_lead_to_all_neighbours():
    header = links("http://h/usage", "status=rated&limit=10&offset=20", around(Page(20, 10, asked=True)))
    assert '<http://h/usage?status=rated&offset=20&limit=10>; rel="self"' in header
    assert f'<http://h/usage?status=rated&after={sign("usage", NEWEST_FIRST, ("z",))}&limit=10>; rel="next"' in header
    assert f'<http://h/usage?status=rated&before={sign("usage", NEWEST_FIRST, ("a",))}&limit=10>; rel="prev"' in header
    assert '<http://h/usage?status=rated&offset=40&limit=10>; rel="last"' in header


def test_the_last_page_of_an_estimated_number_is_reached_from_the_end():
    header = links("http://h/usage", "", around(Page(0, 10, asked=True), total=None))
    assert f'<http://h/usage?before={sign("usage", NEWEST_FIRST, None)}&limit=10>; rel="last"' in header


def test_links_never_outgrow_the_header():
    assert links("http://h/usage", "fields=" + "x" * 2100, around(Page(0, 10, asked=True))) == ""
    crowded = links("http://h/usage", "fields=" + "x" * 2000, around(Page(20, 10, asked=True)))
    assert len(crowded) < 6_500
    assert 'rel="next"' in crowded


def test_links_carry_nothing_that_could_end_them():
    header = links("http://h/usage", 'usageType=">;rel=evil', around(Page(0, 10, asked=True)))
    assert "%22%3E" in header
