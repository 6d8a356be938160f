"""The rules of TMF630, as one suite that every resource in every version has to pass.

A resource is described by `Described`; adding one to `tests/test_contract.py` adds all these tests. Tests that need
more than a resource that can be posted and read are marked with the rules it has to know: `rule("filters")`.
"""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.access.factories import make_client
from tests.calling import Api
from tests.described import Described, rule

LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')
JSON_PATCH, QUERIES = "application/json-patch+json", "application/json-patch-query+json"


@pytest.fixture
def api(db, resource: Described) -> Api:
    api = Api(make_client()[1], resource.root)
    for name, body in resource.needs:
        assert api.post(name, body).status_code == 201
    return api


@pytest.fixture
def stored(api, resource) -> dict:
    """One of them."""
    return made(api, resource)


@pytest.fixture
def several(api, resource) -> list[dict]:
    """Five of them, oldest first, with words a, b, c, a, b."""
    texts = [f"{resource.prefix}{n}" for n in range(5)]
    words = zip("abcab", texts, strict=True)
    return [made(api, resource, **{resource.word: word, resource.text: text}) for word, text in words]


def made(api: Api, resource: Described, **members: Any) -> dict:
    answer = api.post(resource.name, resource.having(**members))
    assert answer.status_code == 201, answer.content
    return {name: item for name, item in answer.json().items() if name not in resource.told_once}


def at(resource: Described, one: dict) -> str:
    return f"{resource.name}/{quote(one['id'], safe='')}"


def ids(answer: Any) -> list[str]:
    assert answer.status_code in (200, 206), answer.content
    return [each["id"] for each in answer.json()]


def linked(answer: Any) -> dict[str, str]:
    return {relation: url for url, relation in LINK.findall(answer.get("Link", ""))}


class TestAddressing:
    """Part 1 §3."""

    def test_what_is_posted_is_found_at_its_location(self, api, resource):
        answer = api.post(resource.name, resource.body)
        created = answer.json()
        assert answer.status_code == 201
        assert answer["Location"] == created["href"]
        assert created["href"].endswith(f"{resource.root}/{resource.name}/{created['id']}")
        found = api.get(answer["Location"])
        assert {**created, **found.json()} == created
        assert created.keys() - found.json().keys() == set(resource.told_once)
        assert found.get("ETag") == answer.get("ETag")
        assert ("ETag" in found) == ("etag" not in resource.lacks)

    def test_a_closing_slash_changes_nothing(self, api, resource, stored):
        assert api.get(f"{at(resource, stored)}/").json() == stored
        assert ids(api.get(f"{resource.name}/")) == [stored["id"]]

    @rule("members")
    def test_unknown_members_are_kept_in_their_exact_type(self, api, resource):
        odd = {"vendor": {"n": 1, "s": "1", "f": 1.5, "t": True, "l": [{}]}, "vendorFlag": False}
        created = made(api, resource, **odd)
        assert {name: created[name] for name in odd} == odd
        assert api.get(at(resource, created)).json() == created

    @rule("members")
    def test_numbers_keep_every_digit(self, api, resource):
        text = json.dumps(resource.having(vendor="N")).replace('"N"', "12345678901234567.890")
        created = api.post(resource.name, text)
        assert b"12345678901234567.890" in created.content
        assert b"12345678901234567.890" in api.get(at(resource, created.json())).content

    @rule("members")
    def test_null_means_absent_and_is_never_answered(self, api, resource):
        created = made(api, resource, vendor=None, **{"@baseType": None})
        assert "vendor" not in created
        assert "@baseType" not in created

    def test_head_and_options_are_answered(self, api, resource, stored):
        head = api.call("HEAD", at(resource, stored))
        assert (head.status_code, head.content) == (200, b"")
        options = api.call("OPTIONS", at(resource, stored))
        assert options.status_code == 204
        assert ("Accept-Patch" in options) == resource.changed
        assert ("DELETE" in options["Allow"]) == ("delete" not in resource.lacks)

    @rule("delete")
    def test_what_is_deleted_is_gone(self, api, resource, stored):
        assert api.delete(at(resource, stored)).status_code == 204
        assert api.get(at(resource, stored)).status_code == 404
        assert api.delete(at(resource, stored)).status_code == 404


