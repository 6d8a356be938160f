"""What a value is compared with: a client's literal, read as the attribute's declaration or its own looks say."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from rest_framework import serializers

from tmfusage.tmf import exact
from tmfusage.tmf.attributes import Anything, Choice, Exact, Flag, Moment, Whole
from tmfusage.tmf.query.instants import period_of
from tmfusage.tmf.query.regexes import checked_pattern
from tmfusage.tmf.query.tree import Literal
from tmfusage.tmf.refusals import invalid_query

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
# Only these letters: what PostgreSQL folds beyond them depends on how the database was made.
_FOLDING = str.maketrans(ascii_uppercase, ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Equal:
    """The same JSON string, number or boolean; 1.0 is the number 1."""

    value: str | Decimal | bool


@dataclass(frozen=True, slots=True)
class Folded:
    """A string that differs in capitals at most."""

    value: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """A number before or behind a number, a string before or behind a string by code points."""

    operator: str
    value: str | Decimal


@dataclass(frozen=True, slots=True)
class Within:
    """A string that is a date-time or date from `start` (included) to `end` (excluded)."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Fits:
    """A string in which the pattern occurs."""

    pattern: str


Test = Equal | Folded | Ordered | Within | Fits


def fold(text: str) -> str:
    """The text with the capitals A to Z made small."""
    return text.translate(_FOLDING)


def tests_of(name: str, field: Any, operator: str, literal: Literal, untyped: bool) -> tuple[Test, ...]:
    """The tests of which one must hold, for an operator other than ne; 400 for what the attribute cannot be.

    `untyped` literals come from an attribute filter, where 60 may mean the number and the string.
    """
    text = text_of(literal)
    if operator == "regex":
        if isinstance(field, Exact | Whole | Flag):
            raise invalid_query(f"{name} is no text; a regular expression finds nothing in it.")
        return (Fits(checked_pattern(text)),)
    if field is None or isinstance(field, Anything):
        return _undeclared(name, operator, text if untyped else literal, untyped)
    if isinstance(field, Moment):
        return (_within(name, operator, text),)
    if isinstance(field, Exact | Whole):
        number = number_of(text)
        if number is None:
            raise invalid_query(f"{name} is a number.")
        return (Equal(number) if operator == "eq" else Ordered(operator, number),)
    if isinstance(field, Flag):
        return (_flag(name, operator, text),)
    return (_text(field, operator, text),)


def text_of(literal: Literal) -> str:
    """The literal as a client would write it in an attribute filter."""
    return str(literal).lower() if isinstance(literal, bool) else str(literal)


def number_of(text: str) -> Decimal | None:
    """The number that the text is; None for other text and for numbers out of all proportion."""
    if not _NUMBER.fullmatch(text) or len(text) > exact.MAX_DIGITS:
        return None
    number = Decimal(text)
    return None if number and abs(number.adjusted()) > exact.MAX_EXPONENT else number


def _text(field: serializers.Field, operator: str, text: str) -> Test:
    if operator != "eq":
        return Ordered(operator, text)
    if isinstance(field, Choice):
        return Equal(field.known.get(text.lower(), text))
    return Folded(fold(text)) if getattr(field, "folded", False) else Equal(text)


def _flag(name: str, operator: str, text: str) -> Test:
    if operator != "eq" or text.lower() not in _BOOLEANS:
        raise invalid_query(f"{name} is true or false.")
    return Equal(_BOOLEANS[text.lower()])


def _within(name: str, operator: str, text: str) -> Within:
    period = period_of(operator, text)
    if period is None:
        raise invalid_query(f"{name} is a date-time such as 2026-01-31T12:00:00Z, or a date.")
    return Within(*period)


def _undeclared(name: str, operator: str, literal: Literal, untyped: bool) -> tuple[Test, ...]:
    if isinstance(literal, str):
        return _by_looks(operator, literal, untyped)
    if operator == "eq":
        return (Equal(literal),)  # type: ignore[arg-type]  # null is handled before
    if isinstance(literal, bool):
        raise invalid_query(f"{name}: true and false have no order.")
    return (Ordered(operator, literal),)  # type: ignore[arg-type]


def _by_looks(operator: str, text: str, untyped: bool) -> tuple[Test, ...]:
    """A date-time is an instant; in an attribute filter, digits are a number too, and true a boolean."""
    if period := period_of(operator, text):
        return (Within(*period),)
    number = number_of(text) if untyped else None
    if operator != "eq":
        return (Ordered(operator, text if number is None else number),)
    tests: list[Test] = [Equal(text)]
    if number is not None:
        tests.append(Equal(number))
    if untyped and text in _BOOLEANS:
        tests.append(Equal(_BOOLEANS[text]))
    return tuple(tests)
