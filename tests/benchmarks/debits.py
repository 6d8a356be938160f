"""Debits per second through the product's own code, beside one bare SQL transaction that writes the same rows.

Each runs in as many processes, threads and connections as the other. Both find the subscriber's bucket by the phone
number, lock it, and write the posting, the balance, the ledger entry and the counter.

The floor is 0.3: the ORM alone kept 0.7 of the bare rate where PostgreSQL was the bottleneck (a hot bucket's lock),
but on a machine where processes and PostgreSQL share few cores the ratio is that of the processor time of both.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import django
import psycopg
import uuid_utils
from django.apps import apps

from tests.benchmarks import consumption_rows as rows
from tests.benchmarks.generator import Measured
from tests.benchmarks.targets import BARE, OURS

HOT, MANY = "debits of one bucket", "debits of many buckets"
# Beyond the numbers of all subscribers.
HOT_NUMBER = rows.digits_of(9_999_999)
# It must not reach a threshold while it is measured.
HOT_BUCKET = ("Hot", "data", 1_000_000, "TB")
AMOUNT = Decimal(1_000)
START_SECONDS, PATIENCE = 60, 60
# Charges that no usage stands for have no usage to be found.
UNASKED = "only a rated usage holds something"
POST = """
    INSERT INTO consumption_posting (usage_id, sequence, source, totals, at) VALUES (%s, 1, 'rule', '[]', now())
"""
LOCK = """
    SELECT b.id, b.valid_from, b.valid_to FROM consumption_bucket b
    WHERE b.id IN (SELECT o.bucket_id FROM consumption_owner o WHERE o.kind = 'resource' AND o.key = %s)
      AND b.usage_type = 'data' AND b.status = 'active' AND b.valid_to > %s
    ORDER BY b.id FOR NO KEY UPDATE
"""
WRITE = """
    WITH balanced AS (
        UPDATE consumption_bucket SET remaining = remaining - %(amount)s, revision = revision + 1, last_update = %(at)s
        WHERE id = %(bucket)s AND remaining >= %(amount)s RETURNING remaining
    ), entered AS (
        INSERT INTO consumption_ledgerentry (bucket_id, kind, amount, resulting_remaining, usage_id, sequence,
            period_start, user_id, product_id, key, reference, reason, by, at)
        SELECT %(bucket)s, 'debit', -%(amount)s, remaining, %(usage)s, 1, %(start)s, %(user)s, %(product)s, '', '', '',
            'benchmark', %(at)s FROM balanced
    ), counted AS (
        INSERT INTO consumption_bucketcounter AS c (id, bucket_id, counter_type, period_start, period_end, user_id,
            product_id, value, characteristic)
        SELECT %(counter)s, %(bucket)s, 'used', %(start)s, %(end)s, %(user)s, %(product)s, %(amount)s, '[]'
        FROM balanced
        ON CONFLICT (bucket_id, counter_type, period_start, user_id, product_id)
        DO UPDATE SET value = c.value + EXCLUDED.value
    ) SELECT remaining FROM balanced
"""
Debit = Callable[[str], None]


def ours() -> Debit:
    """How the product takes from a number's bucket when a usage has been rated; Django has to be set up."""
    charging, new_id = import_module("consumption.charging"), import_module("tmfusage.tmf.resources").new_id
    spellings = import_module("consumption.models.owners").spellings

    def debit(digits: str) -> None:
        demand = charging.Demand(AMOUNT, "kB", "data", ("resource", tuple(spellings(digits))))
        charging.debit(rows.charge(new_id(), digits, (demand,)), "benchmark")

    return debit


def bare(connection: psycopg.Connection) -> Debit:
    """The same in SQL, on a connection in autocommit mode."""

    def debit(digits: str) -> None:
        usage, at = str(uuid_utils.uuid7()), datetime.now(UTC)
        with connection.transaction():
            connection.execute(POST, [usage])
            bucket, start, end = connection.execute(LOCK, [digits, at]).fetchone()
            about = {"bucket": bucket, "start": start, "end": end, "usage": usage, "at": at, "amount": AMOUNT}
            about |= {"user": f"party-{digits}", "product": f"product-{digits}", "counter": str(uuid_utils.uuid7())}
            if connection.execute(WRITE, about).fetchone() is None:
                raise RuntimeError(f"Nothing is left for {digits}.")

    return debit


def prepare() -> None:
    """The bucket that everybody takes from."""
    rows.make_bucket(HOT_NUMBER, *HOT_BUCKET)


def unsound() -> list[Any]:
    """What the product's own check of the ledger finds."""
    found = import_module("consumption.auditing").findings()
    return [finding for finding in found if finding.invariant != UNASKED]


def written() -> int:
    """How many debits the ledger knows."""
    return apps.get_model("consumption", "LedgerEntry").objects.filter(kind="debit").count()


@contextmanager
def workers(url: str, subscribers: int, processes: int, threads: int) -> Iterator[dict[str, list[Connection]]]:
    """Processes that debit when they are told to, of each kind as many."""
    context = multiprocessing.get_context("spawn")
    with ExitStack() as running:
        pipes: dict[str, list[Connection]] = {OURS: [], BARE: []}
        for who in [*pipes] * processes:
            near, far = context.Pipe()
            process = context.Process(target=_serve, args=(far, who, url, subscribers, threads), daemon=True)
            process.start()
            running.callback(process.join, START_SECONDS)
            running.callback(near.send, None)
            pipes[who].append(near)
        for pipe in [pipe for each in pipes.values() for pipe in each]:
            _received(pipe, START_SECONDS)
        yield pipes


def measure(pipes: list[Connection], work: str, seconds: float) -> Measured:
    """Debits per second of these processes together."""
    for pipe in pipes:
        pipe.send((work, seconds))
    told = [_received(pipe, seconds + PATIENCE) for pipe in pipes]
    return Measured(sum(done / spent for done, spent, _ in told), 0.0, sum(errors for *_, errors in told))


def _received(pipe: Connection, seconds: float) -> Any:
    if not pipe.poll(seconds):
        raise RuntimeError("A process that debits does not answer.")
    return pipe.recv()


def _serve(pipe: Connection, who: str, url: str, subscribers: int, threads: int) -> None:
    """A process that debits."""
    django.setup()
    with ThreadPoolExecutor(threads) as pool, ExitStack() as opened:
        debits = [ours()] * threads
        if who == BARE:
            connections = [opened.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(threads)]
            debits = [bare(connection) for connection in connections]
        pipe.send("ready")
        while order := pipe.recv():
            work, seconds = order
            started = time.perf_counter()
            lane = partial(_lane, work=work, until=started + seconds, subscribers=subscribers)
            told = list(pool.map(lane, debits))
            spent = time.perf_counter() - started
            pipe.send((sum(done for done, _ in told), spent, sum(errors for _, errors in told)))


def _lane(debit: Debit, work: str, until: float, subscribers: int) -> tuple[int, int]:
    """How many debits one thread made one after the other, and how many went wrong."""
    chance, done, errors = random.Random(), 0, 0
    while time.perf_counter() < until:
        try:
            debit(HOT_NUMBER if work == HOT else rows.digits_of(chance.randrange(subscribers)))
            done += 1
        except (django.db.Error, psycopg.Error, RuntimeError):
            errors += 1
    return done, errors
