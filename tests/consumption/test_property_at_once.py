"""Eight lists of operations at once, with crashes: the order in which they committed explains every unit.

`CONSUMPTION_EXAMPLES=500 pytest tests/consumption/test_property_at_once.py` tries more of them.
"""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from django.db import Error, connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consumption.auditing import findings
from consumption.models import Bucket, BucketCounter, LedgerEntry, Posting, RunningTotal
from tests.consumption import committing
from tests.consumption.factories import make_bucket, make_kind, make_rule
from tests.consumption.modelling import Held, Model
from tests.consumption.operations import (
    NUMBERS,
    RULED,
    Adjust,
    Arrive,
    Expire,
    Grant,
    Move,
    Operation,
    Record,
    Release,
    Remove,
    Replay,
    Rerate,
    Reserve,
    Sweep,
    Transfer,
    World,
)
from tests.consumption.test_concurrency import THREADS, deadlocks, watch
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.refusals import TmfError
from usage import lifecycle
from usage.models import Usage

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(0 if "CONSUMPTION_EXAMPLES" in os.environ else 120),
]
EXAMPLES = int(os.environ.get("CONSUMPTION_EXAMPLES", "8"))
LENGTH = timedelta(days=30)
# First and last day, whose, and what each period begins with: two end soon, one should have been renewed already.
BUCKETS = ((-10, 1, (0,), 0), (-10, 2, (0, 1), 0), (-45, -15, (0, 1), 20), (-10, None, (1,), 0))
HELD = Decimal(30)

places = st.integers(0, len(BUCKETS) - 1)
amounts = st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(7), Decimal("0.000001")])
volumes = st.sampled_from([Decimal(1), Decimal(4), Decimal("7.25"), Decimal(15)])
records = st.builds(
    Record,
    days=st.sampled_from([-20, 0, 0, 1.5]),
    user=st.sampled_from(["ada", "eve"]),
    number=st.integers(0, 1),
    volume=volumes,
    messages=st.integers(0, 2),
    named=st.one_of(st.just(()), st.permutations(range(len(BUCKETS))).map(lambda each: tuple(each[:2]))),
)
which = st.integers(0, 30)
# Few, so that they are released, too.
reservations = st.builds(Reserve, places, st.just(Decimal("2.5")))
operations = st.one_of(
    st.builds(Grant, places, amounts),
    st.builds(Adjust, places, amounts.map(lambda each: -each)),
    places.flatmap(
        lambda giver: st.builds(Transfer, st.just(giver), places.filter(lambda each: each != giver), amounts)
    ),
    reservations,
    st.builds(Release, reservations),
    st.builds(Expire, st.integers(0, 1)),
    st.builds(Sweep, st.sampled_from([0, 1, 1, 2, 20])),
    st.builds(Arrive, records),
    st.builds(Arrive, records, st.just(lifecycle.GUIDED)),
    st.builds(Rerate, which, volumes, st.integers(0, 2)),
    st.builds(Rerate, which, volumes, st.integers(0, 2)),
    st.builds(Move, which, st.sampled_from([lifecycle.RATED, lifecycle.RERATED])),
    st.builds(Move, which, st.sampled_from([lifecycle.RATED, lifecycle.RERATED, lifecycle.REJECTED])),
    st.builds(Remove, which),
)


class Step(NamedTuple):
    """What a thread does next, at which changed row its connection ends (0: never), and whether it asks again."""

    operation: Operation
    crash: int
    twice: bool


steps = st.builds(Step, operations, st.sampled_from([0, 0, 0, 1, 2, 3, 5, 8]), st.booleans())
FIRST = tuple(
    Arrive(Record(0, "ada", place % 2, Decimal(4), 1, (2, 0) if place > 1 else ()), status)
    for place, status in enumerate([lifecycle.RATED, lifecycle.GUIDED] * 2)
)


