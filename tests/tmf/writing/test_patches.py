"""PATCH in all its formats: what each changes, and what each refuses."""

import copy
from decimal import Decimal
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmfusage.tmf.patch import json_patched, merged, query_patched
from tmfusage.tmf.refusals import TmfError
from usage.api.v4 import Usage

USAGE: dict[str, Any] = {
    "id": "1",
    "href": "http://h/usage/1",
    "@type": "Usage",
    "status": "received",
    "description": "a call",
    "usageCharacteristic": [
        {"name": "duration", "value": 60, "vendor": {"unit": "s"}},
        {"name": "cell", "value": "A1"},
        {"name": "duration", "value": Decimal("5.50")},
    ],
    "relatedParty": [{"id": "a", "role": "payer"}, {"id": "b", "role": "guest"}],
    "a/b": {"c~d": 1},
}


def changed(**members: Any) -> dict[str, Any]:
    return {**USAGE, **members}


def characteristics(*values: Any) -> list[dict]:
    entries = copy.deepcopy(USAGE["usageCharacteristic"])
    return [{**entry, "value": value} for entry, value in zip(entries, values, strict=True)]


def op(name: str, path: str, *value: Any, **more: Any) -> dict:
    return {"op": name, "path": path, **({"value": value[0]} if value else {}), **more}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([], USAGE),
        ([op("replace", "/description", "b")], changed(description="b")),
        (op("replace", "/description", "b"), changed(description="b")),
        ([op("add", "/note", {"text": Decimal("1.10")})], changed(note={"text": Decimal("1.10")})),
        (
            [op("add", "/relatedParty/-", {"id": "c"})],
            changed(relatedParty=[*USAGE["relatedParty"], {"id": "c"}]),
        ),
        ([op("remove", "/relatedParty/0")], changed(relatedParty=USAGE["relatedParty"][1:])),
        (
            [op("replace", "/characteristic/1/value", "B2")],
            changed(usageCharacteristic=characteristics(60, "B2", Decimal("5.50"))),
        ),
        ([op("replace", "/a~1b/c~0d", 2)], changed(**{"a/b": {"c~d": 2}})),
        ([op("copy", "/name", **{"from": "/description"})], changed(name="a call")),
        (
            [op("test", "/usageCharacteristic/0/value", 60), op("replace", "/description", "c")],
            changed(description="c"),
        ),
        ([op("test", "/usageCharacteristic/0/value", Decimal("60.0"))], USAGE),
    ],
)
def test_a_json_patch_changes_the_resource(operations, expected):
    assert json_patched(USAGE, operations, Usage) == expected
    assert query_patched(USAGE, operations, Usage) == expected


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/usageCharacteristic/value?name=duration", (7, "A1", 7)),
        ("/usageCharacteristic/value?usageCharacteristic.name=duration", (7, "A1", 7)),
        ("/usageCharacteristic/value?name=duration&value=60", (7, "A1", Decimal("5.50"))),
        ("/usageCharacteristic/value?value.gt=10", (7, "A1", Decimal("5.50"))),
        ("/characteristic/value?name=cell;value=60", (7, 7, Decimal("5.50"))),
        ("usageCharacteristic[?(@.name=='duration')].value", (7, "A1", 7)),
        ('$.usageCharacteristic[?(@.name=="cell")].value', (60, 7, Decimal("5.50"))),
        ("characteristic[?(@.value<10)].value", (60, "A1", 7)),
        ("$.usageCharacteristic[-1].value", (60, "A1", 7)),
        ("usageCharacteristic[*].value", (7, 7, 7)),
        ("usageCharacteristic.value", (7, 7, 7)),
        ("usageCharacteristic[?(@.vendor.unit=='s')].value", (7, "A1", Decimal("5.50"))),
    ],
)
def test_a_query_leads_to_the_matching_elements(path, values):
    expected = changed(usageCharacteristic=characteristics(*values))
    assert query_patched(USAGE, [op("replace", path, 7)], Usage) == expected


def test_removing_several_elements_removes_just_these():
    left = query_patched(USAGE, [op("remove", "/usageCharacteristic?name=duration")], Usage)
    assert [each["name"] for each in left["usageCharacteristic"]] == ["cell"]
    assert query_patched(USAGE, [op("remove", "usageCharacteristic[?(@.name=='duration')]")], Usage) == left


def test_a_member_can_be_added_to_the_elements_found():
    found = query_patched(USAGE, [op("add", "relatedParty[?(@.id=='b')].name", "Bee")], Usage)
    assert found["relatedParty"] == [{"id": "a", "role": "payer"}, {"id": "b", "role": "guest", "name": "Bee"}]


def test_a_query_may_reach_into_arrays_within_arrays():
    rated = [{"tag": "x", "part": [{"n": 1, "v": 1}, {"n": 2, "v": 2}]}, {"tag": "y", "part": [{"n": 1, "v": 3}]}]
    path = "/rated/part/v?rated.tag=x&rated.part.n=1"
    found = query_patched({"rated": rated}, [op("replace", path, 9)], Usage)["rated"]
    assert [part["v"] for each in found for part in each["part"]] == [9, 2, 3]


