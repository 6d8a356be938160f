"""One attempt as a listener sees it, and what the courier makes of the answer."""

import asyncio
import logging
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.hub.delivery.hostile import OK, Served, answering, answers_after, closing_after, hostile, resets
from tests.hub.delivery.sending import BODY, MESSAGE, SECRET, send, send_all, send_at_once, target
from tmfusage import __version__
from tmfusage.hub.answers import retry_after_of
from tmfusage.hub.delivery import Courier, Message, Outcome, Target, url_of

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def exchanged(message: Message = MESSAGE, path: str = "", **more) -> tuple[str, dict[str, str], bytes]:
    """The request line, the headers and the body that a listener read."""
    with hostile(answering(OK)) as listener:
        assert send(listener.url + path, message, **more).delivered
    head, _, body = listener.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


def answered(answer: bytes) -> Outcome:
    with hostile(closing_after(answer)) as listener:
        return send(listener.url)


def test_the_callback_gets_the_body_byte_for_byte():
    body = b'{"exact": 12345678901234567.890, "text": "\\u00e9\xc3\xa9"}'
    first, headers, received = exchanged(Message("id", "UsageCreateEvent", body))
    assert first == "POST /listener HTTP/1.1"
    assert received == body
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert headers["user-agent"] == f"tmfusage/{__version__}"
    assert headers["accept-encoding"] == "identity"
    assert headers["webhook-id"] == "id"


def test_nothing_is_sent_that_nobody_asked_for():
    _, headers, _ = exchanged()
    allowed = {"host", "content-type", "content-length", "user-agent", "accept", "accept-encoding"}
    assert set(headers) == allowed | {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.mark.parametrize("path", ["/a%2Fb/%7e?x=%20a+b&y=%C3%A9", "/a//b/../c", "?only=query", "/'()*!;:@$,[]"])
def test_the_callback_is_used_verbatim(path):
    assert exchanged(path=path)[0] == f"POST /listener{path} HTTP/1.1"


@pytest.mark.parametrize(
    ("callback", "url"),
    [
        ("https://a.test/x", "https://a.test/x/listener/usageCreateEvent"),
        ("https://a.test/x/", "https://a.test/x/listener/usageCreateEvent"),
        ("https://a.test", "https://a.test/listener/usageCreateEvent"),
        ("https://a.test/x?y=/%20", "https://a.test/x/listener/usageCreateEvent?y=/%20"),
    ],
)
def test_the_path_of_the_event_is_appended_on_request(callback, url):
    assert str(url_of(target(callback, append_listener_path=True), MESSAGE)) == url


def test_the_listeners_own_headers_travel_with_every_delivery():
    _, headers, _ = exchanged(headers={"Authorization": "Bearer abc", "webhook-id": "forged"})
    assert headers["authorization"] == "Bearer abc"
    assert headers["webhook-id"] == MESSAGE.event_id


@pytest.mark.parametrize(("correlation", "sent"), [(TRACE, TRACE), ("order 7\r\nX: y", None), ("", None)])
def test_a_trace_is_continued_and_nothing_else_becomes_a_header(correlation, sent):
    _, headers, _ = exchanged(Message("id", "UsageCreateEvent", BODY, correlation))
    assert headers.get("traceparent") == sent


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_acknowledges(status):
    outcome = answered(b"HTTP/1.1 %d Fine\r\nContent-Length: 0\r\n\r\n" % status)
    assert (outcome.status, outcome.error, outcome.delivered) == (status, "", True)


@pytest.mark.parametrize("status", [300, 305, 400, 401, 404, 410, 429, 500, 503, 999])
def test_anything_else_does_not(status):
    outcome = answered(b"HTTP/1.1 %d No\r\nContent-Length: 3\r\n\r\nwhy" % status)
    assert (outcome.status, outcome.error, outcome.delivered) == (status, "http", False)


def test_the_outcome_tells_when_how_long_where_and_what_was_said():
    before = datetime.now(UTC)
    with hostile(answers_after(0.05)) as listener:
        outcome = send(listener.url)
    assert before <= outcome.started_at <= datetime.now(UTC)
    assert outcome.milliseconds >= 50
    assert (outcome.peer, outcome.answer) == ("127.0.0.1", b"ok")


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_answer_without_a_length_ends_with_the_connection(version):
    outcome = answered(b"HTTP/%s 200 OK\r\nConnection: close\r\n\r\nok" % version)
    assert (outcome.delivered, outcome.answer) == (True, b"ok")


def test_a_long_answer_is_cut():
    outcome = answered(b"HTTP/1.1 500 No\r\nContent-Length: 9999\r\n\r\n" + b"x" * 9999)
    assert outcome.answer == b"x" * 4096


@pytest.mark.parametrize(
    ("header", "instruction"),
    [("disable", "disable"), (" Abort-Message ", "abort-message"), ("delete", ""), ("", "")],
)
def test_a_listener_may_give_an_instruction(header, instruction):
    answer = b"HTTP/1.1 400 No\r\nWebhook-Delivery: %s\r\nContent-Length: 0\r\n\r\n" % header.encode()
    assert answered(answer).instruction == instruction


def test_a_listener_may_ask_for_patience():
    assert answered(b"HTTP/1.1 429 Later\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n").retry_after == 120


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("Mon, 23 Nov 2026 13:02:00 GMT", 120.0),
        ("Mon, 23 Nov 2026 12:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 13:02:00", 120.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("inf", None),
        ("9" * 400, None),
        ("٣", None),
        ("Mon, 99 Nov 2026 13:02:00 GMT", None),
        ("Mon, 23 Nov 99999999999 13:02:00 GMT", None),
    ],
)
def test_patience_is_asked_for_in_seconds_or_by_date(header, seconds):
    assert retry_after_of({"Retry-After": header}, datetime(2026, 11, 23, 13, 0, tzinfo=UTC)) == seconds


