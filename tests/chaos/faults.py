"""What goes wrong: workers are killed, the broker stops, freezes and forgets, the database crashes."""

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import redis

from tests.hub.workers import Worker
from tmfusage.embedded.postgres import Postgres
from tmfusage.embedded.valkey import Valkey

PARENT_EVERY = 8


class Killer(threading.Thread):
    """kill -9: mostly a child of a worker, every now and then the whole worker, which is started again."""

    def __init__(self, workers: list[Worker]):
        super().__init__(daemon=True)
        self.workers, self.kills, self.ending = workers, 0, threading.Event()

    def run(self) -> None:
        while not self.ending.wait(random.uniform(0.5, 1.0)):
            self.revive()
            victim = random.choice(self.workers)
            if self.kills % PARENT_EVERY == PARENT_EVERY - 1:
                victim.kill()
                victim.start()
                self.kills += 1
            else:
                self.kills += victim.kill_child()

    def revive(self) -> None:
        """Start workers that have ended, as a supervisor does: Celery ends when its children die while it starts."""
        for each in self.workers:
            if each.process is None or each.process.poll() is not None:
                each.kill()
                each.start()

    def stop(self) -> None:
        """No more kills."""
        self.ending.set()
        self.join(30)
        self.revive()


@dataclass
class Broker:
    """The Valkey, and when it was not to be reached."""

    valkey: Valkey
    away: list[tuple[float, float]] = field(default_factory=list)

    def stop(self, seconds: float) -> None:
        """Stopped for a while."""
        self._during(seconds, self.valkey.stop, self.valkey.start)

    def freeze(self, seconds: float) -> None:
        """There, but it answers nobody."""
        process = self.valkey.process
        assert process
        self._during(seconds, lambda: process.send_signal(signal.SIGSTOP), lambda: process.send_signal(signal.SIGCONT))

    def flush(self) -> None:
        """It forgets every message."""
        with redis.Redis(unix_socket_path=str(self.valkey.socket)) as client:
            client.flushall()

    def _during(self, seconds: float, begin: Callable[[], None], end: Callable[[], None]) -> None:
        start = time.monotonic()
        begin()
        time.sleep(seconds)
        end()
        self.away.append((start, time.monotonic()))


def crash(postgres: Postgres) -> tuple[float, float]:
    """`pg_ctl stop -m immediate`, and recovery; when it was away."""
    start = time.monotonic()
    assert postgres.process
    postgres.process.send_signal(signal.SIGQUIT)
    postgres.process.wait(30)
    postgres.start()
    return start, time.monotonic()
