"""What has been used, as reports tell it: counters of buckets, totals without a bucket, and headings; one statement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from consumption.amounts import told, told_period
from consumption.criteria import Criteria
from tmfusage.tmf import exact
from tmfusage.tmf.statements import fetch_all

Members = dict[str, Any]
# A counter of the bucket's present period, or of any that overlaps the asked one.
_STATEMENT = """
SELECT 'counter' AS what, c.id, c.bucket_id, '' AS kind, c.counter_type AS type, c.period_start, c.period_end,
       c.user_id, c.product_id, c.value, '' AS unit, c.characteristic::text AS more
FROM unnest(%s::text[], %s::timestamptz[]) v (id, start)
JOIN consumption_bucketcounter c ON c.bucket_id = v.id
WHERE c.value <> 0 AND CASE WHEN %s::bool
      THEN (c.period_end IS NULL OR c.period_end > %s::timestamptz)
           AND (c.period_start IS NULL OR c.period_start < %s::timestamptz)
      ELSE c.period_start IS NOT DISTINCT FROM v.start END
UNION ALL
SELECT 'total', t.id, t.owner_key, t.owner_kind, t.usage_type, t.period_start, t.period_end,
       t.user_id, t.product_id, t.value, t.unit, ''
FROM consumption_runningtotal t
WHERE t.owner_key = ANY(%s::text[]) AND t.owner_kind = %s AND t.value <> 0
      AND t.period_end > %s::timestamptz AND t.period_start < %s::timestamptz
UNION ALL
SELECT 'total', t.id, t.owner_key, t.owner_kind, t.usage_type, t.period_start, t.period_end,
       t.user_id, t.product_id, t.value, t.unit, ''
FROM consumption_runningtotal t
WHERE t.product_id = ANY(%s::text[]) AND t.owner_kind <> 'product' AND t.value <> 0
      AND t.period_end > %s::timestamptz AND t.period_start < %s::timestamptz
UNION ALL
SELECT 'total', t.id, t.owner_key, t.owner_kind, t.usage_type, t.period_start, t.period_end,
       t.user_id, t.product_id, t.value, t.unit, ''
FROM consumption_runningtotal t
WHERE t.user_id = ANY(%s::text[]) AND NOT (t.owner_kind = 'party' AND t.owner_key = ANY(%s::text[])) AND t.value <> 0
      AND t.period_end > %s::timestamptz AND t.period_start < %s::timestamptz
UNION ALL
SELECT 'heading', h.name, h.key, h.kind, '', h.valid_from, h.valid_to, '', '', 0, h.description, h.characteristic::text
FROM consumption_reportheading h WHERE h.key = ANY(%s::text[]) AND h.kind = %s
"""


class Line(NamedTuple):
    """A row of the statement."""

    what: str
    id: str
    key: str
    kind: str
    type: str
    start: datetime | None
    end: datetime | None
    user_id: str
    product_id: str
    value: Decimal
    unit: str
    more: str

    @property
    def party(self) -> str:
        """Whose total it is: the party that paid, or else the one that used."""
        return self.key if self.kind == "party" else self.user_id


@dataclass
class Counted:
    """The lines by what they count."""

    counters: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    totals: list[Line] = field(default_factory=list)
    headings: list[Line] = field(default_factory=list)

    @classmethod
    def of(cls, criteria: Criteria, buckets: Sequence[tuple[str, datetime | None]], now: datetime) -> "Counted":
        """What belongs to the buckets and to those asked for."""
        ids, starts = [bucket_id for bucket_id, _ in buckets], [start and start.isoformat() for _, start in buckets]
        leading = criteria.leading
        kind, keys = (leading.kind, leading.spelled) if leading else ("", [])
        asked = bool(criteria.start or criteria.end)
        start, end = criteria.start or criteria.end or now, criteria.end or now
        products, users = keys if kind == "product" else [], keys if kind == "party" else []
        found = cls()
        bound = [ids, starts, asked, start, end, keys, kind, start, end, products, start, end]
        bound += [users, users, start, end, keys, kind]
        for row in fetch_all(_STATEMENT, bound):
            found._add(Line(*row))
        return found

    def _add(self, line: Line) -> None:
        if line.what == "counter":
            self.counters[line.key].append(line)
        elif line.what == "total":
            self.totals.append(line)
        else:
            self.headings.append(line)

    def totals_of(self, criteria: Criteria, spelled: frozenset[str]) -> list[Line]:
        """The totals of one of those asked for, as far as the asker may see them."""
        return [
            total
            for total in self.totals
            if not spelled.isdisjoint((total.key, total.product_id, total.user_id))
            and (not criteria.restriction or total.party == criteria.restriction)
            and (not criteria.usage_types or total.type in criteria.usage_types)
        ]

    def heading_of(self, kind: str, spelled: frozenset[str]) -> Members:
        """What is told beside the buckets."""
        found = next((line for line in self.headings if line.kind == kind and line.key in spelled), None)
        if found is None:
            return {}
        members = {"name": found.id, "description": found.unit, "validPeriod": told_period(found.start, found.end)}
        members["characteristic"] = exact.loads(found.more.encode())
        return {name: item for name, item in members.items() if item}


def counters_of(lines: Sequence[Line], unit: str) -> list[Members]:
    """The counters of a bucket: of each type the global one, and where several users count, each of theirs."""
    if len(lines) == 1:
        return [_counter(lines[0], unit, "global")]
    counters: list[Members] = []
    grouped: dict[tuple[str, datetime | None], list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.type, line.start].append(line)
    for group in grouped.values():
        if len(group) == 1:
            counters.append(_counter(group[0], unit, "global"))
            continue
        counters.append(_counter(_together(group)._replace(user_id=""), unit, "global"))
        users: dict[str, list[Line]] = defaultdict(list)
        for line in group:
            users[line.user_id].append(line)
        counters += [_counter(_together(lines), unit, "detailed by user") for lines in users.values()]
    return counters


def _together(lines: list[Line]) -> Line:
    """One line for all of them, as of several products of a user."""
    if len(lines) == 1:
        return lines[0]
    return lines[0]._replace(id="", value=sum((line.value for line in lines), Decimal(0)), more="[]")


def _counter(line: Line, unit: str, level: str) -> Members:
    value, name = told(line.value, unit)
    members: Members = {
        "id": line.id,
        "@type": "ConsumptionSummary",
        "counterType": line.type,
        "level": level,
        "value": value,
        "valueName": name,
        "consumptionPeriod": told_period(line.start, line.end),
        "user": _user(line.user_id),
        "characteristic": exact.loads(line.more.encode()) if line.more not in {"", "[]"} else None,
    }
    return {name: item for name, item in members.items() if item}


def summary_of(total: Line) -> Members:
    """The ConsumptionSummary of what was used without a bucket; its type is the usage's."""
    value, name = told(total.value, total.unit)
    members: Members = {
        "id": total.id,
        "@type": "ConsumptionSummary",
        "counterType": total.type,
        "level": "global",
        "value": value,
        "valueName": name,
        "consumptionPeriod": told_period(total.start, total.end),
        "user": _user(total.user_id),
    }
    return {name: item for name, item in members.items() if item}


def _user(party_id: str) -> Members | None:
    return {"id": party_id, "role": "user", "@referredType": "Party"} if party_id else None
