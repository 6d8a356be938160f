"""UsageSpecification over TMF635 v4."""

import pytest
from jsonschema import Draft202012Validator

from specs.models import UsageSpecification
from tests.api.payloads import call_of, voice_specification

pytestmark = pytest.mark.django_db

COMPLETE = {
    "@type": "VoiceSpecification",
    "@baseType": "UsageSpecification",
    "@schemaLocation": "https://example.com/voice.json",
    "name": "Voice",
    "description": "Calls",
    "version": "2.5",
    "lifecycleStatus": "Active",
    "isBundle": False,
    "validFor": {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2099-01-01T00:00:00Z", "note": "kept"},
    "relatedParty": [{"id": "p1", "role": "owner", "@referredType": "Organization"}],
    "attachment": [
        {"name": "by value", "mimeType": "text/plain", "content": "aGVsbG8=", "size": {"amount": 5, "units": "B"}},
        {"id": "a2", "url": "https://example.com/picture.png", "@referredType": "Attachment"},
    ],
    "constraint": [{"id": "c1", "version": "1", "name": "Fair use"}],
    "entitySpecRelationship": [{"relationshipType": "dependency", "id": "other", "role": "base"}],
    "targetEntitySchema": {"@schemaLocation": "https://example.com/usage.json", "@type": "VoiceUsage"},
    "specCharacteristic": [
        {
            "id": "ch1",
            "name": "duration",
            "description": "How long",
            "valueType": "number",
            "configurable": True,
            "extensible": True,
            "isUnique": False,
            "minCardinality": 0,
            "maxCardinality": 1,
            "regex": "[0-9.]+",
            "validFor": {"startDateTime": "2026-01-01T00:00:00Z"},
            "@type": "Characteristic",
            "@valueSchemaLocation": "https://example.com/value.json",
            "charSpecRelationship": [{"relationshipType": "requires", "name": "unit"}],
            "characteristicValueSpecification": [
                {"valueFrom": 0, "valueTo": 10, "rangeInterval": "closedBottom", "unitOfMeasure": "s", "extra": [1]},
                {"value": 20, "isDefault": True, "valueType": "integer", "regex": "[0-9]+"},
                {"value": 0.25},
            ],
            "colour": {"deep": [1, 2]},
        },
        {"name": "unit"},
    ],
    "owner": "unknown members stay",
}


def test_everything_that_was_posted_is_answered(api):
    created = api.post("usageSpecification", COMPLETE)
    assert created.status_code == 201, created.content
    answered = api.get(created["Location"]).json()
    added = {"id", "href", "lastUpdate"}
    assert {name: value for name, value in answered.items() if name not in added} == COMPLETE
    assert added <= set(answered)


def test_only_a_name_is_needed(api):
    assert api.post("usageSpecification", {"name": "x"}).status_code == 201
    refused = api.post("usageSpecification", {})
    assert refused.json()["violation"] == [{"path": "$.name", "code": "missingProperty", "message": "is required"}]


def test_the_same_name_may_be_posted_again(api):
    for _ in range(2):
        assert api.post("usageSpecification", voice_specification()).status_code == 201
    assert len(api.get("usageSpecification?name=Voice%20call").json()) == 2


def test_the_servers_clock_says_when_it_changed(api):
    created = api.post("usageSpecification", {"name": "x", "lastUpdate": "1999-01-01T00:00:00Z"}).json()
    assert created["lastUpdate"] > "2026"
    patched = api.patch(created["href"], {"version": "2"}).json()
    assert patched["lastUpdate"] > created["lastUpdate"]


def test_a_patch_that_changes_nothing_is_no_change(api):
    created = api.post("usageSpecification", voice_specification()).json()
    assert api.patch(created["href"], {"version": "1.0"}).json() == created


def test_arrays_are_replaced_whole(api):
    created = api.post("usageSpecification", voice_specification()).json()
    patched = api.patch(created["href"], {"specCharacteristic": [{"name": "only"}], "version": None}).json()
    assert patched["specCharacteristic"] == [{"name": "only"}]
    assert "version" not in patched


def test_a_specification_that_contradicts_itself_is_refused(api):
    value = {"valueFrom": 5, "valueTo": 1}
    wrong = [{"name": "a", "regex": "(", "minCardinality": 2, "maxCardinality": 1}, {"name": "a"}]
    wrong[1]["characteristicValueSpecification"] = [value]
    refused = api.post("usageSpecification", {"name": "x", "specCharacteristic": wrong})
    assert refused.status_code == 400
    assert len(refused.json()["violation"]) == 4
    assert not UsageSpecification.objects.exists()


def test_a_specification_in_use_cannot_be_deleted(api):
    created = api.post("usageSpecification", voice_specification()).json()
    for _ in range(3):
        api.post("usage", call_of(created["id"]))
    refused = api.delete(created["href"])
    assert refused.status_code == 409
    assert refused.json()["message"] == "3 usages refer to it."


def test_an_unused_specification_can_be_deleted(api):
    created = api.post("usageSpecification", voice_specification()).json()
    assert api.delete(created["href"]).status_code == 204
    assert api.get(created["href"]).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "name=Voice",
        "version=2.5",
        "lifecycleStatus=Active",
        "isBundle=false",
        "specCharacteristic.name=duration",
        "usageSpecCharacteristic.name=duration",
        "specCharacteristic.characteristicValueSpecification.value=20",
        "specCharacteristic.characteristicValueSpecification.unitOfMeasure=s",
        "relatedParty.id=p1",
        "validFor.startDateTime=2026-01-01",
        "attachment.name=by%20value",
        "@type=VoiceSpecification",
        "targetEntitySchema.@type=VoiceUsage",
    ],
)
def test_any_attribute_can_be_filtered(api, query):
    created = api.post("usageSpecification", COMPLETE).json()
    api.post("usageSpecification", {"name": "other", "version": "9", "isBundle": True})
    assert [each["id"] for each in api.get(f"usageSpecification?{query}").json()] == [created["id"]]


