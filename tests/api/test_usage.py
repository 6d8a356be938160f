"""Usage over TMF635 v4."""

from decimal import Decimal
from urllib.parse import quote

import pytest

from tests.access.factories import make_client
from tests.api.payloads import ELSEWHERE, ORACLE_ID, RATING, call_of, voice_specification
from tests.calling import Api
from tmfusage.tmf.exact import loads
from usage.models import Usage

pytestmark = pytest.mark.django_db


def test_a_posted_usage_can_be_read_where_its_location_says(api):
    created = api.post("usage", call_of())
    assert created.status_code == 201
    read = api.get(created["Location"])
    assert read.status_code == 200
    assert read.json() == created.json()
    assert read.json()["href"] == created["Location"]
    assert read.json()["status"] == "received"


def test_every_member_is_kept_in_its_exact_type(api):
    values = ["20", 20, True, {"a": [1, None]}, [1, "2"], 0]
    characteristics = [{"name": f"c{index}", "value": value} for index, value in enumerate(values)]
    body = call_of(usageCharacteristic=characteristics, myMember={"deep": [{"n": 1}]})
    stored = api.get(api.post("usage", body)["Location"]).json()
    assert [each["value"] for each in stored["usageCharacteristic"]] == values
    assert stored["myMember"] == {"deep": [{"n": 1}]}


def test_no_digit_of_an_amount_is_lost(api):
    amount = '{"taxExcludedRatingAmount":{"unit":"EUR","value":12345678901234.123456}}'
    body = f'{{"usageSpecification":{{"id":"s"}},"ratedProductUsage":[{amount}],"x":1.10}}'
    answer = api.get(api.post("usage", body)["Location"]).content
    assert b"12345678901234.123456" in answer
    assert loads(answer)["x"] == Decimal("1.10")
    assert b'"x":1.10' in answer


def test_a_usage_that_breaks_its_specification_is_refused_with_every_rule(api):
    specification = api.post("usageSpecification", voice_specification()).json()
    characteristics = [{"name": "duration", "value": 90_000}, {"name": "unit", "value": "HOUR"}]
    refused = api.post("usage", call_of(specification["id"], usageCharacteristic=characteristics))
    assert refused.status_code == 400
    paths = [each["path"] for each in refused.json()["violation"]]
    assert sorted(paths) == [
        "$.usageCharacteristic",
        "$.usageCharacteristic[0].value",
        "$.usageCharacteristic[1].value",
    ]
    assert not Usage.objects.exists()


def test_what_is_not_well_formed_hides_no_rule_of_the_specification(api):
    specification = api.post("usageSpecification", voice_specification(extensible=False)).json()
    call = call_of(specification["id"], 90_000, usageDate="bad", relatedParty=[None])
    call["usageCharacteristic"] += [{"name": "tone", "value": 1}, {"value": 2}]
    answer = api.post("usage", call)
    assert answer.status_code == 400
    assert [(each["path"], each["code"]) for each in answer.json()["violation"]] == [
        ("$.usageDate", "invalidFormat"),
        ("$.usageCharacteristic[4].name", "missingProperty"),
        ("$.relatedParty[0]", "invalidFormat"),
        ("$.usageCharacteristic[1].value", "invalidValue"),
        ("$.usageCharacteristic[3].name", "unexpectedProperty"),
    ]
    assert "found null" in answer.json()["message"]


def test_of_a_hidden_specification_nothing_is_told_either(api):
    specification = api.post("usageSpecification", voice_specification(relatedParty=[{"id": "bob"}])).json()
    call = call_of(specification["id"], 90_000, usageDate="bad")
    assert len(api.post("usage", call).json()["violation"]) == 2
    restricted = Api(make_client(party="acme")[1])
    assert [each["path"] for each in restricted.post("usage", call).json()["violation"]] == ["$.usageDate"]


