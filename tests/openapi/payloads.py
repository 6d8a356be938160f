"""Bodies that use every attribute of the API."""

from typing import Any

PERIOD = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}
PARTY = {"id": "acme", "href": "https://crm.example/organization/acme", "name": "Acme", "role": "customer"}
RATING: dict[str, Any] = {
    "isBilled": False,
    "isTaxExempt": False,
    "offerTariffType": "Normal",
    "ratingAmountType": "Total",
    "ratingDate": "2026-03-01T12:05:00Z",
    "taxRate": 19.5,
    "usageRatingTag": "usage",
    "bucketValueConvertedInAmount": {"unit": "EUR", "value": 0},
    "productRef": {"id": "p1", "name": "Mobile 50"},
    "taxExcludedRatingAmount": {"unit": "EUR", "value": 12.345678},
    "taxIncludedRatingAmount": {"unit": "EUR", "value": 14.75},
}
BUCKET: dict[str, Any] = {
    "name": "minutes",
    "amountBefore": {"amount": 100, "units": "MIN"},
    "amountAfter": {"amount": 97, "units": "MIN"},
    "requestedDate": "2026-03-01T12:00:00Z",
    "bucket": {"id": "b1", "usageType": "voice"},
    "item": [{"name": "call", "amount": {"amount": 3, "units": "MIN"}, "itemType": "debit"}],
}


def characteristic() -> dict[str, Any]:
    """A characteristic with a range, a relationship and a period."""
    allowed = {
        "isDefault": False,
        "rangeInterval": "closed",
        "unitOfMeasure": "SEC",
        "valueFrom": 0,
        "valueTo": 86400,
        "valueType": "integer",
        "validFor": PERIOD,
    }
    related = {"characteristicSpecificationId": "2", "name": "unit", "relationshipType": "dependsOn", "id": "r1"}
    return {
        "id": "1",
        "name": "duration",
        "description": "Seconds",
        "configurable": True,
        "extensible": False,
        "isUnique": False,
        "minCardinality": 1,
        "maxCardinality": 1,
        "valueType": "integer",
        "validFor": PERIOD,
        "charSpecRelationship": [related],
        "characteristicValueSpecification": [allowed],
        "@valueSchemaLocation": "https://schemas.example/duration.json",
    }


def complete_specification() -> dict[str, Any]:
    """A specification with every attribute."""
    return {
        "@type": "UsageSpecification",
        "@baseType": "EntitySpecification",
        "@schemaLocation": "https://schemas.example/usage-specification.json",
        "name": "Voice call",
        "description": "A call",
        "isBundle": False,
        "lifecycleStatus": "Active",
        "version": "2.0",
        "validFor": PERIOD,
        "attachment": [{"name": "logo", "mimeType": "image/png", "content": "aGVsbG8=", "size": {"amount": 5.5}}],
        "constraint": [{"id": "c1", "version": "1", "@referredType": "Policy"}],
        "entitySpecRelationship": [
            {"id": "e1", "relationshipType": "bundles", "associationSpec": {"id": "a1"}, "validFor": PERIOD}
        ],
        "relatedParty": [PARTY],
        "specCharacteristic": [characteristic(), {"name": "unit", "valueType": "string", "regex": "[A-Z]+"}],
        "targetEntitySchema": {"@type": "Usage", "@schemaLocation": "https://schemas.example/usage.json"},
    }


def complete_usage(specification_id: str) -> dict[str, Any]:
    """A rated usage with every attribute."""
    return {
        "description": "A call",
        "usageDate": "2026-03-01T13:00:00+01:00",
        "usageType": "voice",
        "status": "rated",
        "usageSpecification": {"id": specification_id, "name": "Voice call"},
        "usageCharacteristic": [
            {
                "name": "duration",
                "valueType": "integer",
                "value": 180,
                "characteristicRelationship": [{"id": "unit", "relationshipType": "dependsOn"}],
            },
            {"name": "unit", "value": "SEC"},
        ],
        "relatedParty": [PARTY],
        "ratedProductUsage": [RATING],
        "impactedBucket": [BUCKET],
        "externalIdentifier": [{"owner": "mediation", "externalIdentifierType": "cdr", "id": "cdr-1"}],
    }
