"""The tree becomes an SQL condition: typed columns where there are any, containment for equality in the document,
SQL/JSON path and subselects over elements for the rest.

Declared names come from our own declarations; every name and value that a client sent is a bound parameter.
The table's alias is `t`. In lax SQL/JSON paths a step into an array means any of its elements.
"""

import json
from itertools import count
from typing import Any

from tmfusage.tmf.query.binding import Aggregate, Pair, Present, Some, bind
from tmfusage.tmf.query.columns import on_column
from tmfusage.tmf.query.conditions import SIGNS, Condition, all_of, any_of, number_in, passes, related
from tmfusage.tmf.query.containment import contained, containment, member_sql
from tmfusage.tmf.query.resolving import Attributes
from tmfusage.tmf.query.tree import And, Elements, Member, Members, Node, Not, Or, Slice, Step, Where

__all__ = ["Condition", "all_of", "any_of", "compile_keyed", "compile_tree"]
_LENGTH = (
    "(CASE jsonb_typeof({0}) WHEN 'array' THEN jsonb_array_length({0})"
    " WHEN 'string' THEN char_length({0} #>> '{{}}')"
    " WHEN 'object' THEN (SELECT count(*) FROM jsonb_object_keys({0})) END)"
)


def compile_tree(node: Node, attributes: Attributes) -> Condition:
    """The SQL condition (with %s placeholders) and its parameters; TmfError 400 for what cannot match."""
    return Compiler(attributes).compile(bind(node, attributes), None)


def compile_keyed(node: Node, attributes: Attributes) -> tuple[Condition, bool]:
    """The condition, and whether it needs a key or value that an inverted index finds, however rare it is.

    The planner has no figures for rare ones: asked for the newest page of them it may read the table from its end.
    """
    compiler = Compiler(attributes)
    return compiler.compile(bind(node, attributes), None), compiler.keyed


