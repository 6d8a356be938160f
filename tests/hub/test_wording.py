"""What is sent: `event.<member>` for the resource's members, and a reference to what is too large."""

import pytest
from django.urls import resolve
from django.utils import timezone

from consumption.events import QUERY_CREATED
from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.calling import Api
from tests.hub.making import happen, make_hub
from tmfusage.hub import envelopes, leasing, recording, topics
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Delivery, Event
from tmfusage.hub.topics import TOPICS
from tmfusage.tmf import exact

pytestmark = pytest.mark.django_db(transaction=True)


def body() -> dict:
    return exact.loads(Delivery.objects.select_related("event").get().body.encode())


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ("eventType,event.id", {"thing": {"id": "one"}}),
        ("event.size.unit", {"thing": {"size": {"unit": "MB"}}}),
        ("event.thing.id", {"thing": {"id": "one"}}),
        ("event.thing.id,event.amount", {"thing": {"id": "one", "amount": 3}}),
        ("event.secretThing", {}),
        ("event.nothing", {"thing": {}}),
    ],
)
def test_fields_may_leave_out_the_name_of_the_resource(fields, event):
    make_hub(query=f"fields={fields}")
    happen("one", amount=3, size={"amount": 1, "unit": "MB"})
    fan_out()
    assert body()["event"] == event


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("event.id=one", True),
        ("event.id=two", False),
        ("event.thing.id=one", True),
        ("event.size.unit=MB&event.amount.gt=2", True),
        ("filter=$[?(@.event.id=='one')]", True),
        # The name of a resource of the API is never a member, though this thing has one of that name.
        ("event.secretThing=x", False),
        ("event.thing.secretThing=x", True),
    ],
)
def test_a_query_may_leave_out_the_name_of_the_resource(query, wanted):
    make_hub(query=query)
    happen("one", amount=3, size={"unit": "MB"}, secretThing="x")
    fan_out()
    assert Delivery.objects.exists() is wanted


def test_the_query_of_the_standards_readers_works_over_the_api(listener):
    api = Api(make_client()[1])
    api.post("hub", {"callback": listener.url, "query": "fields=eventType,event.id&event.status=received"})
    usage = api.post("usage", call_of()).json()
    Drain().run()
    assert listener.received[0].event["event"] == {"usage": {"id": usage["id"]}}


def test_of_a_resource_that_is_too_large_its_reference_is_sent(settings):
    settings.HUB_MAX_EVENT_BYTES = 1_000
    make_hub(query="event.amount=3")
    happen("one", amount=3, text="x" * 2_000, href="https://example.com/thing/one")
    fan_out()
    assert body()["event"] == {"thing": {"id": "one", "@type": "Thing", "href": "https://example.com/thing/one"}}
    assert body()["eventType"] == "ThingCreateEvent"


@pytest.mark.parametrize("limit", [1, 262_144])
def test_the_href_of_a_resource_leads_to_it_in_the_listeners_version(listener, settings, limit):
    settings.HUB_MAX_EVENT_BYTES, settings.PUBLIC_URL = limit, "https://usage.example.com"
    api = Api(make_client()[1])
    api.post("hub", {"callback": listener.url})
    usage = api.post("usage", call_of()).json()
    api.delete(f"usage/{usage['id']}")
    Drain().run()
    told = [each.event["event"]["usage"] for each in listener.received]
    href = f"https://usage.example.com/tmf-api/usageManagement/v4/usage/{usage['id']}"
    assert [(each["id"], each["href"], each["@type"]) for each in told] == [(usage["id"], href, "Usage")] * 2


def test_without_a_public_url_the_href_is_a_path_in_which_ids_are_encoded(db):
    event = Event(api="usageConsumption", event_type=QUERY_CREATED, resource_id="a/b c", snapshot='{"id": "a/b c"}')
    event.resource_type, event.occurred_at = "queryUsageConsumption", timezone.now()
    for version in ("v4", "v5"):
        told = envelopes.envelope(event, version)["event"]["queryUsageConsumption"]
        assert told["href"] == f"/tmf-api/usageConsumption/{version}/queryUsageConsumption/a%2Fb%20c"


def test_every_href_that_is_told_is_served():
    told = {(topic.api, topic.resource) for topic in TOPICS.values() if topic.api != "testManagement"}
    for api, resource in told:
        for version in ("v4", "v5") if api == "usageConsumption" else ("v4",):
            if resource in topics.resources_told_in(version, api):
                assert resolve(f"/tmf-api/{api}/{version}/{resource}/1").func.actions["get"] == "retrieve"


def test_the_limit_counts_what_is_sent(settings):
    settings.HUB_MAX_EVENT_BYTES = 1_000
    make_hub(query="fields=event.amount")
    happen("one", amount=3, text="ü" * 900)
    fan_out()
    assert body()["event"] == {"thing": {"amount": 3}}


def test_the_limit_counts_bytes(settings):
    settings.HUB_MAX_EVENT_BYTES = 1_000
    make_hub()
    happen("two", text="ü" * 400)
    fan_out()
    assert "text" not in body()["event"]["thing"]


def test_what_is_held_for_a_listener_is_limited(monkeypatch):
    make_hub()
    for number in range(12):
        happen(str(number), text="x" * 200_000)
    fan_out()
    (lease,) = leasing.take(1)
    picked = recording.pick(lease, 32)
    assert [due.event_seq for due in picked] == sorted(due.event_seq for due in picked)
    assert 4 <= len(picked) <= 5
    Delivery.objects.update(payload="x" * 2_000_000)
    assert len(recording.pick(lease, 32, [due.resource_key for due in picked])) == 1
