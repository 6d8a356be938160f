"""No listener holds up a delivery, fills the memory, or leads it where it must not go."""

import pytest

from tests.hub.delivery import hostile as listeners
from tests.hub.delivery.hostile import hostile
from tests.hub.delivery.sending import Memory, send, send_at_once, target

DEADLINE = 1.0
# What the machine may add on a busy day; the deadline itself is the promise.
SLACK = 2.0
MEBIBYTES = 24


@pytest.fixture(autouse=True)
def short_deadline(settings):
    settings.HUB_DEADLINE, settings.HUB_CONNECT_TIMEOUT = DEADLINE, 0.5


@pytest.mark.parametrize(
    "manner",
    [
        listeners.never_answers,
        listeners.never_reads,
        listeners.drips_the_head,
        listeners.answers_after(DEADLINE + 0.5),
    ],
)
def test_a_listener_that_takes_too_long_ends_at_the_deadline(manner):
    with hostile(manner) as listener, Memory() as memory:
        outcome = send(listener.url)
    assert (outcome.status, outcome.error, outcome.delivered) == (None, "timeout", False)
    assert DEADLINE * 1000 <= outcome.milliseconds < (DEADLINE + SLACK) * 1000
    assert memory.risen < MEBIBYTES


@pytest.mark.parametrize(
    "manner",
    [
        listeners.drips_the_body,
        listeners.sends_a_gigabyte,
        listeners.sends_a_gigabyte_in_chunks,
        listeners.sends_a_gigabyte_of_tiny_chunks,
        listeners.sends_a_bomb,
        listeners.resets_within_the_answer,
        listeners.acknowledges_forever,
    ],
)
def test_the_status_counts_whatever_body_follows_it(manner):
    with hostile(manner) as listener, Memory() as memory:
        outcome = send(listener.url)
    assert outcome.delivered
    assert len(outcome.answer) <= 4096
    assert outcome.milliseconds < (DEADLINE + SLACK) * 1000
    assert memory.risen < MEBIBYTES


def test_a_bomb_is_not_unpacked():
    with hostile(listeners.sends_a_bomb) as listener:
        assert send(listener.url).answer.startswith(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        (listeners.promises_continuation_forever, "invalidAnswer"),
        (listeners.sends_many_headers, "tooManyHeaders"),
        (listeners.sends_a_gigabyte_in_one_header, "invalidAnswer"),
        (listeners.sends_a_gigabyte_without_a_line_end, "invalidAnswer"),
        (listeners.speaks_another_protocol, "invalidAnswer"),
        (listeners.resets, "reset"),
        (listeners.closes_at_once, "reset"),
    ],
)
def test_an_answer_that_is_none_has_its_class(manner, error):
    with hostile(manner) as listener, Memory() as memory:
        outcome = send(listener.url)
    assert (outcome.status, outcome.error) == (None, error)
    assert outcome.milliseconds < (DEADLINE + SLACK) * 1000
    assert memory.risen < MEBIBYTES


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_never_followed(status):
    with hostile(listeners.answering(listeners.OK)) as victim:
        answer = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, victim.url.encode())
        with hostile(listeners.answering(answer)) as listener:
            outcome = send(listener.url)
        assert victim.connections == 0
    assert (outcome.status, outcome.error, outcome.delivered) == (status, "http", False)


def test_nobody_listening_is_refused():
    with hostile(listeners.closes_at_once) as gone:
        pass
    assert send(gone.url).error == "refused"


def test_tls_that_never_finishes_ends_at_the_connect_timeout():
    with hostile(listeners.never_reads) as listener:
        outcome = send(listener.url.replace("http:", "https:"))
    assert outcome.error == "timeout"
    assert outcome.milliseconds < (0.5 + SLACK) * 1000


def test_fifty_hostile_listeners_do_not_hold_up_a_good_one(settings):
    settings.HUB_DEADLINE = 2.0
    with hostile(listeners.never_answers) as slow, hostile(listeners.answering(listeners.OK)) as good:
        *held, fine = send_at_once([target(slow.url)] * 50 + [target(good.url)])
    assert {outcome.error for outcome in held} == {"timeout"}
    assert max(outcome.milliseconds for outcome in held) < (2.0 + SLACK) * 1000
    assert fine.delivered
