"""Fan-out: every event that waits becomes a delivery for each listener that wants it."""

import logging
from contextlib import suppress

from django.db import connection, transaction

from tmfusage.hub import catching_up, replaying, rights
from tmfusage.hub.addressing import Addressed, addressed, store
from tmfusage.hub.hubs import Hub
from tmfusage.hub.outbox import Event
from tmfusage.tmf import exact
from tmfusage.tmf.refusals import TmfError

BATCH = 500
_log = logging.getLogger(__name__)

# The clock, not the start of the transaction: a listener stopped meanwhile must find these events later. One moment for
# all of them, so that a listener that catches up meets them in their order. As JSON, for texts that are full of quotes
# take long to write as an array.
_FINISH = """
UPDATE hub_event SET fanned_out_at = (SELECT clock_timestamp()), payload = coalesce(hub_event.payload, e.payload)
FROM json_to_recordset(%s::json) AS e (seq bigint, payload text) WHERE hub_event.seq = e.seq
"""


def fan_out(limit: int = BATCH) -> int:
    """Find the listeners of the oldest events that wait for it; how many events (0 while another worker is at it)."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not replaying.try_lock_fan_out():
            return 0
        events, _more = Event.objects.waiting().order_by("seq").bounded(limit)
        watch_rights()
        if not events:
            return 0
        # After the events, so that who was registered before an event happened is seen.
        hubs = list(Hub.objects.active().filter(catch_up_from=None))
        rows: list[Addressed] = []
        for event in events:
            event.payload, found = addressed(event, hubs)
            rows += found
        store(cursor, rows)
        cursor.execute(_FINISH, [exact.dumps([{"seq": each.seq, "payload": each.payload} for each in events]).decode()])
    return len(events)


def watch_rights() -> None:
    """Stop the listeners whose API client lost its rights, and cancel what listeners are not to get any more."""
    for hub_id, lost in rights.lapsed():
        hub = Hub.objects.get(pk=hub_id)
        with suppress(TmfError):  # somebody else stopped it
            hub.lapse(lost)
            _log.warning("Listener %s is stopped: %s.", hub_id, lost)
    for hub in Hub.objects.filter(cancelling=True).order_by("pk"):
        hub.cancel()


def catch_up() -> bool:
    """One step for a listener that is behind; False when none is or another worker is at it."""
    with transaction.atomic():
        if not replaying.try_lock_fan_out():
            return False
        behind = Hub.objects.active().behind().order_by("catch_up_from", "id")
        hub = behind.select_for_update(no_key=True, skip_locked=True).first()
        if hub is not None:
            catching_up.step(hub)
        return hub is not None
