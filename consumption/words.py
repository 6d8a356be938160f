"""Consumption in v5's words from v4's, in which it is stored, and back (TMF677 v5.1.0).

What neither version declares passes through as it is.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings

Members = dict[str, Any]
Change = Callable[[Any], Any]
# Classes of parties; anything else that is referred to is a role.
_PARTIES = {"", "party", "individual", "organization"}
_PARTY_CLASSES = {"PartyRef", "PartyRoleRef"}
_REFERENCE = {"id", "href", "name", "usageType", "@type", "@baseType", "@schemaLocation", "@referredType"}
_OF_PARTY = ("id", "href", "name", "partyId", "partyName", "@baseType", "@schemaLocation", "@referredType")
_CLASS_OF_VALUE = {str: "String", bool: "Boolean", int: "Integer", dict: "Object"}


def query_in_v5(members: Members) -> Members:
    """A QueryUsageConsumption."""
    told = _renamed(members, {"queryUsageConsumptionDate": "creationDate"})
    return _typed(_changed(told, _QUERY), "QueryUsageConsumption")


def report_in_v5(members: Members) -> Members:
    """A UsageConsumptionReport; v4's state of it is the task's in v5."""
    told = _renamed(members, {"bucketRefOrValue": "bucket"})
    told.pop("state", None)
    return {**_changed(told, _REPORT), "@type": _class(members, "UsageConsumptionReport", "UsageConsumption")}


def query_in_v4(members: Members) -> Members:
    """What is stored of a query that came in v5's words."""
    return _back(members)


def _bucket(bucket: Members) -> Members:
    """A bucket: by value wherever it says more than which one it is."""
    reference = "id" in bucket and set(bucket) <= _REFERENCE and bucket.get("@type") != "Bucket"
    told = _typed(_changed(bucket, _BUCKET), "BucketRef" if reference else "Bucket")
    if not reference and not settings.CONSUMPTION_BUCKET_IDS:
        told.pop("id", None)
    return told


def _relationship(relationship: Members) -> Members:
    told = _renamed(relationship, {"bucketRefOrValue": "bucket"})
    return _typed(_changed(told, {"bucket": _each(_bucket)}), "BucketRelationship")


def _party(party: Members) -> Members:
    """The role here, and whom it is played by."""
    role = str(party.get("@referredType", "")).casefold() not in _PARTIES
    given = party.get("@type")
    kind = given if isinstance(given, str) and given in _PARTY_CLASSES else "PartyRoleRef" if role else "PartyRef"
    told = {"@type": kind, **{name: party[name] for name in _OF_PARTY if name in party}}
    rest = {name: item for name, item in party.items() if name not in {*_OF_PARTY, "@type"}}
    return {**rest, "@type": "RelatedPartyRefOrPartyRoleRef", "partyOrPartyRole": told}


def _counter(kind: str) -> Change:
    changes = {"user": _party}
    return lambda counter: _typed(_changed(counter, {**changes, "characteristic": _each(_characteristic)}), kind)


def _characteristic(item: Members) -> Members:
    value = item.get("value")
    if isinstance(value, list):
        kinds = {_CLASS_OF_VALUE.get(type(each), "Number") for each in value}
        return _typed(item, f"{kinds.pop() if len(kinds) == 1 else 'Object'}ArrayCharacteristic")
    return _typed(item, f"{_CLASS_OF_VALUE.get(type(value), 'Number')}Characteristic")


def _used(kind: str) -> Change:
    """A line, service or product, with what was used of it."""
    changes = {"consumptionSummary": _each(_summary), "characteristic": _each(_characteristic)}
    return lambda members: _typed(_changed(members, changes), kind)


def _plain(kind: str) -> Change:
    return lambda members: _typed(members, kind)


def _each(change: Change) -> Change:
    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [change(each) if isinstance(each, dict) else each for each in value]
        return change(value) if isinstance(value, dict) else value

    return changed


def _changed(members: Members, changes: dict[str, Change]) -> Members:
    return {
        name: changes[name](item) if name in changes and item is not None else item for name, item in members.items()
    }


def _renamed(members: Members, names: dict[str, str]) -> Members:
    return {names.get(name, name): item for name, item in members.items()}


def _typed(members: Members, kind: str) -> Members:
    return members if members.get("@type") else {**members, "@type": kind}


def _class(members: Members, kind: str, other: str) -> str:
    """The class: a sub-class that the sender named, or else the version's own name."""
    given = str(members.get("@type") or kind)
    return kind if given == other else given


_summary = _counter("ConsumptionSummary")
_OWNERS: dict[str, Change] = {
    "relatedParty": _each(_party),
    "partyAccount": _each(_plain("PartyAccountRef")),
    "logicalResource": _each(_used("LogicalResourceRef")),
    "service": _each(_used("ServiceRef")),
    "characteristic": _each(_characteristic),
}
_BUCKET: dict[str, Change] = {
    **_OWNERS,
    "product": _each(_plain("ProductRef")),
    "bucketSpecification": _each(_plain("BucketSpecificationRef")),
    "bucketCounter": _each(_counter("BucketCounter")),
    "bucketRelationship": _each(_relationship),
    "reserveBalance": _each(_plain("ReserveBalanceRef")),
}
_REPORT: dict[str, Change] = {
    **_OWNERS,
    "product": _each(_used("UsageConsumptionProductRef")),
    "bucket": _each(_bucket),
    "consumptionSummary": _each(_summary),
}
_QUERY: dict[str, Change] = {
    "relatedParty": _OWNERS["relatedParty"],
    "partyAccount": _OWNERS["partyAccount"],
    "searchCriteria": _each(report_in_v5),
    "usageConsumption": _each(report_in_v5),
    "errorMessage": _each(_plain("ErrorMessage")),
}


def _back(value: Any) -> Any:
    """The value in v4's words."""
    if isinstance(value, list):
        return [_back(each) for each in value]
    if not isinstance(value, dict):
        return value
    members = {_V4_NAMES.get(name, name): item if name in _OPAQUE else _back(item) for name, item in value.items()}
    party = members.pop("partyOrPartyRole", None)
    if isinstance(party, dict):
        kind = party.get("@referredType") or ("PartyRole" if party.get("@type") == "PartyRoleRef" else "Party")
        members = {**members, **party, "@referredType": kind}
    if members.get("@type") in ("RelatedPartyRefOrPartyRoleRef", "UsageConsumptionReport"):
        del members["@type"]
    return members


_V4_NAMES = {"bucket": "bucketRefOrValue"}
# What is inside belongs to the sender.
_OPAQUE = {"characteristic", "value"}
