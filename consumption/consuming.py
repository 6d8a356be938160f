"""Usages take from buckets: in the transaction in which they become rated, and give back in the one in which they end.

`Usage` knows nothing of this: it asks those in `Usage.consumers` whether a change means work to them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from consumption import units
from consumption.charging import Charge, debit, rerate, reverse, standing
from consumption.demanding import DECIDING, charge_of, may_take
from consumption.models import Bucket, LedgerEntry, Posting
from tmfusage.tmf.actors import party_of
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.violations import Violation
from usage import lifecycle

Members = dict[str, Any]
Work = Callable[[], Members]
HOLDING = (lifecycle.RATED, lifecycle.BILLED)
Kind = LedgerEntry.Kind


class Consumer:
    """What a usage's verbs ask."""

    def plan(self, usage_id: str, before: Members | None, after: Members | None, by: str) -> Work | None:
        """What has to be done when a usage goes from one state to the other (None: there was, will be, no usage).

        The work runs in the transaction of the change and returns the members with which the usage is stored.
        """
        held, holds = _holds(before), _holds(after)
        if held and holds and not _deciding(before or {}, after or {}):
            return None
        if held and holds:
            return lambda: _take_anew(usage_id, before or {}, after or {}, by)
        if held:
            return lambda: _give_back(usage_id, after or {}, by)
        if holds:
            return lambda: _take(usage_id, after or {}, by)
        return None


def _holds(members: Members | None) -> bool:
    """Whether a usage in this state could hold something of a bucket."""
    return members is not None and members.get("status") in HOLDING and may_take(members)


def _deciding(before: Members, after: Members) -> bool:
    """Whether something changes that a charge depends on."""
    return any(before.get(name) != after.get(name) for name in DECIDING)


def _take(usage_id: str, members: Members, by: str) -> Members:
    charge = charge_of(usage_id, members, party_of(by))
    if charge is None:
        return members
    entries = debit(charge, by)
    return _told(members, charge, entries) if entries else members


def _give_back(usage_id: str, members: Members, by: str) -> Members:
    """What a rule had taken is told no more; what the sender had said stays, for the next rating."""
    source = reverse(usage_id, by)
    return _without_impact(members) if source == Posting.Source.RULE else members


def _take_anew(usage_id: str, before: Members, after: Members, by: str) -> Members:
    """Give back and take, if the usage now demands something else than it did: by the rules of today, both."""
    # The usage is locked, so what stands of it stays.
    ruled = Posting.objects.filter(usage_id=usage_id, reversed_at__isnull=True, source=Posting.Source.RULE).exists()
    told = before.get("impactedBucket")
    was, wanted = before, after
    if ruled:
        was = _without_impact(before)
        wanted = _without_impact(after) if after.get("impactedBucket") == told else after
    now = timezone.now()
    earlier, charge = (_demanded(usage_id, members, party_of(by), now) for members in (was, wanted))
    if charge == earlier:
        return _unmoved(usage_id, after, told, ruled, charge)
    if isinstance(charge, Refused):
        raise charge.refusal
    if charge is None:
        reverse(usage_id, by)
        return wanted
    entries = rerate(charge, by)
    return _told(wanted, charge, entries) if entries else wanted


@dataclass(frozen=True, slots=True)
class Refused:
    """A usage that demands what cannot be taken; two are the same when they break the same rules."""

    violations: tuple[Violation, ...]
    refusal: TmfError = field(compare=False)


def _demanded(usage_id: str, members: Members, restriction: str, now: datetime) -> Charge | Refused | None:
    """What the members demand by the rules of today, under which even a rated usage may have become refusable."""
    try:
        return charge_of(usage_id, members, restriction, now)
    except TmfError as refusal:
        return Refused(refusal.violations, refusal)


def _unmoved(usage_id: str, members: Members, told: Any, ruled: bool, charge: Charge | Refused | None) -> Members:
    """The usage, which holds what it held: what it tells of its buckets is still so, whatever the change says."""
    if members.get("impactedBucket") == told:
        return members
    if ruled:
        return {**members, "impactedBucket": told} if told else _without_impact(members)
    entries = standing(usage_id) if isinstance(charge, Charge) else []
    return _told(members, charge, entries) if isinstance(charge, Charge) and entries else members


def _without_impact(members: Members) -> Members:
    return {name: item for name, item in members.items() if name != "impactedBucket"}


def _told(members: Members, charge: Charge, entries: list[LedgerEntry]) -> Members:
    """The usage, which now tells what each bucket was before and after."""
    taken: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        taken.setdefault(entry.bucket_id, []).append(entry)
    impacts = {bucket_id: _impact(each, charge) for bucket_id, each in taken.items()}
    if charge.source == Posting.Source.RULE:
        return {**members, "impactedBucket": list(impacts.values())}
    given = []
    for impact in members["impactedBucket"]:
        # The first mention of a bucket tells the whole; further ones would tell it twice.
        known = impacts.pop((impact.get("bucket") or {}).get("id", ""), {})
        wanted = _MEASURED if impact.get("item") else (*_MEASURED, "item")
        measured = {name: item for name, item in known.items() if name in wanted}
        given.append({**impact, **measured})
    return {**members, "impactedBucket": given}


_MEASURED = ("amountBefore", "amountAfter", "confirmationDate")
_ITEM = {Kind.DEBIT: "usage", Kind.UNLIMITED: "usage", Kind.OVERAGE: "outOfBucket"}


def _impact(entries: list[LedgerEntry], charge: Charge) -> Members:
    """The ImpactedBucket of TMF635 v4.1."""
    bucket, last = entries[0].bucket, entries[-1]
    unit = bucket.unit or charge.demands[0].unit
    impact: Members = {"name": bucket.name} if bucket.name else {}
    if not bucket.unlimited:
        taken = sum(-entry.amount for entry in entries if entry.kind == Kind.DEBIT)
        impact["amountBefore"] = units.quantity(last.resulting_remaining + taken, unit)
        impact["amountAfter"] = units.quantity(last.resulting_remaining, unit)
    impact["confirmationDate"] = instant_text(last.at)
    impact["bucket"] = _reference(bucket)
    impact["item"] = [
        {"name": _ITEM[Kind(entry.kind)], "itemType": "debit", "amount": units.quantity(abs(entry.amount), unit)}
        for entry in entries
    ]
    return impact


def _reference(bucket: Bucket) -> Members:
    named = {"name": bucket.name, "usageType": bucket.usage_type}
    return {"id": bucket.pk, **{key: text for key, text in named.items() if text}, "@referredType": "Bucket"}


CONSUMER = Consumer()
