"""Listeners in the admin: how they fare, and what staff do about it."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from tests.access.factories import make_client
from tests.hub.admin.doing import HUBS, at, do, text_of
from tests.hub.making import happen, make_hub
from tests.usage.conftest import logged_in
from tmfusage.access import roles
from tmfusage.backoffice.hub_verbs import VERBS
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out, watch_rights
from tmfusage.hub.models import Delivery, Hub
from tmfusage.hub.rotating import mark

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_list_tells_how_each_listener_fares(operator, listener):
    answers = iter([204, 500, 204])
    listener.answer = lambda _received: next(answers)
    make_hub(listener.url)
    for number in range(3):
        happen(str(number))
    Drain().run()
    page = text_of(operator.get(HUBS))
    row = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page[page.index(listener.url) :]))
    assert re.match(rf"{listener.url} \(testManagement v4\) — Active \d+ s 1 0 66.6 % ", row)


def test_listeners_that_are_gone_are_listed_only_when_asked_for(operator):
    make_hub("http://127.0.0.1:1/gone").remove()
    assert "/gone" not in text_of(operator.get(HUBS))
    assert "/gone" in text_of(operator.get(f"{HUBS}?state__exact=gone"))


def test_the_page_of_a_listener_shows_its_registration_and_no_secret(operator):
    hub, secret = Hub.register(
        api="testManagement", callback="http://127.0.0.1:1/x", by="tests", headers={"Authorization": "Bearer theirs"}
    )
    page = text_of(operator.get(f"{HUBS}{hub.pk}/change/"))
    assert "http://127.0.0.1:1/x" in page
    assert "Authorization" in page
    assert not {secret, hub.secret, hub.headers, "theirs"} & set(re.findall(r"[\w+/=-]+", page))


def test_a_listener_whose_secrets_cannot_be_opened_is_shown_all_the_same(operator, settings):
    hub = make_hub(headers={"X-Key": "theirs"})
    settings.SECRET_KEY = "another-key-that-opens-nothing-of-the-first"
    # The session is signed with the key as well.
    assert "not configured any more" in text_of(logged_in(roles.AUDITOR).get(f"{HUBS}{hub.pk}/change/"))


def test_a_listener_is_paused_with_a_reason_and_resumed(operator, listener):
    hub = make_hub(listener.url)
    assert "maintenance until noon" in text_of(do(operator, hub, "pause", reason="maintenance until noon"))
    happen()
    fan_out()
    assert "1 missed event follows" in text_of(do(operator, hub, "resume", since=""))
    Drain().run()
    assert len(listener.received) == 1


@pytest.mark.parametrize(("verb", "said"), [("resume", "more than 2 missed events"), ("replay", "More than 2 events")])
def test_what_takes_longer_is_said_to_be_under_way(operator, settings, verb, said):
    settings.HUB_CATCH_UP_EVENTS = 2
    hub = make_hub()
    since = at(timezone.now() - timedelta(minutes=5))
    if verb == "resume":
        hub.pause()
    for number in range(3):
        happen(str(number))
    fan_out()
    Delivery.objects.update(state=Delivery.State.DELIVERED)
    assert f"{said} " in text_of(do(operator, hub, verb, since=since if verb == "replay" else ""))
    assert "Catching up since" in text_of(operator.get(f"{HUBS}{hub.pk}/change/"))
    assert Hub.objects.get().catching_up


def test_what_was_missed_can_be_left_out(operator):
    hub = make_hub()
    hub.disable("tests")
    happen()
    fan_out()
    assert "0 missed events follow" in text_of(do(operator, hub, "resume", since="", skip="on"))
    assert Hub.objects.get().state == Hub.State.ACTIVE


def test_a_moment_is_not_ignored_because_what_was_missed_is_to_be_left_out(operator):
    hub = make_hub()
    hub.pause()
    page = text_of(do(operator, hub, "resume", since=at(timezone.now() - timedelta(hours=1)), skip="on"))
    assert "not both" in page
    assert Hub.objects.get().state == Hub.State.PAUSED


def test_the_list_names_the_api_client_and_tells_times_to_the_second(operator, listener):
    client = make_client()[0]
    make_hub(listener.url, client_id=client.pk, api="testManagement")
    happen()
    Drain().run()
    page = text_of(operator.get(HUBS))
    assert str(client) in page
    assert f"{Hub.objects.get().last_success_at:%H:%M:%S}</time>" in page


def test_the_way_to_a_listener_writes_its_address_as_it_is(operator):
    hub = make_hub()
    page = text_of(operator.get(f"{HUBS}{hub.pk}/change/"))
    assert "Http://" not in page
    assert "Listeners" in page


def test_what_happened_since_a_moment_is_delivered_again(operator, listener):
    hub = make_hub(listener.url)
    happen()
    Drain().run()
    since = at(timezone.now() - timedelta(minutes=5))
    assert "1 event is delivered again" in text_of(do(operator, hub, "replay", since=since))
    Drain().run()
    assert len({each.event_id for each in listener.received}) == 1
    assert len(listener.received) == 2


@pytest.mark.parametrize(
    ("since", "said"),
    [("", "required"), ("soon", "valid date"), ("2999-01-01T00:00:00", "not come yet")],
)
def test_a_replay_needs_a_moment_that_has_passed(operator, since, said):
    assert said in text_of(do(operator, make_hub(), "replay", since=since))


def test_everything_that_was_given_up_is_sent_again(operator, listener, settings):
    settings.HUB_RETRY_SCHEDULE = []
    listener.answer = lambda _received: 500
    hub = make_hub(listener.url)
    for number in range(2):
        happen(str(number))
    Drain().run()
    listener.answer = lambda _received: 204
    assert "2 events are delivered again" in text_of(do(operator, hub, "replay-dead"))
    Drain().run()
    assert not Delivery.objects.dead().exists()


def test_what_waits_for_its_next_attempt_is_sent_now(operator, listener):
    listener.answer = lambda _received: 500
    hub = make_hub(listener.url)
    happen()
    Drain().run()
    listener.answer = lambda _received: 204
    assert "1 delivery is tried now." in text_of(do(operator, hub, "send-waiting"))
    Drain().run()
    assert Delivery.objects.get().state == Delivery.State.DELIVERED
    assert LogEntry.objects.get().change_message == "Send what waits now: 1 delivery is tried now."


def test_a_test_event_is_sent(operator, listener):
    do(operator, make_hub(listener.url), "test")
    Drain().run()
    assert listener.types == ["HubTestEvent"]
    assert listener.received[0].event["event"]["hub"]["requestedBy"] == "staff:operator"


def test_asking_for_a_page_does_nothing(operator):
    hub = make_hub()
    for verb in VERBS:
        operator.get(f"{HUBS}{hub.pk}/do/{verb}/", follow=True)
    after = Hub.objects.get()
    assert (after.state, after.secrets) == (Hub.State.ACTIVE, hub.secrets)
    assert not Delivery.objects.exists()


def test_a_listener_is_removed(operator):
    hub = make_hub()
    happen()
    fan_out()
    do(operator, hub, "remove")
    assert (Hub.objects.get().state, Delivery.objects.get().state) == (Hub.State.GONE, Delivery.State.CANCELLED)
    assert "is gone" in text_of(do(operator, hub, "remove"))
    assert operator.post(f"{HUBS}{hub.pk}/do/rotate-secret/", {"overlap": "0", "seen": mark(hub)}).status_code == 404


def test_many_listeners_are_removed_at_once_after_a_question(operator):
    chosen = [make_hub(f"http://127.0.0.1:{port}/x") for port in (1, 2)]
    kept = make_hub("http://127.0.0.1:3/x")
    form = {"action": "remove_selected", "_selected_action": [hub.pk for hub in chosen]}
    page = text_of(operator.post(HUBS, form))
    assert chosen[0].callback in page
    assert kept.callback not in page
    assert Hub.objects.active().count() == 3
    assert "2 listeners were removed." in text_of(operator.post(HUBS, {**form, "apply": "1"}, follow=True))
    assert list(Hub.objects.standing()) == [kept]
    assert LogEntry.objects.filter(change_message="Removed with others.").count() == 2


def test_an_auditor_removes_none(auditor):
    hub = make_hub()
    assert "remove_selected" not in text_of(auditor.get(HUBS))
    auditor.post(HUBS, {"action": "remove_selected", "_selected_action": [hub.pk], "apply": "1"})
    assert Hub.objects.get().state == Hub.State.ACTIVE


def test_the_listener_of_a_client_that_is_no_more_is_not_resumed(operator):
    client = make_client()[0]
    hub = make_hub(api="usageManagement", client_id=client.pk, by=f"client:{client.pk}", scopes=["usage:read"])
    client.delete()
    watch_rights()
    page = text_of(operator.get(f"{HUBS}{hub.pk}/change/"))
    assert "its API client was deleted" in page
    assert "/do/resume/" not in page
    assert "/do/remove/" in page
    assert "The listener must not get events. Its API client was deleted." in text_of(
        do(operator, hub, "resume", since="")
    )


def test_two_who_resume_at_once_do_it_once(operator):
    hub = make_hub()
    hub.pause()
    do(operator, hub, "resume", since="")
    assert "The listener is active" in text_of(do(operator, hub, "resume", since=""))


def test_what_staff_did_stands_in_the_history(operator):
    hub = make_hub()
    do(operator, hub, "pause", reason="x")
    do(operator, hub, "rotate-secret", overlap="1")
    messages = LogEntry.objects.filter(object_id=hub.pk).values_list("user__username", "change_message")
    assert set(messages) == {("operator", "Pause: Paused."), ("operator", "Rotated the secret.")}
    assert "Rotated the secret." in text_of(operator.get(f"{HUBS}{hub.pk}/history/"))


@pytest.mark.parametrize("verb", [*VERBS, "explode"])
def test_an_auditor_reads_and_does_nothing(auditor, verb):
    hub = make_hub()
    assert "/do/" not in text_of(auditor.get(f"{HUBS}{hub.pk}/change/"))
    assert auditor.get(f"{HUBS}{hub.pk}/do/{verb}/").status_code == 403
    assert auditor.post(f"{HUBS}{hub.pk}/do/{verb}/", {"overlap": 1, "since": "2026-01-01T00:00"}).status_code == 403


@pytest.mark.parametrize("role", [roles.CUSTOMER_CARE, roles.PRODUCT_MANAGER])
def test_others_see_nothing_of_it(role, db):
    hub, browser = make_hub(), logged_in(role)
    for page in ("hub/", f"hub/{hub.pk}/change/", "event/", "delivery/"):
        assert browser.get(f"/admin/hub/{page}").status_code == 403
    assert "/admin/hub/" not in text_of(browser.get("/admin/"))


def test_what_is_not_there_is_not_found(operator):
    hub = make_hub()
    for page in ("nobody/change/", "nobody/do/pause/", f"{hub.pk}/do/explode/", "a%00b/change/", "a%00b/do/pause/"):
        assert operator.get(f"{HUBS}{page}").status_code == 404
    for action in ("add/", f"{hub.pk}/delete/"):
        assert operator.post(f"{HUBS}{action}").status_code == 403
    assert operator.post(f"{HUBS}{hub.pk}/change/").status_code == 405
