"""`python -m tests.benchmarks.queries`: every kind of filter, and deep pages, beside the same SQL in bare psycopg.

Each query runs in this process, through the whole application as a server would call it, and in turn with the very
statements that the application sent, on a connection of its own. So a ratio tells what the application adds.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import django
import psycopg
from django.core.management import call_command
from django.db import connection

from tests.benchmarks import __main__ as bench
from tests.benchmarks import database
from tests.benchmarks.query_kinds import Known, kinds

LIST = "/tmf-api/usageManagement/v4/usage"
BATCH = 100_000
MOST, MOST_DEEP = 2.0, 1.2
PAGE = 100
# A copy of what was loaded, of another day and for the rare filters with another type; ids stay in order.
MULTIPLY = """
    INSERT INTO usage_usage (id, type, revision, created_at, created_by, last_update, party_ids, document, status,
        usage_date, usage_type, specification_id, product_ids, external_ids, numbers)
    SELECT id || '.' || %s, type, revision, created_at, created_by, last_update, party_ids, document, status,
        usage_date - %s * interval '60 days', usage_type, specification_id, product_ids, external_ids, numbers
    FROM usage_usage WHERE length(id) = 36
"""
# What is asked for: a party with few usages, a number, a product, a specification, a day that is loaded whole.
KNOWN = """
    SELECT party_ids[1], each ->> 'value', product_ids[1], specification_id,
        (SELECT (max(usage_date) - interval '2 days')::date::text FROM usage_usage)
    FROM usage_usage, json_array_elements(document -> 'usageCharacteristic') each
    WHERE each ->> 'name' = 'originatingNumber' LIMIT 1
