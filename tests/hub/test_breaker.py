"""A listener that fails again and again is spared, then probed, then disabled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.hub.making import happen, make_hub
from tmfusage.hub import leasing
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Attempt, Delivery, Hub

pytestmark = pytest.mark.django_db(transaction=True)


def fail_often(listener, events: int = 40) -> Hub:
    listener.answer = lambda _received: 500
    hub = make_hub(listener.url)
    for number in range(events):
        happen(str(number))
    Drain().run()
    hub.refresh_from_db()
    return hub


def end_the_wait() -> None:
    Hub.objects.update(open_until=timezone.now() - timedelta(seconds=1), lease_until=None)


def test_after_ten_failures_a_listener_is_spared(listener):
    hub = fail_often(listener)
    assert hub.breaker == Hub.Breaker.OPEN
    assert hub.failures >= 10
    assert 10 <= len(listener.received) < 40
    assert leasing.take(1) == []


def test_while_it_is_spared_no_attempts_are_burned(listener):
    fail_often(listener)
    before = Attempt.objects.count()
    Drain().run()
    assert Attempt.objects.count() == before
    assert Delivery.objects.filter(attempts=0, claims=0).exists()


def test_one_probe_tells_whether_it_is_back(listener):
    fail_often(listener)
    sent = len(listener.received)
    end_the_wait()
    assert Hub.objects.get().breaker == Hub.Breaker.PROBING
    Drain().run()
    assert len(listener.received) == sent + 1
    assert Hub.objects.get().open_seconds == 60


def test_a_success_closes_the_breaker(listener):
    fail_often(listener)
    listener.answer = lambda _received: 204
    end_the_wait()
    Drain().run()
    hub = Hub.objects.get()
    assert (hub.breaker, hub.failures, hub.first_failure_at) == (Hub.Breaker.CLOSED, 0, None)
    assert not Delivery.objects.filter(attempts=0).exists()


def test_after_days_without_a_success_a_listener_is_disabled(listener):
    fail_often(listener)
    Hub.objects.update(first_failure_at=timezone.now() - timedelta(hours=121))
    end_the_wait()
    Drain().run()
    hub = Hub.objects.get()
    assert (hub.state, hub.stopped_reason) == (Hub.State.DISABLED, "no success for 121 hours")


def test_a_failing_listener_does_not_slow_down_another(listener, other_listener):
    listener.answer = lambda _received: 500
    make_hub(listener.url), make_hub(other_listener.url)
    for number in range(100):
        happen(str(number))
    Drain().run()
    assert len(other_listener.received) == 100


def test_a_listener_that_does_not_answer_does_not_hold_up_another(listener, other_listener):
    """The slow one answers only when the other one has everything."""
    listener.answer = lambda _received: 204 if other_listener.wait_for(100) else 500
    make_hub(listener.url), make_hub(other_listener.url)
    for number in range(100):
        happen(str(number))
    Drain().run()
    assert {each.last_status for each in Delivery.objects.all()} <= {204, 201}
