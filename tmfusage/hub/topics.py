"""Which events exist: each resource declares its own, once, where it is defined."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """What events of one resource are about: its API, its name inside `event`, the scope that reads it.

    `versions` are those of the API that have such events; empty: all.
    """

    api: str
    resource: str
    scope: str
    versions: frozenset[str] = frozenset()


TOPICS: dict[str, Topic] = {}


def declare(api: str, resource: str, events: Iterable[str], scope: str, versions: Iterable[str] = ()) -> Topic:
    """Let the API announce these events, such as UsageCreateEvent, of its resource, to those who may read it."""
    topic = Topic(api, resource, scope, frozenset(versions))
    TOPICS.update(dict.fromkeys(events, topic))
    return topic


def events_of(api: str) -> list[str]:
    """The events that the API announces."""
    return [event for event, topic in TOPICS.items() if topic.api == api]


def resources_of(api: str) -> set[str]:
    """The names of the API's resources inside `event`."""
    return {topic.resource for topic in TOPICS.values() if topic.api == api}


def resources_told_in(version: str, api: str) -> list[str]:
    """The names of the resources that events of that version of the API are about."""
    return list(dict.fromkeys(TOPICS[event].resource for event in events_of(api) if is_told_in(version, event)))


def is_told_in(version: str, event: str) -> bool:
    """Whether that version of its API has the event."""
    topic = TOPICS.get(event)
    return topic is None or not topic.versions or version in topic.versions


def scopes_of(events: Iterable[str]) -> set[str]:
    """The scopes that read what these events tell."""
    return {TOPICS[event].scope for event in events if event in TOPICS}


def readable(api: str, scopes: Collection[str]) -> list[str]:
    """The API's events that may be read with these scopes."""
    return [event for event in events_of(api) if TOPICS[event].scope in scopes]