class Compiler:
    """Compiles one tree; aliases are unique within it. An `element` of None is the resource itself."""

    def __init__(self, attributes: Attributes):
        self.attributes = attributes
        self.numbers = count(1)
        self.keyed = False

    def compile(self, node: Any, element: str | None) -> Condition:
        match node:
            case And(parts):
                return all_of([self.compile(part, element) for part in parts])
            case Or(parts):
                return any_of([self.compile(part, element) for part in parts])
            case Not(part):
                keyed = self.keyed
                sql, values = self.compile(part, element)
                # What few have, most have not.
                self.keyed = keyed
                # Not NOT: what is unknown does not match, so its complement does.
                return f"({sql}) IS NOT TRUE", values
            case Some():
                return self.some(node, element)
            case Present():
                return self.present(node, element)
            case Pair():
                return self.pair(node, element)
            case Aggregate():
                return self.aggregate(node, element)
        raise TypeError(f"{type(node).__name__} is not bound")

    def some(self, node: Some, element: str | None) -> Condition:
        if element is None:
            if node.column and (condition := on_column(node.column, node.tests)):
                self.keyed = self.keyed or node.column.kind == "array"
                return condition
            narrow, complete = self.narrow(node)
            if complete:
                return all_of(narrow)
            return all_of([*narrow, self.any_value(node, element)])
        return self.any_value(node, element)

    def any_value(self, node: Some, element: str | None) -> Condition:
        return self.exists((*node.steps, Elements()), element, lambda value: passes(value, node.tests))

    def present(self, node: Present, element: str | None) -> Condition:
        narrow, complete = self.narrow(node) if element is None else ([], False)
        if complete:
            return all_of(narrow)
        found = self.exists(node.steps, element, lambda value: (f"jsonb_typeof({value}) <> 'null'", []))
        return all_of([*narrow, found])

    def narrow(self, node: Some | Present) -> tuple[list[Condition], bool]:
        """Conditions that an index may answer, and whether they are all that is asked."""
        first = node.steps[0]
        if not isinstance(first, Member) or first.name in self.attributes.undocumented:
            return [], False
        keys = self.keys_of(node)
        found = contained(node)
        if found is None or (keys and not found[1]):
            return keys, False
        self.keyed = True
        member, parameters, _ = self.base(node.steps)
        return [containment(member, parameters, found[0])], found[1]

    def keys_of(self, node: Some | Present) -> list[Condition]:
        """What follows for columns from conditions on the elements of a member: `relatedParty[?(@.id=='1')]`."""
        if len(node.steps) < 2 or len(node.shape) != 1:
            return []
        found: list[Condition] = []
        for step in node.steps[1:]:
            if not isinstance(step, Where):
                break
            parts = step.condition.parts if isinstance(step.condition, And) else (step.condition,)
            for part in parts:
                if isinstance(part, Some) and len(part.shape) == len(part.steps):
                    path = (node.shape[0][0], *(name for name, _ in part.shape))
                    column = self.attributes.columns_by_path.get(path)
                    condition = on_column(column, part.tests) if column and column.kind == "array" else None
                    found += [condition] if condition else []
        self.keyed = self.keyed or bool(found)
        return found

    def pair(self, node: Pair, element: str | None) -> Condition:
        def right(left: str) -> Condition:
            steps = (*node.right, Elements())
            return self.exists(steps, element, lambda value: related(left, node.operator, value))

        return self.exists((*node.left, Elements()), element, right)

    def aggregate(self, node: Aggregate, element: str | None) -> Condition:
        sign = SIGNS[node.operator]
        if node.function == "length":
            return self.exists(node.steps, element, lambda v: (f"{_LENGTH.format(v)} {sign} %s", [node.number]))
        sources, parameters, value, conditions = self.walk((*node.steps, Elements()), element)
        where, more = all_of([*conditions, (f"jsonb_typeof({value}) = 'number'", [])])
        number = number_in(value)
        test = f"{node.function}({number}) {sign} %s"
        if node.function == "avg":
            # No division, so no rounding.
            test = f"sum({number}) {sign} %s * count(*)"
        return f"(SELECT {test} FROM {sources} WHERE {where})", [node.number, *parameters, *more]  # noqa: S608

    def exists(self, steps: tuple[Step, ...], element: str | None, test: Any) -> Condition:
        """Some value at the end of the steps passes the test (a function of an SQL expression of jsonb)."""
        sources, parameters, value, conditions = self.walk(steps, element)
        where, more = all_of([*conditions, test(value)])
        return f"EXISTS (SELECT 1 FROM {sources} WHERE {where})", [*parameters, *more]  # noqa: S608

    def walk(self, steps: tuple[Step, ...], element: str | None) -> tuple[str, list[Any], str, list[Condition]]:
        """FROM items along the steps, their parameters, the expression of the last value, conditions on the way."""
        value, parameters, rest = (element, [], steps) if element else self.base(steps)
        sources: list[str] = []
        conditions: list[Condition] = []
        for path, condition in _legs(rest):
            alias = f"v{next(self.numbers)}"
            sources.append(f"jsonb_path_query({value}, %s::jsonpath) {alias}")
            parameters.append(path)
            value = alias
            if condition is not None:
                conditions.append(self.compile(condition, value))
        return ", ".join(sources), parameters, value, conditions

    def base(self, steps: tuple[Step, ...]) -> tuple[str, list[Any], tuple[Step, ...]]:
        """The first member of the resource as an SQL expression of jsonb, its parameters, the steps behind it."""
        first = steps[0]
        name = first.name if isinstance(first, Member) else ""
        if expression := self.attributes.undocumented.get(name):
            return expression, [], steps[1:]
        if self.attributes.root is not None and name in self.attributes.root.fields:
            # As a literal: an index on the expression is recognised in prepared statements, too.
            return member_sql(name), [], steps[1:]
        return "(t.document -> %s::text)::jsonb", [name], steps[1:]


def _legs(steps: tuple[Step, ...]) -> list[tuple[str, Any]]:
    """SQL/JSON paths, each up to a condition on the values it leads to; at least one."""
    legs: list[tuple[str, Any]] = []
    path = "$"
    for step in steps:
        if isinstance(step, Where):
            legs.append((path + "[*]", step.condition))
            path = "$"
        else:
            path += _path_step(step)
    return [*legs, (path, None)] if path != "$" or not legs else legs


def _path_step(step: Step) -> str:
    match step:
        case Member(name):
            return f".{json.dumps(name, ensure_ascii=False)}"
        case Members():
            return ".*"
        case Slice(start, end):
            return "[1 to 0]" if end == 0 else f"[{_index(start or 0)} to {_index(-1 if end is None else end - 1)}]"
    return "[*]"


def _index(position: int) -> str:
    """A position; negative ones count from the end."""
    return str(position) if position >= 0 else "last" if position == -1 else f"last - {-position - 1}"
