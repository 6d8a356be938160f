"""Whatever happens in whatever order, the ledger agrees with a model that is a dict and a list.

One thread, so that what fails is made small; test_property_at_once.py has eight.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

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
from tests.consumption.modelling import Held, Model, Refused
from tests.usage.factories import make_usage
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.refusals import TmfError

# Buckets of the past would be over for every verb.
START = datetime.now(UTC).replace(microsecond=0)
AMOUNTS = st.decimals(min_value=Decimal("0.000001"), max_value=50, places=6)
BUCKETS = 3


class Ledger(RuleBasedStateMachine):
    """Grants, ratings, rejections, expiries, transfers and retries of all of them."""

    @initialize()
    def begin(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.model, self.keys, self.usages = Model(START), count(), []
        for place in range(BUCKETS):
            start, end = START - timedelta(days=1), START + timedelta(days=place + 1)
            validity = {"startDateTime": instant_text(start), "endDateTime": instant_text(end)}
            bucket = make_bucket(0, "units", validFor=validity)
            self.model.buckets[bucket.pk] = Held(start, end, frozenset({NUMBER}))

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
        key, _bucket = self.bucket(place)
        request = Request("tests", key=f"grant-{next(self.keys)}")
        both(lambda: self.model.grant(key, amount), lambda: ledger.grant(key, amount, request), retries)

    @rule(place=st.integers(0, BUCKETS - 1), amount=AMOUNTS, retries=st.integers(1, 2))
    def reserve(self, place, amount, retries):
        (key, _bucket), reference = self.bucket(place), f"held-{next(self.keys)}"
        request = Request("tests", key=reference, reference=reference)
        both(lambda: self.model.reserve(key, amount, reference), lambda: ledger.reserve(key, amount, request), retries)

    @precondition(lambda self: self.model.reservations)
    @rule(which=st.integers(0, 1000))
    def release(self, which):
        reference, ((key, _start), _amount) = sorted(self.model.reservations.items())[
            which % len(self.model.reservations)
        ]
        ledger.release(key, Request("tests", reference=reference))
        self.model.release(reference)

    @rule(amount=AMOUNTS, retries=st.integers(1, 2))
    def rate(self, amount, retries):
        charge = self.charge(make_usage("rated").pk, amount)
        both(lambda: self.model.debit(charge), lambda: debit(charge, "tests"), retries)
        self.usages.append(charge.usage_id)

    @precondition(lambda self: self.usages)
    @rule(amount=AMOUNTS, which=st.integers(0, 1000))
    def rerate(self, amount, which):
        charge = self.charge(self.usages[which % len(self.usages)], amount)
        both(lambda: self.model.rerate(charge), lambda: rerate(charge, "tests"))

    @precondition(lambda self: self.usages)
    @rule(which=st.integers(0, 1000), retries=st.integers(1, 2))
    def reject(self, which, retries):
        usage = self.usages[which % len(self.usages)]
        both(lambda: self.model.reverse(usage), lambda: reverse(usage, "tests"), retries)

    @rule(place=st.integers(0, BUCKETS - 1))
    def expire(self, place):
        key, bucket = self.bucket(place)
        assert ledger.expire(key, "tests", bucket.end) is self.model.expire(key, bucket.end)

    @rule(giver=st.integers(0, BUCKETS - 1), by=st.integers(1, BUCKETS - 1), amount=AMOUNTS, retries=st.integers(1, 2))
    def transfer(self, giver, by, amount, retries):
        one, other = self.bucket(giver)[0], self.bucket((giver + by) % BUCKETS)[0]
        request = Request("tests", key=f"gift-{next(self.keys)}")
        both(
            lambda: self.model.transfer(one, other, amount),
            lambda: ledger.transfer(one, other, amount, request),
            retries,
        )

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
            seen = (row.remaining, row.granted, row.reserved, row.overage, row.status == "expired")
            assert seen == (bucket.remaining, bucket.granted, bucket.reserved, bucket.overage, bucket.expired)
        assert_sound()


def both(modelled: Callable[[], None], verb: Callable[[], Any], retries: int = 1) -> None:
    """The model and the database do it, however often it is asked for; or both refuse, and there is no trace of it."""
    try:
        modelled()
    except Refused:
        before = LedgerEntry.objects.count()
        with pytest.raises(TmfError):
            verb()
        assert LedgerEntry.objects.count() == before
        return
    for _retry in range(retries):
        verb()


@pytest.mark.django_db
def test_the_ledger_agrees_with_the_model():
    bounds = settings(
        max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Ledger, settings=bounds)
