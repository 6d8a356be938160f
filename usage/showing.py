"""A usage as a document for people: every member in its place, numbers to the digit, nothing left out."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from specs.value_types import Kind, is_number, kinds_of
from tmfusage.backoffice.moments import moment
from tmfusage.tmf.moments import instant

KNOWN = frozenset(
    {
        "description",
        "usageDate",
        "usageType",
        "usageSpecification",
        "usageCharacteristic",
        "ratedProductUsage",
        "relatedParty",
        "impactedBucket",
        "externalIdentifier",
    }
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """What a person reads, how it is set, and the wire's own spelling where that is another."""

    text: str
    style: str = "text"
    exact: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


NONE = Value("")


def number(value: int | Decimal) -> str:
    """The number with all of its digits, in the reader's notation."""
    return number_format(value, use_l10n=True, force_grouping=True)


def value_of(value: Any, name: str = "", value_type: Any = "") -> Value:
    """Any JSON value; `name` and `value_type` say whether it is a phone number or a date."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return Value(_("yes") if value else _("no"), "text", "true" if value else "false")
    if isinstance(value, dict | list):
        return Value(pretty(value), "json")
    if name in settings.USAGE_NUMBER_CHARACTERISTICS:
        return Value(str(value), "phone")
    if is_number(value):
        return Value(number(value), "number", str(value))
    return _dated(value) if kinds_of(value_type) == {Kind.DATE_TIME} else Value(str(value))


def _dated(value: Any) -> Value:
    try:
        return Value(moment(instant(value)), "moment", value)
    except (TypeError, ValueError, OverflowError):
        return value_of(value)


def pretty(value: Any) -> str:
    """The value as indented JSON; Decimals keep every digit."""
    return orjson.dumps(value, default=_exact, option=orjson.OPT_INDENT_2).decode()


def _exact(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _objects(members: Json, name: str) -> list[Json]:
    """The objects of an array member; what is none is shown among the other members."""
    found = members.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _object(members: Json, name: str) -> Json:
    found = members.get(name)
    return found if isinstance(found, dict) else {}


def quantity(members: Json, name: str, amount: str, unit: str) -> Value:
    """An amount with its unit; NONE when there is none."""
    found = _object(members, name)
    if found.get(amount) is None:
        return NONE
    shown = value_of(found[amount])
    return Value(f"{shown.text} {found.get(unit) or ''}".strip(), "number", shown.exact)


def money(members: Json, name: str) -> Value:
    """An amount with its currency."""
    return quantity(members, name, "value", "unit")


def declared(specification: Json) -> dict[str, Json]:
    """What the specification says of each characteristic: its type, its unit, its description."""
    said = {}
    for each in _objects(specification, "specCharacteristic"):
        units = [value["unitOfMeasure"] for value in _objects(each, "characteristicValueSpecification")
                 if value.get("unitOfMeasure")]  # fmt: skip
        said[str(each.get("name"))] = {
            "type": each.get("valueType"),
            "unit": units[0] if len(set(map(str, units))) == 1 else "",
            "description": each.get("description", ""),
        }
    return said


def characteristics(members: Json, said: dict[str, Json]) -> list[Json]:
    """The characteristics as rows: name, value, unit, type, description."""
    rows = []
    for each in _objects(members, "usageCharacteristic"):
        name = str(each.get("name", ""))
        known = said.get(name, {})
        value_type = each.get("valueType") or known.get("type") or ""
        value = value_of(each.get("value"), name, value_type)
        unit = each.get("unitOfMeasure") or each.get("units") or (known.get("unit") if value.style == "number" else "")
        rows.append(
            {
                "name": name,
                "value": value,
                "unit": unit or "",
                "type": value_type,
                "description": known.get("description", ""),
            }
        )
    return rows


def ratings(members: Json) -> list[Json]:
    """The ratings: product, when, amounts with their currency, tax, tags."""
    return [
        {
            "product": _object(each, "productRef").get("name") or _object(each, "productRef").get("id") or "",
            "product_id": _object(each, "productRef").get("id") or "",
            "date": _dated(each["ratingDate"]) if each.get("ratingDate") else NONE,
            "tags": [each[tag] for tag in ("usageRatingTag", "offerTariffType", "ratingAmountType") if each.get(tag)],
            "net": money(each, "taxExcludedRatingAmount"),
            "tax_rate": value_of(each.get("taxRate")),
            "exempt": each.get("isTaxExempt") is True,
            "gross": money(each, "taxIncludedRatingAmount"),
            "converted": money(each, "bucketValueConvertedInAmount"),
            "billed": value_of(each.get("isBilled")),
        }
        for each in _objects(members, "ratedProductUsage")
    ]


def buckets(members: Json) -> list[Json]:
    """The buckets that the usage took from: before, after, and each change between."""
    return [
        {
            "name": each.get("name") or _object(each, "bucket").get("name") or _object(each, "bucket").get("id") or "",
            "id": _object(each, "bucket").get("id") or "",
            "description": each.get("description") or "",
            "before": quantity(each, "amountBefore", "amount", "units"),
            "after": quantity(each, "amountAfter", "amount", "units"),
            "confirmed": _dated(each["confirmationDate"]) if each.get("confirmationDate") else NONE,
            "items": [
                {
                    "name": item.get("name") or item.get("itemType") or item.get("description") or "",
                    "amount": quantity(item, "amount", "amount", "units"),
                    "reason": item.get("reason") or "",
                }
                for item in _objects(each, "item")
            ],
        }
        for each in _objects(members, "impactedBucket")
    ]


def parties(members: Json) -> list[Json]:
    """The related parties."""
    return [
        {
            "id": each.get("id") or "",
            "name": each.get("name") or "",
            "role": each.get("role") or "",
            "kind": each.get("@referredType") or "",
        }
        for each in _objects(members, "relatedParty")
    ]


def identifiers(members: Json) -> list[Json]:
    """The keys of the usage in other systems."""
    return [
        {"id": each.get("id") or "", "owner": each.get("owner") or "", "kind": each.get("externalIdentifierType") or ""}
        for each in _objects(members, "externalIdentifier")
    ]


def others(members: Json) -> list[tuple[str, Value]]:
    """The members that have no place of their own: extensions, and what the standard does not know."""
    return [(name, value_of(value)) for name, value in members.items() if name not in KNOWN]
