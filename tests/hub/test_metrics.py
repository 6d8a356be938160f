"""What operators see of the hub."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY

from tests.hub.making import happen, make_hub
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Delivery, Event, Hub

pytestmark = pytest.mark.django_db(transaction=True)


def figures() -> dict[str, float]:
    """The hub's lines of /metrics."""
    lines = Client().get("/metrics").content.decode().splitlines()
    return {
        name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith("tmfusage_hub"))
    }


def test_queues_and_breakers_are_measured(listener):
    hub = make_hub(listener.url)
    happen()
    before = figures()
    assert before[f'tmfusage_hub_pending{{hub="{hub.pk}"}}'] == 0
    assert before["tmfusage_hub_outbox_lag_seconds"] > 0
    Drain().run()
    Hub.objects.update(state=Hub.State.PAUSED)
    after = figures()
    assert after["tmfusage_hub_outbox_lag_seconds"] == 0
    assert after[f'tmfusage_hub_breaker_state{{hub="{hub.pk}"}}'] == 0
    assert after[f'tmfusage_hub_delivering{{hub="{hub.pk}"}}'] == 0


def test_how_far_behind_each_listener_is_and_what_is_overdue_are_measured():
    hub, other = make_hub(), make_hub("http://127.0.0.1:2/", query="eventType=None")
    happen()
    fan_out()
    Event.objects.update(occurred_at=timezone.now() - timedelta(seconds=90))
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=70))
    seen = figures()
    assert 90 <= seen[f'tmfusage_hub_lag_seconds{{hub="{hub.pk}"}}'] < 120
    assert seen[f'tmfusage_hub_lag_seconds{{hub="{other.pk}"}}'] == 0
    assert 70 <= seen["tmfusage_hub_overdue_seconds"] < 100


@pytest.mark.parametrize("spared", [{"state": "paused"}, {"open_until": timezone.now() + timedelta(hours=1)}])
def test_what_nobody_is_to_send_now_is_not_overdue(spared):
    make_hub()
    happen()
    fan_out()
    Hub.objects.update(**spared)
    assert figures()["tmfusage_hub_overdue_seconds"] == 0


def test_what_waits_behind_another_event_is_not_overdue():
    make_hub()
    happen("one")
    happen("one")
    fan_out()
    first = Delivery.objects.order_by("id").first()
    Delivery.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
    assert figures()["tmfusage_hub_overdue_seconds"] == 0


def test_a_listener_that_catches_up_is_behind():
    hub = make_hub()
    Hub.objects.update(catch_up_from=timezone.now() - timedelta(minutes=5))
    assert 300 <= figures()[f'tmfusage_hub_lag_seconds{{hub="{hub.pk}"}}'] < 330


def test_attempts_are_counted_by_what_came_of_them(listener):
    def count(result: str) -> float:
        return REGISTRY.get_sample_value("tmfusage_hub_attempts_total", {"result": result}) or 0.0

    before = count("delivered"), count("http")
    answers = iter([204, 400])
    listener.answer = lambda _received: next(answers)
    make_hub(listener.url)
    happen("one")
    Drain().run()
    happen("two")
    Drain().run()
    assert (count("delivered"), count("http")) == (before[0] + 1, before[1] + 1)


def test_a_takeover_is_counted(listener):
    def count() -> float:
        return REGISTRY.get_sample_value("tmfusage_hub_lease_takeovers_total") or 0.0

    before = count()
    make_hub(listener.url)
    happen()
    Hub.objects.update(lease_token="01a2088f-16b6-705d-b822-b951881a421a", lease_until="2020-01-01T00:00:00Z")
    Drain().run()
    assert count() == before + 1
