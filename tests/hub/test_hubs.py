"""The verbs of a listener: register, stop, go on, rotate, try."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.hub.making import CHANGED, happen, make_hub
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Attempt, Delivery, Hub
from tmfusage.hub.retention import forget
from tmfusage.hub.signing import verify
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db(transaction=True)


def refusal(**registration) -> tuple[int, str]:
    with pytest.raises(TmfError) as refused:
        make_hub(**registration)
    return refused.value.status_code, refused.value.code


def test_the_secret_is_told_once_and_kept_sealed():
    hub, secret = Hub.register(api="testManagement", callback="http://127.0.0.1:9/x", by="tests")
    assert secret.startswith("whsec_")
    assert secret not in hub.secret
    assert hub.secrets == (secret,)


def test_the_same_registration_again_is_a_conflict():
    make_hub(query="eventType=A")
    assert refusal(query="eventType=A") == (409, "conflict")
    make_hub(query="eventType=B")
    make_hub(query="eventType=A", client_id="another")


def test_a_removed_listener_can_register_again():
    make_hub().remove()
    assert make_hub().state == Hub.State.ACTIVE


@pytest.mark.parametrize("query", ["a=%ff", "..=1", "limit=3", "a.b.c.d.e.f.g.h.i.j=1", "a=" + "1" * 1000])
def test_a_query_that_cannot_be_understood_is_refused(query):
    assert refusal(query=query) == (400, "invalidQuery")


def test_too_many_filters_are_refused():
    assert refusal(query="&".join(f"a{n}=1" for n in range(21))) == (400, "invalidQuery")


def test_a_client_has_a_quota(settings):
    settings.HUB_MAX_PER_CLIENT = 2
    for number in range(2):
        make_hub(f"http://127.0.0.1:{number + 1}/", client_id="one")
    assert refusal(client_id="one") == (429, "tooManyListeners")
    make_hub(client_id="two")


def test_who_registers_again_at_its_limit_learns_that_it_is_registered(settings):
    settings.HUB_MAX_PER_CLIENT = 1
    make_hub(client_id="one")
    assert refusal(client_id="one") == (409, "conflict")


def test_who_registers_a_disabled_listener_again_learns_why_it_is_disabled():
    make_hub().disable("no success for 120 hours")
    with pytest.raises(TmfError) as refused:
        make_hub()
    assert refused.value.message.endswith("It is disabled because no success for 120 hours; delete it first.")


def test_a_host_has_a_quota(settings):
    settings.HUB_MAX_PER_HOST = 1
    make_hub("http://127.0.0.1:1/a")
    assert refusal(callback="http://127.0.0.1:2/b") == (429, "tooManyListeners")
    Hub.objects.get().disable("its API client was deleted")
    assert make_hub("http://127.0.0.1:2/b").host == "127.0.0.1"


def test_own_headers_are_sent_and_kept_sealed(listener):
    hub = make_hub(listener.url, headers={"Authorization": "Bearer theirs"})
    happen()
    Drain().run()
    assert listener.received[0].headers["Authorization"] == "Bearer theirs"
    assert "theirs" not in hub.headers


def test_after_a_pause_what_was_missed_is_delivered(listener):
    hub = make_hub(listener.url)
    hub.pause("maintenance")
    happen("one")
    fan_out()
    happen("two")
    assert hub.resume() == 1
    Drain().run()
    assert sorted(each.resource_id for each in listener.received) == ["one", "two"]


def test_after_a_pause_what_was_missed_can_be_left_out(listener):
    hub = make_hub(listener.url)
    hub.pause()
    happen("one")
    fan_out()
    assert hub.resume(since=timezone.now()) == 0


def test_what_was_due_before_a_pause_waits(listener):
    hub = make_hub(listener.url)
    happen("one")
    fan_out()
    hub.pause()
    assert Drain().run() == 0
    hub.resume()
    assert Drain().run() == 1


def test_a_catch_up_asks_the_query_too(listener):
    hub = make_hub(listener.url, query=f"eventType={CHANGED}")
    make_hub()
    hub.disable("tests")
    happen("one")
    happen("one", CHANGED)
    fan_out()
    assert hub.reopen() == 1


def test_a_removed_listener_gets_nothing_more(listener):
    hub = make_hub(listener.url)
    happen()
    fan_out()
    hub.remove()
    assert Delivery.objects.get().state == Delivery.State.CANCELLED
    with pytest.raises(TmfError):
        hub.resume()


def test_both_secrets_sign_during_a_rotation(listener):
    hub, first = Hub.register(api="testManagement", callback=listener.url, by="tests")
    second = hub.rotate_secret()
    assert hub.secrets == (second, first)
    hub.rotate_secret(overlap=timedelta(0))
    assert len(hub.secrets) == 1


def test_the_secret_that_the_listener_knows_signs_to_its_own_end_however_often_it_is_rotated(listener):
    hub, first = Hub.register(api="testManagement", callback=listener.url, by="tests")
    hub.rotate_secret(timedelta(hours=1))
    ends = hub.previous_secret_until
    hub.rotate_secret(timedelta(hours=9))
    assert hub.secrets[2] == first
    assert hub.overlaps[1] == ends
    happen()
    Drain().run()
    verify(first, listener.received[0].headers, listener.received[0].body)
    for _ in range(2):
        hub.rotate_secret(timedelta(hours=1))
    with pytest.raises(TmfError, match="4 earlier secrets sign already"):
        hub.rotate_secret(timedelta(hours=1))
    hub.rotate_secret(timedelta(0))
    assert len(hub.secrets) == 1


def test_a_test_event_reaches_this_listener_only(listener, other_listener):
    hub = make_hub(listener.url, query=f"eventType={CHANGED}", party="acme")
    make_hub(other_listener.url)
    hub.send_test_event("tests")
    Drain().run()
    assert (listener.types, other_listener.types) == (["HubTestEvent"], [])


def test_dead_deliveries_can_be_made_again(listener, settings):
    settings.HUB_RETRY_SCHEDULE = []
    listener.answer = lambda _received: 500
    hub = make_hub(listener.url)
    happen()
    Drain().run()
    assert Delivery.objects.dead().count() == 1
    listener.answer = lambda _received: 204
    assert hub.replay_dead() == 1
    Drain().run()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.trigger, delivery.log.count()) == (Delivery.State.DELIVERED, "manual", 2)


def test_what_happened_since_then_can_be_delivered_again(listener):
    hub = make_hub(listener.url)
    happen("one")
    Drain().run()
    then = timezone.now()
    happen("two")
    Drain().run()
    assert hub.replay(then) == 1
    Drain().run()
    assert [each.resource_id for each in listener.received] == ["one", "two", "two"]
    assert listener.received[1].event_id == listener.received[2].event_id


def test_what_could_not_be_worded_is_worded_by_a_replay(listener, monkeypatch):
    hub = make_hub(listener.url)
    with monkeypatch.context() as broken:
        broken.setattr("tmfusage.hub.envelopes.plain", None)
        happen("one")
        fan_out()
    assert Delivery.objects.get().last_error == "notRendered"
    assert hub.replay_dead() == 1
    Drain().run()
    assert listener.received[0].resource_id == "one"


def test_old_events_are_forgotten_with_everything_about_them(listener):
    make_hub(listener.url)
    happen()
    Drain().run()
    assert forget(days=1) == 0
    assert forget(days=0) == 2
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()


def test_what_an_active_listener_is_still_to_get_is_kept():
    hub = make_hub()
    happen()
    fan_out()
    assert forget(days=0) == 0
    hub.remove()
    assert forget(days=0) == 3
    assert not Hub.objects.exists()


def test_the_success_rate_of_the_last_hour_is_known(listener):
    hub = make_hub(listener.url)
    assert Attempt.objects.of_hub(hub.pk).success_rate() is None
    answers = iter([204, 500, 204, 204])
    listener.answer = lambda _received: next(answers)
    for number in range(4):
        happen(str(number))
    Drain().run()
    assert Attempt.objects.of_hub(hub.pk).success_rate() == 0.75
    assert Delivery.objects.counts() == {hub.pk: {0: 1}}
    assert Delivery.objects.filter(hub=hub).lag() >= 0
    assert Delivery.objects.filter(hub=hub).next_attempt() > timezone.now()