@rule("fields")
class TestSelection:
    """Part 1 §4.3."""

    def test_fields_select_members(self, api, resource, stored):
        kept = {*resource.always, resource.text}
        found = api.get(f"{at(resource, stored)}?fields={resource.text},nothing").json()
        assert found == {name: stored[name] for name in kept}
        assert api.get(f"{resource.name}?fields={resource.text}").json() == [found]

    def test_none_selects_the_address_only(self, api, resource, stored):
        assert set(api.get(f"{at(resource, stored)}?fields=none").json()) == set(resource.always)

    def test_nested_fields_select_parts(self, api, resource, stored):
        found = api.get(f"{at(resource, stored)}?fields={resource.array}.id").json()
        assert found[resource.array] == [{"id": each["id"]} for each in stored[resource.array]]

    def test_a_condition_keeps_matching_elements(self, api, resource, stored):
        fields = f"{resource.array}[?(@.id=='nobody')]"
        assert api.get(f"{at(resource, stored)}?fields={fields}").json() == {**stored, resource.array: []}

    def test_fields_narrow_the_answer_to_a_post(self, api, resource):
        answer = api.post(f"{resource.name}?fields=none", resource.body)
        assert set(answer.json()) == set(resource.always)


@rule("pages")
class TestSortingAndPages:
    """Part 1 §4.5, §4.7."""

    def test_a_sort_orders_both_ways_with_the_id_as_last(self, api, resource, several):
        upwards = sorted(several, key=lambda each: (each[resource.word], each["id"]))
        assert ids(api.get(f"{resource.name}?sort={resource.word}")) == [each["id"] for each in upwards]
        assert ids(api.get(f"{resource.name}?sort=-{resource.word}")) == [each["id"] for each in reversed(upwards)]

    def test_several_sorts_apply_in_turn(self, api, resource, several):
        expected = sorted(several, key=lambda each: each[resource.text], reverse=True)
        expected = sorted(expected, key=lambda each: each[resource.word])
        answer = api.get(f"{resource.name}?sort=%2B{resource.word},-{resource.text}")
        assert ids(answer) == [each["id"] for each in expected]

    def test_pages_count_and_lead_on(self, api, resource, several):
        first = api.get(f"{resource.name}?limit=2")
        assert (first.status_code, first["X-Total-Count"], first["X-Result-Count"]) == (206, "5", "2")
        assert set(linked(first)) == {"self", "first", "next", "last"}
        assert api.get(resource.name).status_code == 200
        assert api.get(f"{resource.name}?limit=5").status_code == 200
        assert ids(api.get(f"{resource.name}?offset=5")) == []

    @pytest.mark.parametrize("sort", ["", "&sort={word}", "&sort=-{word},{text}"])
    def test_cursors_show_each_once_both_ways(self, api, resource, several, sort):
        sort = sort.format(word=resource.word, text=resource.text)
        whole = ids(api.get(f"{resource.name}?limit=10{sort}"))
        forth, back = [], []
        answer = api.get(f"{resource.name}?limit=2{sort}")
        while True:
            forth += ids(answer)
            if "next" not in linked(answer):
                break
            answer = api.get(linked(answer)["next"])
        while "prev" in linked(answer):
            answer = api.get(linked(answer)["prev"])
            back = ids(answer) + back
        assert forth == whole
        assert back == whole[: len(back)]
        assert len(back) >= 3

    @pytest.mark.parametrize("control", ["limit=abc", "limit=1", "offset=0", "sort=nope", "after=x", "before=x"])
    def test_one_resource_is_not_a_page(self, api, resource, stored, control):
        answer = api.get(f"{at(resource, stored)}?{control}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")

    @pytest.mark.parametrize("by", ["word", "text"])
    def test_what_is_missing_is_larger_than_anything(self, api, resource, several, by):
        name = getattr(resource, by)
        bare = api.post(resource.name, {key: item for key, item in resource.body.items() if key != name})
        if bare.status_code == 400:
            pytest.skip("it cannot be missing")
        upwards = ids(api.get(f"{resource.name}?sort={name}"))
        assert (len(upwards), upwards[-1]) == (6, bare.json()["id"])
        assert ids(api.get(f"{resource.name}?sort=-{name}")) == upwards[::-1]
        before = linked(api.get(f"{resource.name}?sort={name}&limit=5"))["next"]
        assert ids(api.get(before)) == upwards[-1:]
        assert ids(api.get(linked(api.get(before))["prev"])) == upwards[:5]

    def test_a_changed_cursor_is_refused(self, api, resource, several):
        following = linked(api.get(f"{resource.name}?limit=2"))["next"]
        assert api.get(following.replace("after=", "after=x")).status_code == 400


