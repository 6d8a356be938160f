"""Whatever happens in whatever order, the ledger agrees with a model that is a dict and a list."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from consumption import ledger
from consumption.charging import Charge, Demand, debit, rerate, reverse
from consumption.ledger import Request
from consumption.models import Bucket, LedgerEntry
from tests.consumption.factories import NUMBER, assert_sound, make_bucket
from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError

# Buckets of the past would be over for every verb.
START = datetime.now(UTC).replace(microsecond=0)
AMOUNTS = st.decimals(min_value=Decimal("0.000001"), max_value=50, places=6)
BUCKETS = 3


@dataclass
class Held:
    """A bucket as the model sees it."""

    end: datetime
    remaining: Decimal = Decimal(0)
    granted: Decimal = Decimal(0)
    overage: Decimal = Decimal(0)
    expired: bool = False
    unused: Decimal = Decimal(0)


@dataclass
class Model:
    """Buckets in the order in which they are used up, and what each usage holds of them."""

    buckets: dict[str, Held] = field(default_factory=dict)
    usages: list[str] = field(default_factory=list)
    holds: dict[str, list[tuple[str, str, Decimal]]] = field(default_factory=dict)
    # The most that a usage has ever held so: of a bucket that has expired it may take so much again.
    once: dict[tuple[str, str, str], Decimal] = field(default_factory=dict)

    def debit(self, usage: str, amount: Decimal) -> None:
        if usage in self.holds:
            return
        self.holds[usage] = []
        live = [key for key, each in self.buckets.items() if not each.expired]
        over = [key for key, each in self.buckets.items() if each.expired]
        for key in over:
            again = min(self.once.get((usage, key, "remaining"), Decimal(0)), self.buckets[key].unused, amount)
            amount -= self._hold(usage, key, "unused", again)
        for key in live:
            amount -= self._hold(usage, key, "remaining", min(self.buckets[key].remaining, amount))
        for key in over:
            amount -= self._hold(usage, key, "overage", min(self.once.get((usage, key, "overage"), Decimal(0)), amount))
        if live:
            self._hold(usage, live[-1], "overage", amount)

    def _hold(self, usage: str, key: str, where: str, amount: Decimal) -> Decimal:
        if amount:
            sign = 1 if where == "overage" else -1
            setattr(self.buckets[key], where, getattr(self.buckets[key], where) + sign * amount)
            where = "overage" if where == "overage" else "remaining"
            self.holds[usage].append((key, where, amount))
            self.once[usage, key, where] = max(self.once.get((usage, key, where), Decimal(0)), amount)
        return amount

    def reverse(self, usage: str) -> None:
        for key, where, taken in self.holds.pop(usage, ()):
            bucket = self.buckets[key]
            if where == "overage":
                bucket.overage -= taken
            elif bucket.expired:
                bucket.unused += taken
            else:
                bucket.remaining += taken


class Ledger(RuleBasedStateMachine):
    """Grants, ratings, rejections, expiries, transfers and retries of all of them."""

    @initialize()
    def begin(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.model, self.keys = Model(), count()
        for place in range(BUCKETS):
            end = START + timedelta(days=place + 1)
            validity = {"startDateTime": "2026-02-01T00:00:00Z", "endDateTime": end.isoformat().replace("+00:00", "Z")}
            bucket = make_bucket(0, "units", validFor=validity)
            self.model.buckets[bucket.pk] = Held(end)

    def teardown(self):
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def bucket(self, place: int) -> tuple[str, Held]:
        return list(self.model.buckets.items())[place]

    def charge(self, usage: str, amount: Decimal) -> Charge:
        demand = Demand(amount, "units", "data", ("resource", (NUMBER,)))
        return Charge(usage, START, (demand,), user_id="ada")

    @rule(place=st.integers(0, BUCKETS - 1), amount=AMOUNTS, retries=st.integers(1, 2))
    def grant(self, place, amount, retries):
        key, bucket = self.bucket(place)
        request = Request("tests", key=f"grant-{next(self.keys)}")
        if bucket.expired:
            return refused(ledger.grant, key, amount, request)
        for _retry in range(retries):
            ledger.grant(key, amount, request)
        bucket.remaining += amount
        bucket.granted += amount

    @rule(amount=AMOUNTS, retries=st.integers(1, 2))
    def rate(self, amount, retries):
        usage = make_usage("rated").pk
        for _retry in range(retries):
            debit(self.charge(usage, amount), "tests")
        self.model.usages.append(usage)
        self.model.debit(usage, amount)

    @precondition(lambda self: self.model.usages)
    @rule(amount=AMOUNTS, which=st.integers(0, 1000))
    def rerate(self, amount, which):
        usage = self.model.usages[which % len(self.model.usages)]
        rerate(self.charge(usage, amount), "tests")
        self.model.reverse(usage)
        self.model.debit(usage, amount)

    @precondition(lambda self: self.model.usages)
    @rule(which=st.integers(0, 1000), retries=st.integers(1, 2))
    def reject(self, which, retries):
        usage = self.model.usages[which % len(self.model.usages)]
        for _retry in range(retries):
            reverse(usage, "tests")
        self.model.reverse(usage)

    @rule(place=st.integers(0, BUCKETS - 1))
    def expire(self, place):
        key, bucket = self.bucket(place)
        assert ledger.expire(key, "tests", bucket.end) is not bucket.expired
        bucket.unused += bucket.remaining
        bucket.expired, bucket.remaining = True, Decimal(0)

    @rule(giver=st.integers(0, BUCKETS - 1), by=st.integers(1, BUCKETS - 1), amount=AMOUNTS, retries=st.integers(1, 2))
    def transfer(self, giver, by, amount, retries):
        (key, one), (other_key, other) = self.bucket(giver), self.bucket((giver + by) % BUCKETS)
        request = Request("tests", key=f"gift-{next(self.keys)}")
        if one.expired or other.expired or one.remaining < amount:
            return refused(ledger.transfer, key, other_key, amount, request)
        for _retry in range(retries):
            ledger.transfer(key, other_key, amount, request)
        one.remaining, one.granted = one.remaining - amount, one.granted - amount
        other.remaining, other.granted = other.remaining + amount, other.granted + amount

    @rule(amount=AMOUNTS)
    def crash(self, amount):
        """What is rolled back has not happened."""
        usage = make_usage("rated").pk
        with transaction.atomic():
            debit(self.charge(usage, amount), "tests")
            transaction.set_rollback(True)

    @invariant()
    def agree(self):
        if not hasattr(self, "model"):
            return
        stored = {each.pk: each for each in Bucket.objects.filter(pk__in=self.model.buckets)}
        for key, bucket in self.model.buckets.items():
            row = stored[key]
            seen = (row.remaining, row.granted, row.overage, row.status == "expired")
            assert seen == (bucket.remaining, bucket.granted, bucket.overage, bucket.expired)
        assert_sound()


def refused(verb, *arguments) -> None:
    """The verb refuses, and leaves no trace."""
    before = LedgerEntry.objects.count()
    with pytest.raises(TmfError):
        verb(*arguments)
    assert LedgerEntry.objects.count() == before


@pytest.mark.django_db
def test_the_ledger_agrees_with_the_model():
    bounds = settings(
        max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Ledger, settings=bounds)
