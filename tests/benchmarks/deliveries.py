"""`python -m tests.benchmarks.deliveries`: signed deliveries per second of one process to listeners on loopback.

The listeners run in a process of their own and answer as soon as a request is complete, or after a pause, so that
what is measured is the courier: signing, address checks, HTTP. The database's part is not in it.
"""

import argparse
import asyncio
import multiprocessing
import os
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from django.test import override_settings

from tests.hub.delivery.authority import Authority
from tmfusage.hub.connecting import Lookup
from tmfusage.hub.delivery import Courier, Message, Target
from tmfusage.hub.vault import new_secret

TARGET, GOAL = 800, 3_000
BODY = b'{"eventId":"0","eventType":"UsageCreateEvent","event":{"usage":{"description":"%s"}}}' % (b"x" * 1_400)
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
HOST, NAME = "127.0.0.1", "listener.test"
HEAD_END, LENGTH = b"\r\n\r\n", b"content-length:"


@dataclass(frozen=True)
class Rate:
    """What was delivered, and how fast."""

    deliveries: int
    delivered: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Deliveries a second; 0 when any of them failed."""
        return self.deliveries / self.seconds if self.delivered == self.deliveries else 0.0


class _Listener(asyncio.Protocol):
    """Reads requests and acknowledges each of them."""

    def __init__(self, pause: float) -> None:
        self._pause, self._buffer = pause, b""

    def connection_made(self, transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(HEAD_END)) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.partition(LENGTH)[2].partition(b"\r\n")[0])
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            asyncio.get_running_loop().call_later(self._pause, self._transport.write, ANSWER)


async def _listen(ports: Connection, listeners: int, pause: float, certificate: str) -> None:
    loop, tls = asyncio.get_running_loop(), None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    servers = [await loop.create_server(lambda: _Listener(pause), HOST, 0, ssl=tls) for _ in range(listeners)]
    ports.send([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.Event().wait()


def _run_listeners(*arguments: Any) -> None:
    asyncio.run(_listen(*arguments))


@contextmanager
def listening(listeners: int, pause: float, certificate: str = "") -> Iterator[list[str]]:
    """The callbacks of so many listeners, in a process that ends with the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run_listeners, args=(theirs, listeners, pause, certificate), daemon=True)
    process.start()
    try:
        if not ours.poll(30):
            raise RuntimeError("The listeners did not start.")
        origin = f"https://{NAME}" if certificate else f"http://{HOST}"
        yield [f"{origin}:{port}/listener" for port in ours.recv()]
    finally:
        process.terminate()
        process.join()


async def deliver(callbacks: list[str], deliveries: int, in_flight: int, lookup: Lookup | None = None) -> Rate:
    """So many deliveries in turn to each listener, so many of them at a time."""
    secret, numbers, delivered = new_secret(), iter(range(deliveries)), 0
    targets = [Target(callback, (secret,), {}) for callback in callbacks]

    async def work(courier: Courier) -> None:
        nonlocal delivered
        for number in numbers:
            message = Message(f"event-{number}", "UsageCreateEvent", BODY)
            outcome = await courier.send(targets[number % len(targets)], message)
            delivered += outcome.delivered

    async with Courier(lookup) as courier:
        start = time.perf_counter()
        await asyncio.gather(*(work(courier) for _ in range(in_flight)))
        return Rate(deliveries, delivered, time.perf_counter() - start)


async def loopback(host: str, port: int) -> list[str]:
    """The address of the listeners' name."""
    return [HOST]


def measure(deliveries: int = 10_000, listeners: int = 4, in_flight: int = 32, pause: float = 0.0) -> Rate:
    """Signed deliveries per second from this process, over plain HTTP."""
    return _measured(deliveries, in_flight, listeners, pause)


def measure_tls(deliveries: int = 10_000, listeners: int = 4, in_flight: int = 32, pause: float = 0.0) -> Rate:
    """The same over TLS, with certificates that are verified."""
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority(Path(directory))
        authority.server(NAME)
        with override_settings(HUB_CA_FILE=str(authority.file)):
            return _measured(deliveries, in_flight, listeners, pause, str(authority.certificates[NAME]))


def _measured(deliveries: int, in_flight: int, *listeners: Any) -> Rate:
    with listening(*listeners) as callbacks:
        asyncio.run(deliver(callbacks, min(deliveries, 500), in_flight, loopback))
        return asyncio.run(deliver(callbacks, deliveries, in_flight, loopback))


RUNS = (
    (measure, 0.0, 32),
    (measure, 0.0, 8),
    (measure, 0.02, 32),
    (measure, 0.02, 256),
    (measure_tls, 0.0, 32),
)


def main(arguments: list[str] | None = None) -> int:
    """0 when the target is met, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--listeners", type=int, default=4)
    options = parser.parse_args(arguments)
    os.environ.setdefault("TMFUSAGE_ENV", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tmfusage.settings")
    met = True
    for measured, pause, in_flight in RUNS:
        rate = measured(options.deliveries, options.listeners, in_flight, pause)
        sys.stdout.write(
            f"{rate.per_second:8,.0f}/s  {in_flight:3} in flight, listeners answer after {pause * 1000:.0f} ms,"
            f" {'TLS' if measured is measure_tls else 'HTTP'}  ({rate.delivered:,} of {rate.deliveries:,} delivered)\n"
        )
        met = met and rate.per_second >= TARGET
    sys.stdout.write(f"Target {TARGET:,}/s: {'met' if met else 'missed'}; goal {GOAL:,}/s.\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
