"""`python -m tests.benchmarks.consumption`: consumption by phone number, and debits, beside the same SQL alone.

Two databases on one server hold few and many subscribers. Every round asks each application of each of them, in turn
and the next round the other way round, for subscribers that were not asked for before, so that the ratios, that of
the 99th percentiles too, come from the same moments.
"""

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
from django.db import connection

from tests.benchmarks import __main__ as bench
from tests.benchmarks import consumption_rows as rows
from tests.benchmarks import consumption_targets as targets
from tests.benchmarks import database, debits, generator
from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.generator import Load
from tests.benchmarks.targets import BARE, OURS, Results
from tests.conformance.client import Client
from tests.conformance.serving import granian

TARGETS = {OURS: "tmfusage.wsgi:application", BARE: "tests.benchmarks.consumption_bare:application"}
V4 = "/tmf-api/usageConsumption/v4/queryUsageConsumption"
V5 = "/tmf-api/usageConsumption/v5/usageConsumptionReport"
READY = f"{V5}?logicalResource.value=none"
MINIMAL = {"Prefer": "return=minimal"}
WARM_UP_SECONDS, SAMPLES, NUMBERS = 1, 20, 20_000
# Made for each answer, or of the moment.
OWN = {"id", "href", "queryUsageConsumptionDate", "creationDate"}
Headers = dict[str, str]
Sender = Callable[[Load, Headers], tuple[int, Any]]


def main(arguments: list[str] | None = None) -> int:
    """0 when every target is met, else 1."""
    options, load, results = _options(arguments), os.getloadavg()[0], Results()
    with bench.server_url() as server, database.own_database(server) as few, tempfile.TemporaryDirectory() as scratch:
        os.environ.update(bench.environment(few))
        django.setup()
        about = fill(options)
        with database.client_key() as key:
            connection.close()
            with rows.grown(server, few, range(options.small, options.rows), bench.say) as many:
                measure_queries(options, {"": many, "few": few}, key, Path(scratch), results)
        measure_debits(options, few, results)
    report(results, {**bench.told(options), **about, "load before": load}, options.output)
    return 0 if targets.met(results) else 1


def fill(options: argparse.Namespace) -> dict[str, Any]:
    """The few subscribers and the bucket of everybody; what is to be told of it."""
    bench.say(f"Loading {options.rows:,} subscribers with {len(rows.KINDS)} buckets each …")
    rows.prepare()
    rows.fill(options.small, bench.say)
    debits.prepare()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
        return {"few": options.small, "postgresql": database.told_of_server(cursor)}


def works(numbers: list[str]) -> dict[str, tuple[Load, Headers]]:
    """Each kind of query for these numbers."""
    lines = [[{"id": f"+{number}", "value": f"+{number}"}] for number in numbers]
    bodies = tuple(json.dumps({"searchCriteria": {"logicalResource": line}}) for line in lines)
    paths = tuple(f"{V5}?logicalResource.value=%2B{number}" for number in numbers)
    return {
        targets.QUERY: (Load(targets.QUERY, "POST", 200, (V4,), bodies), MINIMAL),
        targets.REPORT: (Load(targets.REPORT, "GET", 200, paths), {}),
        targets.STORED: (Load(targets.STORED, "POST", 201, (V4,), bodies), {}),
    }


def measure_queries(options, urls: dict[str, str], key: str, scratch: Path, results: Results) -> None:
    """Rounds in which each application answers each kind of query, after it was seen that all answer the same."""
    with applications(options, urls, scratch) as running:
        check_agreement(running, {name: key for name in running if name in (OURS, targets.FEW[OURS])}, options.small)
        for number in range(options.rounds + 1):
            bench.say(f"Round {number} of {options.rounds}" if number else "Warming up")
            seconds = options.seconds if number else min(WARM_UP_SECONDS, options.seconds)
            for work in works([]):
                for name in [*running][:: -1 if number % 2 else 1]:
                    few = name in targets.FEW.values()
                    if few and work != targets.QUERY:
                        continue
                    directory = scratch / f"{number} {work} {name}"
                    directory.mkdir()
                    asked = chosen(options.small if few else options.rows)
                    measured = ask(running[name], works(asked)[work], key, seconds, options.connections, directory)
                    if number:
                        results.add(work, name, measured)


def chosen(subscribers: int) -> list[str]:
    """Phone numbers of some subscribers, others each time."""
    found = random.sample(range(subscribers), min(NUMBERS, subscribers))
    return [rows.digits_of(number) for number in found]


def ask(url: str, work: tuple[Load, Headers], key: str, seconds: float, connections: int, directory: Path):
    """What the application does with the work for so long."""
    load, headers = work
    headers = {"Authorization": f"Bearer {key}", **headers}
    return generator.measure(url, load, headers, seconds=seconds, connections=connections, directory=directory)


