"""What a listener may be told: the scopes to read with which it registered, and the party it stands for."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from tmfusage.hub import topics

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub


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
