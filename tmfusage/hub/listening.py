"""A small listener for trying things out: verifies what arrives and says so, one line for each delivery."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from tmfusage.hub.signing import ID, SIGNATURE, SignatureRefused, verify

MAX_BODY = 10_000_000
ACCEPTED, REFUSED, ANSWER_TO_FAIL = 201, 401, 500


@dataclass
class Manners:
    """How the listener behaves: whose signatures it wants, and what it answers."""

    secrets: tuple[str, ...] = ()
    status: int = ACCEPTED
    fail: int = 0
    verbose: bool = False
    say: Callable[[str], None] = print
    seen: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def judge(self, headers: dict[str, str], body: bytes) -> tuple[str, int]:
        """What the signature is worth, and the status to answer with."""
        with self.lock:
            if self.fail > 0:
                self.fail -= 1
                return self.worth(headers, body), ANSWER_TO_FAIL
        worth = self.worth(headers, body)
        return worth, REFUSED if worth.startswith("BAD") else self.status

    def worth(self, headers: dict[str, str], body: bytes) -> str:
        """Whether one of the secrets signed this."""
        if not self.secrets:
            return "signature not checked" if SIGNATURE in headers else "not signed"
        for secret in self.secrets:
            try:
                verify(secret, headers, body)
            except SignatureRefused as refused:
                reason = str(refused)
            else:
                return "signature ok"
        return f"BAD SIGNATURE ({reason})"

    def again(self, headers: dict[str, str]) -> bool:
        """Whether this event has arrived before."""
        event_id = headers.get(ID, "")
        with self.lock:
            known = event_id in self.seen
            self.seen.add(event_id)
        return known


class Listener(ThreadingHTTPServer):
    """Listens on loopback only: it is for one machine."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, manners: Manners) -> None:
        self.manners = manners
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """The callback to register."""
        return f"http://127.0.0.1:{self.server_address[1]}/listener"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Listener

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            return self._answer(411)
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        worth, status = self.server.manners.judge(headers, body)
        self._answer(status)
        self.server.manners.say(_line(headers, body, worth, status, again=self.server.manners.again(headers)))
        if self.server.manners.verbose:
            self.server.manners.say(_pretty(body))
        return None

    def _answer(self, status: int) -> None:
        self.send_response(status)
        # 204 has no body, and so no length either (RFC 9110 8.6).
        if status not in {204, 304}:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing here: one line for each delivery is printed elsewhere."""


def _line(headers: dict[str, str], body: bytes, worth: str, status: int, *, again: bool) -> str:
    event = _parsed(body)
    parts = [
        f"{datetime.now():%H:%M:%S}",
        _shown(event.get("eventType", "?")),
        _resource(event),
        _shown(headers.get(ID, "no webhook-id")) + (" (again)" if again else ""),
        worth,
        f"answered {status}",
    ]
    return "  ".join(part for part in parts if part)


def _resource(event: dict[str, Any]) -> str:
    inside = event.get("event")
    found = [value for value in inside.values() if isinstance(value, dict)] if isinstance(inside, dict) else []
    told = [str(found[0][name]) for name in ("id", "status", "lifecycleStatus") if name in found[0]] if found else []
    return _shown(" ".join(told))


def _pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2)
    except ValueError:
        return repr(body[:2000])


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _shown(text: object) -> str:
    """Text from outside without anything that could drive a terminal."""
    return "".join(letter for letter in str(text)[:120] if letter.isprintable())