@pytest.mark.parametrize("named", [None, "x", {}, {"id": 5}, {"id": "a\x00"}, {"id": "none"}])
def test_what_is_not_well_formed_may_name_no_specification(api, named):
    assert api.post("usage", call_of(usageDate="bad", usageSpecification=named)).status_code == 400


def test_a_usage_that_keeps_to_its_specification_is_stored(api):
    specification = api.post("usageSpecification", voice_specification()).json()
    assert api.post("usage", call_of(specification["id"])).status_code == 201


def test_a_changed_specification_governs_the_next_usage(api):
    specification = api.post("usageSpecification", voice_specification()).json()
    assert api.post("usage", call_of(specification["id"])).status_code == 201
    stricter = [{"name": "duration", "characteristicValueSpecification": [{"valueFrom": 0, "valueTo": 10}]}]
    assert api.patch(specification["href"], {"specCharacteristic": stricter}).status_code == 200
    assert api.post("usage", call_of(specification["id"])).status_code == 400
    assert api.patch(specification["href"], {"specCharacteristic": [{"name": "duration"}]}).status_code == 200
    assert api.post("usage", call_of(specification["id"])).status_code == 201
    api.patch(specification["href"], {"specCharacteristic": [{"name": "unit", "maxCardinality": 0}]})
    assert api.post("usage", call_of(specification["id"])).status_code == 400


def test_a_deleted_specification_governs_no_more(api, settings):
    specification = api.post("usageSpecification", voice_specification()).json()
    location = api.post("usage", call_of(specification["id"]))["Location"]
    api.delete(location)
    assert api.delete(specification["href"]).status_code == 204
    assert api.post("usage", call_of(specification["id"], duration="long")).status_code == 201
    settings.STRICT_REFERENCES = True
    assert api.post("usage", call_of(specification["id"])).json()["code"] == "referenceNotFound"


def test_an_unknown_specification_is_accepted_unless_references_are_strict(api, settings):
    assert api.post("usage", call_of("af59-b504c742900e")).status_code == 201
    settings.STRICT_REFERENCES = True
    refused = api.post("usage", call_of("af59-b504c742900e"))
    assert refused.json()["code"] == "referenceNotFound"


def test_a_value_that_must_be_unique_is_taken_once(api):
    unique = [{"name": "duration", "valueType": "integer", "isUnique": True}]
    specification = api.post("usageSpecification", voice_specification(specCharacteristic=unique)).json()
    first = api.post("usage", call_of(specification["id"]))
    second = api.post("usage", call_of(specification["id"]))
    assert (first.status_code, second.status_code) == (201, 400)
    assert second.json()["code"] == "duplicateValue"
    assert api.delete(first["Location"]).status_code == 204
    assert api.post("usage", call_of(specification["id"])).status_code == 201


def test_a_merge_patch_changes_only_what_it_names(api):
    location = api.post("usage", call_of(description="before"))["Location"]
    patched = api.patch(location, {"description": "after", "usageType": None})
    assert patched.status_code == 200
    assert patched.json()["description"] == "after"
    assert "usageType" not in patched.json()
    assert len(patched.json()["usageCharacteristic"]) == 3


def test_plain_json_patches_the_same_way(api):
    location = api.post("usage", call_of())["Location"]
    assert api.patch(location, {"status": "guided"}, "application/json").json()["status"] == "guided"


