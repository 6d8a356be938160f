"""What a listener may be told: the scopes to read with which it registered, and the party it stands for.

The rights of an API client are asked of its row whenever listeners are found: no copy can be stale, and whatever
changed the row is noticed. A token has no row; the rights that it gave at the registration hold.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from django.db import connection

from tmfusage.hub import topics

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

# How API clients sign what they register; a client that was deleted is known by it.
_LOST = """
CASE WHEN c.id IS NULL THEN 'its API client was deleted'
     WHEN NOT c.is_active THEN 'its API client was switched off'
     WHEN NOT 'hub' = ANY (c.scopes) THEN 'its API client lost the scope hub'
     WHEN NOT c.scopes::text[] @> h.scopes THEN 'its API client lost a scope to read'
     WHEN c.party <> h.party THEN 'its API client acts for another party now' END
"""
_CLIENTS = """
FROM hub_hub h LEFT JOIN access_apiclient c ON c.id = h.client_id
WHERE (c.id IS NOT NULL OR starts_with(h.created_by, 'client:'))
"""
_LAPSED = f"""
SELECT id, lost FROM (SELECT h.id, {_LOST} AS lost {_CLIENTS} AND h.state IN ('active', 'paused')) asked
WHERE lost IS NOT NULL ORDER BY id
"""  # noqa: S608  # constants of ours
_HELD = f"""
SELECT CASE WHEN c.is_active AND 'hub' = ANY (c.scopes) THEN c.scopes::text[] ELSE '{{}}' END, c.party, {_LOST}
{_CLIENTS} AND h.id = %s
"""


def lapsed() -> list[tuple[str, str]]:
    """The listeners that get events although their API client lost the right to them, each with what it lost."""
    with connection.cursor() as cursor:
        cursor.execute(_LAPSED)
        return cursor.fetchall()


def missing(hub: "Hub") -> str:
    """What its API client lacks when the listener may be told nothing; empty when it may be told something."""
    lost, _party, _scopes = _rights_now(hub)
    return lost


def adopt(hub: "Hub") -> str:
    """Let the listener be told what its API client may have now and no more; what is missing when that is nothing."""
    lost, party, scopes = _rights_now(hub)
    if not lost:
        hub.party, hub.scopes = party, scopes
        hub.event_types = event_types(hub.api, hub.wanting.event_types, hub.scopes)
    return lost


def _rights_now(hub: "Hub") -> tuple[str, str, list[str]]:
    """What is missing when there are none, the party and the scopes to read."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [hub.pk])
        row = cursor.fetchone()
    if row is None:
        return "", hub.party, hub.scopes
    held, party, lost = row
    scopes = topics.scopes_of(topics.events_of(hub.api)) & set(held)
    scopes &= set(hub.scopes) or scopes
    if lost and not scopes:
        return str(lost), hub.party, hub.scopes
    return "", party, sorted(scopes) if hub.scopes else []


class LackingScope(Exception):
    """A registration by a client that may not read what it asks for."""

    def __init__(self, scopes: Sequence[str], together: str):
        names = f" {together} ".join(f'"{scope}"' for scope in scopes)
        super().__init__(f"This needs the scope {names}.")
        self.scopes = " ".join(scopes)


def scopes_for(api: str, asked: Sequence[str], held: Collection[str]) -> list[str]:
    """The scopes to read that a listener gets of those held; LackingScope without those that it needs.

    Types of event that its query names need their scopes; of a query that names none, what cannot be read is left out.
    """
    known = topics.events_of(api)
    named = [event for event in known if event in asked]
    wanted = topics.scopes_of(named or known)
    lacking = wanted - set(held)
    if lacking and (named or lacking == wanted):
        raise LackingScope(sorted(lacking), "and" if named else "or")
    return sorted(wanted - lacking)


def event_types(api: str, asked: Sequence[str], scopes: Collection[str]) -> list[str]:
    """The types of event that a listener can get at all; empty: every type."""
    everything = not scopes or topics.scopes_of(topics.events_of(api)) <= set(scopes)
    if asked or everything:
        return list(asked)
    return topics.readable(api, scopes)


def may_read(hub: "Hub", event_type: str) -> bool:
    """Whether the listener registered with the scope for such events; the portal's own listeners need none."""
    return not hub.scopes or topics.scopes_of([event_type]) <= set(hub.scopes)
