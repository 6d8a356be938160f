"""The kinds of attribute a representation declares: DRF fields that also check, normalise and describe themselves.

Each has `check(value, path, violations)`, which returns the value to store; what is wrong goes to
`violations`. ABSENT means: as if the member had not been sent.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tmfusage.tmf.moments import utc_text
from tmfusage.tmf.violations import Violation

Violations = list[Violation]
Check = Callable[[Any, str, Violations], Any]
ABSENT = object()
_URI = re.compile(r"[^\s\x00-\x1f\x7f<>\"{}|\\^`]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_LINE_ENDS = str.maketrans("", "", "\r\n")
# Three quarters of it are bytes. It stays below the usual API_MAX_BODY_BYTES, whatever else the body holds.
_MOST_BASE64 = 1_000_000


def shown(value: Any) -> str:
    """The value as an error message may show it: short and printable."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:81])
    return text if len(text) <= 80 else text[:79] + "…"


def _wrong(violations: Violations, path: str, expected: str, value: Any) -> Any:
    found = {dict: "an object", list: "an array", type(None): "null"}.get(type(value)) or _scalar(value)
    violations.append(Violation(path, "invalidFormat", f"expected {expected}, found {found}"))
    return value


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{'a string' if isinstance(value, str) else 'a number'} {shown(value)}"


class Text(serializers.CharField):
    """A string; `folded` ones are compared without regard to case by filters."""

    pattern: re.Pattern | None = None
    expected = "a string"

    def __init__(self, *, folded: bool = False, max_length: int = 10_000, **kwargs):
        super().__init__(max_length=max_length, **kwargs)
        self.folded, self.longest = folded, max_length

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The string unchanged."""
        if not isinstance(value, str):
            return _wrong(violations, path, self.expected, value)
        if len(value) > self.longest:
            message = f"has {len(value)} characters; the limit is {self.longest}"
            violations.append(Violation(path, "invalidValue", message))
        elif self.pattern and not self.pattern.fullmatch(value):
            return _wrong(violations, path, self.expected, value)
        return value


class Identifier(Text):
    """A key that is stored in an index: 1 to 255 characters."""

    pattern = re.compile(r".+", re.DOTALL)
    expected = "a string that is not empty"

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 255)
        super().__init__(**kwargs)


class TypeName(Identifier):
    """A class name such as `Usage`, in `@type`."""

    pattern = re.compile(r"[A-Za-z0-9_.:/#-]+")
    expected = "a class name (letters, digits and _ . : / # -)"


@extend_schema_field({"type": "string", "format": "uri"})
class Uri(Text):
    """A URI, also a relative or an unusual one: systems of today send many kinds."""

    pattern = _URI
    expected = "a URI"

    def __init__(self, **kwargs):
        super().__init__(max_length=2_048, **kwargs)


@extend_schema_field({"type": "string", "format": "base64"})
class Base64(Text):
    """Bytes in base64, padded; lines may be broken."""

    expected = "base64 (letters, digits, + and /, padded with = to a multiple of four)"

    def __init__(self, **kwargs):
        super().__init__(max_length=_MOST_BASE64, **kwargs)

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The text unchanged."""
        checked = super().check(value, path, violations)
        if isinstance(value, str) and len(value) <= self.longest and not _is_base64(value.translate(_LINE_ENDS)):
            return _wrong(violations, path, self.expected, value)
        return checked


def _is_base64(text: str) -> bool:
    return len(text) % 4 == 0 and _BASE64.fullmatch(text) is not None


class Flag(serializers.BooleanField):
    """A boolean; the strings "true" and "false", which older senders use, are read as such."""

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """True or False; an empty string is absent."""
        if isinstance(value, str):
            value = {"true": True, "false": False, "": ABSENT}.get(value.strip().lower(), value)
        return value if isinstance(value, bool) or value is ABSENT else _wrong(violations, path, "a boolean", value)


class Whole(serializers.IntegerField):
    """An integer; numeric strings, which older senders use, are read as such."""

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The integer; an empty string is absent."""
        if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,18}|", value.strip()):
            return int(value) if value.strip() else ABSENT
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return _wrong(violations, path, "an integer", value)
        if abs(value) >= 10**18:
            violations.append(Violation(path, "invalidValue", "an integer of at most 18 digits is allowed"))
        return value


class Cardinality(Whole):
    """An integer that fits a database integer."""

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The integer."""
        value = super().check(value, path, violations)
        if isinstance(value, int) and not -1 <= value < 2**31:
            violations.append(Violation(path, "invalidValue", "expected an integer from 0 to 2147483647"))
        return value


@extend_schema_field({"type": "number", "format": "float"})
class Exact(serializers.FloatField):
    """A number kept exactly: at most 14 digits before and 6 after the point, as numeric(20,6) holds."""

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The number unchanged."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return _wrong(violations, path, "a number", value)
        number = Decimal(value)
        if abs(number) >= 10**14 or number != round(number, 6):
            message = f"{shown(value)} has more than 14 digits before or 6 digits after the decimal point"
            violations.append(Violation(path, "invalidValue", message))
        return value


class Moment(serializers.DateTimeField):
    """A date-time of RFC 3339 with an offset, kept as the same instant in UTC."""

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The instant as text that ends in Z."""
        if not isinstance(value, str):
            return _wrong(violations, path, "a date-time", value)
        try:
            return utc_text(value)
        except ValueError:
            return _wrong(violations, path, "a date-time with an offset, such as 2026-01-31T12:00:00Z", value)


class Choice(serializers.ChoiceField):
    """One word of an enumeration, in any capitals; `legacy` maps old spellings."""

    def __init__(self, choices, *, legacy: dict[str, str] | None = None, **kwargs):
        super().__init__(choices, **kwargs)
        self.known = {key.lower(): key for key in self.choices} | (legacy or {})
        self.folded = True

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The word as the standard spells it."""
        known = self.known.get(value.lower()) if isinstance(value, str) else None
        if known is None:
            allowed = ", ".join(self.choices)
            violations.append(Violation(path, "invalidValue", f"{shown(value)} is not one of {allowed}"))
        return known


@extend_schema_field({})
class Anything(serializers.JSONField):
    """Any JSON value, kept in its exact type."""

    def check(self, value: Any, path: str, violations: Violations) -> Any:
        """The value unchanged."""
        return value