def test_a_status_moves_along_the_life_cycle_only(api):
    location = api.post("usage", call_of())["Location"]
    refused = api.patch(location, {"status": "billed"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "invalidTransition"
    assert "guided, rejected" in refused.json()["message"]
    assert api.patch(location, {"status": "received"}).status_code == 200


def test_rated_needs_its_rating(api):
    location = api.post("usage", call_of(status="guided"))["Location"]
    assert api.patch(location, {"status": "rated"}).json()["violation"][0]["path"] == "$.ratedProductUsage"
    assert api.patch(location, {"status": "rated", "ratedProductUsage": RATING}).status_code == 200


@pytest.mark.parametrize("status", ["billed", "rejected", "recycled", "rerated"])
def test_a_usage_cannot_arrive_in_a_later_state(api, status):
    assert api.post("usage", call_of(status=status, ratedProductUsage=RATING)).status_code == 409


def test_a_billed_usage_keeps_all_but_its_description(api):
    location = api.post("usage", call_of(status="rated", ratedProductUsage=RATING))["Location"]
    assert api.patch(location, {"status": "billed"}).status_code == 200
    assert api.patch(location, {"usageType": "sms"}).status_code == 409
    assert api.patch(location, {"description": "checked"}).status_code == 200
    assert api.delete(location).status_code == 409


@pytest.mark.parametrize("member", ["id", "href", "@type", "@baseType"])
def test_the_identity_of_a_resource_cannot_be_patched(api, member):
    created = api.post("usage", call_of(**{"@baseType": "Base"}))
    assert api.patch(created["Location"], {member: created.json()[member]}).status_code == 200
    assert api.patch(created["Location"], {member: "Other"}).status_code == 400


def test_what_the_server_decides_is_ignored_in_a_post(api):
    created = api.post("usage", call_of(id="mine", href="http://elsewhere/1", revision=7)).json()
    assert created["id"] != "mine"
    assert created["href"].startswith("http://testserver/")


def test_an_imported_opaque_id_works_everywhere(api):
    Usage.objects.create(id=ORACLE_ID, type="Usage", created_by="import")
    escaped = quote(ORACLE_ID, safe="")
    for path in (f"usage/{ORACLE_ID}", f"usage/{escaped}", f"usage/{ORACLE_ID}/"):
        assert api.get(path).json()["id"] == ORACLE_ID
    assert api.get(f"usage?id={escaped}").json()[0]["href"].endswith(f"/usage/{escaped}")
    assert api.get(f"usage?href={quote('http://testserver/x/usage/' + escaped, safe='')}").json()[0]["id"] == ORACLE_ID


def test_older_spellings_are_read_and_official_names_answered(api):
    older = {
        "@type": None,
        "date": "2025-05-02T00:23:54-07:00",
        "type": "VOICE",
        "status": "Rated",
        "description": None,
        "usageSpecification": {"id": ELSEWHERE, "name": None},
        "characteristics": [{"name": "duration", "value": 1}],
        "ratedProductUsage": [
            {"taxExcludedAmount": {"unit": "USD", "value": 0.5}, "taxIncludedAmount": None, "productRef": None},
            {"taxIncludedAmount": 1.5, "currencyCode": "USD", "productRef": "p1"},
        ],
        "relatedParty": [{"id": "1", "href": "http://h/partyManagement/individual/1"}],
    }
    stored = api.post("usage", older).json()
    assert stored["usageDate"] == "2025-05-02T07:23:54Z"
    assert (stored["usageType"], stored["status"]) == ("VOICE", "rated")
    assert stored["usageCharacteristic"][0]["name"] == "duration"
    first, second = stored["ratedProductUsage"]
    assert first == {"taxExcludedRatingAmount": {"unit": "USD", "value": 0.5}}
    assert second == {"taxIncludedRatingAmount": {"unit": "USD", "value": 1.5}, "productRef": {"id": "p1"}}
    assert stored["relatedParty"][0]["@referredType"] == "Individual"
    assert stored["usageSpecification"] == {"id": ELSEWHERE}
    assert not {"date", "type", "characteristics", "description"} & set(stored)


def test_two_spellings_with_different_values_are_refused(api):
    assert api.post("usage", call_of(date="2026-03-02T12:00:00Z")).status_code == 400
    assert api.post("usage", call_of(date="2026-03-01T13:00:00+01:00")).status_code == 201


def test_a_usage_names_its_specification(api):
    assert api.post("usage", {}).json()["violation"][0]["path"] == "$.usageSpecification"
    location = api.post("usage", call_of())["Location"]
    assert api.patch(location, {"usageSpecification": None}).status_code == 400
