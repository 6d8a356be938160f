"""Events and deliveries in the admin: found by key, read safely, made again."""

import html
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.hub.making import happen, last_event, make_hub
from tmfusage.backoffice import hub_admin, paging
from tmfusage.backoffice.hub_showing import DELIVERY_TONES, HUB_TONES, counted, duration, harmless, percent
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import fan_out
from tmfusage.hub.models import Attempt, Delivery, Hub

pytestmark = pytest.mark.django_db(transaction=True)
DELIVERIES, EVENTS = "/admin/hub/delivery/", "/admin/hub/event/"
ATTEMPTS_AN_HOUR = 3_600
# Twenty thousand events and deliveries of two listeners; all were delivered but a few.
FILL = """
INSERT INTO hub_event (event_id, api, event_type, resource_type, resource_id, revision, party_ids, snapshot,
                       field_path, correlation_id, fanned_out_at)
SELECT 'event-' || n, 'testManagement', 'ThingCreateEvent', 'thing', 'thing-' || n %% 5000, 1, '{}', '{}', '', '', now()
FROM generate_series(1, 20000) n;
INSERT INTO hub_delivery (event_seq, hub_id, resource_key, state, attempts, claims, last_error, trigger)
SELECT seq, %s, 'thing/' || resource_id, CASE seq %% 1000 WHEN 0 THEN 0 WHEN 1 THEN 2 ELSE 1 END, 1, 1, '', 'auto'
FROM hub_event;
INSERT INTO hub_attempt (delivery_id, n, started_at, milliseconds, status, error, answer, peer)
SELECT id, 1, now() - id * interval '1 second', 5, 204, '', '', '' FROM hub_delivery;
"""


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_an_event_is_found_by_its_id_and_by_its_resource(operator):
    make_hub()
    happen("one")
    happen("two")
    event = last_event()
    for term in (event.event_id, "two", f" {event.event_id} "):
        page = text_of(operator.get(EVENTS, {"q": term}))
        assert "thing/two" in page
        assert "thing/one" not in page
    assert "thing/" not in text_of(operator.get(EVENTS, {"q": "three"}))
    assert "thing/two" in text_of(operator.get(EVENTS))


def test_the_page_of_an_event_shows_what_it_was_and_whom_it_was_told(operator, listener):
    make_hub(listener.url)
    happen("one", parties=("acme",), note="<script>alert(1)</script>")
    Drain().run()
    page = text_of(operator.get(f"{EVENTS}{last_event().pk}/change/"))
    assert listener.url in page
    assert "acme" in page
    assert "<script>alert(1)" not in page


def test_each_attempt_is_shown_with_its_answer_which_can_do_nothing(operator, listener):
    make_hub(listener.url)
    happen()
    Drain().run()
    Attempt.objects.update(
        status=500, error="http", answer="<img src=x onerror=alert(1)>\u202egnp\x1b[31m\xff".encode()
    )
    page = text_of(operator.get(f"{DELIVERIES}{Delivery.objects.get().pk}/change/"))
    answers = re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert html.unescape(answers[0]) == "<img src=x onerror=alert(1)>\\u202egnp\\u001b[31m\xff"
    assert "<img src=x" not in page
    assert "127.0.0.1" in page


