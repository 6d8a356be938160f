"""The consumption of whoever is asked for, computed from live buckets: two statements, rendered without a model.

What a bucket's document says is passed on as its text; around it stands what its columns say now.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.utils import timezone

from consumption import reserving
from consumption.amounts import told, told_period
from consumption.counting import Counted, counters_of, summary_of
from consumption.criteria import KINDS, Choice, Criteria
from consumption.headings import References
from consumption.models import Bucket
from consumption.models.states import EXPIRED, is_overdue
from tmfusage.tmf import exact
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.statements import fetch_all

Members = dict[str, Any]
_COLUMNS = """b.id, b.type, b.status, b.unit, b.measured, b.unlimited, b.valid_from, b.valid_to, b.remaining,
       b.reserved, b.last_update, b.document::text, b.usage_type"""
_OWNED = "SELECT o.bucket_id FROM consumption_owner o WHERE o.kind = %s AND o.key = ANY(%s::text[])"
_LEADING = """(SELECT o.bucket_id, array_agg(o.key) AS keys FROM consumption_owner o
               WHERE o.kind = %s AND o.key = ANY(%s::text[]) GROUP BY o.bucket_id) m
         JOIN consumption_bucket b ON b.id = m.bucket_id"""
# What is over may have another status by now: see `_still_meets`.
_OVER = "(b.status <> 'expired' AND b.valid_to <= %s::timestamptz)"
# What has ended long ago is told when its id or its status is asked for.
_CHOSEN = f"""EXISTS (SELECT FROM unnest(%s::text[], %s::text[], %s::text[]) AS c (id, usage_type, status)
        WHERE c.id IN ('', b.id) AND c.usage_type IN ('', b.usage_type) AND (c.status IN ('', b.status) OR {_OVER})
          AND (c.id || c.status <> '' OR %s::timestamptz IS NULL OR b.status <> 'expired'
               OR b.valid_to > %s::timestamptz))"""
_ANY = "(SELECT NULL::text[] AS keys) m, consumption_bucket b"


class Row(NamedTuple):
    """A bucket as it was read."""

    id: str
    type: str
    status: str
    unit: str
    measured: bool
    unlimited: bool
    valid_from: datetime | None
    valid_to: datetime | None
    remaining: Decimal
    reserved: Decimal
    last_update: datetime
    document: str
    usage_type: str
    keys: list[str] | None


class TooManyBucketsError(Exception):
    """The answer would hold more buckets than was allowed for."""


@dataclass
class Subject:
    """One whose consumption is reported, with his buckets."""

    key: str
    spelled: frozenset[str] = frozenset()
    rows: list[Row] = field(default_factory=list)


def compute(criteria: Criteria, most: int, now: datetime | None = None) -> list[orjson.Fragment]:
    """One UsageConsumption in v4's words, as JSON text, for each who is asked for and has anything to tell of."""
    now = now or timezone.now()
    rows = _buckets(criteria, most, now)
    counted = Counted.of(criteria, [(row.id, row.valid_from) for row in rows], now)
    subjects = _subjects(criteria, rows)
    texts = {row.id: _text(row, counted) for row in rows}
    return [
        _report(subject, criteria, counted, texts, now)
        for subject in subjects
        if subject.rows or (not criteria.narrowed and counted.totals_of(criteria, subject.spelled))
    ]


def _buckets(criteria: Criteria, most: int, now: datetime) -> list[Row]:
    """The buckets that meet the criteria, in the order in which they were made."""
    leading = criteria.leading
    source, values = (_LEADING, [leading.kind, leading.spelled]) if leading else (_ANY, [])
    conditions, bound = _conditions(criteria, now)
    statement = (
        f"SELECT {_COLUMNS}, m.keys FROM {source} WHERE {' AND '.join(conditions)} "  # noqa: S608 (own words)
        "ORDER BY b.created_at, b.id LIMIT %s::int"
    )
    rows = fetch_all(statement, [*values, *bound, most + 1])
    if len(rows) > most:
        raise TooManyBucketsError
    return _as_of(now, [Row(*row) for row in rows], criteria)


def _as_of(now: datetime, rows: list[Row], criteria: Criteria) -> list[Row]:
    """The rows as they stand now: what is over, although no sweep has reached it, as that will leave it."""
    over = {row.id for row in rows if is_overdue(row, now)}
    if over:
        states = Bucket.objects.states(over, now)
        rows = [row._replace(**states[row.id]._asdict()) if row.id in states else row for row in rows]
        rows = [row for row in rows if row.id not in over or _still_meets(row, criteria, now)]
    if held := [row.id for row in rows if row.reserved and row.status != EXPIRED and row.id not in over]:
        freed = reserving.over(held, now)
        rows = [released(row, freed.get(row.id)) for row in rows]
    return rows


def released(row: Any, amount: Decimal | None) -> Any:
    """The row of a bucket after so much of what was reserved has been given back."""
    return row._replace(remaining=row.remaining + amount, reserved=row.reserved - amount) if amount else row


