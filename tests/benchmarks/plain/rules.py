"""A usage against its specification, as straightforward code would have it: look it up, loop, compare."""

from typing import Any

from rest_framework.exceptions import ValidationError

from tests.benchmarks.plain.models import PlainSpecification


def check_characteristics(specification_id: str, characteristics: list[dict[str, Any]]) -> None:
    """Return when the characteristics are those that the specification asks for; else ValidationError."""
    specification = PlainSpecification.objects.filter(pk=specification_id).first()
    if specification is None:
        return
    given = {each["name"]: each["value"] for each in characteristics}
    broken = [rule["name"] for rule in specification.characteristics if not _allows(rule, given.get(rule["name"]))]
    if broken:
        raise ValidationError({"usageCharacteristic": broken})


def _allows(rule: dict[str, Any], value: Any) -> bool:
    if value is None:
        return rule["minCardinality"] == 0
    if not isinstance(value, int if rule["valueType"] == "integer" else str):
        return False
    allowed = rule.get("characteristicValueSpecification")
    return not allowed or any(_fits(each, value) for each in allowed)


def _fits(allowed: dict[str, Any], value: Any) -> bool:
    if "value" in allowed:
        return allowed["value"] == value
    return allowed["valueFrom"] <= value <= allowed["valueTo"]
