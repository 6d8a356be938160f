"""What is sent: `event.<member>` for the resource's members, and a reference to what is too large."""

import pytest

from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.calling import Api
from tests.hub.making import happen, make_hub
from tmfusage.hub import leasing, recording
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Delivery
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
