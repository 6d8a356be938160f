"""Value types: which JSON values each one admits, however a specification spells it.

The standard leaves `valueType` free text. Spellings met in practice are understood in any capitals and with
or without `-`, `_` and blanks; any other word means ANY: every value is admitted.
"""

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Any

Predicate = Callable[[Any], bool]
NUMBERS = frozenset({int, Decimal, float})
LONGEST_SPELLED_OUT = 400


class Kind(StrEnum):
    """What a value type means."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE_TIME = "dateTime"
    DATE = "date"
    TIME = "time"
    OBJECT = "object"
    ARRAY = "array"


Kinds = frozenset[Kind]
ANY: Kinds = frozenset()
NUMERIC: Kinds = frozenset({Kind.NUMBER, Kind.INTEGER})
TEXTUAL: Kinds = frozenset({Kind.STRING, Kind.DATE_TIME, Kind.DATE, Kind.TIME})

SPELLINGS = {
    Kind.STRING: "string text str char character varchar",
    Kind.NUMBER: "number numeric decimal float double real",
    Kind.INTEGER: "integer int long short bigint smallint int32 int64",
    Kind.BOOLEAN: "boolean bool",
    Kind.DATE_TIME: "datetime timestamp",
    Kind.DATE: "date fulldate",
    Kind.TIME: "time fulltime",
    Kind.OBJECT: "object obj map struct",
    Kind.ARRAY: "array list set",
}
_KINDS = {spelling: frozenset({kind}) for kind, spellings in SPELLINGS.items() for spelling in spellings.split()}

_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_LONG_MONTHS = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTHS = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
_OFFSET = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
# One expression for the validator and for the JSON Schema, so that they cannot disagree on 2026-02-30.
DATE = f"(?:{_YEAR}-(?:{_LONG_MONTHS}|{_SHORT_MONTHS}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
DATE_TIME = f"{DATE}[Tt]{_CLOCK}{_OFFSET}"
TIME = f"{_CLOCK}{_OFFSET}?"

_DATE, _DATE_TIME, _TIME = re.compile(DATE), re.compile(DATE_TIME), re.compile(TIME)
SPELLED_NUMBER = r"[+-]?[0-9]{1,64}(?:\.[0-9]{1,64})?(?:[eE][+-]?[0-9]{1,3})?"
_SPELLED_NUMBER = re.compile(SPELLED_NUMBER)
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]")

WORDS = {
    Kind.STRING: "a string",
    Kind.NUMBER: "a number",
    Kind.INTEGER: "an integer",
    Kind.BOOLEAN: "true or false",
    Kind.DATE_TIME: "a date-time with an offset, such as 2026-01-31T12:00:00Z,",
    Kind.DATE: "a date, such as 2026-01-31,",
    Kind.TIME: "a time, such as 12:00:00,",
    Kind.OBJECT: "an object",
    Kind.ARRAY: "an array",
}


def folded(text: Any) -> str:
    """The text in small letters, without blanks and punctuation; empty when it is no text."""
    return _NOT_ALPHANUMERIC.sub("", text.casefold()) if isinstance(text, str) else ""


def kinds_of(value_type: Any) -> Kinds:
    """What the value type means; ANY when it is absent or unknown."""
    return _KINDS.get(folded(value_type), ANY)


def is_number(value: Any) -> bool:
    """Whether it is a JSON number; a boolean is none."""
    return type(value) in NUMBERS


def is_integer(value: Any) -> bool:
    """Whether it is a number without a fraction: 20 and 20.0 alike, as in JSON Schema."""
    kind = type(value)
    return (
        kind is int
        or (kind is Decimal and value == value.to_integral_value())
        or (kind is float and value.is_integer())
    )


def spelled_number(value: Any) -> Any:
    """The number that a string spells; any other value unchanged."""
    if type(value) is str and _SPELLED_NUMBER.fullmatch(value):
        return Decimal(value)
    return value


PREDICATES: dict[Kind, Predicate] = {
    Kind.STRING: lambda value: type(value) is str,
    Kind.NUMBER: is_number,
    Kind.INTEGER: is_integer,
    Kind.BOOLEAN: lambda value: type(value) is bool,
    Kind.DATE_TIME: lambda value: type(value) is str and _DATE_TIME.fullmatch(value) is not None,
    Kind.DATE: lambda value: type(value) is str and _DATE.fullmatch(value) is not None,
    Kind.TIME: lambda value: type(value) is str and _TIME.fullmatch(value) is not None,
    Kind.OBJECT: lambda value: type(value) is dict,
    Kind.ARRAY: lambda value: type(value) is list,
}


def predicate(kinds: Kinds, numeric_strings: bool = False) -> Predicate | None:
    """What tells whether a value is of one of the kinds; None when every value is."""
    if not kinds:
        return None
    tests = [PREDICATES[kind] for kind in sorted(kinds)]
    strict: Predicate = tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)
    if numeric_strings and kinds & NUMERIC:
        return lambda value: strict(value) or (type(value) is str and strict(spelled_number(value)))
    return strict


def words(kinds: Iterable[Kind]) -> str:
    """The kinds as a message names them."""
    return " or ".join(WORDS[kind] for kind in sorted(kinds)).removesuffix(",") or "a value"


def number_text(number: int | Decimal | float) -> str:
    """The number's one canonical spelling: 20.0, 2E1 and 20 are all "20"."""
    if type(number) is int and number.bit_length() < 1_024:
        return str(number)
    exact = Decimal(repr(number)) if type(number) is float else Decimal(number)
    if not exact:
        return "0"
    if not exact.is_finite() or abs(exact.adjusted()) > LONGEST_SPELLED_OUT:
        return _scientific(exact)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(number: Decimal) -> str:
    sign, digits, exponent = number.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    if not isinstance(exponent, int):
        return str(number)
    return f"{'-' if sign else ''}{significant}E{exponent + len(digits) - len(significant)}"


def canonical(value: Any) -> str:
    """A text that two JSON values share exactly when they are equal: 1 equals 1.0, neither "1" nor true.

    Walks with a stack of its own, so that depth is no danger.
    """
    parts: list[str] = []
    pending: list[tuple[bool, Any]] = [(False, value)]
    while pending:
        ready, item = pending.pop()
        kind = type(item)
        if ready:
            parts.append(item)
        elif kind is str:
            parts.append(json.dumps(item))
        elif kind in NUMBERS:
            parts.append(number_text(item))
        elif kind is list:
            parts.append("[")
            pending.append((True, "]"))
            pending += _separated([[(False, element)] for element in reversed(item)])
        elif kind is dict:
            parts.append("{")
            pending.append((True, "}"))
            names = sorted(item, key=str, reverse=True)
            pending += _separated([[(False, item[name]), (True, ":"), (False, str(name))] for name in names])
        else:
            parts.append({True: "true", False: "false", None: "null"}.get(item, "?"))
    return "".join(parts)


def _separated(steps: list[list[tuple[bool, Any]]]) -> list[tuple[bool, Any]]:
    """The steps, last one first, with commas between them."""
    flat: list[tuple[bool, Any]] = []
    for step in steps:
        if flat:
            flat.append((True, ","))
        flat += step
    return flat
