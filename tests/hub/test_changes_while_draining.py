"""What changes about a listener, or about the worker, while a drain is at it."""

import logging

import pytest
from django.db import connection
from standardwebhooks import Webhook

from tests.hub.making import happen, make_hub
from tmfusage.hub import clock, draining, leasing, recording
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Delivery, Hub

pytestmark = pytest.mark.django_db(transaction=True)


def after_the_first(listener, change) -> None:
    """The listener does this to its registration when it gets its first event."""
    changed = []

    def answer(received) -> int:
        if not changed:
            changed.append(received)
            change(Hub.objects.get(callback=listener.url))
            connection.close()
        return 204

    listener.answer = answer


def test_a_new_secret_signs_at_once(listener):
    secrets = []
    after_the_first(listener, lambda hub: secrets.append(hub.rotate_secret()))
    make_hub(listener.url, rate=20)
    for number in range(40):
        happen(str(number))
    assert Drain().run() == 40
    # What was under way or paced already may still have the old one; within half a second none has.
    for received in listener.received[30:]:
        Webhook(secrets[0]).verify(received.body, received.headers)


def test_a_new_rate_holds_at_once(listener):
    after_the_first(listener, lambda hub: Hub.objects.update(rate=500))
    make_hub(listener.url, rate=5)
    for number in range(200):
        happen(str(number))
    # At five a second these would take forty seconds.
    assert Drain().run(seconds=25) == 200


def test_a_listener_paused_meanwhile_is_left_at_once(listener):
    after_the_first(listener, lambda hub: hub.pause())
    make_hub(listener.url, rate=20)
    for number in range(200):
        happen(str(number))
    Drain().run()
    assert len(listener.received) < 30


def test_claims_are_given_back_under_the_lease_only():
    make_hub()
    happen()
    fan_out()
    (lease,) = leasing.take(1)
    (due,) = recording.pick(lease, 10)
    Hub.objects.update(lease_token="01a2088f-16b6-705d-b822-b951881a421a")
    recording.give_back(lease, [due.id])
    assert Delivery.objects.get().claims == 1


@pytest.mark.parametrize(
    ("ahead", "right", "said"),
    [
        (0.2, True, ""),
        (-1.5, True, "This machine's clock is 1.5 s behind the database's."),
        (6.0, False, "Nothing is delivered: this machine's clock is 6.0 s ahead of the database's."),
        (-6.0, False, "Nothing is delivered: this machine's clock is 6.0 s behind the database's."),
    ],
)
def test_a_wrong_clock_is_told_and_signs_nothing(listener, monkeypatch, caplog, ahead, right, said):
    monkeypatch.setattr(clock, "difference", lambda: ahead)
    monkeypatch.setattr(draining, "clock", clock.Clock())
    make_hub(listener.url)
    happen()
    with caplog.at_level(logging.WARNING, "tmfusage.hub.clock"):
        assert Drain().run() == right
    assert " ".join(caplog.messages) == said


def test_the_clocks_of_one_machine_agree():
    assert abs(clock.difference()) < 1
