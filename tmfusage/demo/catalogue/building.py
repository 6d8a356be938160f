"""Words with which the demonstration's specifications are written: each returns a part of the wire shape."""

from typing import Any

from tmfusage.demo.operator import DOCUMENTS, OPERATOR

Part = dict[str, Any]

PHONE = r"^\+[1-9][0-9]{6,14}$"
COUNTRY = r"^[A-Z]{2}$"
CALLING_CODE = r"^[1-9][0-9]{0,2}$"
NETWORK = r"^[0-9]{5,6}$"


def identifier(family: str, version: str) -> str:
    """The id under which a specification of the demonstration is kept."""
    return f"{family}-{version}"


def specification(
    family: str, version: str, name: str, description: str, characteristics: list[Part], **further
) -> Part:
    """A whole specification; `further` members are added as they are."""
    return {
        "id": identifier(family, version),
        "@type": "UsageSpecification",
        "name": name,
        "description": description,
        "version": version,
        "lifecycleStatus": "Active",
        "isBundle": False,
        "validFor": {"startDateTime": "2023-01-01T00:00:00Z"},
        "relatedParty": [{"id": OPERATOR.id, "name": OPERATOR.name, "role": "owner", "@referredType": "Organization"}],
        **({"specCharacteristic": characteristics} if characteristics else {}),
        **further,
    }


def characteristic(name: str, value_type: str, description: str, *values: Part, **further) -> Part:
    """A characteristic that each usage carries exactly once, with the values it may take."""
    part = {
        "name": name,
        "description": description,
        "valueType": value_type,
        "configurable": True,
        "extensible": False,
        "minCardinality": 1,
        "maxCardinality": 1,
        **further,
    }
    return {**part, "characteristicValueSpecification": list(values)} if values else part


def optional(name: str, value_type: str, description: str, *values: Part, **further) -> Part:
    """A characteristic that a usage may leave out."""
    return characteristic(name, value_type, description, *values, **{"minCardinality": 0, **further})


def one_of(*allowed: str, default: str | None = None) -> list[Part]:
    """The allowed values of a string characteristic."""
    return [{"valueType": "string", "value": value, "isDefault": value == default} for value in allowed]


def span(unit: str, lowest: int, highest: int, interval: str = "closed", kind: str = "integer") -> Part:
    """A range with its unit and the ends that belong to it."""
    return {
        "valueType": kind,
        "valueFrom": lowest,
        "valueTo": highest,
        "rangeInterval": interval,
        "unitOfMeasure": unit,
    }


def moments(start: str, end: str, what: str) -> list[Part]:
    """The two characteristics that say when something began and ended."""
    return [
        characteristic(start, "dateTime", f"When the {what} began."),
        characteristic(
            end,
            "dateTime",
            f"When the {what} ended.",
            charSpecRelationship=[{"name": start, "relationshipType": "dependency"}],
        ),
    ]


def guide(name: str, path: str, size: int) -> Part:
    """An attached document, kept elsewhere."""
    return {
        "@type": "AttachmentRef",
        "name": name,
        "attachmentType": "document",
        "mimeType": "application/pdf",
        "url": f"{DOCUMENTS}/{path}",
        "size": {"amount": size, "units": "KB"},
    }


def follows(family: str, version: str, name: str, kind: str, role: str) -> Part:
    """A relationship to another specification of the demonstration."""
    return {
        "id": identifier(family, version),
        "name": name,
        "relationshipType": kind,
        "role": role,
        "@referredType": "UsageSpecification",
    }
