"""A tree in a client's words becomes one in the document's: official names, typed tests, columns where there are any.

Conditions in SQL and the evaluation in Python both start from what is made here, so that both mean the same.
`ne` is the complement of `eq`: what the one selects, the other does not. Null means absent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from rest_framework import serializers

from tmfusage.tmf.attributes import Anything
from tmfusage.tmf.query.comparisons import Equal, Test, tests_of, text_of
from tmfusage.tmf.query.resolving import Attributes, Column
from tmfusage.tmf.query.tokens import unsupported
from tmfusage.tmf.query.tree import (
    And,
    Compare,
    Exists,
    Function,
    Literal,
    Member,
    Members,
    Node,
    Not,
    Or,
    Path,
    Step,
    Term,
    Where,
)
from tmfusage.tmf.refusals import invalid_query

_FLIPPED = {"lt": "gt", "lte": "gte", "gt": "lt", "gte": "lte"}


# The first steps as far as they are declared: the name, and whether an array is there (None: maybe).
Shape = tuple[tuple[str, bool | None], ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Some value at the end of the steps passes one of the tests; an array there stands for its elements.

    `column` keeps the same values, if there is one.
    """

    steps: tuple[Step, ...]
    tests: tuple[Test, ...]
    shape: Shape = ()
    column: Column | None = None

    @property
    def name(self) -> str:
        """The attribute's official name, dotted."""
        return ".".join(step.name for step in self.steps if isinstance(step, Member))


@dataclass(frozen=True, slots=True)
class Present:
    """The steps lead to a value other than null; the conditions on the way hold."""

    steps: tuple[Step, ...]
    shape: Shape = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Some value on the left stands in the relation to some value on the right."""

    left: tuple[Step, ...]
    operator: str
    right: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`length` of some value at the end of the steps, or `min`, `max`, `avg` of the numbers there."""

    function: str
    steps: tuple[Step, ...]
    operator: str
    number: Decimal


Bound = Some | Present | Pair | Aggregate | And | Or | Not


@dataclass(frozen=True, slots=True)
class Target:
    """Where steps lead."""

    steps: tuple[Step, ...]
    field: Any
    shape: Shape
    column: Column | None
    name: str


def bind(node: Node | Bound, attributes: Attributes) -> Any:
    """The bound tree; TmfError 400 for what an attribute cannot be, 501 for what is not supported."""
    return Binder(attributes).bind(node, attributes.root)


def bind_steps(steps: tuple[Step, ...], attributes: Attributes) -> tuple[Step, ...]:
    """The steps of a path from the resource, with official names and bound conditions."""
    return Binder(attributes).target(steps, attributes.root, explicit=True).steps


def demanded(node: Bound) -> Iterator[Some]:
    """The comparisons that must hold for the bound tree to hold."""
    if isinstance(node, And):
        for part in node.parts:
            yield from demanded(part)  # type: ignore[arg-type]
    elif isinstance(node, Some):
        yield node


