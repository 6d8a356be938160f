"""`manage.py listen`: what it prints, and how it answers."""

import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from tests.hub.delivery.sending import MESSAGE, SECRET, send, send_all, target
from tmfusage.hub.delivery import Message
from tmfusage.hub.listening import Listener, Manners
from tmfusage.hub.management.commands.listen import Command
from tmfusage.hub.vault import new_secret

ROOT = Path(__file__).resolve().parents[3]


class Said(list):
    """Lines that were printed, waited for: the listener answers before it prints."""

    def __init__(self) -> None:
        super().__init__()
        self._more = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._more:
            self.append(line)
            self._more.notify_all()

    def wait(self, lines: int) -> list[str]:
        with self._more:
            assert self._more.wait_for(lambda: len(self) >= lines, 10)
        return self


@contextmanager
def listening(**manners):
    said = Said()
    with Listener(0, Manners(say=said, **manners)) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        yield listener.url, said
        listener.shutdown()


def test_a_line_tells_the_event_its_resource_and_its_signature():
    with listening(secrets=(SECRET,)) as (url, said):
        assert send(url).status == 201
        line = said.wait(1)[0]
    assert re.fullmatch(r"\d\d:\d\d:\d\d  UsageCreateEvent  42  0197-event  signature ok  answered 201", line)


def test_a_delivery_that_comes_again_is_marked():
    with listening() as (url, said):
        send_all([target(url)] * 2)
        assert ["(again)" in line for line in said.wait(2)] == [False, True]
        assert "signature not checked" in said[0]


def test_a_wrong_signature_is_refused():
    with listening(secrets=(new_secret(),)) as (url, said):
        assert send(url).status == 401
        assert "BAD SIGNATURE (no signature matches)" in said.wait(1)[0]


def test_any_of_several_secrets_will_do():
    with listening(secrets=(new_secret(), SECRET)) as (url, _):
        assert send(url).delivered


def test_the_first_deliveries_fail_on_request():
    with listening(fail=2) as (url, _):
        assert [outcome.status for outcome in send_all([target(url)] * 3)] == [500, 500, 201]


def test_every_answer_has_the_requested_status():
    with listening(status=204) as (url, _):
        assert [outcome.status for outcome in send_all([target(url)] * 3)] == [204] * 3


def test_events_are_shown_on_request_and_nothing_drives_the_terminal():
    with listening(verbose=True) as (url, said):
        send(url, Message("a", "T", b'{"eventType": "\\u001b[2J"}'))
        send(url, Message("b", "T", b"\x1b[2Jno JSON"))
        printed = "\n".join(said.wait(4))
    assert '"eventType"' in printed
    assert "\x1b" not in printed


def test_a_request_without_a_length_is_refused():
    with listening() as (url, _):
        port = int(url.split(":")[2].split("/")[0])
        answer = _raw(port, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 411 ")


def _raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(request)
        return connection.recv(1000)


@pytest.mark.parametrize("option", [{"secret": ["whsec_?"]}, {"port": 70_000}])
def test_a_mistake_in_an_option_is_told(option):
    defaults = {"secret": [], "port": 0, "status": 201, "fail": 0, "verbose": False}
    with pytest.raises(CommandError):
        Command().handle(**{**defaults, **option})


def test_the_command_listens_until_it_is_interrupted():
    command = [sys.executable, "manage.py", "listen", "--port", "0", "--secret", SECRET]
    # A shell that started the tests in the background lets its children ignore Ctrl-C.
    heeding = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=heeding) as process:  # noqa: PLW1509
        url = re.search(r"http://127\.0\.0\.1:\d+/listener", process.stdout.readline())[0]
        assert send(url, MESSAGE).delivered
        assert "signature ok" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
