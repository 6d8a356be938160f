"""The query language once more, naively: a parsed query on the JSON that a GET answers.

It shares no code with the product behind the parser: what an attribute is stands in a table of the test, and every
rule of docs/tmf630.md is spelled out here one value at a time.
"""

import operator
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tmfusage.tmf.query import tree

RELATIONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le, "eq": operator.eq}
FLIPPED = {"gt": "lt", "gte": "lte", "lt": "gt", "lte": "gte"}
NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([.]\d{1,9})?(Z|[+-]\d\d:\d\d))?", re.ASCII | re.IGNORECASE)
Names = tuple[str, ...] | None


class Naive:
    """Judges documents; `kinds` tells of each dotted attribute what it is, `older` its official name."""

    def __init__(self, kinds: Mapping[str, str], older: Mapping[str, str]):
        self.kinds, self.older = kinds, older

    def holds(self, node: Any, value: Any, names: Names = ()) -> bool:
        """Whether the condition holds on the value, which stands under these names in the document."""
        match node:
            case tree.And(parts):
                return all(self.holds(part, value, names) for part in parts)
            case tree.Or(parts):
                return any(self.holds(part, value, names) for part in parts)
            case tree.Not(part):
                return not self.holds(part, value, names)
            case tree.Exists(path):
                return any(each is not None for each in self.led(path.steps, value, names)[0])
            case tree.Term(path, op, values):
                found, names = self.led(tuple(map(tree.Member, path)), value, names)
                return self.any_of(found, op, values, self.kind(names), untyped=True)
            case tree.Compare():
                return self.compares(node, value, names)
        raise TypeError(node)

    def compares(self, node: tree.Compare, value: Any, names: Names) -> bool:
        left, op, right = node.left, node.operator, node.right
        if not isinstance(left, tree.Path | tree.Function) or isinstance(right, tree.Function):
            left, op, right = right, FLIPPED.get(op, op), left
        if op == "ne":
            return not self.holds(tree.Compare(left, "eq", right), value, names)
        if isinstance(left, tree.Function):
            return aggregated(left.name, self.led(left.path.steps, value, names)[0], op, right)
        found, named = self.led(left.steps, value, names)
        if isinstance(right, tree.Path):
            others = unwrapped(self.led(right.steps, value, names)[0])
            return any(related(one, op, other) for one in unwrapped(found) for other in others)
        if right is None:
            return all(each is None for each in found)
        return self.any_of(found, op, (right,), self.kind(named), untyped=False)

    def led(self, steps: tuple[Any, ...], value: Any, names: Names) -> tuple[list[Any], Names]:
        """The values at the end of the steps, and their name as far as one can be told."""
        values = [value]
        for step in steps:
            match step:
                case tree.Member(name):
                    name = self.older.get(".".join([*(names or ()), name]), name)
                    names = None if names is None else (*names, name)
                    values = [each[name] for each in unwrapped(values) if isinstance(each, dict) and name in each]
                case tree.Members():
                    names = None
                    values = [item for each in unwrapped(values) if isinstance(each, dict) for item in each.values()]
                case tree.Elements():
                    values = unwrapped(values)
                case tree.Slice(start, end):
                    values = [item for each in values for item in unwrapped([each])[start:end]]
                case tree.Where(condition):
                    values = [each for each in unwrapped(values) if self.holds(condition, each, names)]
        return values, names

    def kind(self, names: Names) -> str:
        return self.kinds.get(".".join(names), "any") if names else "any"

    def any_of(self, found: list[Any], op: str, literals: Any, kind: str, untyped: bool) -> bool:
        if op == "ne":
            return not self.any_of(found, "eq", literals, kind, untyped)
        return any(passes(each, op, literal, kind, untyped) for each in unwrapped(found) for literal in literals)


def unwrapped(values: list[Any]) -> list[Any]:
    """The values, those that are arrays as their elements."""
    return [item for each in values for item in (each if isinstance(each, list) else [each])]


def passes(value: Any, op: str, literal: Any, kind: str, untyped: bool) -> bool:
    """Whether one value stands in the relation to one literal."""
    text = str(literal).lower() if isinstance(literal, bool) else str(literal)
    if op == "regex":
        return isinstance(value, str) and re.search(text, value, re.ASCII) is not None
    if isinstance(literal, str):
        # The plus of an offset that was not encoded.
        repaired = re.sub(r" (?=\d\d:\d\d$)", "+", text)
        text = repaired if instant(repaired) else text
    if kind == "moment" or (kind == "any" and isinstance(literal, str) and instant(text)):
        return isinstance(value, str) and timely(value, op, text)
    if kind == "number":
        return same_kind(value, Decimal(0)) and RELATIONS[op](value, Decimal(text))
    if kind == "flag":
        return value is (text.lower() == "true")
    if kind in {"folded", "choice"} and op == "eq":
        return isinstance(value, str) and folded(value) == folded({"rerate": "rerated"}.get(folded(text), text))
    if kind != "any":
        return isinstance(value, str) and RELATIONS[op](value, text)
    meant = [literal]
    if untyped and NUMBER.fullmatch(text):
        meant = [text, Decimal(text)] if op == "eq" else [Decimal(text)]
    if untyped and op == "eq" and text in {"true", "false"}:
        meant.append(text == "true")
    return any(same_kind(value, each) and RELATIONS[op](value, each) for each in meant)


def same_kind(one: Any, other: Any) -> bool:
    kinds = [bool if isinstance(each, bool) else str if isinstance(each, str) else float for each in (one, other)]
    return not any(isinstance(each, list | dict | None) for each in (one, other)) and kinds[0] is kinds[1]


def folded(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def instant(text: str) -> datetime | None:
    """The moment, or the beginning of a day in UTC; None for other text."""
    try:
        found = datetime.fromisoformat(text.upper()) if MOMENT.fullmatch(text) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def timely(value: str, op: str, text: str) -> bool:
    """The literal's instant, or any of its day, stands so to the value's instant."""
    start, at = instant(text), instant(value)
    if start is None or at is None:
        return False
    last = start + timedelta(days=1) - timedelta(microseconds=1) if len(text) == 10 else start
    return {"eq": start <= at <= last, "gt": at > last, "gte": at >= start, "lt": at < start, "lte": at <= last}[op]


def related(one: Any, op: str, other: Any) -> bool:
    if not same_kind(one, other) or (isinstance(one, bool) and op != "eq"):
        return False
    if isinstance(one, str) and (moments := [instant(one), instant(other)]) and None not in moments:
        one, other = moments
    return RELATIONS[op](one, other)


def aggregated(name: str, found: list[Any], op: str, number: Decimal) -> bool:
    if name == "length":
        return any(RELATIONS[op](len(each), number) for each in found if isinstance(each, str | list | dict))
    numbers = [Fraction(each) for each in unwrapped(found) if same_kind(each, Decimal(0))]
    result = {"min": min, "max": max, "avg": lambda each: sum(each) / len(each)}[name]
    return bool(numbers) and RELATIONS[op](result(numbers), Fraction(number))
