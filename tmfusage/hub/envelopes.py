"""What a listener is sent: the event in the words of the API version it registered with.

Each API version registers how it words an event; the plain wording below serves the others. The text is made once,
when listeners are found, and kept: every attempt sends the same bytes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings

from tmfusage.hub import topics
from tmfusage.tmf import exact
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.resources import path_id

if TYPE_CHECKING:
    from tmfusage.hub.outbox import Event

Wording = Callable[["Event"], dict[str, Any]]
_wordings: dict[tuple[str, str], Wording] = {}
ALWAYS = ("eventId", "eventType")
REFERENCE = ("id", "href", "@type")


def register(api: str, version: str, wording: Wording) -> None:
    """Word the events of an API version like this from now on; it must be deterministic."""
    _wordings[api, version] = wording


def envelope(event: "Event", version: str) -> dict[str, Any]:
    """The whole event in the words of the version."""
    whole = _wordings.get((event.api, version), plain)(event)
    if event.event_type not in topics.TOPICS or "event" not in whole:
        return whole
    own = {"id": event.resource_id, "href": href_of(event, version)}
    return {**whole, "event": {name: {**own, **resource} for name, resource in whole["event"].items()}}


def href_of(event: "Event", version: str) -> str:
    """Where that version serves the resource; without PUBLIC_URL, as the path on this portal."""
    path = f"{settings.API_PREFIX}/{event.api}/{version}/{event.resource_type}/{path_id(event.resource_id)}"
    return f"{settings.PUBLIC_URL}/{path}"


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


def text_of(whole: dict[str, Any], fields: Sequence[str], api: str) -> str:
    """What is sent: the wanted members; of a resource that is too large, its address only."""
    text = exact.dumps(select(whole, fields, api))
    if len(text) > settings.HUB_MAX_EVENT_BYTES:
        text = exact.dumps(select(thin(whole), fields, api))
    return text.decode()


def thin(whole: dict[str, Any]) -> dict[str, Any]:
    """The event with a reference to its resource instead of the resource."""
    resources = whole.get("event", {}).items()
    short = {name: {key: each[key] for key in REFERENCE if key in each} for name, each in resources}
    # Very many names of members may be too large as well.
    return {**{name: value for name, value in whole.items() if name != "fieldPath"}, "event": short}


def view(whole: dict[str, Any], api: str) -> dict[str, Any]:
    """The event as filters see it: `event.id` is the id of its resource, whichever it is."""
    resources = whole.get("event", {})
    own = {name for each in resources.values() if isinstance(each, dict) for name in each}
    members = {name: _member(resources, name) for name in own - names_in(resources, api)}
    return {**whole, "event": {**members, **resources}}


def _member(resources: dict[str, Any], name: str) -> Any:
    return next(each[name] for each in resources.values() if isinstance(each, dict) and name in each)


def names_in(resources: dict[str, Any], api: str) -> set[str]:
    """The names that stand for a whole resource after `event.`"""
    return {*resources, *topics.resources_of(api)}


def select(whole: dict[str, Any], fields: Sequence[str], api: str) -> dict[str, Any]:
    """The event with only these dotted members; what identifies it always stays."""
    if not fields:
        return whole
    resources = whole.get("event", {})
    names = names_in(resources, api)
    paths = [path for name in (*ALWAYS, *fields) for path in _full(name.split("."), resources, names)]
    return _part(whole, paths)


def _full(path: list[str], resources: dict[str, Any], names: set[str]) -> list[list[str]]:
    """`event.id` is short for the id of the resource, whichever it is."""
    if path[0] != "event" or len(path) == 1 or path[1] in names:
        return [path]
    return [["event", name, *path[1:]] for name in resources]


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