"""
NOTHING = "id=nothing"


class RefusedError(Exception):
    """A query was not answered, for example not within the time that a statement may take."""


@dataclass
class Timed:
    """Seconds of each round: the application's, and the same statements' alone."""

    ours: list[float]
    bare: list[float]
    rows: int
    statements: int

    @property
    def ratio(self) -> float:
        """How many times longer the application takes: the median of the rounds."""
        return statistics.median(ours / bare for ours, bare in zip(self.ours, self.bare, strict=True))

    @property
    def full(self) -> bool:
        """Whether it is a page of a hundred; of a shorter one the request itself is most of the work."""
        return self.rows == PAGE

    @property
    def constant(self) -> float:
        """The seconds that the application adds."""
        return statistics.median(ours - bare for ours, bare in zip(self.ours, self.bare, strict=True))

    def judged(self, constant: float) -> float:
        """The ratio that is judged: of a shorter page to the statements and what any request costs, such as a key."""
        if self.full:
            return self.ratio
        return statistics.median(ours / (bare + constant) for ours, bare in zip(self.ours, self.bare, strict=True))


class Application:
    """The product, called as a server calls it."""

    def __init__(self, application: Callable, key: str):
        self.application, self.key = application, key

    def get(self, query: str) -> tuple[str, bytes]:
        """Status line and body."""
        answered: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": LIST,
            "QUERY_STRING": query,
            "HTTP_HOST": "127.0.0.1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {self.key}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
        }
        body = b"".join(self.application(environ, lambda status, _headers: answered.append(status)))
        return answered[0], body

    def answer(self, query: str) -> bytes:
        """The body of an answer that is none of an error."""
        status, body = self.get(query)
        if not status.startswith("20"):
            raise RefusedError(f"{query}: {status} {body!r}")
        return body


def measure(application: Application, bare: psycopg.Connection, query: str, rounds: int) -> Timed:
    """Both in turn; the first round of each only warms up."""
    application.get(query)  # fills what is remembered
    sent: list[tuple[str, Any]] = []

    def note(execute: Callable, sql: str, parameters: Any, many: bool, context: dict) -> Any:
        if not sql.startswith("UPDATE"):  # once a minute the use of the key is noted
            sent.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        body = application.answer(query)
    timed = Timed([], [], len(json.loads(body)), len(sent))
    for _ in range(rounds):
        timed.ours.append(_seconds(lambda: application.get(query)))
        timed.bare.append(_seconds(lambda: [bare.execute(sql, parameters).fetchall() for sql, parameters in sent]))
    return timed


def measure_depth(application: Application, first: str, last: str, rounds: int) -> float:
    """How many times longer the last page takes than the first, asked for in turn: the median of the rounds."""
    for query in (first, last):
        application.answer(query)
    ratios = []
    for _ in range(rounds):
        beginning = _seconds(lambda: application.get(first))
        ratios.append(_seconds(lambda: application.get(last)) / beginning)
    return statistics.median(ratios)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def grow(rows: int) -> None:
    """Copies of the loaded usages, until there are as many."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET tmfusage.import = 'on'")
        for number in range(1, rows // BATCH):
            cursor.execute(MULTIPLY, [number, number])
        cursor.execute("RESET tmfusage.import")
    call_command("index_documents")
    with connection.cursor() as cursor:
        # The command has put it back.
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE usage_usage")


def deep(page: int, sort: str) -> tuple[str, str]:
    """The queries of page 1 and of a page so deep, by the cursors that the API itself would hand out."""
    view = import_module("usage.api.v4").UsageViewSet
    attributes = import_module("tmfusage.tmf.query.resolving").attributes_of(view.serializer_class, view.queryset.model)
    order = import_module("tmfusage.tmf.sorting").parse_sort(sort, attributes)
    keys = ", ".join(f"({key.sql})::text" for key in order.keys)
    with connection.cursor() as cursor:
        statement = f"SELECT {keys} FROM usage_usage t ORDER BY {order.sql} OFFSET %s LIMIT 1"
        cursor.execute(statement, [(page - 1) * 100 - 1])
        position = cursor.fetchone()
    sign = import_module("tmfusage.tmf.keyset").sign
    return f"sort={sort}", f"sort={sort}&after={quote(sign('usage-v4', order, position))}"


def report(found: dict[str, Timed], depths: dict[str, float], constant: float) -> bool:
    """Print the figures; whether all are within their bounds."""
    bench.say(
        f"A request that finds nothing adds {constant * 1000:.2f} ms; pages that are not full may add it as well."
    )
    bench.say(f"{'100 rows of':24}{'ours ms':>10}{'bare ms':>10}{'ratio':>8}{'at most':>9}")
    for name, timed in found.items():
        ours, bare = (statistics.median(times) * 1000 for times in (timed.ours, timed.bare))
        ratio = timed.judged(constant)
        verdict = "pass" if ratio <= MOST else "FAIL"
        bench.say(f"{name:24}{ours:>10.1f}{bare:>10.1f}{ratio:>8.2f}{MOST:>9.1f}  {verdict} ({timed.rows} rows)")
    for name, ratio in depths.items():
        verdict = "pass" if ratio <= MOST_DEEP else "FAIL"
        bench.say(f"{name:44}{ratio:>8.2f}{MOST_DEEP:>9.1f}  {verdict}")
    ratios = [timed.judged(constant) for timed in found.values()]
    return all(each <= MOST for each in ratios) and all(each <= MOST_DEEP for each in depths.values())


def main(arguments: list[str] | None = None) -> int:
    """0 when every ratio is within its bound, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queries", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--timeout", type=int, help="milliseconds a statement may take; the product's own unless given")
    default = Path(os.environ.get("DATA", "var")) / "bench-queries.json"
    parser.add_argument("--output", type=Path, default=default)
    options = parser.parse_args(arguments)
    with bench.server_url() as server, database.own_database(server) as url:
        longer = {"DATABASE_STATEMENT_TIMEOUT_MS": str(options.timeout)} if options.timeout else {}
        os.environ.update({**bench.environment(url), **longer, "LOG_REQUESTS": "0"})
        django.setup()
        bench.say(f"Loading {options.rows:,} usages …")
        database.fill(min(options.rows, BATCH))
        grow(options.rows)
        return 0 if judge(options, url) else 1


def judge(options: argparse.Namespace, url: str) -> bool:
    """Measure everything on the filled database, report it, and say whether it is good enough."""
    with (
        database.client_key() as key,
        psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as bare,
    ):
        # Imported now: Django had to be set up first.
        ours = Application(import_module("tmfusage.wsgi").application, key)
        known = Known(*(bare.execute(KNOWN).fetchone() or [""] * 5))
        constant = measure(ours, bare, NOTHING, 3 * options.rounds).constant
        found, answered = {}, True
        for kind in kinds(known):
            try:
                found[kind.name] = measure(ours, bare, kind.query, options.rounds)
            except RefusedError as refusal:
                answered = False
                bench.say(f"{kind.name:24}FAIL  {refusal}")
        depths = {}
        page = max(2, options.rows // 100)
        for sort in ("-id", "-usageDate"):
            first, last = deep(page, sort)
            name = f"page {page:,} by cursor ÷ page 1, {sort}"
            depths[name] = measure_depth(ours, first, last, 3 * options.rounds)
        write(options.output, found, depths, constant)
        return report(found, depths, constant) and answered


def write(path: Path, found: dict[str, Timed], depths: dict[str, float], constant: float) -> None:
    """The figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {name: {"ratio": round(timed.judged(constant), 3), "rows": timed.rows} for name, timed in found.items()}
    path.write_text(json.dumps({"kinds": kinds, "depths": depths}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