def test_what_is_sent_is_shown_to_the_letter(operator, listener):
    make_hub(listener.url)
    happen(amount=1)
    Drain().run()
    page = text_of(operator.get(f"{DELIVERIES}{Delivery.objects.get().pk}/change/"))
    shown = re.findall(r'<pre[^>]*id="body"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert html.unescape(shown[0]).encode() == listener.received[0].body


def test_a_delivery_is_made_again(operator, listener):
    make_hub(listener.url)
    happen()
    Drain().run()
    delivery = Delivery.objects.get()
    assert "It is delivered again." in text_of(operator.post(f"{DELIVERIES}{delivery.pk}/resend/", follow=True))
    assert "It is waiting already" in text_of(operator.post(f"{DELIVERIES}{delivery.pk}/resend/", follow=True))
    Drain().run()
    assert [each.event_id for each in listener.received] == [delivery.event.event_id] * 2
    assert LogEntry.objects.filter(change_message="Resent.", user__username="operator").count() == 1


def test_a_delivery_that_waits_is_sent_now_or_skipped(operator, listener):
    listener.answer = lambda _received: 500
    make_hub(listener.url)
    for number in range(2):
        happen("one", n=number)
    Drain().run()
    first, behind = Delivery.objects.order_by("id")
    page = text_of(operator.get(f"{DELIVERIES}{first.pk}/change/"))
    assert "Send now" in page
    assert "Skip" in page
    assert "Resend" not in page
    assert "It is tried now" in text_of(operator.post(f"{DELIVERIES}{first.pk}/send-now/", follow=True))
    assert "It is given up" in text_of(operator.post(f"{DELIVERIES}{first.pk}/skip/", follow=True))
    assert "skipped by staff:operator" in text_of(operator.get(f"{DELIVERIES}{first.pk}/change/"))
    listener.answer = lambda _received: 204
    Drain().run()
    assert [Delivery.objects.get(pk=each.pk).state for each in (first, behind)] == [2, 1]
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {"Sent now.", "Skipped."}


def test_a_delivery_of_a_stopped_listener_is_not_made_again(operator, listener):
    hub = make_hub(listener.url)
    happen()
    Drain().run()
    hub.pause()
    page = f"{DELIVERIES}{Delivery.objects.get().pk}"
    assert "Resend" not in text_of(operator.get(f"{page}/change/"))
    assert "its listener is stopped" in text_of(operator.post(f"{page}/resend/", follow=True))


def test_an_auditor_reads_deliveries_and_makes_none_again(auditor, listener):
    make_hub(listener.url)
    happen()
    Drain().run()
    page = f"{DELIVERIES}{Delivery.objects.get().pk}"
    assert "/resend/" not in text_of(auditor.get(f"{page}/change/"))
    for verb in ("resend", "send-now", "skip"):
        assert auditor.post(f"{page}/{verb}/").status_code == 403
    assert Delivery.objects.get().state == Delivery.State.DELIVERED


def test_resending_takes_a_click(operator):
    make_hub()
    happen()
    fan_out()
    page = f"{DELIVERIES}{Delivery.objects.get().pk}"
    for verb in ("resend", "send-now", "skip"):
        assert operator.get(f"{page}/{verb}/").status_code == 405
    assert operator.post(f"{page}/change/").status_code == 405
    assert operator.post(f"{page}/delete/").status_code == 403
    assert operator.get(f"{DELIVERIES}999999999/change/").status_code == 404


def test_deliveries_are_narrowed_to_a_listener_and_to_what_waits(operator):
    hub, other = make_hub("http://127.0.0.1:1/one"), make_hub("http://127.0.0.1:1/two", query="eventType=Nothing")
    happen("first")
    fan_out()
    for address, found in {
        f"?hub={hub.pk}": True,
        f"?hub={hub.pk}&state=0": True,
        f"?hub={hub.pk}&state=2": False,
        f"?hub={other.pk}": False,
        "?q=first": True,
        "?q=second": False,
        "?state=7": True,
        "?hub=nobody": False,
    }.items():
        assert ("thing/first" in text_of(operator.get(f"{DELIVERIES}{address}"))) is found, address


def test_every_state_is_told_by_its_name(operator):
    hub = make_hub()
    happen()
    fan_out()
    hub.remove()
    for page, name in ((DELIVERIES, "Cancelled"), ("/admin/hub/hub/?state__exact=gone", "Gone")):
        rows = re.search(r"<tbody.*</tbody>", text_of(operator.get(page)), re.DOTALL)
        assert name in rows[0]
    assert set(DELIVERY_TONES) == set(Delivery.State)
    assert set(HUB_TONES) == set(Hub.State)


@pytest.mark.parametrize("address", ["?q=a%00b", "?hub=a%00b", "?state=a%00b", "?q=" + "x" * 300, "?p=999999"])
@pytest.mark.parametrize("base", [DELIVERIES, EVENTS])
def test_addresses_that_mean_nothing_do_no_harm(operator, base, address):
    assert operator.get(base + address).status_code in {200, 302, 400}


def test_nothing_is_read_that_grows_with_the_tables(operator, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 1_000)
    monkeypatch.setattr(hub_admin, "MOST_SCANNED", 2_000)
    hub = make_hub()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [hub.pk])
        cursor.execute("ANALYZE hub_event, hub_delivery, hub_attempt")
    pages = [
        EVENTS,
        f"{EVENTS}?q=thing-77",
        DELIVERIES,
        f"{DELIVERIES}?q=event-4711",
        f"{DELIVERIES}?hub={hub.pk}&state=2",
        f"{DELIVERIES}?hub={hub.pk}",
        f"{DELIVERIES}{Delivery.objects.latest('id').pk}/change/",
        "/admin/hub/hub/",
        f"/admin/hub/hub/{hub.pk}/change/",
    ]
    for page in pages:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert operator.get(page).status_code == 200
        for query in asked.captured_queries:
            if re.search(r"\bhub_(delivery|event|attempt)\b", query["sql"]):
                assert rows_read(query["sql"]) <= ATTEMPTS_AN_HOUR, (page, query["sql"])


def rows_read(statement: str) -> int:
    """How many rows the statement's largest step reads, those included that it then leaves out."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING off, SUMMARY off) {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    return max(int(rows) for rows in re.findall(r"(?:actual rows=|Removed by Filter: )(\d+)", plan))


def test_figures_are_told_as_people_say_them():
    assert [duration(each) for each in (0, 59.9, 61, 7_300, 90_000, 200_000)] == [
        "0 s", "59 s", "1 min", "2 h", "1 day", "2 days",
    ]  # fmt: skip
    assert [counted(each) for each in (0, 1_000, 1_001)] == ["0", "1,000", "1,000+"]
    assert [percent(each) for each in (None, 0, 0.6666, 0.99999, 1)] == ["—", "0 %", "66.6 %", "99.9 %", "100 %"]


def test_answers_are_shown_character_by_character():
    assert harmless(b"a\r\nb\tc\x00\xff\xfe") == "a\nb\tc\\u0000\ufffd\ufffd"
    assert harmless(memoryview("ü\u200b\u2066x".encode())) == "ü\\u200b\\u2066x"
