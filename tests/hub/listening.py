"""A listener on loopback for tests: keeps what it receives and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tmfusage.tmf import exact


@dataclass
class Received:
    """One request."""

    event_id: str
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> dict[str, Any]:
        return exact.loads(self.body)

    @property
    def resource_id(self) -> str:
        (resource,) = self.event["event"].values()
        return resource["id"]


@dataclass
class Listener:
    """Where it listens, what came, and what it answers: a status, or whatever the function says."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _received: 201
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def types(self) -> list[str]:
        return [each.event["eventType"] for each in self.received]

    def wait_for(self, count: int, seconds: float = 20.0) -> bool:
        """Whether so many requests came in time."""
        end = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < end:
            time.sleep(0.02)
        return len(self.received) >= count


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener that lives for a while."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received = Received(self.headers["webhook-id"], body, dict(self.headers))
            listener.received.append(received)
            status = listener.answer(received)
            self.send_response(status)
            for name, value in listener.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_port}/events"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