def _still_meets(row: Row, criteria: Criteria, now: datetime) -> bool:
    """Whether the bucket is still one of those asked for."""
    if criteria.statuses and row.status not in criteria.statuses:
        return False
    recent = row.status != EXPIRED or row.valid_to is None or row.valid_to > _recent(now)
    if criteria.choices:
        return any(_is_chosen(row, choice, recent or criteria.told_whatever_ended) for choice in criteria.choices)
    return criteria.told_whatever_ended or recent


def _is_chosen(row: Row, choice: Choice, recent: bool) -> bool:
    """The same of one of the buckets that are asked for: see `_CHOSEN`."""
    pairs = zip(choice, (row.id, row.usage_type, row.status), strict=True)
    return all(not asked or asked == found for asked, found in pairs) and bool(recent or choice.id or choice.status)


def _recent(now: datetime) -> datetime:
    """Since when what has expired is still told of."""
    return now - timedelta(days=settings.CONSUMPTION_EXPIRED_DAYS)


def _conditions(criteria: Criteria, now: datetime) -> tuple[list[str], list[Any]]:
    """What must hold of a bucket, each with the value that is bound."""
    found: list[tuple[str, list[Any]]] = [("TRUE", [])]
    for owned in criteria.owned:
        if owned is not criteria.leading:
            found.append((f"b.id IN ({_OWNED})", [owned.kind, owned.spelled]))
    for column, wanted in (("id", criteria.bucket_ids), ("usage_type", criteria.usage_types)):
        if wanted:
            found.append((f"b.{column} = ANY(%s::text[])", [list(wanted)]))
    if criteria.statuses:
        found.append((f"(b.status = ANY(%s::text[]) OR {_OVER})", [list(criteria.statuses), now]))
    if criteria.choices:
        since = None if criteria.told_whatever_ended else _recent(now)
        found.append((_CHOSEN, [*(list(each) for each in zip(*criteria.choices, strict=True)), now, since, since]))
    if criteria.restriction:
        found.append(("b.party_ids @> %s::text[]", [[criteria.restriction]]))
    if criteria.start:
        found.append(("(b.valid_to IS NULL OR b.valid_to > %s::timestamptz)", [criteria.start]))
    if criteria.end:
        found.append(("(b.valid_from IS NULL OR b.valid_from < %s::timestamptz)", [criteria.end]))
    if not (criteria.told_whatever_ended or criteria.choices):
        found.append(("(b.status <> 'expired' OR b.valid_to > %s::timestamptz)", [_recent(now)]))
    return [sql for sql, _ in found], [value for _, values in found for value in values]


def _subjects(criteria: Criteria, rows: list[Row]) -> list[Subject]:
    leading = criteria.leading
    if leading is None:
        return [Subject("", rows=rows)]
    subjects = [Subject(key, frozenset(spelled)) for key, spelled in leading.keys]
    for subject in subjects:
        subject.rows = [row for row in rows if not subject.spelled.isdisjoint(row.keys or ())]
    return subjects


def _text(row: Row, counted: Counted) -> orjson.Fragment:
    """The bucket as JSON text: what its columns say, then its document."""
    members: Members = {"id": row.id, "@type": row.type, "status": row.status, **standing(row)}
    if counters := counters_of(counted.counters.get(row.id, ()), row.unit):
        members["bucketCounter"] = counters
    front = exact.dumps(members).decode()
    rest = row.document[1:]
    return orjson.Fragment(f"{front[:-1]},{rest}" if rest.strip() != "}" else front)


def standing(row: Any) -> Members:
    """What is computed of a bucket, or of its row: validity, what remains, what is reserved."""
    members: Members = {}
    if validity := told_period(row.valid_from, row.valid_to):
        members["validFor"] = validity
    if row.unlimited:
        return {**members, "isUnlimited": True, "remainingValueName": "Unlimited"}
    if row.measured:
        members["remainingValue"], members["remainingValueName"] = told(row.remaining, row.unit)
        if row.reserved:
            members["reservedValue"], _ = told(row.reserved, row.unit)
    return members


def _report(
    subject: Subject, criteria: Criteria, counted: Counted, texts: dict[str, orjson.Fragment], now: datetime
) -> orjson.Fragment:
    """One UsageConsumption."""
    leading = criteria.leading
    kind = leading.kind if leading else ""
    references = References(kind, subject.key, subject.spelled)
    for row in subject.rows:
        references.gather(orjson.loads(row.document))
    if not criteria.narrowed:
        for total in counted.totals_of(criteria, subject.spelled):
            references.summarise(total, summary_of(total))
    moment = instant_text(max((row.last_update for row in subject.rows), default=now))
    members: Members = {"@type": "UsageConsumption", **counted.heading_of(kind, subject.spelled)}
    members |= {"creationDate": instant_text(now), "lastUpdate": moment, "state": "done"}
    members |= references.members(KINDS)
    if subject.rows:
        members["bucketRefOrValue"] = [texts[row.id] for row in subject.rows]
    return orjson.Fragment(exact.dumps(members))


def parsed(reports: Iterable[orjson.Fragment]) -> list[Members]:
    """The reports as values, for those who change their words."""
    return exact.read_own(exact.dumps(list(reports)))
