"""Drain: what is due is delivered, in order per resource, and recorded under the lease."""

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook

from tests.hub.making import CHANGED, CREATED, happen, make_hub
from tmfusage.hub import leasing, recording
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Attempt, Delivery, Event, Hub
from tmfusage.hub.outbox import DatabaseClock
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db(transaction=True)
DELIVERED, PENDING, DEAD = Delivery.State.DELIVERED, Delivery.State.PENDING, Delivery.State.DEAD


def make_due() -> None:
    """Let the retries' time come."""
    Delivery.objects.pending().update(next_attempt_at=DatabaseClock())
    Hub.objects.update(lease_until=None)


def test_an_event_reaches_its_listener(listener):
    make_hub(listener.url)
    happen("one")
    assert Drain().run() == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.claims, delivery.last_status) == (DELIVERED, 1, 1, 201)
    assert listener.received[0].event_id == Event.objects.get().event_id
    assert delivery.log.get().status == 201


def test_the_listener_can_verify_it(listener):
    hub, secret = Hub.register(api="testManagement", callback=listener.url, by="tests")
    happen()
    Drain().run()
    received = listener.received[0]
    assert Webhook(secret).verify(received.body, received.headers)["eventType"] == CREATED
    assert hub.secrets == (secret,)


def test_many_events_reach_many_listeners(listener, other_listener):
    make_hub(listener.url), make_hub(other_listener.url)
    for number in range(120):
        happen(str(number % 40))
    assert Drain().run() == 240
    assert len(listener.received) == len(other_listener.received) == 120
    assert not Hub.objects.exclude(lease_token=None).exists()


def test_each_resource_is_delivered_in_order(listener):
    make_hub(listener.url)
    for number in range(90):
        happen(f"thing-{number % 9}", n=number)
    Drain().run()
    for thing in {each.resource_id for each in listener.received}:
        numbers = [each.event["event"]["thing"]["n"] for each in listener.received if each.resource_id == thing]
        assert numbers == sorted(numbers)


def test_a_failing_event_holds_up_its_resource_only(listener):
    listener.answer = lambda received: 400 if received.event["event"]["thing"].get("bad") else 204
    make_hub(listener.url)
    happen("one", CREATED, bad=True)
    happen("one", CHANGED)
    happen("two", CREATED)
    Drain().run()
    assert [each.resource_id for each in listener.received if not each.event["event"]["thing"].get("bad")] == ["two"]
    listener.answer = lambda received: 204
    make_due()
    Drain().run()
    assert [each.event["eventType"] for each in listener.received[-2:]] == [CREATED, CHANGED]


def test_every_attempt_sends_the_same_bytes(listener):
    listener.answer = lambda received: 503
    make_hub(listener.url)
    happen("one", amount=10)
    for _ in range(3):
        Drain().run()
        make_due()
    assert len({(each.event_id, each.body) for each in listener.received}) == 1
    assert Attempt.objects.count() == len(listener.received) == 3


def test_after_the_last_attempt_a_delivery_is_given_up(listener, settings):
    settings.HUB_RETRY_SCHEDULE = [1]
    listener.answer = lambda received: 500
    make_hub(listener.url)
    happen()
    for _ in range(3):
        Drain().run()
        make_due()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == (DEAD, 2, "http")


def test_a_failed_attempt_is_tried_again_later(listener):
    listener.answer = lambda received: 500
    make_hub(listener.url)
    happen()
    Drain().run()
    wait = Delivery.objects.get().next_attempt_at - timezone.now()
    assert timedelta(seconds=2) < wait < timedelta(seconds=7)


def test_a_listener_that_says_it_is_gone_is_removed(listener):
    listener.answer = lambda received: 410
    hub = make_hub(listener.url)
    happen()
    Drain().run()
    hub.refresh_from_db()
    assert (hub.state, hub.stopped_reason) == (Hub.State.GONE, "410")
    assert not Delivery.objects.pending().exists()


def test_a_listener_can_ask_to_be_disabled(listener):
    listener.answer, listener.headers = lambda received: 400, {"webhook-delivery": "disable"}
    hub = make_hub(listener.url)
    happen()
    Drain().run()
    hub.refresh_from_db()
    assert hub.state == Hub.State.DISABLED


def test_a_listener_can_ask_for_no_more_of_one_event(listener):
    listener.answer, listener.headers = lambda received: 400, {"webhook-delivery": "abort-message"}
    make_hub(listener.url)
    happen()
    Drain().run()
    assert Delivery.objects.get().state == DEAD


def test_a_lost_lease_changes_nothing():
    hub = make_hub()
    happen()
    fan_out()
    (lease,) = leasing.take(1)
    (due,) = recording.pick(lease, 10)
    Hub.objects.update(lease_token=uuid.uuid4())
    result = recording.Result(due.id, DELIVERED, None, 204, "", datetime.now(UTC), 5, b"", "")
    assert recording.finish(lease, [result]) == 0
    assert Delivery.objects.get().state == PENDING
    assert not Attempt.objects.exists()
    assert not leasing.renew(lease)
    assert leasing.report(lease, leasing.Health(failures=3)) is None
    hub.refresh_from_db()
    assert hub.failures == 0


def test_only_one_worker_leases_a_listener():
    make_hub()
    happen()
    fan_out()
    assert len(leasing.take(5)) == 1
    assert leasing.take(5) == []


def test_a_worker_that_vanished_is_succeeded_when_its_lease_ends():
    make_hub()
    happen()
    fan_out()
    (first,) = leasing.take(1)
    Hub.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (second,) = leasing.take(1)
    assert second.taken_over
    assert not first.taken_over
    assert second.token != first.token


def test_what_kills_workers_is_given_up_and_nothing_else(listener):
    """Suspects are sent alone, so that only the one that kills is not sent."""
    make_hub(listener.url)
    for name in ("innocent", "killer", "fresh"):
        happen(name)
    fan_out()
    Delivery.objects.filter(resource_key="thing/killer").update(claims=6)
    Delivery.objects.filter(resource_key="thing/innocent").update(claims=4)
    Drain().run()
    assert [each.resource_id for each in listener.received] == ["fresh", "innocent"]
    killer = Delivery.objects.get(resource_key="thing/killer")
    assert (killer.state, killer.last_error) == (DEAD, "workerLost")


def test_a_listener_stopped_meanwhile_gets_nothing_more(listener):
    hub = make_hub(listener.url)

    def answer(_received) -> int:
        """Somebody pauses the listener at its first event; others find it paused."""
        with suppress(TmfError):
            Hub.objects.get(pk=hub.pk).pause()
        connection.close()
        return 204

    listener.answer = answer
    for number in range(100):
        happen(str(number))
    Drain().run(seconds=5)
    hub.refresh_from_db()
    assert hub.state == Hub.State.PAUSED
    assert len(listener.received) < 100


def test_the_claims_of_what_was_not_sent_are_given_back(listener):
    listener.answer = lambda received: 500
    make_hub(listener.url)
    for number in range(5):
        happen("one", n=number)
    Drain().run()
    assert list(Delivery.objects.order_by("id").values_list("claims", "attempts")) == [(1, 1), *[(0, 0)] * 4]


def test_what_is_picked_is_judged_by_one_moment():
    """By a running clock a later event of a resource could be picked in the instant in which an earlier comes due."""
    assert "clock_timestamp()" not in recording._PICK
    assert recording._PICK.count("statement_timestamp()") == 2