@contextlib.contextmanager
def applications(options, urls: dict[str, str], scratch: Path) -> Iterator[dict[str, str]]:
    """The URLs of both applications on both databases, each behind the same server command."""
    size = {"workers": options.workers, "threads": options.threads, "ready": READY}
    with contextlib.ExitStack() as running:
        found = {}
        for kind, url in urls.items():
            for name, target in TARGETS.items():
                log = scratch / f"{len(found)}.log"
                server = granian(target, {"DATABASE_URL": url}, log, **size)
                found[targets.FEW[name] if kind else name] = running.enter_context(server)
        yield found


def check_agreement(urls: dict[str, str], keys: dict[str, str], subscribers: int) -> None:
    """Return when all tell the same of samples of all work, and the product tells nobody without a key."""
    clients = {name: Client(url, keys.get(name, "")) for name, url in urls.items()}
    senders = {name: _sender(client) for name, client in clients.items()}
    for number in range(0, subscribers, max(1, subscribers // SAMPLES)):
        for work, headers in works([rows.digits_of(number)]).values():
            compare(work, headers, senders)
    for name in keys:
        if (status := clients[name].send("GET", READY, anonymous=True).status) != 401:
            raise Disagreement(f"{name} answers {status} to nobody in particular: authentication is off")


def _sender(client: Client) -> Sender:
    def send(work: Load, headers: Headers) -> tuple[int, Any]:
        body = work.bodies[0] if work.bodies else None
        exchange = client.send(work.method, work.paths[0], body=body, headers=headers)
        return exchange.status, exchange.json

    return send


def compare(work: Load, headers: Headers, senders: dict[str, Sender]) -> None:
    """Return when all answers have the status and the same content, of five buckets with a counter each."""
    told = {}
    for name, send in senders.items():
        status, body = send(work, headers)
        if status != work.status or len(buckets_in(body)) != len(rows.KINDS):
            raise Disagreement(f"{name}: {work.name} answers {status} {str(body)[:300]}")
        told[name] = shared(body)
    first, *others = told
    for other in others:
        if told[other] != told[first]:
            raise Disagreement(f"{work.name}: {first} and {other} tell {difference(told[first], told[other])}")


def difference(one: Any, two: Any, path: str = "$") -> str:
    """Where the answers differ first, and how."""
    pairs: list[tuple[Any, Any, Any]] = []
    if isinstance(one, dict) and isinstance(two, dict):
        pairs = [(name, one.get(name), two.get(name)) for name in {**one, **two}]
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        pairs = [(at, *pair) for at, pair in enumerate(zip(one, two, strict=True))]
    name, *pair = next((each for each in pairs if each[1] != each[2]), (None, None, None))
    return f"{path}: {one!r} and {two!r}" if name is None else difference(*pair, f"{path}.{name}")


def buckets_in(body: Any) -> list[Any]:
    """The buckets in the answer of either version that have a counter."""
    reports = body if isinstance(body, list) else (body or {}).get("usageConsumption") or []
    found = [bucket for each in reports for bucket in each.get("bucketRefOrValue") or each.get("bucket") or ()]
    return [bucket for bucket in found if bucket.get("bucketCounter")]


def shared(body: Any, depth: int = 0) -> Any:
    """The answer without what each answer has of its own: near the top, for below it are the buckets'."""
    if isinstance(body, list):
        return [shared(each, depth) for each in body]
    if isinstance(body, dict) and depth < 2:
        return {name: shared(item, depth + 1) for name, item in body.items() if name not in OWN}
    return body


def measure_debits(options: argparse.Namespace, url: str, results: Results) -> None:
    """Rounds of debits, after which the ledger must be sound and hold every one of them."""
    before = debits.written()
    connection.close()
    counted = 0.0
    with debits.workers(url, options.small, options.workers, options.threads) as pipes:
        for number in range(options.rounds + 1):
            for work in (debits.HOT, debits.MANY):
                for name in [*pipes][:: -1 if number % 2 else 1]:
                    measured = debits.measure(pipes[name], work, options.seconds)
                    counted += measured.rate
                    if number:
                        results.add(work, name, measured)
    if (found := debits.unsound()) or debits.written() - before < counted:
        raise RuntimeError(f"The ledger does not balance: {found[:5]}")
    connection.close()


def report(results: Results, circumstances: dict[str, object], output: Path) -> None:
    """Print the table, and write it with the circumstances as JSON."""
    bench.say("\n" + ", ".join(f"{name} {value}" for name, value in circumstances.items()) + "\n")
    for line in targets.lines(results):
        bench.say(line)
    targets.write(output, results, circumstances)
    bench.say(f"\nWritten to {output}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.consumption", description=__doc__)
    parser.add_argument("--subscribers", dest="rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000, help="subscribers of the small database")
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2, help="processes of each application")
    parser.add_argument("--threads", type=int, default=4, help="threads of each process")
    default = Path(os.environ.get("DATA", "var")) / "bench-consumption.json"
    parser.add_argument("--output", type=Path, default=default, help="where the figures go as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
