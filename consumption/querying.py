"""Asking for consumption: at once, later by a worker, or only to look; what was asked is stored for a while."""

import logging
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consumption import events
from consumption.criteria import Criteria, criteria_of
from consumption.models import QueryUsageConsumption, UsageConsumptionReport
from consumption.report import TooManyBucketsError, compute, parsed
from tmfusage.hub import publishing
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import Resource
from tmfusage.tmf.statements import execute

Members = dict[str, Any]
State = QueryUsageConsumption.State
log = logging.getLogger("tmfusage.consumption")
BATCH = 1_000
ATTEMPTS = 3


def look(criteria: Criteria) -> list[orjson.Fragment]:
    """The consumption as it is now; 400 when it is more than one answer holds."""
    try:
        return compute(criteria, settings.CONSUMPTION_MAX_BUCKETS)
    except TooManyBucketsError:
        message = f"More than {settings.CONSUMPTION_MAX_BUCKETS} buckets match; narrow the query down, or ask for "
        message += "an asynchronous answer (Prefer: respond-async)."
        raise TmfError(400, "invalidValue", "So much is not answered at once.", message) from None


def new_query(members: Members, criteria: Criteria, by: str) -> QueryUsageConsumption:
    """The query, not stored, and without an answer as yet."""
    return QueryUsageConsumption(
        type=members.get("@type", "QueryUsageConsumption"),
        created_by=by,
        restriction=criteria.restriction,
        party_ids=criteria.visible_to,
    )


def answered(members: Members, criteria: Criteria, by: str) -> QueryUsageConsumption:
    """The query with its answer, not stored."""
    query = new_query(members, criteria, by)
    _write(query, members, look(criteria))
    return query


def ask(members: Members, criteria: Criteria, by: str) -> QueryUsageConsumption:
    """Answer the query and store both; a query for too much becomes one that a worker answers."""
    query = new_query(members, criteria, by)
    try:
        found = compute(criteria, settings.CONSUMPTION_MAX_BUCKETS)
    except TooManyBucketsError:
        return defer(members, criteria, by)
    _write(query, members, found)
    publishing.insert(events.QUERY_CREATED, query)
    return query


def defer(members: Members, criteria: Criteria, by: str) -> QueryUsageConsumption:
    """Store the query for a worker; a task that is lost is found again by the next sweep."""
    query = new_query(members, criteria, by)
    query.state = State.ACKNOWLEDGED
    _write(query, members, [])
    publishing.insert(events.QUERY_CREATED, query)
    return query


def keep(members: Members, criteria: Criteria, by: str) -> UsageConsumptionReport:
    """Store a snapshot of the consumption of one who is asked for."""
    told = merged(parsed(look(criteria)))
    given = {name: item for name, item in members.items() if name not in told or name in {"name", "description"}}
    given.pop("bucketRefOrValue", None)
    report = UsageConsumptionReport(
        type=members.get("@type", "UsageConsumptionReport"), created_by=by, party_ids=criteria.visible_to
    )
    report.members = {**told, **given, "creationDate": instant_text(report.created_at)}
    publishing.insert(events.REPORT_CREATED, report)
    return report


def merged(reports: list[Members]) -> Members:
    """One report of several: lists are joined, each thing once."""
    whole: Members = {}
    for report in reports:
        for name, item in report.items():
            if isinstance(item, list):
                known = whole.setdefault(name, [])
                known += [each for each in item if each not in known]
            else:
                whole.setdefault(name, item)
    return whole


def work(query_id: str) -> bool:
    """Answer a stored query; whether there was anything to do. Twice at once does it once."""
    with transaction.atomic():
        query = _open(query_id)
        if query is None:
            return False
        query.attempts += 1
        if query.attempts > ATTEMPTS:
            _fail(query, TmfError(500, "internalError", f"The query was given up after {ATTEMPTS} attempts."))
            return True
        _move(query, State.IN_PROGRESS)
    with transaction.atomic():
        query = _open(query_id)
        if query is None:
            return False
        _finish(query)
    return True


def _open(query_id: str) -> QueryUsageConsumption | None:
    waiting = QueryUsageConsumption.objects.filter(pk=query_id, state__in=[State.ACKNOWLEDGED, State.IN_PROGRESS])
    return waiting.select_for_update(of=("self",), skip_locked=True).first()


def _finish(query: QueryUsageConsumption) -> None:
    members = query.members
    try:
        with transaction.atomic():
            found = compute(criteria_of(members, query.restriction), settings.CONSUMPTION_MAX_BUCKETS_LATER)
    except TooManyBucketsError:
        limit = settings.CONSUMPTION_MAX_BUCKETS_LATER
        _fail(query, TmfError(400, "invalidValue", "The answer is too large.", f"More than {limit} buckets match."))
    except TmfError as refusal:
        _fail(query, refusal)
    except Exception as exc:
        log.exception("query failed", extra={"query": query.pk})
        _fail(query, TmfError(500, "internalError", "Something went wrong here; it has been logged."), exc)
    else:
        _write(query, members, found)
        _move(query, State.DONE)


def _fail(query: QueryUsageConsumption, refusal: TmfError, cause: Exception | None = None) -> None:
    told = {"code": refusal.code, "reason": refusal.reason, "status": str(refusal.status_code)}
    if refusal.message and cause is None:
        told["message"] = refusal.message
    query.members = {**query.members, "errorMessage": [{"@type": "ErrorMessage", **told}]}
    _move(query, State.FAILED)


def _move(query: QueryUsageConsumption, state: str) -> None:
    before, query.state = query.state, state
    query.touch()
    query.save()
    if before != state:
        publishing.publish(events.QUERY_MOVED, query)


def _write(query: QueryUsageConsumption, members: Members, found: list[orjson.Fragment]) -> None:
    asked = {name: item for name, item in members.items() if name not in {"@type", "usageConsumption"}}
    asked.setdefault("queryUsageConsumptionDate", instant_text(query.created_at))
    query.members = {**asked, "usageConsumption": found}


def waiting(seconds: float) -> list[str]:
    """Queries whose task must have been lost, so long ago were they to be answered; those tried least come first."""
    before = timezone.now() - timedelta(seconds=seconds)
    found = QueryUsageConsumption.objects.filter(
        state__in=[State.ACKNOWLEDGED, State.IN_PROGRESS], created_at__lte=before
    )
    return list(found.order_by("attempts", "created_at").values_list("pk", flat=True)[:BATCH])


def forget() -> int:
    """Delete a batch of the queries and reports whose time is over; how many. No event tells of it."""
    before = timezone.now() - timedelta(days=settings.CONSUMPTION_KEEP_DAYS)
    return sum(_forget(model, before) for model in (QueryUsageConsumption, UsageConsumptionReport))


def _forget(model: type[Resource], before: Any) -> int:
    table = model._meta.db_table
    statement = (
        f'DELETE FROM "{table}" WHERE id IN (SELECT id FROM "{table}" WHERE created_at < %s '  # noqa: S608 (own names)
        "ORDER BY created_at LIMIT %s::int FOR UPDATE SKIP LOCKED)"
    )
    return execute(statement, [before, BATCH])
