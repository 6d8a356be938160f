"""What a client of one party knows of the catalogue: what names its party, and what names none."""

import pytest

from tests.api.payloads import call_of, voice_specification
from usage.models import Usage

pytestmark = pytest.mark.django_db


def posted(api, *parties: str) -> dict:
    named = {"relatedParty": [{"id": party} for party in parties]} if parties else {}
    return api.post("usageSpecification", voice_specification(**named)).json()


@pytest.fixture
def shared(api) -> dict:
    """A specification that names nobody."""
    return posted(api)


@pytest.fixture
def own(api) -> dict:
    """One that names the partner's party, among others."""
    return posted(api, "zeta", "acme")


@pytest.fixture
def hidden(api) -> dict:
    """One that names another party only."""
    return posted(api, "zeta")


@pytest.mark.parametrize("query", ["", "?name=Voice%20call", "?specCharacteristic.name=duration", "?sort=name"])
def test_lists_and_counts_hold_the_own_and_the_shared(partner, shared, own, hidden, query):
    listed = partner.get(f"usageSpecification{query}")
    assert {each["id"] for each in listed.json()} == {shared["id"], own["id"]}
    assert listed["X-Total-Count"] == "2"


@pytest.mark.parametrize("query", ["id={id}", "relatedParty.id=zeta&id={id}", "filter=$[?(@.id=='{id}')]"])
def test_no_filter_finds_what_is_hidden(partner, hidden, query):
    assert partner.get(f"usageSpecification?{query.format(id=hidden['id'])}").json() == []


def test_the_shared_can_be_read_with_its_schema(partner, shared):
    assert partner.get(shared["href"]).json() == shared
    assert partner.get(f"{shared['href']}/schema").status_code == 200


def test_the_hidden_does_not_exist_nor_does_its_schema(partner, hidden):
    assert partner.get(hidden["href"]).status_code == 404
    assert partner.get(f"{hidden['href']}/schema").status_code == 404


@pytest.mark.parametrize("kind", ["shared", "hidden", "own"])
def test_only_the_own_is_written(api, partner, request, kind):
    specification = request.getfixturevalue(kind)
    expected = {"shared": [403, 403], "hidden": [404, 404], "own": [200, 204]}[kind]
    changed = partner.patch(specification["href"], {"description": "new"}).status_code
    assert [changed, partner.delete(specification["href"]).status_code] == expected
    assert kind == "own" or api.get(specification["href"]).json() == specification


@pytest.mark.parametrize("parties", [None, [{"id": "zeta"}]])
def test_the_own_is_neither_shared_nor_given_away_by_its_party(partner, own, parties):
    assert partner.patch(own["href"], {"relatedParty": parties}).status_code == 403


@pytest.mark.parametrize("kind", ["shared", "own"])
def test_usages_are_held_to_what_the_client_can_read(partner, request, kind):
    specification = request.getfixturevalue(kind)
    assert partner.post("usage", call_of(specification["id"])).status_code == 201
    refused = partner.post("usage", call_of(specification["id"], duration=-1))
    assert [each["path"] for each in refused.json()["violation"]] == ["$.usageCharacteristic[1].value"]


@pytest.mark.parametrize("duration", [60, -1], ids=["keeps the rules", "breaks them"])
def test_a_usage_of_the_hidden_is_refused_without_telling_its_rules(partner, hidden, duration):
    refused = partner.post("usage", call_of(hidden["id"], duration))
    message = f'there is no usage specification "{hidden["id"]}"'
    told = {"path": "$.usageSpecification.id", "code": "referenceNotFound", "message": message}
    assert (refused.status_code, refused.json()["violation"]) == (400, [told])
    assert not Usage.objects.exists()


def test_a_patch_cannot_ask_the_hidden_either(api, partner, hidden, shared):
    usage = partner.post("usage", call_of(shared["id"])).json()
    refused = partner.patch(usage["href"], {"usageSpecification": {"id": hidden["id"]}})
    assert (refused.status_code, refused.json()["code"]) == (400, "referenceNotFound")
    theirs = api.post("usage", call_of(hidden["id"])).json()
    assert partner.patch(theirs["href"], {"usageCharacteristic": []}).json()["code"] == "referenceNotFound"
    assert partner.patch(theirs["href"], {"status": "guided"}).status_code == 200


def test_who_hides_a_specification_hides_it_from_the_next_usage(api, partner, shared):
    assert partner.post("usage", call_of(shared["id"])).status_code == 201
    assert api.patch(shared["href"], {"relatedParty": [{"id": "zeta"}]}).status_code == 200
    assert partner.post("usage", call_of(shared["id"])).status_code == 400
    assert api.post("usage", call_of(shared["id"])).status_code == 201


def test_usages_that_name_no_party_are_not_shared(api, partner):
    usage = api.post("usage", call_of(relatedParty=[])).json()
    assert partner.get(usage["href"]).status_code == 404
    assert partner.get("usage").json() == []
