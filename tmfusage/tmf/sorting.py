"""The order of a collection: `sort=-usageDate,+status` (TMF630 Part 1 §4.7)."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from tmfusage.tmf.attributes import Exact, Whole
from tmfusage.tmf.query.resolving import Attributes, Column, Place
from tmfusage.tmf.query.tree import And, Node, Term
from tmfusage.tmf.refusals import invalid_query

MAX_KEYS = 5


@dataclass(frozen=True, slots=True)
class Order:
    """What stands behind ORDER BY, and its parameters; the id decides between equals."""

    sql: str
    values: tuple[Any, ...] = ()


NEWEST_FIRST = Order('t."id" DESC')


def parse_sort(text: str, attributes: Attributes) -> Order:
    """The order that the parameter asks for; 400 for what has no order."""
    keys = text.split(",")
    if len(keys) > MAX_KEYS:
        raise invalid_query(f"sort names {len(keys)} attributes; the limit is {MAX_KEYS}.")
    parts = [_key(key.strip(), attributes) for key in keys]
    last = "DESC" if parts[-1][0].endswith("DESC") else "ASC"
    sql = ", ".join([part for part, _ in parts] + [f't."id" {last}'])
    return Order(sql, tuple(value for _, values in parts for value in values))


def natural_order(tree: Node, attributes: Attributes) -> Order:
    """The order of a collection that was not asked for one: newest first, by the date that is filtered if any.

    Ordering one day's usages by id would read the index of ids until enough of that day have turned up.
    """
    for term in tree.parts if isinstance(tree, And) else (tree,):
        if isinstance(term, Term):
            target = attributes.resolve(term.path)
            if isinstance(target, Column) and target.kind == "moment":
                return Order(f't."{target.name}" DESC, t."id" DESC')
    return NEWEST_FIRST


def _key(key: str, attributes: Attributes) -> tuple[str, list[Any]]:
    # A plus that was not encoded arrives as a blank, which is stripped: ascending is the default anyway.
    name = key.lstrip("+-")
    if not name or len(key) - len(name) > 1:
        raise invalid_query(f"sort: {key[:80]!r} is not the name of an attribute.")
    expression, values = _expression(name, attributes)
    return f"{expression} {'DESC' if key.startswith('-') else 'ASC'}", values


def _expression(name: str, attributes: Attributes) -> tuple[str, list[Any]]:
    target = attributes.resolve(tuple(name.split(".")))
    if isinstance(target, Column):
        if target.kind == "array":
            raise invalid_query(f"sort: {name} can have several values.")
        return f't."{target.name}"', []
    return _in_document(name, target)


def _in_document(name: str, place: Place) -> tuple[str, list[Any]]:
    if any(many for _, many in place.steps) or isinstance(place.field, serializers.BaseSerializer):
        raise invalid_query(f"sort: {name} is an object or can have several values.")
    text = "(t.document #>> %s::text[])"
    path = [step for step, _ in place.steps]
    return (f"{text}::numeric" if isinstance(place.field, Whole | Exact) else f'{text} COLLATE "C"'), [path]
