"""After an outage workers share the listeners among them, and one that is alone takes all of them in the end."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from tests.hub.making import happen, make_hub
from tmfusage.hub import draining, leasing
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.mailbox import PER_SENDER, Mailbox
from tmfusage.hub.models import Delivery, Event, Hub

MANY = settings.HUB_CONCURRENCY * PER_SENDER


def drain_with(*behind: bool) -> Drain:
    """A drain that has taken listeners, each far behind or not."""
    drain = Drain()
    drain._room()
    boxes: dict[str, Any] = {str(number): SimpleNamespace(behind=each) for number, each in enumerate(behind)}
    drain.boxes = boxes
    return drain


def test_the_first_listener_is_taken_alone():
    assert Drain()._room() == 1


def test_all_others_follow_when_little_is_waiting():
    assert drain_with(False, False)._room() == settings.HUB_DRAIN_LISTENERS - 2


def test_others_are_left_to_others_while_much_is_waiting():
    assert drain_with(False, True)._room() == 0


def test_a_listener_that_answers_slowly_holds_up_nobody():
    drain = drain_with(True)
    drain.waited = 0.25
    assert drain._room() == settings.HUB_DRAIN_LISTENERS - 1


def test_what_nobody_takes_is_taken_after_all(monkeypatch):
    drain = drain_with(True)
    monkeypatch.setattr(draining, "SHARE_SECONDS", 0.0)
    drain.next_share = 0.0
    assert [drain._room() for _ in range(4)] == [1, 2, 4, 8]


def test_no_more_is_taken_than_one_process_drains(settings):
    settings.HUB_DRAIN_LISTENERS = 2
    assert drain_with(False, False)._room() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("count", "age", "behind"), [(MANY, 60, True), (MANY, 0, False), (MANY - 1, 60, False)])
def test_who_has_many_old_events_is_behind(count, age, behind):
    make_hub()
    for number in range(count):
        happen(str(number))
    fan_out()
    Event.objects.update(occurred_at=timezone.now() - timedelta(seconds=age))
    (lease,) = leasing.take(1)
    box = Mailbox(Hub.objects.get(), lease, courier=None)  # type: ignore[arg-type]  # nothing is sent
    assert len(box.pick()) == count
    assert box.behind is behind


@pytest.mark.django_db(transaction=True)
def test_one_worker_alone_delivers_all(listener, other_listener, monkeypatch):
    monkeypatch.setattr(draining, "SHARE_SECONDS", 0.1)
    make_hub(listener.url)
    make_hub(other_listener.url)
    for number in range(2 * MANY):
        happen(str(number))
    fan_out()
    Event.objects.update(occurred_at=timezone.now() - timedelta(seconds=60))
    Drain().run()
    assert not Delivery.objects.exclude(state=Delivery.State.DELIVERED).exists()
    assert len(listener.received) == len(other_listener.received) == 2 * MANY
