"""Fan-out: every event that waits becomes a delivery for each listener that wants it."""

from django.db import connection, transaction

from tmfusage.hub.addressing import Addressed, addressed, store
from tmfusage.hub.hubs import Hub
from tmfusage.hub.outbox import Event
from tmfusage.hub.replaying import FAN_OUT_LOCK

BATCH = 500

# The clock, not the start of the transaction: a listener stopped meanwhile must find these events later.
_FINISH = """
UPDATE hub_event SET fanned_out_at = clock_timestamp(), payload = coalesce(hub_event.payload, e.payload)
FROM unnest(%s::bigint[], %s::text[]) AS e (seq, payload) WHERE hub_event.seq = e.seq
"""


def fan_out(limit: int = BATCH) -> int:
    """Find the listeners of the oldest events that wait for it; how many events (0 while another worker is at it)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FAN_OUT_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        events = list(Event.objects.waiting().order_by("seq")[:limit])
        if not events:
            return 0
        # After the events, so that who was registered before an event happened is seen.
        hubs = list(Hub.objects.active())
        rows: list[Addressed] = []
        for event in events:
            event.payload, found = addressed(event, hubs)
            rows += found
        store(cursor, rows)
        cursor.execute(_FINISH, [[event.seq for event in events], [event.payload for event in events]])
    return len(events)
