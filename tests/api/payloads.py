"""Bodies that tests post."""

from typing import Any

ELSEWHERE = "af59-b504c742900e"  # a specification that is not kept here
ORACLE_ID = "0.0.0.1+-event-billing-product-fee-cycle-cycle_forward_monthly+32341474824064940"


def voice_specification(**overrides: Any) -> dict[str, Any]:
    """A voice call: who called, how long, in which unit."""
    characteristics = [
        {"name": "originatingNumber", "valueType": "string", "minCardinality": 1, "regex": r"\+?[0-9]{5,15}"},
        {
            "name": "duration",
            "valueType": "integer",
            "minCardinality": 1,
            "maxCardinality": 1,
            "characteristicValueSpecification": [{"valueFrom": 0, "valueTo": 86400, "rangeInterval": "closed"}],
        },
        {
            "name": "unit",
            "valueType": "string",
            "characteristicValueSpecification": [{"value": "SEC"}, {"value": "MIN"}],
        },
    ]
    return {"name": "Voice call", "version": "1.0", "specCharacteristic": characteristics, **overrides}


def call_of(specification_id: str = ELSEWHERE, duration: Any = 60, **overrides: Any) -> dict[str, Any]:
    """A call of one minute."""
    return {
        "usageDate": "2026-03-01T12:00:00Z",
        "usageType": "voice",
        "usageSpecification": {"id": specification_id},
        "usageCharacteristic": [
            {"name": "originatingNumber", "value": "+15550100001"},
            {"name": "duration", "value": duration},
            {"name": "unit", "value": "SEC"},
        ],
        "relatedParty": [{"id": "acme", "role": "customer", "@referredType": "Organization"}],
        **overrides,
    }


RATING = [{"taxExcludedRatingAmount": {"unit": "EUR", "value": 10}, "taxRate": 20}]
