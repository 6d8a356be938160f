"""Retention: what the hub forgets after a while, in batches that no statement timeout notices."""

import time

from django.conf import settings
from django.db import connection

BATCH, PAUSE_SECONDS = 5_000, 0.1

# A delivery that is still to be made to an active listener stays, however old it is.
_OLD = """
SELECT d.id FROM hub_delivery d JOIN hub_event e ON e.seq = d.event_seq JOIN hub_hub h ON h.id = d.hub_id
WHERE e.fanned_out_at < clock_timestamp() - %s * interval '1 day' AND NOT (d.state = 0 AND h.state = 'active')
ORDER BY e.fanned_out_at LIMIT %s FOR UPDATE OF d SKIP LOCKED
"""
_DELIVERIES = f"""
WITH old AS MATERIALIZED ({_OLD}), log AS (DELETE FROM hub_attempt a USING old WHERE a.delivery_id = old.id)
DELETE FROM hub_delivery d USING old WHERE d.id = old.id
"""  # noqa: S608  # constants of ours
_EVENTS = """
DELETE FROM hub_event WHERE seq IN (
    SELECT e.seq FROM hub_event e WHERE e.fanned_out_at < clock_timestamp() - %s * interval '1 day'
    AND NOT EXISTS (SELECT 1 FROM hub_delivery d WHERE d.event_seq = e.seq)
    ORDER BY e.fanned_out_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_HUBS = """
DELETE FROM hub_hub WHERE id IN (
    SELECT h.id FROM hub_hub h WHERE h.state = 'gone' AND h.stopped_at < clock_timestamp() - %s * interval '1 day'
    AND NOT EXISTS (SELECT 1 FROM hub_delivery d WHERE d.hub_id = h.id) LIMIT %s)
"""


def forget(days: int | None = None) -> int:
    """Delete deliveries, their attempts, events and removed listeners older than HUB_RETENTION_DAYS; how many."""
    days = settings.HUB_RETENTION_DAYS if days is None else days
    return sum(_in_batches(statement, days) for statement in (_DELIVERIES, _EVENTS, _HUBS))


def _in_batches(statement: str, days: int) -> int:
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [days, BATCH])
            deleted = cursor.rowcount
        total += deleted
        if deleted < BATCH:
            return total
        time.sleep(PAUSE_SECONDS)
