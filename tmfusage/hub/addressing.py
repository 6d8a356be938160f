"""Addressing: which of these listeners gets an event, and the exact text each gets."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tmfusage.hub import envelopes, rights, topics
from tmfusage.hub.outbox import Delivery, Event

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

NOT_RENDERED = "notRendered"
_log = logging.getLogger(__name__)

_INSERT = """
INSERT INTO hub_delivery (event_seq, hub_id, resource_key, state, attempts, claims, last_error, trigger, payload)
SELECT event_seq, hub_id, resource_key, state, 0, 0, last_error, 'auto', payload
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::text[])
     AS d (event_seq, hub_id, resource_key, state, last_error, payload)
ON CONFLICT DO NOTHING
"""


class Addressed(NamedTuple):
    """One event for one listener, before it is a row."""

    event_seq: int
    hub_id: str
    resource_key: str
    state: int
    last_error: str
    payload: str | None


class Wordings:
    """One event in the words of each version, made once."""

    def __init__(self, event: Event):
        self.event = event
        self.envelopes: dict[str, dict[str, Any]] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.texts: dict[tuple[str, tuple[str, ...]], str] = {}

    def envelope(self, version: str) -> dict[str, Any]:
        """The event as a dict."""
        if version not in self.envelopes:
            self.envelopes[version] = envelopes.envelope(self.event, version)
        return self.envelopes[version]

    def view(self, version: str) -> dict[str, Any]:
        """The event as filters see it."""
        if version not in self.views:
            self.views[version] = envelopes.view(self.envelope(version), self.event.api)
        return self.views[version]

    def wanted_by(self, hub: "Hub") -> bool:
        """Whether the listener's query asks for the event."""
        types = hub.wanting.event_types
        if types and self.event.event_type not in types:
            return False
        return hub.wanting.wants(self.event.event_type, lambda: self.view(hub.version))

    def text(self, hub: "Hub") -> str:
        """The event as the listener gets it."""
        key = (hub.version, hub.wanting.fields)
        if key not in self.texts:
            self.texts[key] = envelopes.text_of(self.envelope(hub.version), key[1], self.event.api)
        return self.texts[key]


def addressed(event: Event, hubs: Sequence["Hub"], asked: bool = True) -> tuple[str | None, list[Addressed]]:
    """The text of the event, and a delivery for each listener that may have it and asked for it; unasked, for each."""
    wordings, payload, rows = Wordings(event), event.payload, []
    for hub in hubs:
        if asked and not may_have(hub, event):
            continue
        try:
            text = wordings.text(hub) if not asked or wordings.wanted_by(hub) else None
        except Exception:  # whatever it is, it must not hold up other events and listeners
            _log.exception("Event %s cannot be worded for listener %s.", event.event_id, hub.pk)
            rows.append(Addressed(event.seq, hub.pk, event.resource_key, Delivery.State.DEAD, NOT_RENDERED, None))
            continue
        if text is None:
            continue
        payload = text if payload is None else payload
        own = None if text == payload else text
        rows.append(Addressed(event.seq, hub.pk, event.resource_key, Delivery.State.PENDING, "", own))
    return payload, rows


def may_have(hub: "Hub", event: Event) -> bool:
    """Whether the event is of the listener's API and version, scopes and party, and not older than its registration."""
    if not topics.is_told_in(hub.version, event.event_type):
        return False
    theirs = (not hub.party or hub.party in event.party_ids) and rights.may_read(hub, event.event_type)
    return hub.api == event.api and theirs and hub.created_at <= event.occurred_at


def store(cursor, rows: Sequence[Addressed]) -> int:
    """Insert deliveries that are not there yet; how many."""
    if not rows:
        return 0
    cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return cursor.rowcount
