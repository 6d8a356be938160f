"""Short words for specifications and usages in tests."""

from datetime import UTC, datetime
from typing import Any

from specs.characteristics import Rules

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def characteristic(
    name: str = "a", value_type: str | None = None, *values: dict[str, Any], **further: Any
) -> dict[str, Any]:
    """A characteristic with its value specifications."""
    members: dict[str, Any] = {"name": name, **further}
    if value_type is not None:
        members["valueType"] = value_type
    if values:
        members["characteristicValueSpecification"] = list(values)
    return members


def specification(*listed: dict[str, Any], **further: Any) -> dict[str, Any]:
    """A specification of these characteristics."""
    return {"name": "Call", "version": "2", "specCharacteristic": list(listed), **further}


def usage(*pairs: tuple[str, Any], **further: Any) -> dict[str, Any]:
    """A usage with these names and values."""
    return {"usageCharacteristic": [{"name": name, "value": value} for name, value in pairs], **further}


def broken(document: dict[str, Any], *pairs: tuple[str, Any], **further: Any) -> list[tuple[str, str]]:
    """Path and code of every rule that a usage with these pairs breaks, noon of 1 March 2026 being now."""
    violations = Rules.of(document).check(usage(*pairs, **further), now=AT)
    return [(violation.path, violation.code) for violation in violations]


def admitted(listed: dict[str, Any], *values: Any, numeric_strings: bool = False) -> list[Any]:
    """Those of the values that the characteristic accepts."""
    rules = Rules.of(specification(listed), numeric_strings=numeric_strings)
    return [value for value in values if not rules.check(usage((listed["name"], value)), now=AT)]


def message(document: dict[str, Any], *pairs: tuple[str, Any]) -> str:
    """What is said about the one rule that is broken."""
    (violation,) = Rules.of(document).check(usage(*pairs), now=AT)
    return violation.message