@hypothesis_settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_for_patience_raises(header):
    assert (retry_after_of({"Retry-After": header}) or 0) >= 0


def test_connections_are_kept_between_deliveries():
    with hostile(answering(OK)) as listener:
        outcomes = send_all([target(listener.url)] * 20)
    assert all(outcome.delivered for outcome in outcomes)
    assert (listener.connections, len(listener.requests)) == (1, 20)


def test_a_connection_with_an_unread_answer_is_not_used_again():
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000
    with hostile(answering(long)) as listener:
        send_all([target(listener.url)] * 3)
    assert listener.connections == 3


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_attempt():
    with hostile(closing_after(OK)) as listener:
        outcomes = send_all([target(listener.url)] * 5)
        assert all(outcome.delivered for outcome in outcomes)
        assert len(listener.requests) == 5


@pytest.mark.parametrize(("rest", "more"), [(b"", 2), (b"HTTP/1.1 2", 1)])
def test_a_listener_that_closes_without_an_answer_is_asked_once_more_and_not_again(rest, more):
    """However many connections to it are kept; not at all when it had begun to answer."""
    tired = threading.Event()

    def manner(served: Served) -> None:
        while served.request() and not tired.is_set():
            served.over.wait(0.1)
            served.send(OK)
        served.send(rest)

    async def work(to: Target) -> Outcome:
        async with Courier() as courier:
            await asyncio.gather(*(courier.send(to, MESSAGE) for _ in range(4)))
            tired.set()
            return await courier.send(to, MESSAGE)

    with hostile(manner) as listener:
        assert asyncio.run(work(target(listener.url))).error == "reset"
        assert (listener.connections, len(listener.requests)) == (4 + more - 1, 4 + more)


def test_a_listener_that_resets_is_asked_once():
    with hostile(resets) as listener:
        assert send(listener.url).error == "reset"
        assert len(listener.requests) == 1


def test_cookies_of_a_listener_are_forgotten():
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"
    with hostile(answering(answer)) as listener:
        send_all([target(listener.url)] * 2)
    assert not any(b"cookie" in request.lower() for request in listener.requests)


def test_many_deliveries_at_once_do_not_mix():
    with hostile(answering(OK)) as one, hostile(answering(OK)) as other:
        targets = [target(one.url, headers={"X-To": "one"}), target(other.url, headers={"X-To": "other"})] * 50
        assert all(outcome.delivered for outcome in send_at_once(targets))
    assert all(b"X-To: one\r\n" in request for request in one.requests)
    assert all(b"X-To: other\r\n" in request for request in other.requests)
    assert len(one.requests) == len(other.requests) == 50


def test_what_the_settings_no_longer_allow_is_not_sent(settings):
    with hostile(answering(OK)) as listener:
        settings.HUB_ALLOW_HTTP = False
        assert send(listener.url).error == "blockedAddress"
        assert listener.connections == 0


def test_a_damaged_secret_is_an_outcome_and_no_text_of_it_is_logged(caplog):
    with hostile(answering(OK)) as listener, caplog.at_level(logging.DEBUG):
        outcome = send(listener.url, secrets=("whsec_not base64!",), headers={"Authorization": "top-secret"})
    assert (outcome.status, outcome.error) == (None, "aborted")
    assert "not base64" not in caplog.text
    assert "top-secret" not in caplog.text


def test_a_target_does_not_show_its_secrets():
    assert SECRET not in repr(target("https://a.test", headers={"Authorization": "top-secret"}))
    assert "top-secret" not in repr(target("https://a.test", headers={"Authorization": "top-secret"}))


def test_a_cancelled_delivery_ends_at_once():
    async def work(url: str) -> None:
        async with Courier() as courier:
            sending = asyncio.create_task(courier.send(target(url), MESSAGE))
            await asyncio.sleep(0.1)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

    with hostile(answers_after(30)) as listener:
        asyncio.run(work(listener.url))
