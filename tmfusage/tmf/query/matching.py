"""Filters evaluated in Python: on events, which are in no table, and on elements that `fields` selects.

The same semantics as the SQL that `tmfusage.tmf.query.sql` makes, spelled out one value at a time.
"""

import operator
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tmfusage.tmf.query.binding import Aggregate, Pair, Present, Some, bind
from tmfusage.tmf.query.comparisons import Equal, Fits, Folded, Ordered, Test, Within, fold
from tmfusage.tmf.query.instants import instant_of
from tmfusage.tmf.query.resolving import UNDECLARED, Attributes
from tmfusage.tmf.query.tree import And, Elements, Member, Members, Not, Or, Slice, Step, Where
from tmfusage.tmf.refusals import invalid_query

_RELATIONS = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def matches(tree: Any, document: Any, attributes: Attributes = UNDECLARED) -> bool:
    """Whether the document (complete, numbers int or Decimal) matches; regular expressions are refused with 400."""
    return holds(bind(tree, attributes), document)


def elements(value: Any, condition: Any) -> list[Any]:
    """The elements of an array on which the bound condition holds; any other value is like an array of one."""
    return [each for each in _unwrapped(value) if holds(condition, each)]


def indices(step: Step, array: list[Any]) -> Iterator[int]:
    """Which elements of the array a bound step leads to."""
    if isinstance(step, Where):
        yield from (index for index, each in enumerate(array) if holds(step.condition, each))
    elif isinstance(step, Slice):
        yield from range(len(array))[step.start : step.end]
    elif isinstance(step, Elements):
        yield from range(len(array))


def holds(node: Any, value: Any) -> bool:
    """Whether the bound tree holds on the value."""
    match node:
        case And(parts):
            return all(holds(part, value) for part in parts)
        case Or(parts):
            return any(holds(part, value) for part in parts)
        case Not(part):
            return not holds(part, value)
        case Present(steps):
            return any(found is not None for found in _walk(steps, value))
        case Some(steps, tests):
            found = [each for end in _walk(steps, value) for each in _unwrapped(end)]
            return any(_passes(test, each) for each in found for test in tests)
        case Pair(left, relation, right):
            ones, others = ([each for end in _walk(side, value) for each in _unwrapped(end)] for side in (left, right))
            return _pairs(_kinds(ones), _kinds(others), relation)
        case Aggregate():
            return _aggregate(node, value)
    raise TypeError(f"{type(node).__name__} is not bound")


def _walk(steps: tuple[Step, ...], value: Any) -> list[Any]:
    """The values to which the steps lead."""
    values = [value]
    for step in steps:
        values = [found for each in values for found in _step(step, each)]
    return values


def _step(step: Step, value: Any) -> Iterator[Any]:
    match step:
        case Member(name):
            yield from (each[name] for each in _unwrapped(value) if isinstance(each, dict) and name in each)
        case Members():
            yield from (found for each in _unwrapped(value) if isinstance(each, dict) for found in each.values())
        case Elements():
            yield from _unwrapped(value)
        case Slice(start, end):
            yield from _unwrapped(value)[start:end]
        case Where(condition):
            yield from elements(value, condition)


def _unwrapped(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _passes(test: Test, value: Any) -> bool:
    match test:
        case Equal(wanted):
            return _kind(value) == _kind(wanted) and value == wanted
        case Folded(wanted):
            return isinstance(value, str) and fold(value) == wanted
        case Ordered(relation, wanted):
            return _kind(value) == _kind(wanted) and _RELATIONS[relation](value, wanted)
        case Within(start, end):
            instant = instant_of(value) if isinstance(value, str) else None
            return instant is not None and (start is None or start <= instant) and (end is None or instant < end)
        case Fits():
            raise invalid_query("Regular expressions are not evaluated here.")
    raise TypeError(f"{type(test).__name__} is no test")


def _kinds(values: list[Any]) -> tuple[list[Any], ...]:
    """What is compared with what of the other side: numbers, booleans, date-times; other text with all text."""
    texts = [each for each in values if _kind(each) == "string"]
    instants = [instant_of(text) for text in texts]
    known = [instant for instant in instants if instant is not None]
    plain = [text for text, instant in zip(texts, instants, strict=True) if instant is None]
    numbers, booleans = ([each for each in values if _kind(each) == kind] for kind in ("number", "boolean"))
    return numbers, booleans, known, plain, texts


def _pairs(left: tuple[list[Any], ...], right: tuple[list[Any], ...], relation: str) -> bool:
    numbers, booleans, instants, plain, texts = zip(left, right, strict=True)
    pairs = [numbers, instants, (plain[0], texts[1]), (texts[0], plain[1])]
    return any(_paired(ones, relation, others) for ones, others in [*pairs, *([booleans] if relation == "eq" else [])])


def _paired(left: list[Any], relation: str, right: list[Any]) -> bool:
    """Some value of the left side stands in the relation to some value of the right, without trying every pair."""
    if relation == "eq":
        return not set(left).isdisjoint(right)
    if not left or not right:
        return False
    extremes = (max, min) if relation in {"gt", "gte"} else (min, max)
    return _RELATIONS[relation](extremes[0](left), extremes[1](right))


def _aggregate(node: Aggregate, value: Any) -> bool:
    found = _walk(node.steps, value)
    relation = _RELATIONS[node.operator]
    if node.function == "length":
        return any(relation(len(each), node.number) for each in found if isinstance(each, str | list | dict))
    numbers = [each for end in found for each in _unwrapped(end) if _kind(each) == "number"]
    if not numbers:
        return False
    if node.function == "avg":
        return relation(sum(map(Fraction, numbers)), Fraction(node.number) * len(numbers))
    return relation(min(numbers) if node.function == "min" else max(numbers), node.number)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number" if isinstance(value, int | Decimal) else "other"
