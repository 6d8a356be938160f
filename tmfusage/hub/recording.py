"""Picking what is due, and recording what came of it, under a lease."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tmfusage.hub.leasing import Lease
from tmfusage.hub.outbox import Delivery

# A worker may have died over a delivery that was claimed more often than tried: such ones are sent alone at last,
# so that only the one that kills is given up.
SUSPECT, POISON = 3, 5
# Bodies that are held for one listener; a single one may be larger.
MOST_BYTES = 1_048_576

_HELD = "EXISTS (SELECT 1 FROM hub_hub WHERE id = %s AND lease_token = %s AND state = 'active')"
# Nothing whose resource has an earlier delivery that waits. By one moment for all rows: by a running clock an earlier
# one could come due after it was passed over, and before it is asked whether a later one has to wait for it. `OFFSET 0`
# and `+ 0` leave one way to look for it, by the resource: a join, planned while the statistics lag behind, would read
# the whole backlog for each row. Nobody waits for the disk: a claim that a crash of the database forgets does no harm.
_PICK = f"""
WITH ready AS MATERIALIZED (
    SELECT d.id, d.event_seq FROM hub_delivery d
    WHERE d.hub_id = %s AND d.state = 0 AND d.next_attempt_at <= statement_timestamp()
      AND (d.claims - d.attempts >= {SUSPECT}) = %s AND d.resource_key <> ALL (%s)
      AND NOT EXISTS (SELECT 1 FROM hub_delivery p WHERE p.hub_id = d.hub_id AND p.resource_key = d.resource_key
                      AND p.state = 0 AND p.event_seq + 0 < d.event_seq
                      AND (p.next_attempt_at > statement_timestamp() OR p.claims - p.attempts >= {SUSPECT}) OFFSET 0)
    ORDER BY d.event_seq LIMIT %s),
sized AS (
    SELECT id, row_number() OVER in_order AS n,
           sum(octet_length(coalesce(d.payload, e.payload, ''))) OVER in_order AS bytes
    FROM ready JOIN hub_delivery d USING (id) JOIN hub_event e ON e.seq = ready.event_seq
    WINDOW in_order AS (ORDER BY ready.event_seq)),
picked AS MATERIALIZED (SELECT id FROM sized WHERE n = 1 OR bytes <= {MOST_BYTES})
UPDATE hub_delivery d SET claims = d.claims + 1 FROM picked, hub_event e
WHERE d.id = picked.id AND d.state + 0 = 0 AND e.seq = d.event_seq AND {_HELD}
  AND (SELECT set_config('synchronous_commit', 'off', TRUE)) = 'off'
RETURNING d.event_seq, d.id, d.resource_key, d.attempts, e.event_id, e.event_type,
          coalesce(d.payload, e.payload, ''), e.correlation_id,
          d.waited, extract(epoch FROM now() - e.occurred_at)::float8
"""  # noqa: S608  # constants of ours
# Rows by their ids: `+ 0` keeps the planner from reading all that is pending, which it may believe to be little.
_FINISH = f"""
WITH o AS (SELECT * FROM unnest(
        %s::bigint[], %s::smallint[], %s::float8[], %s::smallint[], %s::text[], %s::timestamptz[], %s::int[],
        %s::bytea[], %s::text[])
        AS o (id, state, delay, status, error, started_at, milliseconds, answer, peer)),
done AS (
    UPDATE hub_delivery d SET
        state = o.state, attempts = d.attempts + 1, claims = d.attempts + 1, last_status = o.status,
        last_error = o.error,
        delivered_at = CASE WHEN o.state = 1 THEN clock_timestamp() END,
        next_attempt_at = CASE WHEN o.state = 0 THEN clock_timestamp() + o.delay * interval '1 second'
                               ELSE d.next_attempt_at END
    FROM o WHERE d.id = o.id AND d.state + 0 = 0 AND {_HELD} RETURNING d.id, d.attempts)
INSERT INTO hub_attempt (delivery_id, n, started_at, milliseconds, status, error, answer, peer)
SELECT id, done.attempts, o.started_at, o.milliseconds, o.status, o.error, o.answer, o.peer FROM done JOIN o USING (id)
"""  # noqa: S608
_GIVE_BACK = f"""
UPDATE hub_delivery SET claims = greatest(claims - 1, attempts) WHERE id = ANY (%s) AND state + 0 = 0 AND {_HELD}
"""  # noqa: S608
# What waited behind a delivery that was given up has its time already: see `schedule`.
_FREE = f"""
UPDATE hub_delivery d SET waited = TRUE FROM hub_delivery g
WHERE g.id = ANY (%s) AND g.state = {Delivery.State.DEAD} AND d.hub_id = g.hub_id AND d.state = 0 AND NOT d.waited
  AND d.resource_key = g.resource_key AND d.event_seq > g.event_seq AND {_HELD}
"""  # noqa: S608
_BURY = f"""
UPDATE hub_delivery SET state = {Delivery.State.DEAD}, last_error = 'workerLost'
WHERE hub_id = %s AND state = 0 AND claims - attempts > {POISON}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be attempted now."""

    event_seq: int
    id: int
    resource_key: str
    attempts: int
    event_id: str
    event_type: str
    body: str
    correlation_id: str
    waited: bool = False
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt: the state of the delivery from now on, and the log's row."""

    id: int
    state: int
    delay: float | None
    status: int | None
    error: str
    started_at: datetime
    milliseconds: int
    answer: bytes
    peer: str
    exhausted: bool = False


def pick(lease: Lease, limit: int, busy: Collection[str] = (), suspects: bool = False) -> list[Due]:
    """Claim what is due, in the order in which it happened, of resources that are not busy."""
    with connection.cursor() as cursor:
        cursor.execute(_PICK, [lease.hub_id, suspects, list(busy), limit, lease.hub_id, lease.token])
        return sorted((Due(*row) for row in cursor.fetchall()), key=lambda due: due.event_seq)


def finish(lease: Lease, results: Sequence[Result]) -> int:
    """Record attempts, all in one statement; how many were recorded (none once the lease is lost)."""
    names = [name for name in Result.__slots__ if name != "exhausted"]
    columns = [[getattr(result, name) for result in results] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [*columns, lease.hub_id, lease.token])
        count = cursor.rowcount
        if given_up := [result.id for result in results if result.exhausted]:
            cursor.execute(_FREE, [given_up, lease.hub_id, lease.token])
    return count


def give_back(lease: Lease, ids: Sequence[int]) -> None:
    """Take back the claims of deliveries that were not attempted after all, unless the lease is lost."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, [list(ids), lease.hub_id, lease.token])


def bury(lease: Lease) -> int:
    """Give up the deliveries over which workers died again and again; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_BURY, [lease.hub_id])
        return cursor.rowcount
