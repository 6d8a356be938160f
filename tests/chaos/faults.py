"""What goes wrong beside the broker: workers are killed, the database crashes."""

import random
import signal
import threading
import time

from tests.hub.workers import Worker
from tmfusage.embedded.postgres import Postgres

# Of so many kills one is a whole worker, the third being the first.
PARENT_EVERY, FIRST_PARENT = 8, 2


class Killer(threading.Thread):
    """kill -9: mostly a child of a worker, every now and then the whole worker, which is started again."""

    def __init__(self, workers: list[Worker]):
        super().__init__(daemon=True)
        self.workers, self.ending = workers, threading.Event()
        self.children = self.parents = 0

    def run(self) -> None:
        while not self.ending.wait(random.uniform(0.5, 1.0)):
            self.revive()
            victim = random.choice(self.workers)
            if (self.children + self.parents) % PARENT_EVERY == FIRST_PARENT:
                victim.kill()
                victim.start()
                self.parents += 1
            else:
                self.children += victim.kill_child()

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


def crash(postgres: Postgres) -> tuple[float, float]:
    """`pg_ctl stop -m immediate`, and recovery; when it was away."""
    start = time.monotonic()
    assert postgres.process
    postgres.process.send_signal(signal.SIGQUIT)
    postgres.process.wait(30)
    postgres.start()
    return start, time.monotonic()
