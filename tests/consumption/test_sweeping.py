"""What is over ends or begins anew, thresholds are told once, and the check of the ledger finds what is wrong."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from celery.schedules import crontab
from django.conf import settings as configured
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction

from consumption import ledger, sweeping, tasks
from consumption.charging import Charge, Demand, debit, reverse
from consumption.ledger import Request
from consumption.models import BucketSpecification, Crossing
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, now
from tests.usage.factories import make_usage

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, tzinfo=UTC)
MB = 10**6
ENDED = {"validFor": {"startDateTime": "2025-02-01T00:00:00Z", "endDateTime": "2026-04-01T00:00:00Z"}}
LATER = datetime(2026, 4, 2, tzinfo=UTC)


def take(amount: int) -> str:
    usage = make_usage("rated").pk
    debit(Charge(usage, AT, (Demand(Decimal(amount * MB), "B", "data", ("resource", (NUMBER,))),)), "tests")
    return usage


def test_what_is_over_expires_and_what_renews_begins_anew():
    ended, open_ended = make_bucket(100, **ENDED), make_bucket(100)
    renewing = make_bucket(100, bucketSpecification={"id": make_kind(renews=True).pk}, **ENDED)
    suspended = make_bucket(100, status="suspended", **ENDED)
    assert sweeping.sweep(LATER) == 3
    assert [now(each).status for each in (ended, open_ended, renewing, suspended)] == [
        "expired", "active", "active", "expired",
    ]  # fmt: skip
    assert (now(ended).remaining, now(renewing).remaining) == (0, 10**9)
    assert sweeping.sweep(LATER) == 0
    assert_sound()


def test_the_task_sweeps_until_nothing_is_due(settings):
    settings.CONSUMPTION_SWEEP_BATCH = 2
    past = {"validFor": {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2020-02-01T00:00:00Z"}}
    for _ in range(5):
        make_bucket(1, **past)
    assert tasks.sweep() == 5
    assert tasks.sweep() == 0


def test_one_bucket_that_cannot_be_renewed_holds_up_no_other():
    bad, good = make_kind(renews=True), make_bucket(1, **ENDED)
    broken = make_bucket(1, "GB", bucketSpecification={"id": bad.pk}, **ENDED)
    BucketSpecification.objects.filter(pk=bad.pk).update(period="year", period_count=9000)
    assert sweeping.sweep(LATER) == 2
    assert (now(good).status, now(broken).status, now(broken).end_failures) == ("expired", "active", 1)


def test_what_failed_is_tried_again_ever_later_until_it_works():
    bad = make_kind(renews=True)
    broken = make_bucket(1, "GB", bucketSpecification={"id": bad.pk}, **ENDED)
    BucketSpecification.objects.filter(pk=bad.pk).update(unit="EUR")
    tried = [sweeping.sweep(LATER + timedelta(minutes=minute)) for minute in range(8)]
    assert (tried, now(broken).end_failures) == ([1, 0, 1, 0, 0, 0, 1, 0], 3)
    BucketSpecification.objects.filter(pk=bad.pk).update(unit="GB")
    assert sweeping.sweep(LATER + timedelta(days=1)) == 1
    assert (now(broken).end_failures, now(broken).end_again_at, now(broken).remaining) == (0, None, 10**9)
    assert_sound()


def test_an_error_of_the_database_undoes_one_bucket_only(caplog):
    first, second = make_bucket(1, **ENDED), make_bucket(1, **ENDED)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        check = "ALTER TABLE consumption_bucket ADD CHECK (id <> %s OR status <> 'expired')"
        cursor.execute(check, [first.pk])
    assert sweeping.sweep(LATER) == 2
    assert (now(first).status, now(second).status) == ("active", "expired")
    assert "bucket not ended" in caplog.text


@pytest.mark.parametrize("count", [0, 1001, 32767])
def test_a_period_is_not_longer_than_dates_go(count):
    with pytest.raises(ValidationError):
        make_kind(period_count=count, period="year").full_clean()


@pytest.mark.django_db(transaction=True)
def test_a_sweep_passes_over_what_another_one_holds():
    held, free = make_bucket(1, **ENDED), make_bucket(1, **ENDED)
    swept = []

    def sweep() -> None:
        swept.append(sweeping.sweep(LATER))
        connection.close()

    with transaction.atomic():
        ledger.expire(held.pk, "tests", LATER)
        other = threading.Thread(target=sweep)
        other.start()
        other.join(20)
    assert (swept, now(free).status) == ([1], "expired")


def test_a_threshold_is_told_once_per_crossing():
    bucket = make_bucket(100)
    take(79)
    assert not Crossing.objects.exists()
    usages = [take(1), take(19), take(1), take(5)]
    told = Crossing.objects.order_by("id").values_list("threshold", flat=True)
    assert (list(told), now(bucket).crossed) == ([80, 100], [80, 100])
    for usage in usages:
        reverse(usage, "tests")
    assert now(bucket).crossed == []
    take(2)
    assert list(told.all()) == [80, 100, 80]


def test_a_kind_of_bucket_has_thresholds_of_its_own():
    bucket = make_bucket(100, bucketSpecification={"id": make_kind(thresholds=[50]).pk}, **ENDED)
    take(90)
    assert (now(bucket).crossed, Crossing.objects.get().threshold) == ([50], 50)


def test_a_top_up_takes_a_bucket_below_its_threshold():
    bucket = make_bucket(100)
    take(90)
    ledger.grant(bucket.pk, Decimal(100 * MB), Request("tests"))
    assert now(bucket).crossed == []
    take(80)
    assert Crossing.objects.count() == 2


def test_the_command_says_that_all_is_well():
    make_bucket()
    said = StringIO()
    call_command("check_ledger", stdout=said)
    assert "explained" in said.getvalue()


def test_the_nightly_task_counts_and_logs_what_it_finds(caplog):
    make_bucket()
    assert tasks.check() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE consumption_bucket SET remaining = remaining - 1")
    assert tasks.check() >= 1
    assert "ledger invariant broken" in caplog.text


def test_both_tasks_are_scheduled():
    schedule = {each["task"]: each["schedule"] for each in configured.CELERY_BEAT_SCHEDULE.values()}
    assert schedule["consumption.tasks.sweep"] <= timedelta(minutes=5)
    assert isinstance(schedule["consumption.tasks.check"], crontab)
