"""Listeners and events for tests; the events are about things that need no table."""

from types import SimpleNamespace
from typing import Any

from django.db import transaction

from tmfusage.hub.models import Event, Hub
from tmfusage.hub.publishing import publish
from tmfusage.hub.topics import declare
from tmfusage.tmf import exact

API = "testManagement"
CREATED, CHANGED, SECRET = "ThingCreateEvent", "ThingAttributeValueChangeEvent", "SecretThingCreateEvent"
declare(API, "thing", [CREATED, CHANGED], scope="usage:read")
declare(API, "secretThing", [SECRET], scope="spec:read")


def make_hub(callback: str = "http://127.0.0.1:1/events", **more: Any) -> Hub:
    """A registered listener of the tests' API."""
    hub, _secret = Hub.register(**{"api": API, "callback": callback, "by": "tests", **more})
    return hub


def make_thing(identifier: str = "one", parties: tuple[str, ...] = (), **members: Any) -> Any:
    """Something that publish() takes for a resource."""
    return SimpleNamespace(
        pk=identifier,
        type="Thing",
        revision=1,
        party_ids=list(parties),
        spliced={},
        document=exact.dumps(members).decode(),
    )


def happen(identifier: str = "one", event_type: str = CREATED, parties: tuple[str, ...] = (), **members: Any) -> bool:
    """Something happens to a thing and commits; whether it became an event."""
    with transaction.atomic():
        return publish(event_type, make_thing(identifier, parties, **members))


def last_event() -> Event:
    """The event that was published last."""
    return Event.objects.latest("seq")
