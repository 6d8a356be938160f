"""Catching up: what a stopped listener missed, or is to get again, becomes deliveries in short steps.

Until it has caught up a listener is left out of fan-out, so that its events stay in order: they are looked at as
fan-out marked them (`fanned_out_at`, then `seq`). That order is final, for marks are set under the fan-out lock, while
an event with a lower number may commit later.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Q

from tmfusage.hub import replaying
from tmfusage.hub.addressing import Addressed, addressed, may_have, store
from tmfusage.hub.outbox import Delivery, Event

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

CANCELLED = Delivery.State.CANCELLED
ENDED = frozenset({Delivery.State.DELIVERED, Delivery.State.DEAD})


def step(hub: "Hub") -> int:
    """Add what comes next, while fan-out is locked; how many deliveries that made."""
    added = _again(hub) if hub.again_to is not None else 0
    if hub.catch_up_from is not None:
        added += _missed(hub, hub.catch_up_from)
    hub.save(update_fields=["catch_up_from", "catch_up_after", "replay_until", "again_after", "again_to"])
    return added


def _again(hub: "Hub") -> int:
    """The next of the deliveries that were given up."""
    given_up = Delivery.objects.dead().filter(hub=hub, pk__gt=hub.again_after, pk__lte=hub.again_to)
    ids = list(given_up.order_by("pk").values_list("pk", flat=True)[: settings.HUB_CATCH_UP_EVENTS])
    if len(ids) < settings.HUB_CATCH_UP_EVENTS:
        hub.again_after, hub.again_to = 0, None
    else:
        hub.again_after = ids[-1]
    return replaying.again(Delivery.objects.filter(pk__in=ids))


def _missed(hub: "Hub", since: datetime) -> int:
    """The next events, as far as they are the listener's."""
    later = Q(fanned_out_at__gt=since) | Q(fanned_out_at=since, seq__gt=hub.catch_up_after)
    # Twice, for the index knows the first half only.
    waiting = Event.objects.filter(later, fanned_out_at__gte=since, api=hub.api).order_by("fanned_out_at", "seq")
    events, more = waiting.bounded(settings.HUB_CATCH_UP_EVENTS)
    added = _add(hub, events)
    if more:
        hub.catch_up_from, hub.catch_up_after = events[-1].fanned_out_at, events[-1].seq
    else:
        hub.catch_up_from, hub.catch_up_after, hub.replay_until = None, 0, None
    return added


def _add(hub: "Hub", events: Sequence[Event]) -> int:
    """Deliver these: for the first time, or again when they were cancelled or are to be replayed."""
    there = Delivery.objects.filter(hub=hub, event__in=events)
    known = {event: (pk, state) for pk, event, state in there.values_list("pk", "event_id", "state")}
    due: list[int] = []
    missing: list[Event] = []
    for event in (each for each in events if may_have(hub, each)):
        pk, state = known.get(event.seq, (None, None))
        if pk is None:
            missing.append(event)
        elif state == CANCELLED or (state in ENDED and _replayed(hub, event)):
            due.append(pk)
    return _insert(hub, missing) + replaying.again(Delivery.objects.filter(pk__in=due), cancelled=True)


def _replayed(hub: "Hub", event: Event) -> bool:
    return hub.replay_until is not None and event.fanned_out_at is not None and event.fanned_out_at <= hub.replay_until


def _insert(hub: "Hub", events: Sequence[Event]) -> int:
    worded: list[Event] = []
    rows: list[Addressed] = []
    for event in events:
        before = event.payload
        event.payload, found = addressed(event, [hub])
        rows += found
        if event.payload != before:
            worded.append(event)
    with connection.cursor() as cursor:
        count = store(cursor, rows)
    Event.objects.bulk_update(worded, ["payload"])
    return count
