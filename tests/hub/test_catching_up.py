"""Catching up: what was missed or is to come again is added in short steps, in order, while others get their events."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.hub.making import CHANGED, happen, last_event, make_hub
from tmfusage.hub import outbox, tasks
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import catch_up, fan_out
from tmfusage.hub.models import Delivery, Event, Hub
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _short_steps(settings):
    settings.HUB_CATCH_UP_EVENTS = 4


def missed(count: int = 10, **more) -> Hub:
    """A listener that was paused while so many things happened."""
    hub = make_hub(**more)
    hub.pause()
    for number in range(count):
        happen(f"thing-{number % 2}", n=number)
        fan_out()
    return hub


def numbers(hub: Hub) -> list[int]:
    """What the listener gets, in the order in which the rows were made."""
    rows = Delivery.objects.filter(hub=hub).order_by("id").select_related("event")
    return [each.event.resource["n"] for each in rows]


def test_what_was_missed_is_added_step_by_step_and_in_order():
    hub = missed()
    assert hub.resume() == 4
    assert (hub.catching_up, numbers(hub)) == (True, [0, 1, 2, 3])
    assert catch_up()
    assert catch_up()
    hub.refresh_from_db()
    assert (hub.catching_up, numbers(hub)) == (False, list(range(10)))
    assert not catch_up()


def test_what_happens_meanwhile_waits_for_its_turn():
    """Also an event with a low number that commits late: it is met where fan-out marked it."""
    hub, other = missed(), make_hub("http://127.0.0.1:2/")
    hub.resume()
    happen("thing-0", n=10)
    Event.objects.filter(pk=last_event().pk).update(seq=-1)
    assert fan_out() == 1
    assert (numbers(hub), numbers(other)) == ([0, 1, 2, 3], [10])
    while catch_up():
        pass
    assert numbers(hub) == list(range(11))
    happen("thing-0", n=11)
    fan_out()
    assert numbers(hub)[-1] == 11


def test_events_that_were_marked_together_keep_their_order():
    hub = make_hub()
    hub.pause()
    for number in range(9):
        happen("one", n=number)
    fan_out()
    assert Event.objects.values("fanned_out_at").distinct().count() == 1
    hub.resume()
    while catch_up():
        pass
    assert numbers(hub) == list(range(9))


def test_a_pause_in_between_loses_nothing():
    hub = missed()
    hub.resume()
    hub.pause()
    assert not catch_up()
    happen(n=10)
    fan_out()
    assert hub.resume() == 4
    while catch_up():
        pass
    assert sorted(numbers(hub)) == list(range(11))


def test_what_was_missed_can_still_be_left_out_in_between():
    hub = missed()
    hub.resume()
    hub.pause()
    assert hub.resume(since=timezone.now()) == 0
    assert not hub.catching_up


def test_a_replay_goes_step_by_step_as_well(listener):
    hub = make_hub(listener.url)
    since = timezone.now() - timedelta(minutes=1)
    for number in range(10):
        happen(str(number), n=number)
        fan_out()
    Drain().run()
    assert hub.replay(since) == 4
    while catch_up():
        pass
    assert Drain().run() == 10
    assert len({each.event_id for each in listener.received}) == 10


def test_what_was_given_up_comes_again_step_by_step_and_once(listener, settings):
    settings.HUB_RETRY_SCHEDULE = []
    listener.answer = lambda _received: 500
    settings.HUB_BREAKER_FAILURES = 100
    hub = make_hub(listener.url)
    for number in range(10):
        happen(str(number))
    Drain().run()
    assert hub.replay_dead() == 4
    assert hub.catching_up
    # They fail again meanwhile, and are not taken a second time.
    while catch_up():
        Drain().run()
    Drain().run()
    assert len(listener.received) == 20


def test_a_stopped_listener_replays_nothing():
    hub = make_hub()
    hub.pause()
    for replay in (hub.replay_dead, lambda: hub.replay(timezone.now())):
        with pytest.raises(TmfError):
            replay()


def test_the_tick_lets_listeners_catch_up(monkeypatch):
    monkeypatch.setattr(tasks.drain, "apply_async", lambda **_options: None)
    hub = missed(20)
    hub.resume()
    tasks.tick()
    assert numbers(hub) == list(range(20))


def test_without_workers_the_dispatcher_does_it(listener):
    hub = missed(callback=listener.url)
    hub.resume()
    assert Drain(alone=True).run() == 10


def test_a_step_asks_for_events_by_index(listener):
    hub = missed()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        hub.resume()
    (sizes,) = [each["sql"] for each in asked if "octet_length" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off" if connection.in_atomic_block else "SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sizes}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "hub_event_fanned_out" in plan


def test_large_events_are_read_few_at_a_time(monkeypatch):
    monkeypatch.setattr(outbox, "MOST_BYTES", 2_500)
    make_hub()
    for number in range(5):
        happen(str(number), text="x" * 1_000)
    assert [fan_out() for _ in range(4)] == [2, 2, 1, 0]


def test_a_catch_up_asks_the_query():
    hub = make_hub(query=f"eventType={CHANGED}")
    hub.pause()
    happen("one")
    happen("one", CHANGED)
    make_hub()
    fan_out()
    assert hub.resume() == 1