@pytest.mark.parametrize("patch", [json_patched, query_patched])
@pytest.mark.parametrize(
    ("operations", "status", "told"),
    [
        ("text", 400, "array of operations"),
        ([1], 400, "$[0]"),
        ([{"op": "add"}], 400, "$[0].path"),
        ([{"op": "jump", "path": "/a"}], 400, "$[0].op"),
        ([op("add", "/description")], 400, "$[0].value"),
        ([op("move", "/description")], 400, "$[0].from"),
        ([op("add", 7, 1)], 400, "$[0].path"),
        ([op("add", "/a~2", 1)], 400, "$[0].path"),
        ([op("add", "/none/x", 1)], 409, "$[0]"),
        ([op("remove", "/none")], 409, "$[0]"),
        ([op("replace", "/none", 1)], 409, "$[0]"),
        ([op("remove", "/relatedParty/7")], 409, "$[0]"),
        ([op("add", "/relatedParty/x", 1)], 409, "$[0]"),
        ([op("remove", "/relatedParty/01")], 409, "$[0]"),
        ([op("add", "/description/x", 1)], 409, "$[0]"),
        ([op("move", "/relatedParty/0/x", **{"from": "/relatedParty"})], 409, "$[0]"),
        ([op("test", "/description", "x")], 409, "$[0]"),
        ([op("test", "/usageCharacteristic/0/value", True)], 409, "$[0]"),
        ([op("test", "/none", 1)], 409, "$[0]"),
        ([op("test", "/description", "a call"), op("test", "/status", "rated")], 409, "$[1]"),
        ([op("copy", f"/c{n}", **{"from": ""}) for n in range(40)], 413, "bytes"),
        ([op("test", "", 1)] * 101, 400, "101 operations"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(patch, operations, status, told):
    with pytest.raises(TmfError) as refusal:
        patch(copy.deepcopy(USAGE), operations, Usage)
    assert refusal.value.status_code == status
    assert told in f"{refusal.value.reason} {refusal.value.message}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("description?x=1", 400),
        ("/usageCharacteristic/value?", 400),
        ("/usageCharacteristic/value?name", 409),
        ("/usageCharacteristic/value?name=none", 409),
        ("usageCharacteristic[?(@.name=='none')].value", 409),
        ("usageCharacteristic[?(@.name==", 400),
        ("usageCharacteristic[?(@.name=~'a')].value", 400),
        ("usageCharacteristic..value", 501),
        ("$", 400),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path, status):
    with pytest.raises(TmfError) as refusal:
        query_patched(USAGE, [op("replace", path, 1)], Usage)
    assert refusal.value.status_code == status


def test_moving_needs_one_place_only():
    with pytest.raises(TmfError, match="several places"):
        query_patched(USAGE, [op("move", "/x", **{"from": "usageCharacteristic[*].value"})], Usage)


def test_a_plain_json_patch_knows_no_queries():
    with pytest.raises(TmfError) as refusal:
        json_patched(USAGE, [op("replace", "usageCharacteristic[0].value", 1)], Usage)
    assert "begins with a slash" in refusal.value.message


def test_the_resource_at_hand_is_left_alone():
    before = copy.deepcopy(USAGE)
    query_patched(USAGE, [op("replace", "usageCharacteristic[*].value", {"x": []})], Usage)
    assert before == USAGE


def test_both_spellings_with_different_values_are_refused_in_a_merge_patch():
    assert merged({}, {"date": "x", "usageDate": "x"}, Usage) == {"usageDate": "x"}
    with pytest.raises(TmfError):
        merged({}, {"date": "x", "usageDate": "y"}, Usage)


documents = st.recursive(
    st.integers(0, 3) | st.sampled_from(["", "a"]) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abc"), documents), st.dictionaries(st.sampled_from("abc"), documents))
def test_a_patch_between_two_documents_makes_one_of_the_other(source, target):
    operations = jsonpatch.make_patch(source, target).patch
    assert json_patched(source, operations, Usage) == target


def zeros(length: int) -> dict[str, Any]:
    return {**USAGE, "vendor": [0] * length}


@pytest.mark.parametrize(
    ("length", "operations"),
    [
        (1_001, [op("replace", "vendor[*]", 1)]),
        (501, [op("replace", "vendor[*]", 1)] * 2),
        (1_001, [op("test", "vendor[?(@==0)]", 0)]),
        (1_001, [op("remove", "vendor[0:]")]),
    ],
)
def test_operations_are_counted_where_they_are_done(length, operations):
    with pytest.raises(TmfError) as refusal:
        query_patched(zeros(length), operations, Usage)
    assert refusal.value.status_code == 400
    assert "1000" in refusal.value.message


def test_as_many_places_as_are_allowed_are_changed(settings):
    settings.API_MAX_PATCH_PLACES = 20
    assert query_patched(zeros(10), [op("replace", "vendor[*]", 1)] * 2, Usage)["vendor"] == [1] * 10


@pytest.mark.parametrize("path", ["vendor[?(@==1)]", f"vendor[?({'@==1 || ' * 20}@==2)]"])
def test_queries_compare_only_so_much(settings, path):
    settings.API_MAX_BODY_BYTES = 1_000
    with pytest.raises(TmfError) as refusal:
        query_patched({**USAGE, "vendor": [1] * 50}, [op("test", path, 1)] * 100, Usage)
    assert refusal.value.status_code == 400
    assert "compare too much" in refusal.value.message


def test_a_query_is_no_longer_than_a_filter():
    with pytest.raises(TmfError) as refusal:
        query_patched(USAGE, [op("remove", f"vendor[?({'@==1 || ' * 300}@==2)]")], Usage)
    assert "2048 characters" in refusal.value.violations[0].message
