"""`python -m tests.benchmarks.events`: what events cost, and how fast they arrive.

* POST/s with no, one and five listeners that want the event: the ratio is what its row costs.
* deliveries/s of one worker process from the outbox to listeners on loopback, the database's part included.
* seconds from commit to first attempt at fifty events a second, by a real Celery worker and beat; then the same with
  one more listener that takes ten seconds for each answer, which must not slow the others down.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db import connection

from tests.benchmarks import __main__ as bench
from tests.benchmarks import database, generator, records
from tests.benchmarks.deliveries import listening
from tests.conformance.serving import granian
from tests.hub.workers import beat, running, worker
from tmfusage.embedded import servers

HUBS = (0, 1, 5)
LEAST_DELIVERIES, MOST_P50, MOST_P99, MOST_SLOWED = 800, 1.0, 5.0, 2.0
LISTENERS, PACE, SLOW_SECONDS = 3, 50, 10.0
API = "usageManagement"
# Events as a POST writes them, of a thousand usages in turn.
FILL = """
INSERT INTO hub_event (event_id, api, event_type, resource_type, resource_id, revision, party_ids, snapshot,
                       field_path, correlation_id)
SELECT gen_random_uuid()::text, %s, 'UsageCreateEvent', 'usage', u.id, 1, '{}',
       '{"id":"' || u.id || '","@type":"Usage","status":"received",' || substr(u.document::text, 2), '', ''
FROM generate_series(1, %s) n JOIN (SELECT id, document, row_number() OVER () AS place FROM usage_usage LIMIT 1000) u
     ON u.place = n %% 1000 + 1
"""
LATENCY = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
       percentile_cont(0.99) WITHIN GROUP (ORDER BY waited)
FROM (SELECT extract(epoch FROM min(a.started_at) - e.occurred_at)::float AS waited
      FROM hub_delivery d JOIN hub_event e ON e.seq = d.event_seq JOIN hub_attempt a ON a.delivery_id = d.id
      WHERE d.hub_id = ANY (%s) GROUP BY d.id, e.occurred_at) first
"""


@dataclass(frozen=True)
class Latency:
    """Seconds from commit to the first attempt."""

    attempts: int
    p50: float
    p99: float


def main(arguments: list[str] | None = None) -> int:
    """0 when every target is met, else 1."""
    options = _options(arguments)
    with (
        servers() as embedded,
        database.own_database(embedded.database_url) as url,
        tempfile.TemporaryDirectory() as scratch,
    ):
        os.environ.update(bench.environment(url), BROKER_URL=embedded.broker_url, **_listening_here())
        django.setup()
        filled = database.fill(2_000)
        met = [
            costs(options, records.posted(200, filled.specification_id), Path(scratch)),
            drains(options.deliveries),
            arrives(options.seconds, Path(scratch)),
        ]
    return 0 if all(met) else 1


def costs(options: argparse.Namespace, bodies: list[dict], scratch: Path) -> bool:
    """POST/s by the number of listeners; nobody delivers meanwhile."""
    work = generator.loads(["none"], records.WANTED, bodies)[-1]
    rates: dict[int, list[float]] = {count: [] for count in HUBS}
    ready = {"workers": 2, "threads": 4, "ready": "/tmf-api/usageManagement/v4/usage/none"}
    with database.client_key() as key, granian("tmfusage.wsgi:application", {}, scratch / "web.log", **ready) as url:
        connection.close()
        for number in range(options.rounds + 1):
            for count in HUBS:
                with registered([f"http://127.0.0.1:9/{each}" for each in range(count)]):
                    headers = {"Authorization": f"Bearer {key}"}
                    measured = generator.measure(
                        url, work, headers, seconds=options.post_seconds, connections=8, directory=scratch
                    )
                if number:
                    rates[count].append(measured.rate)
    for count in HUBS:
        ratio = statistics.median([one / none for one, none in zip(rates[count], rates[0], strict=True)])
        say(f"POST with {count} listeners  {statistics.median(rates[count]):8,.0f}/s  ratio {ratio:.2f}")
    return True