class Binder:
    """Binds trees to the attributes of one resource; `here` is the declaration of the element at hand."""

    def __init__(self, attributes: Attributes):
        self.attributes = attributes

    def bind(self, node: Any, here: Any) -> Any:
        match node:
            case And(parts):
                return And(tuple(self.bind(part, here) for part in parts))
            case Or(parts):
                return Or(tuple(self.bind(part, here) for part in parts))
            case Not(part):
                return Not(self.bind(part, here))
            case Term():
                return self.term(node, here)
            case Compare():
                return self.compare(node, here)
            case Exists(path):
                target = self.target(path.steps, here, explicit=True)
                return Present(target.steps, target.shape)
        return node

    def term(self, term: Term, here: Any) -> Any:
        steps = tuple(Member(name) for name in term.path)
        target = self.target(steps, here, explicit=term.explicit)
        return self.tested(target, term.operator, term.values, untyped=True)

    def compare(self, node: Compare, here: Any) -> Any:
        left, operator, right = node.left, node.operator, node.right
        if not isinstance(left, Path | Function):
            if not isinstance(right, Path | Function):
                raise invalid_query("filter: a comparison names no attribute.")
            left, operator, right = right, _FLIPPED.get(operator, operator), left
        if isinstance(left, Function) or isinstance(right, Function):
            return self.aggregate(left, operator, right, here)
        target = self.target(left.steps, here, explicit=True)
        if isinstance(right, Path):
            other = self.target(right.steps, here, explicit=True)
            _refuse_href(target, other)
            return _complement(operator, lambda plain: Pair(target.steps, plain, other.steps))
        if right is None:
            return self.compare_null(target, operator)
        return self.tested(target, operator, (right,), untyped=False)

    def compare_null(self, target: Target, operator: str) -> Any:
        present: Any = Present(target.steps, target.shape)
        if operator not in {"eq", "ne"}:
            raise invalid_query(f"{target.name}: null has no order.")
        return present if operator == "ne" else Not(present)

    def tested(self, target: Target, operator: str, literals: tuple[Literal, ...], untyped: bool) -> Any:
        if isinstance(target.field, serializers.BaseSerializer):
            raise invalid_query(f"{target.name} is an object; name one of its members.")
        column = target.column
        if column and column.kind == "href":
            return _complement(operator, lambda plain: self.href(target, plain, literals))

        def some(plain: str) -> Some:
            tests = [test for each in literals for test in tests_of(target.name, target.field, plain, each, untyped)]
            return Some(target.steps, tuple(tests), target.shape, column)

        return _complement(operator, some)

    def href(self, target: Target, operator: str, literals: tuple[Literal, ...]) -> Some:
        """An href is not kept; what ends in an id is the same as that id."""
        if operator != "eq":
            raise unsupported("href can only be compared with =.")
        ids = tuple(Equal(_id_in(text_of(literal))) for literal in literals)
        return Some((Member("id"),), ids, (("id", False),), self.attributes.columns["id"])

    def aggregate(self, left: Any, operator: str, right: Any, here: Any) -> Any:
        if not isinstance(left, Function):
            left, operator, right = right, _FLIPPED.get(operator, operator), left
        if isinstance(right, Path | Function) or operator == "regex":
            raise unsupported(f"{left.name}() can only be compared with a number.")
        if not isinstance(right, Decimal):
            raise invalid_query(f"{left.name}() is a number.")
        target = self.target(left.path.steps, here, explicit=True)
        _refuse_href(target)
        return _complement(operator, lambda plain: Aggregate(left.name, target.steps, plain, right))

    def target(self, steps: tuple[Step, ...], here: Any, explicit: bool) -> Target:
        """The steps with official names and bound conditions, and what is known of their end."""
        at_root = here is self.attributes.root and here is not None
        if at_root and (not steps or not isinstance(steps[0], Member | Where)):
            raise unsupported("filter: a path from the resource begins with one of its members.")
        names = tuple(step.name for step in steps if isinstance(step, Member))
        _check_depth(names)
        bound: list[Step] = []
        shape: list[tuple[str, bool | None]] = []
        growing = True
        for step in steps:
            if isinstance(step, Member):
                growing = growing and here is not None and not isinstance(here, Anything)
                official, here, many = self.attributes.enter(here, step.name, names, explicit)
                bound.append(Member(official))
                if growing:
                    shape.append((official, many))
                continue
            growing = False
            here = None if isinstance(step, Members) else here
            bound.append(Where(self.bind(step.condition, here)) if isinstance(step, Where) else step)
        path = tuple(name for name, _ in shape)
        column = self.attributes.columns_by_path.get(path) if at_root and len(path) == len(steps) else None
        return Target(tuple(bound), here, tuple(shape), column, ".".join(names)[:80] or "@")


def _complement(operator: str, make: Any) -> Any:
    return Not(make("eq")) if operator == "ne" else make(operator)


def _refuse_href(*targets: Target) -> None:
    """An href is made of the request's host: it is compared with what a client sends and with nothing else."""
    if any(each.column and each.column.kind == "href" for each in targets):
        raise unsupported("href can only be compared with a value, by =.")


def _id_in(href: str) -> str:
    return unquote(href.rstrip("/").rpartition("/")[2])


def _check_depth(names: tuple[str, ...]) -> None:
    if len(names) > settings.API_MAX_QUERY_DEPTH:
        name = ".".join(names)[:80]
        raise invalid_query(f"{name} is deeper than {settings.API_MAX_QUERY_DEPTH} levels.")
