"""What a listener is sent: the event in the words of the API version it registered with.

Each API version registers how it words an event; the plain wording below serves the others. The text is made once,
when listeners are found, and kept: every attempt sends the same bytes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tmfusage.tmf import exact
from tmfusage.tmf.moments import instant_text

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub
    from tmfusage.hub.outbox import Event

Wording = Callable[["Event"], dict[str, Any]]
_wordings: dict[tuple[str, str], Wording] = {}
ALWAYS = ("eventId", "eventType")


def register(api: str, version: str, wording: Wording) -> None:
    """Word the events of an API version like this from now on; it must be deterministic."""
    _wordings[api, version] = wording


def envelope(event: "Event", version: str) -> dict[str, Any]:
    """The whole event in the words of the version."""
    return _wordings.get((event.api, version), plain)(event)


def plain(event: "Event") -> dict[str, Any]:
    """The members that every version has (TMF630 Part 1 §10)."""
    moment = instant_text(event.occurred_at)
    members = {
        "eventId": event.event_id,
        "eventTime": moment,
        "eventType": event.event_type,
        "correlationId": event.correlation_id,
        "timeOcurred": moment,  # the spelling of the v4 schema
        "fieldPath": event.field_path,
        "event": {event.resource_type: event.resource},
    }
    return {name: value for name, value in members.items() if value != ""}


def render(event: "Event", hub: "Hub") -> bytes:
    """The body for the listener, with only the members that its query names in `fields`."""
    return exact.dumps(select(envelope(event, hub.version), hub.wanting.fields))


def select(whole: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """The event with only these dotted members; what identifies it always stays."""
    if not fields:
        return whole
    return _part(whole, [name.split(".") for name in (*ALWAYS, *fields)])


def _part(value: Any, paths: list[list[str]]) -> Any:
    """The value with the wanted members only, in every element of an array."""
    if not all(paths):
        return value
    if isinstance(value, list):
        return [_part(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    wanted = {name: [path[1:] for path in paths if path[0] == name] for name in value}
    return {name: _part(item, wanted[name]) for name, item in value.items() if wanted[name]}
