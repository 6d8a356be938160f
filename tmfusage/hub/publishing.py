"""publish(): the event becomes a row in the transaction of the change, if any listener could want it."""

import time
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.transaction import TransactionManagementError

from tmfusage.hub import nudging
from tmfusage.hub.outbox import new_event_id
from tmfusage.hub.topics import TOPICS
from tmfusage.telemetry import request_id
from tmfusage.tmf import exact
from tmfusage.tmf.resources import Resource
from tmfusage.tmf.statements import execute, fetch_one

WAIT_SECONDS = 5.0
# Whether somebody could want it is asked in the statement that writes it: no memory of ours can be stale. A stopped
# listener counts, for it may catch up.
_WANTED = """
EXISTS (SELECT 1 FROM hub_hub h WHERE h.state <> 'gone' AND h.api = e.api
        AND (cardinality(h.event_types) = 0 OR e.event_type = ANY (h.event_types))
        AND (h.party = '' OR h.party = ANY (e.party_ids)))
"""
_EVENT = f"""
INSERT INTO hub_event (event_id, api, event_type, resource_type, resource_id, revision, party_ids, snapshot,
                       field_path, correlation_id)
SELECT e.* FROM ({{told}}) e
WHERE {_WANTED}
"""  # noqa: S608  # constants of ours
_INSERT = _EVENT.format(
    told="""
    SELECT %s::text AS event_id, %s::text AS api, %s::text AS event_type, %s::text, %s::text, %s::bigint,
           %s::text[] AS party_ids, %s::text, %s::text, %s::text"""
)
# The resource and its event in one statement, which is a transaction of its own where there is none. The event is made
# of the row as it was stored: its document is sent once, and nothing is put together that nobody wants.
_STORED = """
    SELECT %s::text AS event_id, '{api}'::text AS api, '{event_type}'::text AS event_type, '{resource}'::text, s.id,
           s.revision, s.party_ids, {snapshot}, ''::text, %s::text
    FROM stored s"""
_STORE = """
WITH stored AS ({insertion} RETURNING {columns}), told AS ({event} RETURNING 1)
SELECT (SELECT count(*) FROM stored), (SELECT count(*) FROM told)
"""
_SNAPSHOT = "'{{' || {front} || CASE s.document::text WHEN '{{}}' THEN '}}' ELSE ',' || substr(s.document::text, 2) END"
# Who publishes locks the outbox weakly until the end of the transaction, before looking for listeners: those that asked
# before a new listener could be seen are among those that hold such a lock now. Readers hold another one.
_WRITERS = """
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation = 'hub_event'::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
"""


class OutsideTransactionError(TransactionManagementError):
    """An event was published outside the transaction of its change."""


def publish(event_type: str, resource: Resource, changed: Iterable[str] = ()) -> bool:
    """Note that this happened to the resource, after its row was written; whether a listener could want it.

    Must run inside the transaction of the change: the event commits with it or not at all. `changed` are the names
    of the changed members, for events that tell them.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if not database.in_atomic_block:
        raise OutsideTransactionError(f"{event_type} was published outside the transaction of its change.")
    return _nudge_if(execute(_INSERT, _row(event_type, resource, changed)))


def publish_all(event_type: str, resources: Iterable[Resource]) -> int:
    """Note that this happened to each of the resources, after they were written; how many a listener could want."""
    execute("LOCK TABLE hub_event IN ROW EXCLUSIVE MODE", [])
    if fetch_one("SELECT 1 FROM hub_hub WHERE state <> 'gone' AND api = %s LIMIT 1", [TOPICS[event_type].api]) is None:
        return 0
    return sum(publish(event_type, resource) for resource in resources)


def insert(event_type: str, resource: Resource, condition: str = "TRUE", values: Sequence[Any] = ()) -> bool:
    """Store a new resource with its event if the condition (SQL of ours) holds at that moment; whether it did."""
    insertion, row = resource.insertion(condition)
    statement = _store_statement(insertion, event_type, type(resource))
    stored = fetch_one(statement, [*row, *values, new_event_id(), request_id.get()[:64]])
    if stored is None or not stored[0]:
        return False
    resource._state.adding = False
    _nudge_if(stored[1])
    return True


@cache
def _store_statement(insertion: str, event_type: str, model: type[Resource]) -> str:
    topic, columns = TOPICS[event_type], {"id": "id", "@type": "type", **model.spliced}
    front = " || ',' || ".join(f"""'"{wire}":' || to_json(s.{column})""" for wire, column in columns.items())
    told = {"api": topic.api, "event_type": event_type, "resource": topic.resource}
    event = _EVENT.format(told=_STORED.format(**told, snapshot=_SNAPSHOT.format(front=front)))
    returned = ", ".join(dict.fromkeys([*columns.values(), "revision", "party_ids", "document"]))
    return _STORE.format(insertion=insertion, columns=returned, event=event)


def _row(event_type: str, resource: Resource, changed: Iterable[str]) -> list[Any]:
    topic = TOPICS[event_type]
    told = [topic.resource, resource.pk, resource.revision, resource.party_ids, snapshot_of(resource)]
    return [new_event_id(), topic.api, event_type, *told, ",".join(changed), request_id.get()[:64]]


def _nudge_if(wanted: int) -> bool:
    if wanted:
        transaction.on_commit(nudging.nudge)
    return bool(wanted)


def snapshot_of(resource: Resource) -> str:
    """The resource as JSON text, like `shown`: its columns in front of its document, which is not parsed."""
    spliced = {wire: getattr(resource, column) for wire, column in resource.spliced.items()}
    front = exact.dumps({"id": resource.pk, "@type": resource.type, **spliced}).decode()
    members = resource.document.strip()[1:]
    return front[:-1] + (members if members.lstrip().startswith("}") else f",{members}")


def await_writers() -> bool:
    """Wait for the transactions that published without seeing a listener that has just committed; whether all ended.

    Without it an event that commits after the answer to POST /hub, but asked before, would be missed.
    """
    database = connections[DEFAULT_DB_ALIAS]
    deadline = time.monotonic() + WAIT_SECONDS
    pending: set[str] | None = None
    while pending is None or pending:
        with database.cursor() as cursor:
            cursor.execute(_WRITERS)
            seen = {row[0] for row in cursor.fetchall()}
        pending = seen if pending is None else pending & seen
        if pending and time.monotonic() > deadline:
            return False
        if pending:
            time.sleep(0.02)
    return True
