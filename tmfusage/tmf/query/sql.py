"""The tree becomes an SQL condition: typed columns where there are any, containment in the document elsewhere.

Names come from our own declarations, values are always bound parameters.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from rest_framework import serializers

from tmfusage.tmf import exact
from tmfusage.tmf.attributes import Anything, Choice, Exact, Flag, Moment, Whole
from tmfusage.tmf.moments import instant, instant_text
from tmfusage.tmf.query.resolving import Attributes, Column, Place
from tmfusage.tmf.query.tree import Node, Or, Term
from tmfusage.tmf.refusals import TmfError, invalid_query

Condition = tuple[str, list[Any]]
_COMPARISONS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_BOOLEANS = {"true": True, "false": False}


def compile_tree(node: Node, attributes: Attributes) -> Condition:
    """The SQL condition (with %s placeholders) and its parameters; TmfError 400 for what cannot match."""
    if isinstance(node, Term):
        return _term(node, attributes)
    parts = [compile_tree(part, attributes) for part in node.parts]
    return any_of(parts) if isinstance(node, Or) else all_of(parts)


def all_of(parts: list[Condition]) -> Condition:
    """Every condition; TRUE for none."""
    return _joined(" AND ", parts) if parts else ("TRUE", [])


def any_of(parts: list[Condition]) -> Condition:
    """At least one condition; FALSE for none."""
    return _joined(" OR ", parts) if parts else ("FALSE", [])


def _joined(word: str, parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    return "(" + word.join(sql for sql, _ in parts) + ")", [value for _, values in parts for value in values]


def _term(term: Term, attributes: Attributes) -> Condition:
    target = attributes.resolve(term.path)
    if isinstance(target, Column):
        return _COLUMN_KINDS[target.kind](target, term)
    if term.operator != "eq":
        raise TmfError(501, "notImplemented", f"{term.name} can only be compared with =.")
    return _in_document(target, term)


def _text(column: Column, term: Term) -> Condition:
    values = list(term.values)
    if isinstance(column.field, Choice):
        values = [column.field.known.get(value.lower(), value) for value in values]
    if term.operator == "eq" and len(values) > 1:
        return f'"{column.name}" = ANY(%s)', [values]
    # A single value as such: the planner knows better than with an array what it selects.
    return any_of([(f'"{column.name}" {_COMPARISONS[term.operator]} %s', [value]) for value in values])


def _href(column: Column, term: Term) -> Condition:
    ids = [unquote(value.rstrip("/").rpartition("/")[2]) for value in term.values]
    return _text(column, Term(term.path, term.operator, tuple(ids)))


def _array(column: Column, term: Term) -> Condition:
    if term.operator != "eq":
        raise TmfError(501, "notImplemented", f"{term.name} can only be compared with =.")
    return f'"{column.name}" && %s::text[]', [list(term.values)]


def _flag(column: Column, term: Term) -> Condition:
    try:
        values = [_BOOLEANS[value.lower()] for value in term.values]
    except KeyError as exc:
        raise invalid_query(f"{term.name} is true or false.") from exc
    return f'"{column.name}" = ANY(%s)', [values]


def _number(column: Column, term: Term) -> Condition:
    sign = _COMPARISONS[term.operator]
    return any_of([(f'"{column.name}" {sign} %s', [_decimal(term, value)]) for value in term.values])


def _decimal(term: Term, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation as exc:
        raise invalid_query(f"{term.name} is a number.") from exc
    if not number.is_finite() or abs(number.adjusted()) > exact.MAX_DIGITS:
        raise invalid_query(f"{term.name} is a number.")
    return number


def _moment(column: Column, term: Term) -> Condition:
    return any_of([_one_moment(column, term, value) for value in term.values])


def _one_moment(column: Column, term: Term, value: str) -> Condition:
    day = len(value) == 10
    start = _instant(term, value)
    if not day:
        return f'"{column.name}" {_COMPARISONS[term.operator]} %s', [start]
    # A date alone stands for the whole day in UTC.
    end = start + timedelta(days=1)
    if term.operator == "eq":
        return f'("{column.name}" >= %s AND "{column.name}" < %s)', [start, end]
    sign, bound = {"gt": (">=", end), "gte": (">=", start), "lt": ("<", start), "lte": ("<", end)}[term.operator]
    return f'"{column.name}" {sign} %s', [bound]


def _instant(term: Term, value: str) -> datetime:
    try:
        if len(value) == 10:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        # The plus of an offset that was not encoded arrives as a space.
        return instant(value.replace(" ", "+"))
    except (ValueError, OverflowError) as exc:
        message = f"{term.name} is a date-time such as 2026-01-31T12:00:00Z, or a date."
        raise invalid_query(message) from exc


_COLUMN_KINDS: dict[str, Callable[[Column, Term], Condition]] = {
    "text": _text,
    "href": _href,
    "array": _array,
    "flag": _flag,
    "number": _number,
    "moment": _moment,
}


def _in_document(place: Place, term: Term) -> Condition:
    (first, many), *rest = place.steps
    if isinstance(place.field, serializers.BaseSerializer):
        raise invalid_query(f"{term.name} is an object; name one of its members.")
    member = f"(document -> '{first}')::jsonb"
    if getattr(place.field, "folded", False):
        return _folded(member, many, rest, term)
    wanted = [candidate for value in term.values for candidate in _candidates(place.field, term, value)]
    return any_of([(f"{member} @> %s::jsonb", [_nested(many, rest, value)]) for value in wanted])


def _nested(many: bool, rest: list[tuple[str, bool]], value: Any) -> str:
    """The value inside the objects and arrays that lead to it, as JSON for a containment test."""
    for name, array in reversed(rest):
        value = {name: [value] if array else value}
    return exact.dumps([value] if many else value).decode()


def _candidates(field: serializers.Field | None, term: Term, value: str) -> list[Any]:
    """The JSON values that the text of a query may stand for."""
    if isinstance(field, Whole | Exact):
        return [_decimal(term, value)]
    if isinstance(field, Flag):
        if value.lower() not in _BOOLEANS:
            raise invalid_query(f"{term.name} is true or false.")
        return [_BOOLEANS[value.lower()]]
    if isinstance(field, Moment):
        return [instant_text(_instant(term, value)), value]
    if not isinstance(field, Anything):
        return [value]
    return [value, *_other_readings(value)]


def _other_readings(value: str) -> list[Any]:
    if value in _BOOLEANS:
        return [_BOOLEANS[value]]
    try:
        number = Decimal(value)
    except InvalidOperation:
        return []
    return [number] if number.is_finite() and abs(number.adjusted()) <= exact.MAX_DIGITS else []


def _folded(member: str, many: bool, rest: list[tuple[str, bool]], term: Term) -> Condition:
    """Equal but for capitals."""
    steps = "".join(f'."{name}"' + ("[*]" if array else "") for name, array in rest)
    path = ("$[*]" if many else "$") + steps
    lowered = [value.lower() for value in term.values]
    found = f"jsonb_path_query({member}, %s::jsonpath) found WHERE lower(found #>> '{{}}') = ANY(%s)"
    return f"EXISTS (SELECT 1 FROM {found})", [path, lowered]  # noqa: S608 (own names, bound values)