@rule("filters")
class TestFilters:
    """Part 1 §4.4 and Part 6."""

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("{word}=a", "03"),
            ("{word}.eq=a", "03"),
            ("{word}==a", "03"),
            ("{word}.ne=a", "124"),
            ("{word}=a,b", "0134"),
            ("{word}=a&{word}=b", "0134"),
            ("{word}=a;{word}=c", "023"),
            ("{word}=a;c", "023"),
            ("{word}=a%2Cb", ""),
            ("{word}.gt=a", "124"),
            ("{word}%3E=b", "124"),
            ("{word}.lte=b", "0134"),
            ("{word}.regex=^[ab]$", "0134"),
            ("{word}=~[bc]", "124"),
            ("{word}=a&{text}=text 3", "3"),
            ("{text}=text%200;{word}=c", "02"),
            ("{array}.id=acme", "01234"),
            ("{array}.id=nobody", ""),
            ("{array}[?(@.id==acme)].id=acme", "01234"),
            ("filter=$[?(@.{word}=='a')]", "03"),
            ("filter={array}[?(@.id=='acme')]", "01234"),
            ("filter={array}[?(@.id=='acme' %26%26 @.role=='none')]", ""),
            ("filter=$[?(@.{word}=='a' || @.{text}=='text 2')]", "023"),
            ("filter=$[?(!(@.{word}=='a'))]", "124"),
            ("filter=$[?(@.{word}=='a')]&filter=$[?(@.{word}=='c')]", "023"),
            ("filter=$[?(@.{word}=='a')]&{text}=text 3", "3"),
            ("vendorOnly.eq=1", ""),
        ],
    )
    def test_a_filter_finds(self, api, resource, several, query, found):
        query = query.format(word=resource.word, text=resource.text, array=resource.array)
        query = query.replace("text%20", "text ").replace("text ", quote(resource.prefix))
        expected = {several[int(index)]["id"] for index in found}
        assert set(ids(api.get(f"{resource.name}?{query}&limit=10"))) == expected

    def test_types_are_filtered(self, api, resource, stored):
        special = made(api, resource, **{"@type": f"Special{stored['@type']}", "@baseType": stored["@type"]})
        assert ids(api.get(f"{resource.name}?@type={special['@type']}")) == [special["id"]]

    def test_an_id_is_a_filter_as_well(self, api, resource, several):
        assert ids(api.get(f"{resource.name}?id={several[1]['id']}")) == [several[1]["id"]]
        assert ids(api.get(f"{resource.name}?href={several[1]['href']}")) == [several[1]["id"]]

    def test_an_older_name_is_understood(self, api, resource, several):
        older, official = resource.legacy
        if not older:
            pytest.skip("nothing was renamed")
        value = quote(str(resource.body[official]), safe="")
        assert ids(api.get(f"{resource.name}?{older}={value}")) == ids(api.get(f"{resource.name}?{official}={value}"))

    def test_a_date_alone_is_the_whole_day(self, api, resource, stored):
        if not resource.moment:
            pytest.skip("it has no date of its own")
        day = resource.body[resource.moment][:10]
        assert ids(api.get(f"{resource.name}?{resource.moment}={day}")) == [stored["id"]]
        assert ids(api.get(f"{resource.name}?{resource.moment}.gt={day}")) == []

    @pytest.mark.parametrize("query", ["nothing=1", "filter=$[?(", "{word}.regex=(", "filter={word}=eq=a"])
    def test_what_is_no_filter_is_refused(self, api, resource, query):
        answer = api.get(f"{resource.name}?{query.format(word=resource.word)}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")
