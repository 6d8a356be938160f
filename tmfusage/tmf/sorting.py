"""The order of a collection: `sort=-usageDate,+status` (TMF630 Part 1 §4.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rest_framework import serializers

from tmfusage.tmf.attributes import Exact, Moment, Whole
from tmfusage.tmf.query.binding import bind, demanded
from tmfusage.tmf.query.resolving import Attributes, Place
from tmfusage.tmf.query.tree import Node
from tmfusage.tmf.refusals import invalid_query

MAX_KEYS = 5
_TYPES = {"text": "text", "href": "text", "moment": "timestamptz", "flag": "boolean", "number": "numeric"}


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that is sorted by: an SQL expression with its parameters, and the type it has.

    Nothing (NULL) is larger than anything, so that one index serves both directions.
    """

    name: str
    sql: str
    values: tuple[Any, ...] = ()
    kind: str = "text"
    descending: bool = False
    nullable: bool = True
    # Served by an index on its column, or by none.
    column: bool = True

    @property
    def direction(self) -> str:
        """DESC or ASC."""
        return "DESC" if self.descending else "ASC"


@dataclass(frozen=True, slots=True)
class Order:
    """By what a collection is sorted; the last key is the id, which decides between equals."""

    keys: tuple[Key, ...]

    @property
    def sql(self) -> str:
        """What stands behind ORDER BY."""
        return ", ".join(f"{key.sql} {key.direction}" for key in self.keys)

    @property
    def values(self) -> tuple[Any, ...]:
        """The parameters of `sql`."""
        return tuple(value for key in self.keys for value in key.values)

    @property
    def signature(self) -> str:
        """The order in a few words: a cursor is valid for the order that made it."""
        return ",".join(f"{'-' if key.descending else '+'}{key.name}" for key in self.keys)

    def backwards(self) -> Order:
        """The same the other way round."""
        return Order(tuple(replace(key, descending=not key.descending) for key in self.keys))


def _identity(descending: bool) -> Key:
    return Key("id", 't."id"', descending=descending, nullable=False)


NEWEST_FIRST = Order((_identity(descending=True),))


def parse_sort(text: str, attributes: Attributes) -> Order:
    """The order that the parameter asks for; 400 for what has no order."""
    names = text.split(",")
    if len(names) > MAX_KEYS:
        raise invalid_query(f"sort names {len(names)} attributes; the limit is {MAX_KEYS}.")
    keys = [_key(name.strip(), attributes) for name in names]
    for index, key in enumerate(keys):
        if key.sql == _identity(False).sql:
            # Nothing is left to decide behind an id.
            return Order((*keys[:index], _identity(key.descending)))
    return Order((*keys, _identity(keys[-1].descending)))


def natural_order(tree: Node, attributes: Attributes) -> Order:
    """The order of a collection that was not asked for one: newest first, by the date that is filtered if any.

    Ordering one day's usages by id would read the index of ids until enough of that day have turned up.
    """
    for comparison in demanded(bind(tree, attributes)):
        if comparison.column and comparison.column.kind == "moment":
            # A filtered date is there, so it needs no care for missing ones.
            key = Key(comparison.name, comparison.column.sql, kind="timestamptz", descending=True, nullable=False)
            return Order((key, *NEWEST_FIRST.keys))
    return NEWEST_FIRST


def _key(text: str, attributes: Attributes) -> Key:
    # A plus that was not encoded arrives as a blank, which is stripped: ascending is the default anyway.
    name = text.lstrip("+-")
    if not name or len(text) - len(name) > 1:
        raise invalid_query(f"sort: {text[:80]!r} is not the name of an attribute.")
    descending = text.startswith("-")
    target = attributes.resolve(tuple(name.split(".")))
    if isinstance(target, Place):
        return _in_document(name, target, descending)
    if target.kind == "array":
        # Of several values the one that comes first in the wanted direction.
        first = f'(SELECT {_extreme(descending)}(each) FROM unnest(t."{target.name}") each)'  # noqa: S608 (own names)
        return Key(name, first, descending=descending, column=False)
    return Key(name, target.present, (), _TYPES[target.kind], descending, target.nullable, column=not target.expression)


def _in_document(name: str, place: Place, descending: bool) -> Key:
    if isinstance(place.field, serializers.BaseSerializer):
        raise invalid_query(f"sort: {name} is an object; name one of its members.")
    kind = _kind(place.field)
    if not any(many for _, many in place.steps):
        text = "(t.document #>> %s::text[])"
        path: Any = [step for step, _ in place.steps]
    else:
        text = "(each #>> '{}')"
        path = "$" + "".join(f'."{step}"' + ("[*]" if many else "") for step, many in place.steps)
    value = f'{text} COLLATE "C"' if kind == "text" else f"{text}::{kind}"
    if text.startswith("(each"):
        source = "jsonb_path_query(t.document::jsonb, %s::jsonpath) each"
        value = f"(SELECT {_extreme(descending)}({value}) FROM {source})"  # noqa: S608 (own names, bound values)
    return Key(name, value, (path,), kind, descending, column=False)


def _kind(field: serializers.Field | None) -> str:
    if isinstance(field, Whole | Exact):
        return "numeric"
    if isinstance(field, Moment):
        return "timestamptz"
    # Booleans as well: "false" comes before "true".
    return "text"


def _extreme(descending: bool) -> str:
    return "max" if descending else "min"
