"""Fan-out: each event once to each listener that wants it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.hub.making import CHANGED, CREATED, happen, last_event, make_hub
from tmfusage.hub import envelopes
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Delivery, Event, Hub
from tmfusage.tmf import exact

pytestmark = pytest.mark.django_db(transaction=True)


def bodies() -> list[dict]:
    return [exact.loads(each.body.encode()) for each in Delivery.objects.select_related("event").order_by("id")]


def test_each_listener_gets_what_it_asked_for():
    everything, changes = make_hub(), make_hub(query=f"eventType={CHANGED}")
    happen("one", CREATED)
    happen("one", CHANGED)
    assert fan_out() == 2
    assert list(everything.deliveries.order_by("id").values_list("event__event_type", flat=True)) == [CREATED, CHANGED]
    assert list(changes.deliveries.values_list("event__event_type", flat=True)) == [CHANGED]


def test_a_second_fan_out_finds_nothing():
    make_hub()
    happen()
    assert (fan_out(), fan_out()) == (1, 0)
    assert Delivery.objects.count() == 1


def test_two_fan_outs_at_once_make_each_delivery_once():
    make_hub(), make_hub("http://127.0.0.1:2/")
    for number in range(60):
        happen(str(number))

    def work() -> None:
        while Event.objects.waiting().exists():
            fan_out(7)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Delivery.objects.count() == 120


def test_while_another_one_is_at_it_a_fan_out_returns_at_once():
    make_hub()
    happen()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(635677)")
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    assert fan_out() == 0
    done.set()
    thread.join()


def test_an_event_before_the_registration_is_not_delivered():
    early = make_hub()
    happen()
    late = make_hub("http://127.0.0.1:2/")
    fan_out()
    assert (early.deliveries.count(), late.deliveries.count()) == (1, 0)


def test_a_party_gets_only_its_events():
    acme, other = make_hub(party="acme"), make_hub("http://127.0.0.1:2/", party="other")
    happen(parties=("acme", "operator"))
    fan_out()
    assert (acme.deliveries.count(), other.deliveries.count()) == (1, 0)


def test_a_stopped_listener_gets_no_rows():
    paused, disabled = make_hub(), make_hub("http://127.0.0.1:2/")
    paused.pause()
    disabled.disable("tests")
    happen()
    fan_out()
    assert not Delivery.objects.exists()


def test_the_plain_envelope_tells_what_happened_to_what():
    make_hub()
    happen("one", size=3)
    fan_out()
    event, (body,) = last_event(), bodies()
    assert body["eventId"] == event.event_id
    assert body["eventType"] == CREATED
    href = "/tmf-api/testManagement/v4/thing/one"
    assert body["event"] == {"thing": {"id": "one", "href": href, "@type": "Thing", "size": 3}}


def test_only_the_members_that_were_asked_for_are_sent():
    make_hub(query="fields=event.thing.id")
    happen("one", size=3)
    fan_out()
    (body,) = bodies()
    assert set(body) == {"eventId", "eventType", "event"}
    assert body["event"] == {"thing": {"id": "one"}}


def test_each_version_has_its_words(monkeypatch):
    monkeypatch.setitem(envelopes._wordings, ("testManagement", "v5"), lambda event: {"id": event.event_id, "v": 5})
    make_hub(), make_hub(version="v5")
    happen()
    fan_out()
    assert sorted("v" in body for body in bodies()) == [False, True]
    assert sorted(each.payload is None for each in Delivery.objects.all()) == [False, True]


def test_an_event_that_cannot_be_worded_holds_up_no_other(monkeypatch):
    monkeypatch.setitem(envelopes._wordings, ("testManagement", "v5"), lambda event: {"v": exact.loads(b"{")})
    make_hub(), make_hub(version="v5")
    happen("one")
    happen("two")
    assert fan_out() == 2
    assert sorted(Delivery.objects.values_list("state", "last_error")) == [
        (0, ""),
        (0, ""),
        (2, "notRendered"),
        (2, "notRendered"),
    ]


def test_how_long_events_wait_is_known():
    make_hub()
    assert Event.objects.lag() == 0
    happen()
    Event.objects.update(occurred_at=last_event().occurred_at - timedelta(seconds=90))
    assert 90 <= Event.objects.lag() < 120
    assert Hub.objects.standing().count() == 1
