"""Judges of values: a characteristic's declaration compiled to closures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from specs.declarations import Alternative, Declaration
from specs.patterns import LONGEST_VALUE, Pattern
from specs.rule_names import PATTERN, TYPE, VALUES
from specs.value_types import (
    NUMERIC,
    Kind,
    Predicate,
    canonical,
    is_number,
    predicate,
    spelled_number,
    words,
)
from specs.wording import cut, either, found, shown
from tmfusage.tmf.violations import Violation


@dataclass(frozen=True, slots=True)
class Test:
    """One rule for a value: its name, whether it holds, and what to say when it does not."""

    rule: str
    holds: Predicate
    code: str
    tell: Callable[[Any], str]


class Judge:
    """Decides on the values of one characteristic."""

    __slots__ = ("admits", "declaration", "expected", "least", "most", "spreads", "tests", "unique")

    def __init__(self, declaration: Declaration, numeric_strings: bool = False):
        self.declaration = declaration
        self.least, self.most = declaration.least, declaration.most
        self.spreads, self.unique = declaration.spreads, declaration.unique
        choices = _choices(declaration) if declaration.closed else ""
        self.tests = tuple(_tests(declaration, numeric_strings, choices))
        self.admits = _all_of([test.holds for test in self.tests])
        self.expected = choices or _anything(declaration)

    def faults(self, value: Any, path: str) -> list[Violation]:
        """Every rule that the value at the path breaks; of a wrong type only that is said."""
        broken = [test for test in self.tests if not test.holds(value)]
        if broken and broken[0].code == "invalidFormat":
            del broken[1:]
        name, whose = cut(self.declaration.name), self.declaration.name
        return [Violation(path, each.code, f"{name}: {each.tell(value)}", whose, each.rule) for each in broken]


def _anything(declaration: Declaration) -> str:
    text = words(declaration.kinds)
    return f"{text} that matches {declaration.pattern.text}" if declaration.pattern else text


def _tests(declaration: Declaration, numeric_strings: bool, choices: str) -> list[Test]:
    tests = []
    of_kind = predicate(declaration.kinds, numeric_strings)
    if of_kind:
        tests.append(Test(TYPE, of_kind, "invalidFormat", lambda value: _wrong_kind(declaration, value)))
    expression = declaration.pattern
    if expression and not expression.fault:
        tests.append(Test(PATTERN, expression.predicate(), "invalidValue", lambda value: _no_match(expression, value)))
    if declaration.closed:
        numeric = numeric_strings and bool(declaration.kinds & NUMERIC)
        listed = _listed(declaration, numeric)
        allowed = f"the value is fixed to {choices}" if declaration.fixed else f"expected {choices}"
        tests.append(Test(VALUES, listed, "invalidValue", lambda value: f"{shown(value)} is not allowed; {allowed}"))
    return tests


def _all_of(predicates: list[Predicate]) -> Predicate:
    if not predicates:
        return lambda _value: True
    if len(predicates) == 1:
        return predicates[0]
    first, *others = predicates
    rest = _all_of(others)
    return lambda value: first(value) and rest(value)


def _any_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda value: any(holds(value) for holds in predicates)


def _listed(declaration: Declaration, numeric: bool) -> Predicate:
    ways = [_alternative(each, numeric) for each in declaration.alternatives]
    if declaration.constants:
        ways.append(_constant(declaration.constants, numeric))
    return _any_of(ways)


def _constant(constants: tuple[Any, ...], numeric: bool) -> Predicate:
    keys = frozenset(map(canonical, constants))
    if all(type(each) is str for each in constants) and not numeric:
        strings = frozenset(constants)
        return lambda value: type(value) is str and value in strings
    if numeric:
        return lambda value: canonical(value) in keys or canonical(spelled_number(value)) in keys
    return lambda value: canonical(value) in keys


def _alternative(alternative: Alternative, numeric: bool) -> Predicate:
    rules = []
    of_kind = predicate(alternative.kinds, numeric)
    if of_kind:
        rules.append(of_kind)
    if alternative.range:
        rules.append(_within(alternative.range.predicate(), numeric))
    if alternative.pattern:
        rules.append(_text_matching(alternative.pattern))
    return _all_of(rules)


def _within(holds: Predicate, numeric: bool) -> Predicate:
    return (lambda value: holds(spelled_number(value))) if numeric else holds


def _text_matching(expression: Pattern) -> Predicate:
    """As an alternative an expression admits only what has a text: strings and numbers."""
    holds = expression.predicate()
    return lambda value: (type(value) is str or is_number(value)) and holds(value)


def _wrong_kind(declaration: Declaration, value: Any) -> str:
    text = f"expected {words(declaration.kinds)}"
    if declaration.unit:
        text += f" ({cut(declaration.unit)})"
    return f"{text}, found {found(value)}{_advice(declaration, value)}"


def _advice(declaration: Declaration, value: Any) -> str:
    kinds = declaration.kinds
    if type(value) is str:
        if kinds & NUMERIC and is_number(spelled_number(value)):
            return "; send the number without quotes"
        if Kind.BOOLEAN in kinds and value.strip().lower() in {"true", "false"}:
            return "; send it without quotes"
    if Kind.STRING in kinds and (is_number(value) or type(value) is bool):
        return "; send it in quotes"
    if type(value) is list and declaration.most == 1:
        return "; only one value is allowed"
    return ""


def _no_match(expression: Pattern, value: Any) -> str:
    if type(value) is str and len(value) > LONGEST_VALUE:
        return f"has {len(value)} characters; at most {LONGEST_VALUE} are allowed where a regular expression applies"
    return f"{shown(value)} does not match {cut(expression.text, 256)}"


def _choices(declaration: Declaration) -> str:
    choices = [shown(each) for each in declaration.constants]
    for each in declaration.alternatives:
        parts = [each.range.words(cut(each.unit))] if each.range else [words(each.kinds or declaration.kinds)]
        if each.pattern:
            parts.append(f"that matches {cut(each.pattern.text, 256)}")
        choices.append(" ".join(parts))
    return either(choices)
