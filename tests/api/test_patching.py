"""PATCH over HTTP: every format changes the same resource under the same rules."""

import pytest

from tests.api.payloads import call_of
from usage.models import Usage

JSON_PATCH = "application/json-patch+json"
QUERIES = "application/json-patch-query+json"
MERGE = "application/merge-patch+json"


@pytest.fixture
def usage(api) -> dict:
    return api.post("usage", call_of(description="first")).json()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MERGE, {"description": "second"}),
        ("application/json", {"description": "second"}),
        ("application/json;charset=utf-8", {"description": "second"}),
        (JSON_PATCH, [{"op": "replace", "path": "/description", "value": "second"}]),
        (JSON_PATCH, {"op": "replace", "path": "/description", "value": "second"}),
        (QUERIES, [{"op": "replace", "path": "$.description", "value": "second"}]),
    ],
)
def test_every_format_changes_the_resource(api, usage, content_type, body):
    answer = api.patch(f"usage/{usage['id']}", body, content_type=content_type)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {**usage, "description": "second"}
    assert answer["ETag"] == '"2"'


def test_one_characteristic_is_changed_by_its_name(api, usage):
    path = "usageCharacteristic[?(@.name=='duration')].value"
    answer = api.patch(f"usage/{usage['id']}", [{"op": "replace", "path": path, "value": 61}], content_type=QUERIES)
    assert [each["value"] for each in answer.json()["usageCharacteristic"]] == ["+15550100001", 61, "SEC"]


def test_fields_narrow_the_answer_to_a_patch(api, usage):
    answer = api.patch(f"usage/{usage['id']}?fields=description", {"description": "second"})
    assert answer.json() == {**{name: usage[name] for name in ("id", "href", "@type")}, "description": "second"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/id", "value": "other"},
        {"op": "remove", "path": "/id"},
        {"op": "replace", "path": "/href", "value": "http://elsewhere"},
        {"op": "add", "path": "/@type", "value": "Other"},
        {"op": "remove", "path": "/@type"},
        {"op": "move", "from": "/id", "path": "/description"},
        {"op": "copy", "from": "/description", "path": "/@type"},
        {"op": "replace", "path": "", "value": {}},
    ],
)
@pytest.mark.parametrize("content_type", [JSON_PATCH, QUERIES])
def test_what_is_fixed_stays_in_every_format(api, usage, operation, content_type):
    answer = api.patch(f"usage/{usage['id']}", [operation], content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidValue")
    assert "cannot be changed" in answer.json()["message"]
    assert Usage.objects.get().revision == 1


def test_naming_what_is_fixed_unchanged_is_fine(api, usage):
    same = {name: usage[name] for name in ("id", "href", "@type")}
    assert api.patch(f"usage/{usage['id']}", {**same, "description": "second"}).status_code == 200
    tests = [{"op": "test", "path": f"/{name}", "value": value} for name, value in same.items()]
    assert api.patch(f"usage/{usage['id']}", tests, content_type=JSON_PATCH).status_code == 200


def test_the_result_is_checked_as_a_whole_and_nothing_is_half_done(api, usage):
    operations = [
        {"op": "replace", "path": "/description", "value": "second"},
        {"op": "remove", "path": "/usageCharacteristic/0/name"},
    ]
    answer = api.patch(f"usage/{usage['id']}", operations, content_type=JSON_PATCH)
    assert answer.status_code == 400
    assert "$.usageCharacteristic[0].name" in answer.json()["message"]
    assert api.get(f"usage/{usage['id']}").json() == usage


def test_a_patch_that_makes_an_array_of_the_resource_is_refused(api, usage):
    answer = api.patch(f"usage/{usage['id']}", [{"op": "replace", "path": "", "value": []}], content_type=JSON_PATCH)
    assert answer.status_code == 400


def test_a_failed_test_is_a_conflict(api, usage):
    operations = [
        {"op": "test", "path": "/description", "value": "else"},
        {"op": "replace", "path": "/description", "value": "x"},
    ]
    answer = api.patch(f"usage/{usage['id']}", operations, content_type=JSON_PATCH)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert api.get(f"usage/{usage['id']}").json()["description"] == "first"


@pytest.mark.parametrize("content_type", [JSON_PATCH, QUERIES, MERGE])
def test_a_post_takes_no_patch(api, content_type):
    assert api.post("usage", call_of(), content_type=content_type).status_code == 415


def test_the_life_cycle_holds_for_every_format(api, usage):
    operation = [{"op": "replace", "path": "/status", "value": "billed"}]
    assert api.patch(f"usage/{usage['id']}", operation, content_type=JSON_PATCH).status_code == 409
