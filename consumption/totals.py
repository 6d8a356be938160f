"""Running totals: what was used without a bucket, counted by owner, product, user, usage type and month (UTC)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from consumption import units
from consumption.models.catalogue import months_later
from consumption.models.owners import Owner, canonical
from consumption.taking import Charge, Demand
from tmfusage.tmf.resources import new_id
from tmfusage.tmf.statements import execute, fetch_all, fetch_one

_KNOWN = """
SELECT id, owner_key, owner_kind, product_id, user_id, usage_type, unit, period_start
FROM consumption_runningtotal WHERE id = ANY(%s::text[])
"""
_CHANGE = "UPDATE consumption_runningtotal SET value = value + %s WHERE id = %s"
_COUNT = """
INSERT INTO consumption_runningtotal AS t (id, owner_key, owner_kind, product_id, user_id, usage_type, unit,
                                           period_start, period_end, value)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (owner_key, owner_kind, product_id, user_id, usage_type, unit, period_start)
DO UPDATE SET value = t.value + EXCLUDED.value RETURNING id
"""
Counted = list[tuple[str, str]]


class _Key(NamedTuple):
    """What is counted together; also the order in which totals are locked."""

    owner_key: str
    owner_kind: str
    product_id: str
    user_id: str
    usage_type: str
    unit: str
    start: datetime


def settle(returned: Counted, charge: Charge | None, missing: Iterable[Demand]) -> Counted:
    """Take back what is returned and count what no bucket had, in the order in which everybody does; what was counted.

    Totals are locked after buckets, and all of them in one order: nobody waits for somebody who waits for him.
    """
    changes: list[tuple[_Key, str, Decimal]] = []
    if returned:
        keys = {row[0]: _Key(*row[1:]) for row in fetch_all(_KNOWN, [[total_id for total_id, _ in returned]])}
        changes += [(keys[total_id], total_id, -Decimal(amount)) for total_id, amount in returned if total_id in keys]
    if charge:
        changes += [(_key(charge, demand), "", demand.amount) for demand in missing]
    counted: Counted = []
    for key, total_id, amount in sorted(changes):
        if total_id:
            execute(_CHANGE, [amount, total_id])
        else:
            counted.append((_count(key, amount), str(amount)))
    return counted


def _key(charge: Charge, demand: Demand) -> _Key:
    kind, keys = demand.owner
    owner = keys[0] if keys else ""
    start = charge.at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return _Key(
        owner_key=(canonical(owner) if kind == Owner.Kind.RESOURCE else owner)[:255],
        owner_kind=kind,
        product_id=charge.product_id,
        user_id=charge.user_id,
        usage_type=demand.usage_type,
        unit=units.base_of(demand.unit),
        start=start,
    )


def _count(key: _Key, amount: Decimal) -> str:
    """Add to the stored total; its id."""
    row: Any = fetch_one(_COUNT, [new_id(), *key, months_later(key.start, 1), amount])
    return str(row[0])
