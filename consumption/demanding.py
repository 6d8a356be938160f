"""What a usage demands: by its own `impactedBucket`, or else by the consumption rules of its specification."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from consumption import units
from consumption.charging import Charge, Demand
from consumption.models import Bucket, ConsumptionRule, Posting
from consumption.models.owners import spellings
from tmfusage.tmf.moments import instant
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import distinct
from tmfusage.tmf.violations import Violation

Members = dict[str, Any]
_ASKED = ("id", "unit", "unlimited", "usage_type", "party_ids")
# What a charge depends on: when none of it changes, nothing is taken anew.
DECIDING = (
    "impactedBucket", "usageCharacteristic", "usageSpecification", "usageDate", "relatedParty", "ratedProductUsage",
)  # fmt: skip


def may_take(members: Members) -> bool:
    """Whether the usage could take from a bucket; asked of every usage, so the database is not."""
    return bool(members.get("impactedBucket") or rules_of(members))


def rules_of(members: Members) -> tuple[ConsumptionRule, ...]:
    """The rules of the usage's specification, in force or not."""
    specification = (members.get("usageSpecification") or {}).get("id")
    return ConsumptionRule.objects.remembered(specification) if specification else ()


def charge_of(usage_id: str, members: Members, restriction: str = "", now: datetime | None = None) -> Charge | None:
    """What the rated usage takes, of that party's buckets only if there is a restriction; None when that is nothing.

    A usage that names only buckets of other parties demands nothing, which its posting then tells.
    """
    told = bool(members.get("impactedBucket"))
    found = _impacted(members, restriction) if told else _ruled(members)
    if not found:
        return None
    return Charge(
        usage_id,
        _moment(members, now),
        tuple(demand for demand in found if demand),
        Posting.Source.IMPACT if told else Posting.Source.RULE,
        _user(members),
        (_products(members) or [""])[0],
        restriction,
    )


def _impacted(members: Members, restriction: str) -> list[Demand | None]:
    """One demand per impacted bucket that is kept here, None for another party's; others are somebody else's."""
    wanted: dict[str, list[tuple[int, Members]]] = {}
    for place, impact in enumerate(members["impactedBucket"]):
        if bucket_id := (impact.get("bucket") or {}).get("id"):
            wanted.setdefault(bucket_id, []).append((place, impact))
    kept = Bucket.objects.filter(pk__in=wanted).order_by("pk")
    found: list[Demand | None] = []
    for bucket_id, unit, unlimited, usage_type, parties in kept.values_list(*_ASKED):
        if restriction and restriction not in parties:
            found.append(None)
            continue
        paths = [(f"$.impactedBucket[{place}]", impact) for place, impact in wanted[bucket_id]]
        if unlimited and not unit:
            unit = next((each for _, impact in wanted[bucket_id] for each in _units(impact)), "")
        amount = sum((_net(impact, path, unit) for path, impact in paths), Decimal(0))
        if amount < 0:
            raise _refused(paths[0][0], "a usage takes from a bucket; credit it by a top-up or an adjustment")
        if amount:
            found.append(Demand(amount, unit, usage_type, bucket_id=bucket_id))
    return found


def _units(impact: Members) -> Iterable[str]:
    """The units that the impact names."""
    amounts = [impact.get("amountBefore"), *(item.get("amount") for item in impact.get("item") or ())]
    return (str(amount["units"]) for amount in amounts if amount and amount.get("units"))


def _net(impact: Members, path: str, unit: str) -> Decimal:
    """What the impact takes in base units: its items, or else the difference of before and after."""
    items = [item for item in impact.get("item") or () if item.get("amount")]
    if items:
        total = Decimal(0)
        for place, item in enumerate(items):
            amount = _amount(item["amount"], f"{path}.item[{place}].amount", unit)
            total += -amount if str(item.get("itemType", "")).lower() == "credit" else amount
        return total
    if not (impact.get("amountBefore") and impact.get("amountAfter")):
        return Decimal(0)
    before, after = (_amount(impact[name], f"{path}.{name}", unit) for name in ("amountBefore", "amountAfter"))
    return before - after


def _amount(quantity: Members, path: str, unit: str) -> Decimal:
    """The Quantity in base units; 400 when it does not fit the bucket. A missing amount is 1 (TMF's default)."""
    named = str(quantity.get("units") or unit)
    try:
        if not units.same_family(named, unit):
            raise _refused(path, f"{named} cannot be converted to {unit}")
        return units.to_base(quantity.get("amount", 1), named)
    except TmfError as refusal:
        if refusal.violations:
            raise
        raise _refused(path, refusal.message) from refusal


def _ruled(members: Members) -> list[Demand]:
    """One demand per rule in force whose quantity the usage carries."""
    return [demand for rule in rules_of(members) if rule.active and (demand := _by_rule(rule, members))]


def _by_rule(rule: ConsumptionRule, members: Members) -> Demand | None:
    values = _values(members, rule.characteristic) if rule.characteristic else [1]
    unit = rule.unit
    if rule.unit_characteristic:
        unit = str(next(iter(_values(members, rule.unit_characteristic)), unit))
    path = f"$.usageCharacteristic[?(@.name=='{rule.characteristic}')].value"
    amount = sum((_amount({"amount": value, "units": unit}, path, unit) for value in values), Decimal(0))
    if amount < 0:
        raise _refused(path, "is less than nothing, which no bucket can give")
    return Demand(amount, unit, rule.usage_type, _owner(rule, members)) if amount else None


def _owner(rule: ConsumptionRule, members: Members) -> tuple[str, tuple[str, ...]]:
    """Whose buckets, as kind and keys."""
    match rule.whose:
        case ConsumptionRule.Whose.NUMBER:
            names = [rule.whose_name] if rule.whose_name else settings.USAGE_NUMBER_CHARACTERISTICS
            numbers = [value for name in names for value in _values(members, name)]
            return "resource", tuple(spellings(str(numbers[0]))) if numbers else ()
        case ConsumptionRule.Whose.PARTY:
            role = rule.whose_name.casefold()
            parties = [each["id"] for each in _parties(members) if role in {"", str(each.get("role", "")).casefold()}]
            return "party", tuple(parties[:1])
        case _:
            return "product", tuple(_products(members))


def _values(members: Members, name: str) -> list[Any]:
    """The values of the usage's characteristics of that name."""
    return [each["value"] for each in members.get("usageCharacteristic") or () if each["name"] == name]


def _parties(members: Members) -> Iterable[Members]:
    return members.get("relatedParty") or ()


def _user(members: Members) -> str:
    """Who used it: the party in the role of user, or else the first one."""
    parties = list(_parties(members))
    users = [each["id"] for each in parties if str(each.get("role", "")).casefold() == "user"]
    return (users or [each["id"] for each in parties] or [""])[0][:255]


def _products(members: Members) -> list[str]:
    rated = members.get("ratedProductUsage") or ()
    return distinct(each["productRef"]["id"][:255] for each in rated if "productRef" in each)


def _moment(members: Members, now: datetime | None) -> datetime:
    date = members.get("usageDate")
    return instant(date) if date else now or timezone.now()


def _refused(path: str, message: str) -> TmfError:
    return broken([Violation(path, "invalidQuantity", message)])