def drains(deliveries: int) -> bool:
    """Deliveries/s of one process, from events that nobody has yet looked at."""
    # Only now that the settings know the benchmark's database.
    draining = import_module("tmfusage.hub.draining")
    with listening(4, 0.0) as callbacks, registered(callbacks):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(FILL, [API, deliveries // len(callbacks)])
        start = time.perf_counter()
        delivered = draining.Drain().run(600.0)
        rate = delivered / (time.perf_counter() - start)
    met = rate >= LEAST_DELIVERIES and delivered >= deliveries
    say(f"one worker process    {rate:8,.0f} deliveries/s of {delivered:,} (target {LEAST_DELIVERIES:,}): {_word(met)}")
    return met


def arrives(seconds: float, scratch: Path) -> bool:
    """Latency at fifty events a second, without and with a slow listener."""
    with running(worker(scratch / "worker.log"), beat(scratch / "beat.log")):
        # The first events wait until worker and beat have started.
        latency(1, [])
        alone = latency(seconds, [])
        with listening(1, SLOW_SECONDS) as slow:
            beside = latency(seconds, slow)
    met = alone.p50 <= MOST_P50 and alone.p99 <= MOST_P99 and beside.p99 - alone.p99 < MOST_SLOWED
    for name, told in (("healthy listeners", alone), ("beside a slow one", beside)):
        say(f"{name:20}  p50 {told.p50:.2f} s, p99 {told.p99:.2f} s of {told.attempts:,} first attempts")
    say(f"targets p50 {MOST_P50} s, p99 {MOST_P99} s, slowed by less than {MOST_SLOWED} s: {_word(met)}")
    return met


def latency(seconds: float, slow: list[str]) -> Latency:
    """Seconds that healthy listeners wait, while so many others are slow."""
    usage = apps.get_model("usage", "Usage")
    with listening(LISTENERS, 0.0) as callbacks, registered(callbacks) as healthy, registered(slow):
        end = time.monotonic() + seconds
        start, made = time.monotonic(), 0
        while time.monotonic() < end:
            usage.receive({"usageType": "Paced", "usageSpecification": {"id": "elsewhere"}}, "benchmark")
            made += 1
            time.sleep(max(0.0, start + made / PACE - time.monotonic()))
        wanted = made * LISTENERS
        while time.monotonic() < end + 60 and (found := _latency(healthy)).attempts < wanted:
            time.sleep(0.5)
        return found


def _latency(hubs: list[str]) -> Latency:
    with connection.cursor() as cursor:
        cursor.execute(LATENCY, [hubs])
        count, p50, p99 = cursor.fetchone()
    return Latency(count, p50 or 0.0, p99 or 0.0)


@contextmanager
def registered(callbacks: list[str]) -> Iterator[list[str]]:
    """The ids of listeners for every event of usages; they and their events go at the end."""
    hub = apps.get_model("hub", "Hub")
    hubs = [hub.register(api=API, callback=callback, by="benchmark")[0].pk for callback in callbacks]
    try:
        yield hubs
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("TRUNCATE hub_attempt, hub_delivery, hub_event")
            cursor.execute("DELETE FROM hub_hub WHERE id = ANY (%s)", [hubs])


def _listening_here() -> dict[str, str]:
    """Listeners on loopback, as fast as they can take it."""
    own = {"HUB_ALLOW_HTTP": "1", "HUB_ALLOWED_PORTS": "*", "HUB_ALLOWED_NETWORKS": "127.0.0.1/32"}
    return {**own, "HUB_RATE": "0", "LOG_LEVEL": "WARNING"}


def _word(met: bool) -> str:
    return "met" if met else "missed"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.events", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--post-seconds", type=float, default=2, help="length of one measurement of POST")
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=20, help="length of one measurement of latency")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