class Run:
    """One example: its buckets, what was called, and what went wrong."""

    def __init__(self, lists: list[list[Step]]):
        committing.empty()
        self.world = World(datetime.now(UTC).replace(microsecond=0))
        self.model = Model(self.world.now)
        self.calls: dict[str, tuple[Operation, str]] = {}
        self.wrong: list[BaseException] = []
        self.crashes = 0
        self.lists = lists
        committing.begin("")
        for bucket in BUCKETS:
            self.make_bucket(*bucket)
        self.do("first", [Step(each, 0, False) for each in FIRST])

    def make_bucket(self, first: int, last: int | None, owners: tuple[int, ...], renewal: int) -> None:
        """The same bucket for the database and for the model."""
        start, end = self.world.day(first), None if last is None else self.world.day(last)
        kind = make_kind(unit="units", default_amount=renewal, period="day", period_count=30, renews=True)
        members = {"bucketSpecification": {"id": kind.pk}} if renewal else {}
        validity = {"startDateTime": instant_text(start), **({"endDateTime": instant_text(end)} if end else {})}
        lines = [{"id": f"line-{each}", "value": f"+{NUMBERS[each]}"} for each in owners]
        key = make_bucket(HELD, "units", validFor=validity, logicalResource=lines, **members).pk
        self.world.buckets.append(key)
        numbers = frozenset(NUMBERS[each] for each in owners)
        renewed = (Decimal(renewal), LENGTH) if renewal else None
        self.model.buckets[key] = Held(start, end, numbers, HELD, HELD, renewal=renewed)

    def go(self) -> None:
        """All lists at once, each in a thread."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._thread, range(len(self.lists)), self.lists))

    def _thread(self, place: int, steps: list[Step]) -> None:
        try:
            self.do(str(place), steps)
        finally:
            connection.close()

    def do(self, name: str, steps: list[Step]) -> None:
        """One list of operations, in its order."""
        for number, step in enumerate(steps):
            for time in range(1 + step.twice):
                try:
                    self._call(f"{name}-{number}-{time}", step.operation, 0 if time else step.crash)
                except (TmfError, Usage.DoesNotExist):
                    continue
                except Exception as exc:
                    self.wrong.append(exc)

    def _call(self, call: str, operation: Operation, crash: int) -> None:
        committing.begin(call, crash)
        try:
            about = operation.perform(self.world)
        except Error as problem:
            if not (crash and committing.crashed(problem)):
                raise
            # The connection ended in the middle of it: nothing of it is there, and it is asked for again.
            self.crashes += 1
            connection.close()
            committing.begin(call)
            about = operation.perform(self.world)
        self.calls[call] = operation, about

    def replayed(self) -> Replay:
        """The model after everything that committed, in that order; nothing twice."""
        after, done = Replay(self.world, self.model), Counter()
        for call, bucket in committing.committed():
            operation, about = self.calls[call]
            operation.replay(after, bucket if isinstance(operation, Sweep) else about)
            done[operation if operation.keyed else call] += not isinstance(operation, Sweep)
        assert not [each for each, times in done.items() if times > 1]
        return after


def balances(model: Model) -> dict:
    return {
        key: (each.remaining, each.granted, each.reserved, each.overage, each.expired, each.start, each.end)
        for key, each in model.buckets.items()
    }


def stored_balances() -> dict:
    return {
        each.pk: (
            each.remaining, each.granted, each.reserved, each.overage, each.status == "expired", each.valid_from,
            each.valid_to,
        )
        for each in Bucket.objects.all()
    }  # fmt: skip


def stored_counters() -> dict:
    return {
        (each.bucket_id, each.period_start, each.counter_type == "outOfBucket", each.user_id): each.value
        for each in BucketCounter.objects.exclude(value=0)
    }


def stored_totals() -> dict:
    return {
        (each.owner_key, each.user_id, each.usage_type, each.period_start): each.value
        for each in RunningTotal.objects.exclude(value=0)
    }


def stored_impacts() -> dict:
    """Before and after of each bucket, as each usage that holds something tells."""
    return {
        usage.pk: {
            each["bucket"]["id"]: (
                Decimal(str(each["amountBefore"]["amount"])),
                Decimal(str(each["amountAfter"]["amount"])),
            )
            for each in usage.members.get("impactedBucket", ())
        }
        for usage in Usage.objects.filter(status=lifecycle.RATED)
    }


def stored_holdings() -> dict:
    """What each usage holds of which period, inside and beyond."""
    standing = set(Posting.objects.filter(reversed_at__isnull=True).values_list("usage_id", "sequence"))
    held: dict = {usage: Counter() for usage, _ in standing}
    for entry in LedgerEntry.objects.filter(kind__in=["debit", "overage"]):
        if (entry.usage_id, entry.sequence) in standing:
            held[entry.usage_id][entry.bucket_id, entry.period_start, entry.kind == "overage"] += abs(entry.amount)
    return held


def holdings(model: Model) -> dict:
    held: dict = {}
    for usage, holds in model.holds.items():
        held[usage] = Counter()
        for place, beyond, amount, _user in holds:
            held[usage][(*place, beyond)] += amount
    return held


def nonzero(counts: dict) -> dict:
    return {key: value for key, value in counts.items() if value}


@pytest.fixture
def _watched():
    with committing.watched():
        yield


@pytest.mark.usefixtures("_watched")
def test_what_committed_explains_every_unit_whoever_else_was_at_it():
    make_rule(RULED, unit="units")
    make_rule(RULED, characteristic="messages", unit="units", usage_type="sms")
    crashes = Counter()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize="CONSUMPTION_EXAMPLES" not in os.environ, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(st.lists(st.lists(steps, min_size=8, max_size=16), min_size=THREADS, max_size=THREADS))
    def explained(lists):
        run, before, done, seen = Run(lists), deadlocks(), threading.Event(), []
        watcher = threading.Thread(target=watch, args=(done, seen))
        watcher.start()
        try:
            run.go()
        finally:
            done.set()
            watcher.join()
        crashes["seen"] += run.crashes
        assert not run.wrong
        assert deadlocks() == before
        assert seen
        assert not any(seen)
        assert findings() == []
        agree(run.replayed().model)

    explained()
    assert crashes["seen"] > EXAMPLES


def agree(model: Model) -> None:
    """The database is what the model says."""
    assert stored_balances() == balances(model)
    assert stored_counters() == nonzero(model.counters)
    assert stored_totals() == nonzero(model.totals)
    assert stored_holdings() == holdings(model)
    assert stored_impacts() == model.impacts
