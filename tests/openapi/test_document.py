"""The OpenAPI document: who gets it, whether it is valid, what it says."""

import pytest
from django.test import Client
from openapi_spec_validator import validate

from consumption.api.mounting import DOCUMENTS
from tests.openapi.conftest import DOCUMENT
from tmfusage.tmf.openapi import DocumentGenerator
from tmfusage.tmf.schema import example
from tmfusage.urls import USAGE_V4

EXAMPLES = [
    "Usage",
    "Usage_Create",
    "Usage_Update",
    "UsageSpecification",
    "UsageSpecification_Create",
    "UsageSpecification_Update",
]


def operations(document):
    return [operation for item in document["paths"].values() for operation in item.values()]


def test_the_document_is_valid_openapi(document):
    validate(document)
    assert document["openapi"].startswith("3.")


def test_anybody_gets_the_document_and_may_keep_it():
    first = Client().get(DOCUMENT)
    assert (first.status_code, first["Content-Type"]) == (200, "application/json")
    again = Client().get(DOCUMENT, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_document_is_only_read():
    refused = Client().post(DOCUMENT, "{}", content_type="application/json")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
    assert refused.json()["code"] == "methodNotAllowed"
    assert Client().head(DOCUMENT).status_code == 200


def test_operations_have_the_names_of_the_standard(document):
    assert {operation["operationId"] for operation in operations(document)} == {
        *(f"{verb}Usage" for verb in ("list", "create", "retrieve", "patch", "delete")),
        *(f"{verb}UsageSpecification" for verb in ("list", "create", "retrieve", "patch", "delete")),
        "retrieveUsageSpecificationSchema",
        *(f"{verb}Listener" for verb in ("register", "unregister", "list", "retrieve")),
    }


def test_every_operation_needs_a_bearer_token(document):
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert all(operation["security"] == [{"bearer": []}] for operation in operations(document))


def test_paths_continue_the_address_of_the_api(document):
    assert document["servers"] == [{"url": DOCUMENT.removesuffix("/openapi.json")}]
    assert not [path for path in document["paths"] if path.endswith("/")]


def test_objects_are_open(document):
    schemas = document["components"]["schemas"].values()
    assert {schema["additionalProperties"] for schema in schemas if schema.get("type") == "object"} == {True}


def test_a_patch_is_a_merge_patch_or_plain_json(document):
    bodies = document["paths"]["/usage/{id}"]["patch"]["requestBody"]["content"]
    assert {"application/json", "application/merge-patch+json"} <= set(bodies)
    assert list(document["paths"]["/usage"]["post"]["requestBody"]["content"]) == ["application/json"]


def test_the_leniency_about_parties_is_told(document):
    party = document["components"]["schemas"]["RelatedParty"]
    assert "@referredType" in party["required"]
    assert "@referredType" in party["description"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_hold_what_is_described(agreement, name):
    shown = example(name)
    assert shown
    assert not agreement.complaints(shown, agreement.component(name), closed=True)


def test_the_examples_of_errors_are_errors(document, agreement):
    for status, response in document["components"]["responses"].items():
        shown = response["content"]["application/json"]["example"]
        assert not agreement.complaints(shown, agreement.component("Error"), closed=True)
        assert status == f"Error{shown['status']}"


def test_closed_objects_are_told(settings):
    settings.STRICT_MEMBERS = True
    schemas = DocumentGenerator(USAGE_V4).get_schema()["components"]["schemas"]
    assert schemas["Usage_Create"]["additionalProperties"] is False
    assert schemas["Usage"]["additionalProperties"] is True


def test_a_demand_for_if_match_is_told(settings):
    settings.API_REQUIRE_IF_MATCH = True
    patch = DocumentGenerator(USAGE_V4).get_schema()["paths"]["/usage/{id}"]["patch"]
    assert "428" in patch["responses"]
    assert next(each for each in patch["parameters"] if each["name"] == "If-Match")["required"]


def test_the_size_of_a_page_is_told(settings):
    settings.API_MAX_PAGE_SIZE = 50
    parameters = DocumentGenerator(USAGE_V4).get_schema()["paths"]["/usage"]["get"]["parameters"]
    assert next(each for each in parameters if each["name"] == "limit")["schema"]["maximum"] == 50


def test_without_partial_content_there_is_no_206(settings):
    settings.API_PARTIAL_CONTENT = False
    assert "206" not in DocumentGenerator(USAGE_V4).get_schema()["paths"]["/usage"]["get"]["responses"]


@pytest.mark.parametrize("api", [USAGE_V4, *DOCUMENTS], ids=lambda api: api.path)
def test_what_a_post_made_leads_to_what_can_be_done_with_it(api):
    paths = DocumentGenerator(api).get_schema()["paths"]
    made = {path: item["post"]["responses"] for path, item in paths.items() if "post" in item}
    assert len(made) >= 2
    for path, responses in made.items():
        known = {each["operationId"] for other, item in paths.items() if f"{path}/" in other for each in item.values()}
        for status in responses.keys() & {"201", "202"}:
            links = responses[status]["links"]
            assert {link["operationId"] for link in links.values()} == known
            assert all(link["parameters"] == {"id": "$response.body#/id"} for link in links.values())
