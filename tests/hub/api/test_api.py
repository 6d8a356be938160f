"""`/hub`: listeners register over the API, and get what they asked for."""

import json

import pytest

from tests.access.factories import make_client
from tests.api.payloads import call_of, voice_specification
from tests.calling import Api
from tmfusage.access.models import IdempotencyKey
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Hub
from tmfusage.hub.signing import verify

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = "http://127.0.0.1:9/events"


@pytest.fixture
def api(db) -> Api:
    return Api(make_client()[1])


def registered(api: Api, callback: str = CALLBACK, **members) -> dict:
    answer = api.post("hub", {"callback": callback, **members})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_listener_registers_and_learns_its_secret_once(api):
    answer = api.post("hub", {"callback": CALLBACK, "query": "eventType=UsageCreateEvent"})
    hub = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == hub["href"]
    assert (hub["callback"], hub["query"], hub["state"]) == (CALLBACK, "eventType=UsageCreateEvent", "active")
    assert hub.pop("secret").startswith("whsec_")
    assert api.get(answer["Location"]).json() == hub
    assert api.get("hub").json() == [hub]


def test_the_same_registration_again_is_a_conflict_that_names_the_first(api):
    first = registered(api)
    answer = api.post("hub", {"callback": CALLBACK})
    assert answer.status_code == 409
    assert answer.json()["referenceError"] == first["href"]
    assert registered(api, query="eventType=UsageDeleteEvent")["id"] != first["id"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "$.callback"),
        ({"callback": "ftp://listener.example.com/"}, "callback"),
        ({"callback": "http://user:word@listener.example.com/"}, "callback"),
        ({"callback": "http://169.254.169.254/latest"}, "callback"),
        ({"callback": CALLBACK, "query": "eventType.regex=Usage.*"}, ""),
        ({"callback": CALLBACK, "query": "sort=eventType"}, "sort"),
        ({"callback": CALLBACK, "query": "filter=$[?("}, ""),
        ({"callback": CALLBACK, "headers": {"Host": "elsewhere"}}, "headers"),
        ({"callback": CALLBACK, "headers": ["a"]}, "$.headers"),
        ({"callback": CALLBACK, "headers": {"X-Key": 7}}, "$.headers"),
    ],
)
def test_what_cannot_be_registered_is_refused(api, body, place):
    answer = api.post("hub", body)
    assert answer.status_code == 400
    assert place in answer.json()["message"]
    assert not Hub.objects.exists()


def test_a_listener_leaves(api):
    hub = registered(api)
    assert api.delete(f"hub/{hub['id']}").status_code == 204
    assert api.get(f"hub/{hub['id']}").status_code == 404
    assert api.delete(f"hub/{hub['id']}").status_code == 404
    assert registered(api)["id"] != hub["id"]


def test_clients_and_versions_see_their_own_only(api):
    hub = registered(api)
    other = Api(make_client()[1])
    assert other.get("hub").json() == []
    assert other.get(f"hub/{hub['id']}").status_code == 404
    assert other.delete(f"hub/{hub['id']}").status_code == 404
    assert api.get(f"/tmf-api/usageConsumption/v4/hub/{hub['id']}").status_code == 404


def test_version_5_answers_in_its_words(api):
    v5 = api.post("/tmf-api/usageConsumption/v5/hub", {"callback": CALLBACK, "@type": "Hub"})
    assert (v5.status_code, v5.json()["@type"]) == (201, "Hub")


def test_version_5_registers_nothing_of_another_class(api):
    answer = api.post("/tmf-api/usageConsumption/v5/hub", {"callback": CALLBACK, "@type": "Foo"})
    assert answer.status_code == 400
    assert '$.@type: expected "Hub"' in answer.json()["message"]
    assert not Hub.objects.exists()


def test_registering_needs_the_scope(db):
    assert Api(make_client(scopes=["usage:read"])[1]).post("hub", {"callback": CALLBACK}).status_code == 403


