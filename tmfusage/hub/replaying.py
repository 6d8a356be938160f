"""Replay: deliveries that are made again, or that a stopped listener missed."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from tmfusage.hub import nudging
from tmfusage.hub.addressing import NOT_RENDERED, Addressed, Wordings, addressed, store
from tmfusage.hub.outbox import DatabaseClock, Delivery, DeliveryQuerySet, Event, EventQuerySet

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

FAN_OUT_LOCK = 635_677
BATCH = 500


def lock_fan_out() -> None:
    """Keep fan-out away until this transaction ends: an event goes to a listener by it or by a replay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FAN_OUT_LOCK])


@transaction.atomic
def again(deliveries: DeliveryQuerySet) -> int:
    """Make these finished deliveries once more, from their first attempt; how many."""
    _word(deliveries)
    finished = deliveries.filter(state__in=[Delivery.State.DELIVERED, Delivery.State.DEAD], hub__state="active")
    count = finished.update(
        state=Delivery.State.PENDING,
        attempts=0,
        claims=0,
        next_attempt_at=DatabaseClock(),
        last_error="",
        delivered_at=None,
        trigger=Delivery.Trigger.MANUAL,
    )
    transaction.on_commit(nudging.nudge)
    return count


def again_since(hub: "Hub", since: datetime) -> int:
    """Deliver again, and for the first time what was missed, everything that happened since then; how many."""
    happened = Event.objects.filter(fanned_out_at__gte=since, occurred_at__gte=since)
    count = again(Delivery.objects.filter(hub=hub, event__in=happened))
    return count + _add(hub, happened)


def catch_up(hub: "Hub", since: datetime) -> int:
    """Add the deliveries that the listener missed since it was stopped then; how many."""
    return _add(hub, Event.objects.filter(fanned_out_at__gte=since))


def deliver(event: Event, hub: "Hub", trigger: str) -> Delivery:
    """Deliver one event to one listener, whatever its query says."""
    payload, rows = addressed(event, [hub], asked=False)
    Event.objects.filter(pk=event.pk, payload=None).update(payload=payload)
    with connection.cursor() as cursor:
        store(cursor, rows)
    Delivery.objects.filter(event=event, hub=hub).update(trigger=trigger)
    return Delivery.objects.get(event=event, hub=hub)


def _add(hub: "Hub", events: EventQuerySet) -> int:
    """Deliveries of these events, as far as the listener wants them and has none yet; how many."""
    missing = events.filter(occurred_at__gte=hub.created_at, api=hub.api).exclude(deliveries__hub=hub)
    count = 0
    for batch in _batches(missing):
        worded: list[Event] = []
        rows: list[Addressed] = []
        for event in batch:
            before = event.payload
            event.payload, found = addressed(event, [hub])
            rows += found
            if event.payload != before:
                worded.append(event)
        with connection.cursor() as cursor:
            count += store(cursor, rows)
        Event.objects.bulk_update(worded, ["payload"])
    return count


def _batches(events: EventQuerySet) -> Iterator[list[Event]]:
    """In the order in which they happened."""
    last = 0
    while batch := list(events.filter(seq__gt=last).order_by("seq")[:BATCH]):
        last = batch[-1].seq
        yield batch


def _word(deliveries: DeliveryQuerySet) -> None:
    """Give a text to deliveries that could not be worded when their event happened."""
    for delivery in deliveries.filter(last_error=NOT_RENDERED).select_related("event", "hub"):
        text = Wordings(delivery.event).text(delivery.hub)
        Delivery.objects.filter(pk=delivery.pk).update(payload=text)
