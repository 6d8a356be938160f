"""`python -m tests.benchmarks`: measures the API against a bare handler and plain DRF, and judges by the targets."""

import argparse
import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
from django.conf import settings
from django.db import connection

from tests.benchmarks import agreement, database, generator, records, targets
from tests.conformance.serving import granian
from tmfusage.embedded import servers

TARGETS = {
    targets.BARE: "tests.benchmarks.bare:application",
    targets.PLAIN: "tests.benchmarks.plain.wsgi:application",
    targets.OURS: "tmfusage.wsgi:application",
}
KEYS_FOR = targets.OURS
WARM_UP_SECONDS = 1


def main(arguments: list[str] | None = None) -> int:
    """0 when every target is met, else 1."""
    options, load = _options(arguments), os.getloadavg()[0]
    with server_url() as server, database.own_database(server) as url, tempfile.TemporaryDirectory() as scratch:
        os.environ.update(environment(url))
        django.setup()
        say(f"Loading {options.rows:,} usages …")
        filled = database.fill(options.rows)
        bodies = records.posted(200, filled.specification_id)
        works = generator.loads(filled.ids, records.WANTED, bodies)
        with database.client_key() as key, applications(options, Path(scratch)) as urls:
            connection.close()
            agreement.check_agreement(urls, works, {KEYS_FOR: key})
            agreement.check_guarded(urls[KEYS_FOR], key, works[-1])
            results = measure_all(options, urls, works, key, Path(scratch))
    report(results, {**told(options), "postgresql": filled.server, "load before": load}, options.output)
    return 0 if results.met else 1


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def server_url() -> Iterator[str]:
    """The URL of a PostgreSQL: DATABASE_URL's, else the embedded one's, started for the while."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with servers(broker=False) as embedded:
        yield embedded.database_url


def environment(url: str) -> dict[str, str]:
    """The product as in production, but for the TLS in front of it."""
    given = {"TMFUSAGE_ENV": "production", "HTTPS": "0", "SECRET_KEY": "only-for-the-benchmark-" * 3}
    hosts = {"ALLOWED_HOSTS": "127.0.0.1", "DATABASE_URL": url}
    return {**given, **hosts, "DJANGO_SETTINGS_MODULE": "tmfusage.settings"}


@contextlib.contextmanager
def applications(options: argparse.Namespace, scratch: Path) -> Iterator[dict[str, str]]:
    """The URLs of the three applications, each behind the same server command."""
    ready = "/tmf-api/usageManagement/v4/usage/none"
    size = {"workers": options.workers, "threads": options.threads, "ready": ready}
    with contextlib.ExitStack() as running:
        yield {
            name: running.enter_context(granian(target, {}, scratch / f"{number}.log", **size))
            for number, (name, target) in enumerate(TARGETS.items())
        }


def measure_all(options, urls: dict[str, str], works, key: str, scratch: Path) -> targets.Results:
    """Rounds in which each application does each kind of work, one after the other."""
    results = targets.Results()
    for number in range(options.rounds + 1):
        say(f"Round {number} of {options.rounds}" if number else "Warming up")
        for work in works:
            for name, url in urls.items():
                headers = {"Authorization": f"Bearer {key}"} if name == KEYS_FOR else {}
                measured = generator.measure(
                    url,
                    work,
                    headers,
                    seconds=options.seconds if number else min(WARM_UP_SECONDS, options.seconds),
                    connections=options.connections,
                    directory=scratch,
                )
                if number:
                    results.add(work.name, name, measured)
    return results


def told(options: argparse.Namespace) -> dict[str, object]:
    """The circumstances of the run."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": options.rows,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "connections": options.connections,
        "server": f"granian, {options.workers} workers x {options.threads} threads",
        "generator": generator.NAME,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "request log": settings.LOG_REQUESTS,
    }


def report(results: targets.Results, circumstances: dict[str, object], output: Path) -> None:
    """Print the table, and write it with the circumstances as JSON."""
    say("\n" + ", ".join(f"{name} {value}" for name, value in circumstances.items()) + "\n")
    for line in targets.lines(results):
        say(line)
    targets.write(output, results, circumstances)
    say(f"\nWritten to {output}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="usages in the tables")
    parser.add_argument("--seconds", type=float, default=1, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=15, help="many short ones: a machine changes its pace")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2, help="processes of each application")
    parser.add_argument("--threads", type=int, default=4, help="threads of each process")
    default = Path(os.environ.get("DATA", "var")) / "bench.json"
    parser.add_argument("--output", type=Path, default=default, help="where the figures go as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