def test_older_spellings_are_read(api):
    value = {"valueType": "number", "default": "false", "value": "", "valueFrom": "0", "valueTo": ""}
    older = [{"name": "n", "configurable": "true", "usageSpecCharacteristicValue": [value]}]
    created = api.post("usageSpecification", {"name": "x", "usageSpecCharacteristic": older}).json()
    (characteristic,) = created["specCharacteristic"]
    assert characteristic["configurable"] is True
    expected = [{"isDefault": False, "valueType": "number", "valueFrom": 0}]
    assert characteristic["characteristicValueSpecification"] == expected


def test_the_schema_of_its_usages_is_served(api):
    created = api.post("usageSpecification", voice_specification()).json()
    answer = api.get(f"usageSpecification/{created['id']}/schema")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/schema+json"
    assert answer.json()["$id"] == f"{created['href']}/schema"
    assert api.get("usageSpecification/none/schema").status_code == 404


def test_the_schema_that_is_served_takes_numbers_in_strings_where_usages_may(api, settings):
    identifier = api.post("usageSpecification", voice_specification()).json()["id"]
    settings.USAGE_NUMERIC_STRINGS = True
    usage = call_of(identifier, duration="60")
    assert Draft202012Validator(api.get(f"usageSpecification/{identifier}/schema").json()).is_valid(usage)
    assert api.post("usage", usage).status_code == 201


def test_a_number_beyond_64_bits_is_kept_changed_and_deleted(api):
    large = '"vendor": 123456789012345678901234567890'
    text = f'{{"name": "Large", {large}, "specCharacteristic": [{{"name": "x", "n": -98765432109876543210}}]}}'
    created = api.post("usageSpecification", text)
    assert b"123456789012345678901234567890" in created.content
    path = f"usageSpecification/{created.json()['id']}"
    assert b"-98765432109876543210" in api.patch(path, {"description": "changed"}).content
    assert api.delete(path).status_code == 204
