"""Strict JSON in, exact JSON out.

In: UTF-8 only, no duplicate keys, no NaN, no NUL, no lone surrogates, bounded depth, numbers as int or
Decimal (never float). Out: orjson, Decimals as JSON numbers digit for digit.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from django.conf import settings

from tmfusage.tmf.refusals import invalid_body

MAX_DIGITS = 64
MAX_EXPONENT = 308
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"{[]}"))
_INT64 = range(-(2**63), 2**64)


def loads(body: bytes) -> Any:
    """The JSON value of the bytes; 400 that says what is wrong and where."""
    _check_depth(body)
    try:
        text = body.decode("utf-8")
        value = _DECODER.decode(text.removeprefix("\ufeff"))
    except UnicodeDecodeError as exc:
        raise invalid_body(f"The body is not UTF-8 (byte {exc.start}).") from exc
    except json.JSONDecodeError as exc:
        raise invalid_body(f"Not JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}.") from exc
    except (RecursionError, ValueError) as exc:
        raise invalid_body("The body is not JSON that can be read.") from exc
    # Raw control characters are refused by the decoder, so only an escape can smuggle these in.
    if "\\u" in text:
        _check_strings(value)
    return value


def read_own(text: bytes) -> Any:
    """The JSON value of text that we have written: nothing in it has to be refused again."""
    return _DECODER.decode(text.decode())


def dumps(value: Any) -> bytes:
    """The value as compact UTF-8 JSON; Decimals keep every digit."""
    return orjson.dumps(value, default=fragment)


def dumps_indented(value: Any) -> bytes:
    """The value as JSON for people to read: two blanks a level, Decimals with every digit."""
    return orjson.dumps(value, default=fragment, option=orjson.OPT_INDENT_2)


def fragment(value: Any) -> orjson.Fragment:
    """A Decimal as orjson writes it: digit for digit."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        name = next(name for name in names if names.count(name) > 1)
        raise invalid_body(f"The member {name[:80]!r} appears twice in one object.")
    return members


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as exc:
        raise invalid_body(f"The number {text[:40]} cannot be read.") from exc
    if len(text) > MAX_DIGITS or (number and abs(number.adjusted()) > MAX_EXPONENT):
        raise invalid_body(f"The number {text[:40]} has too many digits.")
    return number


def _whole(text: str) -> int | Decimal:
    if len(text) > MAX_DIGITS:
        raise invalid_body(f"The number {text[:40]}… has more than {MAX_DIGITS} digits.")
    return whole(text)


def whole(text: str) -> int | Decimal:
    """The integer; beyond 64 bits a Decimal, which can be written again."""
    number = int(text)
    return number if number in _INT64 else Decimal(text)


def _constant(text: str) -> None:
    raise invalid_body(f"{text} is not a JSON value.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_decimal, parse_int=_whole, parse_constant=_constant, strict=True
)


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting before the decoder recurses into it."""
    limit = settings.API_MAX_DEPTH
    if body.count(b"{") + body.count(b"[") <= limit:
        return
    depth = deepest = 0
    for bracket in _STRING.sub(b"", body).translate(None, delete=_NOT_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    if deepest > limit:
        raise invalid_body(f"The body is nested {deepest} deep; the limit is {limit}.")


def check_text(text: str) -> None:
    """Refuse what PostgreSQL or UTF-8 cannot hold: NUL and lone surrogates."""
    if "\x00" in text:
        raise invalid_body("A string contains the character NUL (\\u0000).")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise invalid_body("A string contains half of a surrogate pair.") from exc


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            check_text(name)
            _check_strings(item)