def test_no_answer_with_a_secret_is_kept(api):
    first = api.post("hub", {"callback": CALLBACK}, **{"Idempotency-Key": "a"})
    assert first.status_code == 201
    assert api.post("hub", {"callback": CALLBACK}, **{"Idempotency-Key": "a"}).status_code == 409
    assert not IdempotencyKey.objects.exists()


def test_what_happens_reaches_the_listener_signed_and_whole(api, listener):
    hub = registered(api, listener.url, query="event.usage.usageType=voice")
    usage = api.post("usage", call_of()).json()
    api.post("usage", call_of(usageType="sms"))
    api.patch(f"usage/{usage['id']}", {"status": "guided", "description": "x"})
    Drain().run()
    kinds = [json.loads(each.body)["eventType"] for each in listener.received]
    assert kinds == ["UsageCreateEvent", "UsageStateChangeEvent", "UsageAttributeValueChangeEvent"]
    created = listener.received[0]
    verify(hub["secret"], created.headers, created.body)
    with pytest.raises(ValueError, match="signature"):
        verify(hub["secret"], created.headers, created.body + b" ")
    told = json.loads(created.body)["event"]["usage"]
    assert {name: told[name] for name in usage if name != "href"} == {
        name: item for name, item in usage.items() if name != "href"
    }


def test_a_client_of_one_party_gets_its_own_events_only(listener):
    acme = Api(make_client(party="acme")[1])
    registered(acme, listener.url)
    other = Api(make_client()[1])
    other.post("usage", call_of(relatedParty=[{"id": "zeta", "@referredType": "Organization"}]))
    mine = acme.post("usage", call_of()).json()
    Drain().run()
    assert [json.loads(each.body)["event"]["usage"]["id"] for each in listener.received] == [mine["id"]]


def test_fields_shrink_what_is_sent(api, listener):
    registered(api, listener.url, query="fields=eventType,event.usage.id")
    usage = api.post("usage", call_of()).json()
    Drain().run()
    (body,) = (json.loads(each.body) for each in listener.received)
    assert (set(body), body["event"]) == ({"eventId", "eventType", "event"}, {"usage": {"id": usage["id"]}})


@pytest.mark.parametrize(
    ("scopes", "path", "query", "lacking"),
    [
        (["hub"], "hub", "", "usage:read"),
        (["hub"], "hub", "event.usage.status=rated", "usage:read"),
        (["hub", "spec:read"], "hub", "eventType=UsageCreateEvent", "usage:read"),
        (["hub", "usage:read"], "hub", "eventType=UsageCreateEvent,UsageSpecificationCreateEvent", "spec:read"),
        (["hub", "usage:read"], "/tmf-api/usageConsumption/v4/hub", "", "consumption:read"),
        (["hub", "usage:read"], "/tmf-api/usageConsumption/v5/hub", "", "consumption:read"),
        (["hub", "usage:read"], "/tmf-api/prepayBalanceManagement/v4/hub", "", "consumption:read"),
    ],
)
def test_a_listener_is_told_what_its_client_may_read(scopes, path, query, lacking):
    answer = Api(make_client(scopes=scopes)[1]).post(path, {"callback": CALLBACK, "query": query})
    assert answer.status_code == 403
    assert f'"{lacking}"' in answer.json()["reason"]
    assert lacking in answer["WWW-Authenticate"]
    assert not Hub.objects.exists()


def test_what_a_client_may_not_read_is_left_out(api, listener):
    registered(Api(make_client(scopes=["hub", "usage:read"])[1]), listener.url)
    api.post("usageSpecification", voice_specification())
    api.post("usage", call_of())
    Drain().run()
    assert listener.types == ["UsageCreateEvent"]


def test_a_listener_of_specifications_needs_their_scope_only(api, listener):
    registered(Api(make_client(scopes=["hub", "spec:read"])[1]), listener.url)
    api.post("usageSpecification", voice_specification())
    api.post("usage", call_of())
    Drain().run()
    assert listener.types == ["UsageSpecificationCreateEvent"]
