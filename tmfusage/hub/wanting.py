"""Which events a listener wants: the `query` of its registration, understood once and evaluated on each event."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from tmfusage.tmf.query.jsonpath import leaves
from tmfusage.tmf.query.matching import matches
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.tree import EVERYTHING, And, Exists, Node, Or, Term
from tmfusage.tmf.refusals import invalid_query

MAX_QUERY = 1_000


@dataclass(frozen=True, slots=True)
class Wanting:
    """An understood query: the filter, the types of event it can match (empty: all), the members to send."""

    tree: Node
    event_types: tuple[str, ...]
    fields: tuple[str, ...]

    def wants(self, event_type: str, view: Callable[[], dict[str, Any]]) -> bool:
        """Whether the listener asked for this event, which is worded only when that has to be known."""
        if self.event_types and event_type not in self.event_types:
            return False
        return self.tree == EVERYTHING or matches(self.tree, view())


@lru_cache(maxsize=1_024)
def understand(query: str) -> Wanting:
    """The query of a registration; 400 that says what cannot be understood or is not offered for events."""
    if len(query) > MAX_QUERY:
        raise invalid_query(f"The query of a listener is at most {MAX_QUERY} characters long.")
    parameters = parse(query.removeprefix("?"))
    fields = tuple(name.strip() for name in parameters.controls.get("fields", "").split(",") if name.strip())
    if others := sorted(set(parameters.controls) - {"fields"}):
        raise invalid_query(f"{', '.join(others)} means nothing for events.")
    if (terms := sum(1 for _ in leaves(parameters.tree))) > settings.HUB_MAX_QUERY_TERMS:
        raise invalid_query(f"There are {terms} terms; the limit is {settings.HUB_MAX_QUERY_TERMS}.")
    if any(not isinstance(leaf, Exists) and leaf.operator == "regex" for leaf in leaves(parameters.tree)):
        raise invalid_query("Regular expressions are not evaluated on events.")
    # What else cannot be evaluated is refused now and not at the first event.
    matches(parameters.tree, {})
    return Wanting(parameters.tree, tuple(sorted(_event_types(parameters.tree) or ())), fields)


def _event_types(node: Node) -> set[str] | None:
    """The types of event that can match, None for any; only narrows, the tree decides."""
    if isinstance(node, Term):
        return set(node.values) if node.path == ("eventType",) and node.operator == "eq" else None
    if not isinstance(node, And | Or):
        return None
    found = [_event_types(part) for part in node.parts]
    if isinstance(node, Or):
        return None if None in found else set().union(*(each or set() for each in found))
    known = [each for each in found if each is not None]
    return set.intersection(*known) if known else None
