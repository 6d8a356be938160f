"""Real answers of the API, each judged by the document."""

import pytest
from django.db import connection

from tests.access.factories import make_client
from tests.calling import Api
from tests.openapi.payloads import complete_specification, complete_usage

pytestmark = pytest.mark.django_db
SPECIFICATIONS = "usageSpecification"
CURSORS = ("after", "before")


@pytest.fixture
def specification(api) -> dict:
    return api.post(SPECIFICATIONS, complete_specification()).json()


@pytest.fixture
def usage(api, specification) -> dict:
    return api.post("usage", complete_usage(specification["id"])).json()


def test_a_complete_specification_is_answered_as_described(api, agreement):
    response = api.post(SPECIFICATIONS, complete_specification())
    agreement.check(response, 201)
    assert not agreement.complaints(response.json(), agreement.component("UsageSpecification"), closed=True)
    assert response.json().keys() >= complete_specification().keys()


def test_a_complete_usage_is_answered_as_described(api, agreement, specification):
    response = api.post("usage", complete_usage(specification["id"]))
    agreement.check(response, 201)
    assert not agreement.complaints(response.json(), agreement.component("Usage"), closed=True)
    assert response.json().keys() >= complete_usage("").keys()


@pytest.mark.parametrize(
    ("name", "body"), [("UsageSpecification_Create", complete_specification()), ("Usage_Create", complete_usage("1"))]
)
def test_what_we_post_is_described_but_for_the_leniency(agreement, name, body):
    complaints = agreement.complaints(body, agreement.component(name), closed=True)
    assert complaints == ["$.relatedParty[0]: '@referredType' is a required property"]


def test_resources_are_read_as_described(api, agreement, usage, specification):
    agreement.check(api.get(f"usage/{usage['id']}"), 200)
    agreement.check(api.get(f"{SPECIFICATIONS}/{specification['id']}?fields=none"), 200)
    agreement.check(api.get(f"usage/{usage['id']}", **{"If-None-Match": '"1"'}), 304)


def test_collections_are_read_as_described(api, agreement, usage):
    agreement.check(api.get("usage"), 200)
    agreement.check(api.get("usage?limit=0"), 206)
    agreement.check(api.get(f"{SPECIFICATIONS}?fields=name&sort=-name"), 200)
    agreement.check(api.get(f"{SPECIFICATIONS}?name=nowhere"), 200)


def test_a_part_of_a_collection_is_answered_as_described(api, agreement, usage):
    api.post(SPECIFICATIONS, complete_specification())
    page = api.get(f"{SPECIFICATIONS}?limit=1")
    agreement.check(page, 206)
    assert 'rel="next"' in page["Link"]


def test_changes_are_answered_as_described(api, agreement, usage, specification):
    agreement.check(api.patch(f"usage/{usage['id']}", {"description": None}), 200)
    body = {"validFor": None, "lifecycleStatus": "Retired"}
    agreement.check(api.patch(f"{SPECIFICATIONS}/{specification['id']}", body, "application/json"), 200)
    agreement.check(api.delete(f"usage/{usage['id']}"), 204)


def test_the_schema_of_a_usage_is_answered_as_described(api, agreement, specification):
    agreement.check(api.get(f"{SPECIFICATIONS}/{specification['id']}/schema"), 200)
    agreement.check(api.get(f"{SPECIFICATIONS}/none/schema"), 404)


def test_every_parameter_of_the_document_is_understood(api, agreement, document, usage):
    for path in ("/usage", "/usageSpecification"):
        for parameter in document["paths"][path]["get"]["parameters"]:
            if parameter["name"] not in CURSORS:
                response = api.get(f"{path[1:]}?{parameter['name']}={value_for(parameter)}")
                agreement.check(response, 206 if parameter["name"] == "offset" else 200)


def test_a_cursor_leads_to_pages_as_described(api, agreement, usage):
    last = api.get("usage?limit=1&offset=1")["Link"].split('rel="prev"')[0].rpartition("<")[2].partition(">")[0]
    assert "before=" in last
    agreement.check(api.get(last), 200)


def value_for(parameter: dict) -> str:
    if "date" in parameter["description"].lower():
        return "2026-03-01"
    return {"boolean": "true", "integer": "1"}.get(parameter["schema"]["type"], "id")


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=x", 400), ("nothing=1", 400), ("depth=1", 501), ("fields=" + "a" * 9_000, 414)],
    ids=["number", "attribute", "unsupported", "long"],
)
def test_refused_queries_are_answered_as_described(api, agreement, query, status):
    agreement.check(api.get(f"usage?{query}"), status)


@pytest.mark.parametrize("body", ["", "{", "[]", {"status": "x"}, {"usageCharacteristic": [{"name": 1}]}], ids=str)
def test_refused_bodies_are_answered_as_described(api, agreement, body):
    agreement.check(api.post("usage", body), 400)


def test_a_broken_specification_is_answered_as_described(api, agreement, specification):
    body = complete_usage(specification["id"])
    body["usageCharacteristic"] = [{"name": "unit", "value": "sec"}]
    refused = api.post("usage", body)
    agreement.check(refused, 400)
    assert len(refused.json()["violation"]) == 2
    assert not agreement.complaints(refused.json(), agreement.component("Error"), closed=True)


def test_strangers_are_answered_as_described(agreement, usage):
    agreement.check(Api().get("usage"), 401)
    agreement.check(Api("tmfu_abcdefgh_wrong").delete(f"usage/{usage['id']}"), 401)
    reader = Api(make_client(scopes=["usage:read"])[1])
    agreement.check(reader.post("usage", {}), 403)
    agreement.check(reader.get(SPECIFICATIONS), 403)


def test_a_client_of_another_party_is_answered_as_described(agreement, usage):
    other = Api(make_client(party="other")[1])
    agreement.check(other.get(f"usage/{usage['id']}"), 404)
    agreement.check(other.post("usage", complete_usage("1")), 403)


def test_conflicts_are_answered_as_described(api, agreement, usage, specification):
    agreement.check(api.delete(f"{SPECIFICATIONS}/{specification['id']}"), 409)
    agreement.check(api.patch(f"usage/{usage['id']}", {"status": "received"}), 409)
    agreement.check(api.post("usage", complete_usage(specification["id"]) | {"status": "billed"}), 409)
    stale = {"If-Match": '"7"'}
    agreement.check(api.patch(f"usage/{usage['id']}", {"description": "x"}, **stale), 412)


def test_plain_http_refusals_are_answered_as_described(api, agreement, settings):
    agreement.check(api.call("PUT", "usage/1"), 405)
    agreement.check(api.get("usage", Accept="text/html"), 406)
    broken_off = {"CONTENT_TYPE": "application/json", "headers": {"Transfer-Encoding": "chunked"}}
    agreement.check(api.call("POST", "usage", **broken_off), 411)
    agreement.check(api.post("usage", "<a/>", content_type="text/xml"), 415)
    settings.API_MAX_BODY_BYTES = 10
    agreement.check(api.post("usage", {"description": "more than ten"}), 413)


def test_a_query_that_takes_too_long_is_answered_as_described(api, agreement):
    other = connection.copy()
    other.set_autocommit(False)
    try:
        other.cursor().execute("LOCK TABLE usage_usage IN ACCESS EXCLUSIVE MODE")
        connection.cursor().execute("SET LOCAL statement_timeout = 50")
        agreement.check(api.get("usage"), 503)
    finally:
        other.rollback()
        other.close()
