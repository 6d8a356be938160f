"""Eight at once on a real PostgreSQL: conserved at every instant, never negative, no deadlock, nothing twice."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from consumption import ledger
from consumption.auditing import findings
from consumption.charging import Charge, Demand, debit, rerate, reverse
from consumption.ledger import Request
from consumption.models import LedgerEntry, Posting
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_rule, now
from tests.usage.factories import RATING, make_usage
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage
from usage.moving import move

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]

THREADS, STEPS = 8, 40
AT = datetime(2026, 3, 1, tzinfo=UTC)


def charge(usage: str, amount: int) -> Charge:
    return Charge(usage, AT, (Demand(Decimal(amount), "units", "data", ("resource", (NUMBER,))),))


def mixed(usage: str, dice: random.Random, buckets: list[str]) -> Charge:
    """Of buckets by owner and by name, and of totals of kinds that no bucket has, in any order."""
    owner = ("resource", (NUMBER,))
    kinds = dice.sample(["data", "sms", "voice", "roaming"], 3)
    demands = [Demand(Decimal(dice.randint(1, 9)), "units", kind, owner) for kind in kinds]
    demands += [Demand(Decimal(dice.randint(1, 3)), "units", bucket_id=each) for each in dice.sample(buckets, 2)]
    return Charge(usage, AT, tuple(demands), user_id=dice.choice(["", "ada"]))


def act(dice: random.Random, buckets: list[str], usages: list[str], step: str) -> None:
    """One thing that may happen to buckets that everybody uses."""
    one, other = dice.sample(buckets, 2)
    usage = dice.choice(usages)
    match dice.randrange(8):
        case 0:
            ledger.grant(one, Decimal(dice.randint(1, 9)), Request("tests", key=f"grant-{dice.randrange(20)}-{one}"))
        case 1 | 2:
            debit(charge(usage, dice.randint(1, 9)), "tests")
        case 3:
            reverse(usage, "tests")
        case 4:
            rerate(charge(usage, dice.randint(1, 9)), "tests")
        case 5:
            debit(mixed(usage, dice, buckets), "tests")
        case 6:
            rerate(mixed(usage, dice, buckets), "tests")
        case _:
            ledger.transfer(one, other, Decimal(dice.randint(1, 5)), Request("tests", key=step))


def run(seed: int, buckets: list[str], usages: list[str]) -> list[BaseException]:
    """What one thread does; what went wrong but refusals."""
    dice, wrong = random.Random(seed), []
    try:
        for step in range(STEPS):
            try:
                act(dice, buckets, usages, f"{seed}-{step}")
            except TmfError:
                continue
            except Exception as exc:
                wrong.append(exc)
    finally:
        connection.close()
    return wrong


def deadlocks() -> int:
    """How many PostgreSQL has broken; the waits that it broke are retried, but none should be needed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def watch(done: threading.Event, seen: list) -> None:
    """Poll the invariants until told that it is over."""
    try:
        while not done.wait(0.02):
            seen.append(findings())
    finally:
        connection.close()


def test_eight_threads_leave_a_ledger_that_explains_every_unit():
    buckets = [make_bucket(50, "units").pk for _ in range(4)]
    usages = [make_usage("rated").pk for _ in range(12)]
    done, seen, before = threading.Event(), [], deadlocks()
    watcher = threading.Thread(target=watch, args=(done, seen))
    watcher.start()
    with ThreadPoolExecutor(THREADS) as pool:
        wrong = [each for found in pool.map(lambda seed: run(seed, buckets, usages), range(THREADS)) for each in found]
    done.set()
    watcher.join()
    assert not wrong
    assert deadlocks() == before
    assert len(seen) > 3
    assert not any(seen)
    assert LedgerEntry.objects.count() > 50
    assert_sound()


def test_totals_are_locked_in_one_order_whoever_changes_them():
    usages = [make_usage("rated").pk for _ in range(THREADS)]
    before = deadlocks()

    def go(place: int) -> None:
        dice = random.Random(place)
        try:
            for _ in range(10):
                kinds = dice.sample(["a", "b", "c", "d"], 3)
                demands = tuple(Demand(Decimal(1), "units", kind, ("resource", (NUMBER,))) for kind in kinds)
                rerate(Charge(usages[place], AT, demands), "tests")
                if dice.random() < 0.3:
                    reverse(usages[place], "tests")
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(go, range(THREADS)))
    assert deadlocks() == before
    assert_sound()


def test_usages_that_take_from_the_same_buckets_in_opposite_order_all_get_through():
    one, other = make_bucket(1000, "units"), make_bucket(1000, "units")
    ids = [make_usage("guided", ratedProductUsage=RATING).pk for _ in range(THREADS)]

    def impact(bucket) -> dict:
        return {"bucket": {"id": bucket.pk}, "item": [{"itemType": "debit", "amount": {"amount": 1}}]}

    def go(place: int) -> None:
        try:
            both = [impact(one), impact(other)]
            usage = Usage.objects.get(pk=ids[place])
            usage.amend({**usage.shown, "status": "rated", "impactedBucket": both[:: 1 if place % 2 else -1]}, "tests")
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(go, range(THREADS)))
    assert (now(one).remaining, now(other).remaining) == (1000 - THREADS, 1000 - THREADS)
    assert_sound()


def at_once(verb) -> None:
    """The verb by eight threads that wait for each other to begin."""
    barrier = threading.Barrier(THREADS)

    def go(_place: int) -> None:
        try:
            barrier.wait(10)
            verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(go, range(THREADS)))


def test_the_same_usage_delivered_eight_times_at_once_takes_once():
    bucket, usage = make_bucket(100, "units"), make_usage("rated").pk
    at_once(lambda: debit(charge(usage, 30), "tests"))
    assert (now(bucket).remaining, Posting.objects.count()) == (70, 1)
    at_once(lambda: reverse(usage, "tests"))
    assert now(bucket).remaining == 100
    assert_sound()


def test_the_same_top_up_sent_eight_times_at_once_counts_once():
    bucket = make_bucket(100, "units")
    at_once(lambda: ledger.grant(bucket.pk, Decimal(10), Request("tests", key="voucher")))
    assert now(bucket).remaining == 110
    assert_sound()


def test_many_usages_of_one_hot_bucket_lose_nothing():
    bucket = make_bucket(1000, "units")
    usages = iter([make_usage("rated").pk for _ in range(THREADS * 10)])
    lock = threading.Lock()

    def ten() -> None:
        for _ in range(10):
            with lock:
                usage = next(usages)
            debit(charge(usage, 20), "tests")

    at_once(ten)
    assert (now(bucket).remaining, now(bucket).overage) == (0, 600)
    assert_sound()


def test_a_usage_that_eight_rate_at_once_takes_once():
    make_rule("elsewhere", characteristic="", unit="")
    bucket = make_bucket(100, "units")
    caller = [{"name": "msisdn", "value": NUMBER}]
    named = {"usageSpecification": {"id": "elsewhere"}, "usageCharacteristic": caller}
    usage = make_usage("guided", ratedProductUsage=RATING, **named)

    def rate() -> None:
        with suppress(TmfError):
            move(usage.pk, "rated", "tests")

    at_once(rate)
    assert (now(bucket).remaining, usage.changes.count()) == (99, 1)
    assert_sound()
