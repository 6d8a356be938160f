"""The stage: every server and process of the play, started, broken and cleaned up."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from tests.chaos.brokers import Broker, RabbitServer, ValkeyServer
from tests.chaos.faults import Killer, crash
from tests.chaos.poster import Poster
from tests.chaos.verdict import Verdict, judge_calls, judge_deliveries
from tests.conformance.serving import granian
from tests.hub.workers import ROOT, beat, worker
from tmfusage.embedded.postgres import Postgres

PRODUCERS = 2
# Retries come soon, so that much happens in little time; leases last as long as in production unless told.
ENVIRONMENT = {
    "TMFUSAGE_ENV": "development",
    "DJANGO_SETTINGS_MODULE": "tmfusage.settings",
    "HUB_RATE": "0",
    "HUB_RETRY_SCHEDULE": "1,2,2,2,2,2,2,2,2,2",
    "LOG_REQUESTS": "0",
    "LOG_LEVEL": "WARNING",
}
INVARIANTS = ROOT / "consumption" / "invariants.sql"
_TRUTH = "SELECT id, (document->>'description')::int FROM usage_usage WHERE usage_type = 'chaos'"
_LEFT = """
SELECT (SELECT count(*) FROM hub_event WHERE fanned_out_at IS NULL) +
       (SELECT count(*) FROM hub_delivery WHERE state = 0)
"""


class Stage:
    """Everything that runs, in one directory."""

    def __init__(self, data: Path):
        self.data, self.stack = data, ExitStack()
        self.crashes: list[tuple[float, float]] = []
        self.producers: list[subprocess.Popen[bytes]] = []
        self.recovered, self.rolled_back = 0.0, 0

    def close(self) -> None:
        """End everything."""
        self.stack.close()

    def set_up(self, listeners: int, broker: str, lease_seconds: int | None) -> None:
        """Start servers, workers, listeners and the web server, and register the listeners."""
        self.postgres = Postgres(self.data, self.data / "postgres.log")
        self.stack.callback(self.postgres.remove)
        self.stack.callback(self.postgres.stop)
        self.postgres.start()
        self.broker = Broker(RabbitServer(self.data) if broker == "rabbitmq" else ValkeyServer(self.data))
        self.stack.callback(self.broker.server.stop)
        self.broker.server.start()
        os.environ.update(ENVIRONMENT, DATABASE_URL=self.postgres.url, BROKER_URL=self.broker.server.url)
        os.environ.update({"HUB_LEASE_SECONDS": str(lease_seconds)} if lease_seconds else {})
        django.setup()
        call_command("migrate", verbosity=0)
        self.ports = self._start_listeners(listeners)
        key = self._register()
        self.workers = [worker(self.data / f"worker-{name}.log", name=name) for name in ("one", "two")]
        for program in (*self.workers, beat(self.data / "beat.log")):
            self.stack.callback(program.kill)
            program.start()
        url = self.stack.enter_context(granian("tmfusage.wsgi:application", {}, self.data / "web.log"))
        self.poster, self.killer = Poster(url, key), Killer(self.workers)
        self.poster.warm_up()
        self.stack.callback(self.poster.ending.set)
        self.stack.callback(self.killer.ending.set)

    def _start_listeners(self, count: int) -> list[int]:
        command = [sys.executable, "-m", "tests.chaos.listener", str(count), str(self.data / "received")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        self._end_with_us(process)
        assert process.stdout
        return [int(port) for port in process.stdout.readline().split()]

    def _register(self) -> str:
        """Listeners for every event, and the key of a client that may post."""
        command = [sys.executable, "-m", "tests.chaos.registering", *map(str, self.ports)]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    def start_producers(self, events: int, per_second: float) -> None:
        """Producers, the poster and the killer begin."""
        for number in range(PRODUCERS):
            arguments = [f"producer-{number}", str(events // PRODUCERS), str(per_second / PRODUCERS)]
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.producer", *arguments], cwd=ROOT, stdout=subprocess.PIPE
            )
            self._end_with_us(process)
            self.producers.append(process)
        self.poster.start()
        self.killer.start()

    def _end_with_us(self, process: subprocess.Popen) -> None:
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)

    def crash_database(self) -> None:
        """Stop the database as if its power had failed, and start it again."""
        connection.close()
        self.crashes.append(crash(self.postgres))

    def wait_for_producers(self, seconds: float) -> None:
        """Until they have done their part."""
        for process in self.producers:
            said, _ = process.communicate(timeout=seconds)
            if process.returncode:
                raise RuntimeError("A producer gave up.")
            self.rolled_back += int(said)

    def end_faults(self) -> None:
        """From now on everything works."""
        self.poster.stop()
        self.killer.stop()
        self.recovered = time.monotonic()

    def wait_until_drained(self, seconds: float) -> float:
        """Seconds since the end of faults until nothing was left."""

        def nothing_left() -> bool:
            self.killer.revive()
            return self._one(_LEFT) == 0

        wait_for(nothing_left, seconds)
        return time.monotonic() - self.recovered

    def judge(self, drained: float) -> Verdict:
        """Everything that came against everything that happened."""
        truth = dict(self._rows(_TRUTH))
        verdict = Verdict(
            drain_seconds=drained,
            children_killed=self.killer.children,
            workers_killed=self.killer.parents,
            rolled_back=self.rolled_back,
            crashes=len(self.crashes),
        )
        judge_deliveries(verdict, self.data / "received", self.ports, truth)
        judge_calls(verdict, self.poster.calls, truth, self.broker.away, self.crashes)
        verdict.unsound = len(self._rows(INVARIANTS.read_text()))
        return verdict

    def last_words(self) -> str:
        """The ends of all logs."""
        logs = sorted(self.data.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)

    def _rows(self, sql: str) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def _one(self, sql: str) -> int:
        return self._rows(sql)[0][0]


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False
