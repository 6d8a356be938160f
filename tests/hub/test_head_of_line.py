"""A resource that is refused for ever is refused for the time of one schedule, not once for each of its events."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.hub.making import happen, make_hub
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Delivery, Event, Hub
from tmfusage.hub.outbox import DatabaseClock

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = 3_600


@pytest.fixture(autouse=True)
def _one_retry(settings):
    settings.HUB_RETRY_SCHEDULE = [HOUR]
    settings.HUB_BREAKER_FAILURES = 1_000


def refuse(listener, refused: str = "bad") -> None:
    listener.answer = lambda received: 400 if received.resource_id == refused else 204


def make_due() -> None:
    Delivery.objects.pending().update(next_attempt_at=DatabaseClock())
    Hub.objects.update(lease_until=None)


def age(seconds: float) -> None:
    """Everything so far happened so long ago, to a listener that is older still."""
    Hub.objects.update(created_at=timezone.now() - timedelta(days=365))
    Event.objects.update(occurred_at=timezone.now() - timedelta(seconds=seconds))


def states() -> list[int]:
    return list(Delivery.objects.order_by("event_id").values_list("state", flat=True))


def test_what_waited_behind_an_event_that_was_given_up_gets_one_attempt(listener):
    refuse(listener)
    make_hub(listener.url)
    for number in range(6):
        happen("bad", n=number)
    Drain().run()
    assert len(listener.received) == 1
    age(HOUR + 60)
    make_due()
    Drain().run()
    assert states() == [Delivery.State.DEAD] * 6
    assert [each.event["event"]["thing"]["n"] for each in listener.received] == [0, 0, 1, 2, 3, 4, 5]


def test_when_only_that_event_was_refused_the_others_arrive(listener):
    listener.answer = lambda received: 400 if received.event["event"]["thing"]["n"] == 0 else 204
    make_hub(listener.url)
    for number in range(4):
        happen("bad", n=number)
    Drain().run()
    age(HOUR + 60)
    make_due()
    Drain().run()
    assert states() == [Delivery.State.DEAD] + [Delivery.State.DELIVERED] * 3


def test_what_happened_later_has_its_own_time(listener):
    """After an outage, the last events of a resource are tried as long as those of any other."""
    refuse(listener)
    make_hub(listener.url)
    happen("bad", n=0)
    Drain().run()
    age(HOUR + 60)
    happen("bad", n=1)
    make_due()
    Drain().run()
    assert states() == [Delivery.State.DEAD, Delivery.State.PENDING]
    assert Delivery.objects.get(waited=True).attempts == 1


def test_what_did_not_wait_is_given_up_by_attempts_and_not_by_age(listener):
    """A listener that was spared for days gets everything once it is back."""
    refuse(listener)
    make_hub(listener.url)
    happen("bad")
    age(1_000 * HOUR)
    Drain().run()
    assert states() == [Delivery.State.PENDING]


def test_a_replay_has_the_whole_schedule_again(listener):
    refuse(listener)
    hub = make_hub(listener.url)
    for number in range(2):
        happen("bad", n=number)
    Drain().run()
    age(HOUR + 60)
    make_due()
    Drain().run()
    assert hub.replay_dead() == 2
    assert not Delivery.objects.filter(waited=True).exists()
