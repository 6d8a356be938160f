"""Usage specifications for tests."""

from typing import Any

from specs.models import UsageSpecification


def make_specification(by: str = "tests", **overrides: Any) -> UsageSpecification:
    """A stored specification of voice calls; `overrides` are wire members, None leaves a member out."""
    members = {
        "name": "Voice call",
        "version": "1.0",
        "lifecycleStatus": "Active",
        "specCharacteristic": [
            {"name": "originatingNumber", "valueType": "string", "minCardinality": 1, "regex": r"\+?[0-9]{5,15}"},
            {
                "name": "duration",
                "valueType": "integer",
                "minCardinality": 1,
                "maxCardinality": 1,
                "characteristicValueSpecification": [
                    {"valueFrom": 0, "valueTo": 86400, "rangeInterval": "closed", "unitOfMeasure": "s"}
                ],
            },
        ],
        **overrides,
    }
    present = {name: value for name, value in members.items() if value is not None}
    return UsageSpecification.receive(present, by)
