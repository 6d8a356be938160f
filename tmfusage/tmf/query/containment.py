"""Equality inside the document as containment, `member @> '[{"name": "duration"}]'`, which a GIN index can answer.

Only where the declaration says which steps are arrays: containment tells an object from an array of one.
"""

from itertools import product
from typing import Any

from tmfusage.tmf import exact
from tmfusage.tmf.query.binding import Present, Shape, Some
from tmfusage.tmf.query.comparisons import Equal
from tmfusage.tmf.query.conditions import Condition, any_of
from tmfusage.tmf.query.tree import And, Or, Where

MAX_ALTERNATIVES = 8
# Values, one of which must be contained, and whether that is all that the condition asks.
Contained = tuple[list[Any], bool]


def member_sql(name: str, document: str = "t.document") -> str:
    """A first-level member (a name of our own) as jsonb: what `manage.py index_documents` indexes."""
    return f"({document} -> '{name}')::jsonb"


def contained(node: Some | Present) -> Contained | None:
    """What the value of the first step must contain; None when containment says nothing."""
    found = _values_of(node)
    if found is None:
        return None
    values, complete = found
    (_, many), *rest = node.shape[: len(node.steps)]
    values = [outer for value in values for outer in _around(value, tuple(rest))]
    values = [outer for value in values for outer in _listed(value, many)]
    return (values, complete) if 0 < len(values) <= MAX_ALTERNATIVES else None


def containment(member: str, parameters: list[Any], values: list[Any]) -> Condition:
    """The member (an SQL expression of jsonb) contains one of the values."""
    return any_of([(f"{member} @> %s::jsonb", [*parameters, exact.dumps(value).decode()]) for value in values])


def _values_of(node: Some | Present) -> Contained | None:
    """The values at the end of the declared steps, or the element that the conditions behind them ask for."""
    if not node.shape:
        return None
    if len(node.shape) == len(node.steps):
        return _equal(node) if isinstance(node, Some) else None
    conditions = []
    for step in node.steps[len(node.shape) :]:
        if not isinstance(step, Where):
            break
        conditions.append(step.condition)
    found = _element(And(tuple(conditions))) if conditions else None
    if found is None:
        return None
    whole = isinstance(node, Present) and len(node.shape) + len(conditions) == len(node.steps)
    return found[0], found[1] and whole


def _equal(node: Some) -> Contained | None:
    values = [test.value for test in node.tests if isinstance(test, Equal)]
    return (values, True) if len(values) == len(node.tests) <= MAX_ALTERNATIVES else None


def _element(condition: Any) -> Contained | None:
    """What an element must contain for the condition to hold on it."""
    match condition:
        case Some(steps, _, shape) if len(shape) == len(steps) and shape:
            found = _equal(condition)
            return ([each for value in found[0] for each in _around(value, shape)], True) if found else None
        case And(parts):
            return _merged([_element(part) for part in parts])
        case Or(parts):
            found_parts = [_element(part) for part in parts]
            if not parts or None in found_parts:
                return None
            return [value for each in found_parts for value in each[0]], all(each[1] for each in found_parts)  # type: ignore[index]
    return None


def _merged(parts: list[Contained | None]) -> Contained | None:
    """Members of one object from several conditions on it."""
    values: list[dict[str, Any]] = [{}]
    complete = True
    for part in parts:
        if part is None:
            complete = False
            continue
        merged = [{**one, **other} for one, other in product(values, part[0]) if not one.keys() & other.keys()]
        if len(merged) == len(values) * len(part[0]) and len(merged) <= MAX_ALTERNATIVES:
            values, complete = merged, complete and part[1]
        else:
            complete = False
    return (values, complete) if values != [{}] else None


def _around(value: Any, shape: Shape) -> list[Any]:
    """The value inside the objects and arrays that lead to it."""
    values = [value]
    for name, many in reversed(shape):
        values = [{name: outer} for inner in values for outer in _listed(inner, many)]
    return values


def _listed(value: Any, many: bool | None) -> list[Any]:
    return [[value]] if many else [value] if many is False else [value, [value]]
