"""Criteria of a report in the filters of a GET: `logicalResource.value=…&bucket.usageType=data`."""

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

from django.conf import settings

from tmfusage.tmf.moments import utc_text
from tmfusage.tmf.query.tree import And, Not, Or, Term
from tmfusage.tmf.refusals import invalid_query

Members = dict[str, Any]
_ASKED = {
    ("relatedParty", "id"),
    ("partyAccount", "id"),
    ("product", "id"),
    ("service", "id"),
    ("logicalResource", "id"),
    ("logicalResource", "value"),
    ("bucketRefOrValue", "id"),
    ("bucketRefOrValue", "usageType"),
    ("bucketRefOrValue", "status"),
}
_WAYS = {"eq", "gt", "gte", "lt", "lte"}
_ENDS = {("validPeriod", "startDateTime"), ("validPeriod", "endDateTime")}


def asked_in(tree: Any) -> Members | None:
    """The search criteria (in v4's words) that the filters are; None when they are filters of stored reports."""
    if not any(term.path in _ASKED for term in _terms(tree)):
        return None
    parts = tree.parts if isinstance(tree, And) else (tree,)
    terms = [part for part in parts if isinstance(part, Term) and _fits(part)]
    if len(terms) < len(parts):
        raise invalid_query("Criteria of a report computed now are joined by & and compared with = only.")
    asked: Members = {}
    values: dict[str, dict[str, list[str]]] = {}
    for term in terms:
        head, name = term.path
        if term.path in _ENDS:
            asked.setdefault(head, {})[name] = _moment(term.name, term.values[0])
        else:
            values.setdefault(head, {}).setdefault(name, []).extend(term.values)
    return asked | {head: _elements(named) for head, named in values.items()}


def _elements(named: dict[str, list[str]]) -> list[Members]:
    """An element for each way to choose one value of each member: all members must hold of the same element."""
    if prod(map(len, named.values())) > settings.CONSUMPTION_MAX_IDS:
        raise invalid_query(f"No more than {settings.CONSUMPTION_MAX_IDS} combinations of values can be asked for.")
    return [dict(zip(named, chosen, strict=True)) for chosen in product(*named.values())]


def _terms(node: Any) -> Iterator[Term]:
    """The terms anywhere in the tree."""
    if isinstance(node, Term):
        yield node
    for part in node.parts if isinstance(node, And | Or) else [node.part] if isinstance(node, Not) else []:
        yield from _terms(part)


def _fits(term: Term) -> bool:
    return (term.path in _ASKED and term.operator == "eq") or (term.path in _ENDS and term.operator in _WAYS)


def _moment(name: str, text: str) -> str:
    """The date-time; a date alone is its beginning in UTC."""
    try:
        return utc_text(f"{text}T00:00:00Z" if len(text) == 10 else text.replace(" ", "+"))
    except ValueError:
        raise invalid_query(f"{name} is a date-time, such as 2026-01-31T12:00:00Z.") from None
