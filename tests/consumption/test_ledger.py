"""The ledger's verbs: each changes balances once, and explains it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from consumption import ledger
from consumption.charging import Charge, Demand, debit, rerate, reverse, standing
from consumption.ledger import Request
from consumption.models import BucketCounter, LedgerEntry, RunningTotal
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, now
from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db

MB = 10**6
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = Request("tests")


def charge(amount: int, usage_id: str = "", **fields) -> Charge:
    """A rated usage takes so many megabytes of data of the number."""
    demand = Demand(Decimal(amount * MB), "B", "data", ("resource", (NUMBER,)))
    usage_id = usage_id or make_usage("rated").pk
    return Charge(usage_id, AT, (demand,), **{"user_id": "ada", "product_id": "mobile-1", **fields})


def told(entries) -> list[tuple[str, int, int]]:
    return [(entry.kind, int(entry.amount / MB), int(entry.resulting_remaining / MB)) for entry in entries]


def valid(start: str, end: str) -> dict:
    return {"validFor": {"startDateTime": f"{start}T00:00:00Z", "endDateTime": f"{end}T00:00:00Z"}}


def test_a_debit_takes_from_the_bucket_that_ends_first():
    later = make_bucket(100, **valid("2026-02-01", "2026-05-01"))
    sooner = make_bucket(30, **valid("2026-02-01", "2026-04-01"))
    entries = debit(charge(50), "tests")
    assert sorted((entry.bucket_id == sooner.pk, int(entry.amount / MB)) for entry in entries) == [(0, -20), (1, -30)]
    assert (now(sooner).remaining, now(later).remaining) == (0, 80 * MB)
    assert_sound()


def test_priority_goes_before_validity():
    kind = {"bucketSpecification": {"id": make_kind(priority=-1).pk}}
    first = make_bucket(10, **kind, **valid("2026-02-01", "2026-05-01"))
    make_bucket(30, **valid("2026-02-01", "2026-04-01"))
    (entry,) = debit(charge(5), "tests")
    assert entry.bucket_id == first.pk


@pytest.mark.parametrize(
    "other",
    [
        {"usageType": "voice"},
        {"status": "suspended"},
        {"logicalResource": [{"id": "+15550100009"}]},
        valid("2026-03-02", "2026-04-01"),
        valid("2026-02-01", "2026-03-01"),
    ],
)
def test_a_bucket_of_another_kind_owner_status_or_time_is_left_alone(other):
    bucket = make_bucket(100, **other)
    assert debit(charge(5), "tests") == []
    assert now(bucket).remaining == 100 * MB
    assert_sound()


def test_units_that_do_not_convert_are_left_alone():
    make_bucket(100, "EUR")
    assert debit(charge(5), "tests") == []


def test_what_is_beyond_the_last_bucket_is_overage_and_counted():
    bucket = make_bucket(30)
    assert told(debit(charge(50), "tests")) == [("debit", -30, 0), ("overage", 20, 0)]
    counters = dict(BucketCounter.objects.values_list("counter_type", "value"))
    assert (now(bucket).overage, counters) == (20 * MB, {"used": 30 * MB, "outOfBucket": 20 * MB})
    assert_sound()


def test_an_unlimited_bucket_counts_and_never_ends():
    bucket = make_bucket(None, isUnlimited=True)
    assert told(debit(charge(5000), "tests")) == [("unlimited", 5000, 0)]
    assert (now(bucket).remaining, now(bucket).overage) == (0, 0)
    assert BucketCounter.objects.get().value == 5000 * MB
    assert_sound()


def test_without_a_bucket_a_total_runs():
    one, other = charge(5), charge(7)
    assert debit(one, "tests") == debit(other, "tests") == []
    total = RunningTotal.objects.get()
    assert (total.value, total.product_id, total.unit) == (12 * MB, "mobile-1", "B")
    reverse(one.usage_id, "tests")
    total.refresh_from_db()
    assert total.value == 7 * MB
    assert_sound()


def test_the_same_usage_takes_once():
    bucket, one = make_bucket(100), charge(30)
    assert told(debit(one, "tests")) == told(debit(one, "tests")) == [("debit", -30, 70)]
    assert now(bucket).remaining == 70 * MB


def test_a_reversal_returns_exactly_what_was_taken():
    one, other = make_bucket(30, **valid("2026-02-01", "2026-04-01")), make_bucket(10)
    taking = charge(50)
    debit(taking, "tests")
    assert reverse(taking.usage_id, "tests") == "rule"
    assert [(now(bucket).remaining, now(bucket).overage) for bucket in (one, other)] == [(30 * MB, 0), (10 * MB, 0)]
    assert set(BucketCounter.objects.values_list("value", flat=True)) == {0}
    assert reverse(taking.usage_id, "tests") is None
    assert_sound()


def test_rerating_takes_anew_and_keeps_what_happened():
    bucket, taking = make_bucket(100), charge(30)
    debit(taking, "tests")
    assert told(rerate(charge(40, taking.usage_id), "tests")) == [("debit", -40, 60)]
    assert told(bucket.entries.order_by("id"))[1:] == [("debit", -30, 70), ("reversal", 30, 100), ("debit", -40, 60)]
    assert [entry.sequence for entry in standing(taking.usage_id)] == [2]
    assert_sound()


def test_what_returns_to_an_expired_bucket_expires_again():
    bucket, taking = make_bucket(100, **valid("2026-02-01", "2026-04-01")), charge(30)
    debit(taking, "tests")
    assert ledger.expire(bucket.pk, "tests", datetime(2026, 5, 1, tzinfo=UTC))
    reverse(taking.usage_id, "tests")
    assert told(bucket.entries.order_by("id"))[2:] == [("expiry", -70, 0), ("reversal", 30, 30), ("expiry", -30, 0)]
    assert (now(bucket).status, now(bucket).remaining) == ("expired", 0)
    assert_sound()


def test_a_grant_with_the_same_key_happens_once():
    bucket = make_bucket(100)
    request = Request("tests", key="voucher-1")
    assert ledger.grant(bucket.pk, Decimal(5), request) == ledger.grant(bucket.pk, Decimal(5), request)
    with pytest.raises(TmfError) as refusal:
        ledger.grant(bucket.pk, Decimal(6), request)
    assert (refusal.value.code, now(bucket).granted) == ("keyReused", 100 * MB + 5)


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1)])
def test_nothing_and_less_than_nothing_is_not_granted(amount):
    with pytest.raises(TmfError):
        ledger.grant(make_bucket().pk, amount, ME)


def test_an_adjustment_never_goes_below_zero():
    bucket = make_bucket(1)
    ledger.adjust(bucket.pk, Decimal(-MB), ME)
    with pytest.raises(TmfError) as refusal:
        ledger.adjust(bucket.pk, Decimal(-1), ME)
    assert refusal.value.code == "insufficientBalance"
    assert_sound()


def test_a_reservation_is_set_aside_and_returns():
    bucket, request = make_bucket(10), Request("tests", reference="call-1")
    ledger.reserve(bucket.pk, Decimal(4 * MB), request)
    assert now(bucket).shown["reservedValue"] == {"amount": 4, "units": "MB"}
    assert told(debit(charge(8), "tests"))[0] == ("debit", -6, 0)
    ledger.release(bucket.pk, request, Decimal(MB))
    ledger.release(bucket.pk, request)
    with pytest.raises(TmfError):
        ledger.release(bucket.pk, request)
    assert (now(bucket).remaining, now(bucket).reserved) == (4 * MB, 0)
    assert_sound()


def test_a_transfer_moves_once_and_only_what_is_there():
    giver, receiver, request = make_bucket(10), make_bucket(1, "GB"), Request("tests", key="gift")
    for _retry in range(2):
        ledger.transfer(giver.pk, receiver.pk, Decimal(4 * MB), request)
    assert (now(giver).remaining, now(receiver).remaining) == (6 * MB, 1004 * MB)
    with pytest.raises(TmfError):
        ledger.transfer(giver.pk, receiver.pk, Decimal(7 * MB), ME)
    with pytest.raises(TmfError):
        ledger.transfer(giver.pk, make_bucket(1, "EUR").pk, Decimal(1), ME)
    assert_sound()


def test_a_bucket_that_renews_begins_anew():
    kind = make_kind(renews=True)
    bucket = make_bucket(700, bucketSpecification={"id": kind.pk}, **valid("2026-02-01", "2026-03-31"))
    debit(charge(100), "tests")
    assert ledger.renew(bucket.pk, "tests", datetime(2026, 5, 2, tzinfo=UTC))
    renewed = now(bucket)
    assert (renewed.remaining, renewed.allowance, renewed.used_percent) == (1000 * MB, 1000 * MB, 0)
    assert renewed.shown["validFor"]["endDateTime"] > "2026-05-02"
    assert not ledger.renew(bucket.pk, "tests", datetime(2026, 5, 2, tzinfo=UTC))
    assert_sound()


def test_a_complaint_about_last_month_adds_nothing_to_this_month():
    bucket = make_bucket(
        700, bucketSpecification={"id": make_kind(renews=True).pk}, **valid("2026-02-01", "2026-03-31")
    )
    taking = charge(100)
    debit(taking, "tests")
    ledger.renew(bucket.pk, "tests", datetime(2026, 4, 1, tzinfo=UTC))
    reverse(taking.usage_id, "tests")
    assert now(bucket).remaining == 1000 * MB
    assert_sound()


def test_expiry_waits_for_the_end():
    bucket = make_bucket(10, **valid("2026-02-01", "2026-04-01"))
    assert not ledger.expire(bucket.pk, "tests", AT)
    assert ledger.expire(bucket.pk, "tests", AT + timedelta(days=60))
    with pytest.raises(TmfError) as refusal:
        ledger.grant(bucket.pk, Decimal(1), ME)
    assert refusal.value.code == "bucketExpired"


def test_a_bucket_that_is_not_there_is_not_found():
    with pytest.raises(TmfError) as refusal:
        ledger.grant("nowhere", Decimal(1), ME)
    assert refusal.value.status_code == 404


@pytest.mark.parametrize(
    "statement", ["UPDATE consumption_ledgerentry SET amount = 5", "DELETE FROM consumption_ledgerentry"]
)
def test_no_sql_changes_the_ledger(statement):
    make_bucket(10)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.count() == 1
