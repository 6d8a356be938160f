"""Replay: deliveries that are made again, and the lock under which listeners are found."""

from typing import TYPE_CHECKING

from django.db import connection, transaction

from tmfusage.hub import nudging
from tmfusage.hub.addressing import NOT_RENDERED, Wordings, addressed, may_have, store
from tmfusage.hub.outbox import DatabaseClock, Delivery, DeliveryQuerySet, Event
from tmfusage.tmf import exact

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

FAN_OUT_LOCK = 635_677
TEST_API, TEST_EVENT = "hub", "HubTestEvent"


def lock_fan_out() -> None:
    """Keep fan-out away until this transaction ends: an event goes to a listener by it or by a replay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FAN_OUT_LOCK])


def try_lock_fan_out() -> bool:
    """The same without waiting; False while somebody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FAN_OUT_LOCK])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def again(deliveries: DeliveryQuerySet, cancelled: bool = False) -> int:
    """Make these few ended deliveries once more, from their first attempt; how many: not what is no longer theirs."""
    ended = [Delivery.State.DELIVERED, Delivery.State.DEAD, *([Delivery.State.CANCELLED] if cancelled else [])]
    found = deliveries.filter(state__in=ended, hub__state="active").select_related("event", "hub")
    slim = found.defer("payload", "event__payload", "event__snapshot")
    ids = [each.pk for each in slim if each.event.api == TEST_API or may_have(each.hub, each.event)]
    _word(Delivery.objects.filter(pk__in=ids))
    count = Delivery.objects.filter(pk__in=ids, state__in=ended).update(
        state=Delivery.State.PENDING,
        attempts=0,
        claims=0,
        waited=False,
        next_attempt_at=DatabaseClock(),
        last_error="",
        delivered_at=None,
        trigger=Delivery.Trigger.MANUAL,
    )
    transaction.on_commit(nudging.nudge)
    return count


def deliver(event: Event, hub: "Hub", trigger: str) -> Delivery:
    """Deliver one event to one listener, whatever its query says."""
    payload, rows = addressed(event, [hub], asked=False)
    Event.objects.filter(pk=event.pk, payload=None).update(payload=payload)
    with connection.cursor() as cursor:
        store(cursor, rows)
    Delivery.objects.filter(event=event, hub=hub).update(trigger=trigger)
    return Delivery.objects.get(event=event, hub=hub)


@transaction.atomic
def try_out(hub: "Hub", by: str) -> Delivery:
    """Deliver an event to this listener that no other one gets."""
    snapshot = exact.dumps({"id": hub.pk, "@type": "Hub", "callback": hub.callback, "requestedBy": by}).decode()
    event = Event.objects.create(
        api=TEST_API, event_type=TEST_EVENT, resource_type="hub", resource_id=hub.pk, revision=1,
        snapshot=snapshot, fanned_out_at=DatabaseClock(),
    )  # fmt: skip
    event.refresh_from_db()
    delivery = deliver(event, hub, trigger=Delivery.Trigger.MANUAL)
    transaction.on_commit(nudging.nudge)
    return delivery


def _word(deliveries: DeliveryQuerySet) -> None:
    """Give a text to deliveries that could not be worded when their event happened."""
    for delivery in deliveries.filter(last_error=NOT_RENDERED).select_related("event", "hub"):
        text = Wordings(delivery.event).text(delivery.hub)
        Delivery.objects.filter(pk=delivery.pk).update(payload=text)
