"""Which events exist: each resource declares its own, once, where it is defined."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """What events of one resource are about: the API it belongs to, and its name inside `event`."""

    api: str
    resource: str


TOPICS: dict[str, Topic] = {}


def declare(api: str, resource: str, events: Iterable[str]) -> Topic:
    """Let the API announce these events, such as UsageCreateEvent, of its resource."""
    topic = Topic(api, resource)
    TOPICS.update(dict.fromkeys(events, topic))
    return topic


def events_of(api: str) -> list[str]:
    """The events that the API announces."""
    return [event for event, topic in TOPICS.items() if topic.api == api]
