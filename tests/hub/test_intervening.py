"""Staff try now what waits, or give one delivery up so that others go on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.hub.making import happen, make_hub
from tmfusage.hub import intervening, leasing, recording
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Delivery, Hub
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db(transaction=True)


def failed(listener, *resources: str) -> list[Delivery]:
    """Deliveries whose first attempt failed, and that wait hours for the next one."""
    listener.answer = lambda _received: 500
    for resource in resources:
        happen(resource)
    Drain().run()
    Delivery.objects.filter(attempts=1).update(next_attempt_at=timezone.now() + timedelta(hours=9))
    listener.answer = lambda _received: 204
    return list(Delivery.objects.order_by("id"))


def test_a_delivery_is_tried_now(listener):
    make_hub(listener.url)
    first, other = failed(listener, "one", "two")
    assert Drain().run() == 0
    intervening.send_now(first)
    Drain().run()
    assert Delivery.objects.get(pk=first.pk).state == Delivery.State.DELIVERED
    assert Delivery.objects.get(pk=other.pk).state == Delivery.State.PENDING


def test_what_stands_before_a_delivery_is_tried_first(listener):
    make_hub(listener.url)
    before, asked = failed(listener, "one", "one")
    intervening.send_now(asked)
    Drain().run()
    told = [each.event_id for each in listener.received[1:]]
    assert told == [before.event.event_id, asked.event.event_id]


def test_a_listener_that_is_spared_gets_a_try_and_then_all_that_waits(listener):
    hub = make_hub(listener.url)
    failed(listener, *map(str, range(30)))
    hub.refresh_from_db()
    assert hub.breaker == Hub.Breaker.OPEN
    Hub.objects.update(lease_until=None)
    assert intervening.send_waiting(hub) >= 10
    Drain().run()
    assert not Delivery.objects.pending().exists()
    hub.refresh_from_db()
    assert hub.breaker == Hub.Breaker.CLOSED


def test_a_try_that_fails_spares_the_listener_again(listener):
    hub = make_hub(listener.url)
    failed(listener, *map(str, range(30)))
    listener.answer = lambda _received: 500
    sent = len(listener.received)
    Hub.objects.update(lease_until=None)
    intervening.send_waiting(hub)
    Drain().run()
    assert len(listener.received) == sent + 1
    assert Hub.objects.get().breaker == Hub.Breaker.OPEN


def test_what_waits_behind_a_delivery_that_is_skipped_goes_on(listener):
    make_hub(listener.url)
    bad, behind = failed(listener, "one", "one")
    intervening.skip(bad, "staff:somebody")
    Drain().run()
    bad.refresh_from_db()
    behind.refresh_from_db()
    assert (bad.state, bad.last_error, bad.attempts) == (Delivery.State.DEAD, "skipped by staff:somebody", 1)
    assert (behind.state, behind.waited) == (Delivery.State.DELIVERED, False)


def test_what_a_worker_holds_is_not_skipped():
    make_hub()
    happen("one")
    fan_out()
    (lease,) = leasing.take(1)
    recording.pick(lease, 1)
    delivery = Delivery.objects.get()
    with pytest.raises(TmfError, match="being sent"):
        intervening.skip(delivery, "staff:somebody")
    Hub.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    intervening.skip(delivery, "staff:somebody")
    with pytest.raises(TmfError, match="does not wait"):
        intervening.skip(delivery, "staff:somebody")


def test_what_is_due_stays_as_a_worker_found_it():
    hub = make_hub()
    happen("one")
    fan_out()
    before = Delivery.objects.get().next_attempt_at
    assert intervening.send_waiting(hub) == 0
    assert Delivery.objects.get().next_attempt_at == before


@pytest.mark.parametrize("stop", [Hub.pause, lambda hub: hub.disable("tests")])
def test_nothing_is_sent_to_a_stopped_listener(listener, stop):
    hub = make_hub(listener.url)
    (delivery,) = failed(listener, "one")
    stop(hub)
    for act in (lambda: intervening.send_now(delivery), lambda: intervening.send_waiting(hub)):
        with pytest.raises(TmfError, match="The listener is"):
            act()
