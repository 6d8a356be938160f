"""What is over is over at once, for those who look and for those who take, whether or not a sweep has come by."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from consumption import ledger, sweeping
from consumption.charging import Charge, Demand, debit
from consumption.criteria import criteria_of
from consumption.ledger import Request
from consumption.models import Bucket, Crossing
from consumption.querying import look
from consumption.report import parsed
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, now
from tests.consumption.test_consuming import impact, told, used
from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db

MB = 10**6
ME = Request("tests")
FEBRUARY = {"startDateTime": "2026-02-01T00:00:00Z", "endDateTime": "2026-03-01T00:00:00Z"}


@pytest.fixture
def balances() -> Api:
    return Api(make_client()[1], "/tmf-api/prepayBalanceManagement/v4")


def overdue(**members) -> Bucket:
    """A bucket whose validity is over, which no sweep has seen."""
    return make_bucket(100, validFor=FEBRUARY, **members)


def renewing(**members) -> Bucket:
    return overdue(bucketSpecification={"id": make_kind(renews=True).pk}, **members)


def reported(**bucket) -> list[tuple]:
    (report,) = parsed(look(criteria_of({"searchCriteria": {"bucketRefOrValue": [bucket]}}))) or [{}]
    return [(each["status"], each["remainingValue"]["amount"]) for each in report.get("bucketRefOrValue", ())]


def take(amount: int, at: datetime, **named) -> list[tuple]:
    demand = Demand(Decimal(amount * MB), "B", "data", **(named or {"owner": ("resource", (NUMBER,))}))
    entries = debit(Charge(make_usage("rated").pk, at, (demand,)), "tests")
    return [(entry.kind, int(entry.amount / MB)) for entry in entries]


def test_a_report_tells_that_a_bucket_is_over():
    bucket = overdue()
    assert reported(id=bucket.pk) == [("expired", 0)]
    assert reported(id=bucket.pk, status="expired") == [("expired", 0)]
    assert reported(id=bucket.pk, status="active") == []
    assert now(bucket).remaining == 100 * MB


def test_a_report_forgets_what_is_over_for_long_as_if_it_had_been_swept():
    overdue()
    assert parsed(look(criteria_of({"relatedParty": [{"id": "ada"}]}))) == []


def test_a_report_tells_the_period_that_has_begun():
    bucket = renewing()
    assert reported(id=bucket.pk) == [("active", 1000)]
    shown = now(bucket).shown
    assert shown["validFor"]["startDateTime"] <= timezone.now().isoformat() < shown["validFor"]["endDateTime"]
    sweeping.sweep()
    assert now(bucket).shown == shown


def test_the_bucket_itself_tells_so_in_every_answer(balances):
    bucket = overdue()
    for answer in (balances.get(f"bucket/{bucket.pk}").json(), balances.get("bucket").json()[0]):
        assert (answer["status"], answer["remainingValue"]["amount"]) == ("expired", 0)
    assert now(bucket).shown["status"] == "expired"
    assert now(bucket).remaining_text == "0 MB"


@pytest.mark.parametrize("verb", [ledger.grant, ledger.adjust, ledger.reserve])
def test_nothing_is_done_to_a_bucket_that_is_over(verb):
    bucket = overdue()
    with pytest.raises(TmfError) as refusal:
        verb(bucket.pk, Decimal(1), ME)
    assert (refusal.value.status_code, refusal.value.code) == (409, "bucketExpired")


def test_nothing_is_transferred_out_of_what_is_over():
    giver, receiver = overdue(), make_bucket(1)
    with pytest.raises(TmfError) as refusal:
        ledger.transfer(giver.pk, receiver.pk, Decimal(50 * MB), ME)
    assert (refusal.value.code, now(receiver).remaining) == ("bucketExpired", MB)


def test_a_top_up_goes_to_the_period_that_has_begun():
    bucket = renewing()
    ledger.grant(bucket.pk, Decimal(5 * MB), ME)
    kinds = list(bucket.entries.order_by("id").values_list("kind", "amount"))
    assert kinds == [("grant", 100 * MB), ("expiry", -100 * MB), ("grant", 1000 * MB), ("grant", 5 * MB)]
    assert now(bucket).allowance == 1005 * MB
    assert_sound()


def test_a_usage_takes_from_the_period_that_has_begun():
    bucket = renewing()
    assert take(30, timezone.now()) == [("debit", -30)]
    assert now(bucket).remaining == 970 * MB
    assert_sound()


def test_a_usage_of_the_period_that_is_over_does_not_end_it():
    bucket = overdue()
    assert take(30, datetime(2026, 2, 10, tzinfo=UTC)) == [("debit", -30)]
    assert now(bucket).remaining == 70 * MB


def test_a_named_bucket_that_is_over_or_suspended_gives_nothing():
    for bucket in (overdue(), make_bucket(100, status="suspended")):
        assert take(10, timezone.now(), bucket_id=bucket.pk) == [("overage", 10)]
    usage = used(10, impactedBucket=[impact(bucket, 10)])
    assert told(usage) == [(100, 100)]
    assert now(bucket).remaining == 100 * MB
    assert_sound()


def test_a_bucket_that_is_over_is_not_brought_back(balances):
    bucket = overdue()
    later = {"validFor": {"endDateTime": "2099-01-01T00:00:00Z"}}
    assert balances.patch(f"bucket/{bucket.pk}", later).json()["status"] == "expired"
    assert balances.patch(f"bucket/{bucket.pk}", {"status": "active"}).status_code == 409
    assert (now(bucket).status, now(bucket).remaining) == ("expired", 0)
    assert_sound()


def test_a_bucket_that_has_renewed_is_changed_in_its_new_period(balances):
    bucket = renewing()
    changed = balances.patch(f"bucket/{bucket.pk}", {"status": "suspended"}).json()
    assert (changed["status"], changed["remainingValue"]) == ("suspended", {"amount": 1000, "units": "MB"})
    assert_sound()


def test_renewal_crosses_no_threshold():
    bucket = renewing()
    sweeping.sweep()
    assert (now(bucket).crossed, Crossing.objects.count()) == ([], 0)


def test_each_end_is_a_revision_of_its_own():
    empty = make_bucket(0, validFor=FEBRUARY)
    sweeping.sweep()
    assert (now(empty).status, now(empty).revision) == ("expired", 2)


def test_what_cannot_be_renewed_gives_nothing_and_says_why():
    kind = make_kind(renews=True)
    bucket = overdue(bucketSpecification={"id": kind.pk})
    type(kind).objects.update(unit="minutes")
    assert reported(id=bucket.pk) == [("expired", 0)]
    assert take(5, timezone.now()) == []
    with pytest.raises(TmfError) as refusal:
        ledger.grant(bucket.pk, Decimal(1), ME)
    assert "minutes" in refusal.value.message


@pytest.mark.parametrize(
    ("start", "period", "count", "ends"),
    [
        ("2026-01-31", "month", 1, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2026-01-31", "month", 3, ["2026-04-30", "2026-07-31", "2026-10-31", "2027-01-31"]),
        ("2024-02-29", "year", 1, ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2026-01-30", "week", 2, ["2026-02-13", "2026-02-27", "2026-03-13", "2026-03-27"]),
    ],
)
def test_the_last_day_of_a_month_does_not_wear_off(start, period, count, ends):
    kind = make_kind(renews=True, period=period, period_count=count)
    bucket = make_bucket(1, "GB", bucketSpecification={"id": kind.pk}, validFor={"startDateTime": f"{start}T00:00:00Z"})
    found = []
    for _ in ends:
        bucket = now(bucket)
        found.append(bucket.valid_to.date().isoformat())
        ledger.renew(bucket.pk, "tests", bucket.valid_to)
    assert found == ends
    assert_sound()


def test_periods_that_were_missed_are_skipped():
    kind = make_kind(renews=True, period="day", period_count=1)
    start = {"startDateTime": "2016-01-01T06:00:00Z"}
    bucket = make_bucket(1, "GB", bucketSpecification={"id": kind.pk}, validFor=start)
    ledger.renew(bucket.pk, "tests", datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert (now(bucket).valid_from, now(bucket).valid_to) == (
        datetime(2026, 3, 5, 6, tzinfo=UTC), datetime(2026, 3, 6, 6, tzinfo=UTC),
    )  # fmt: skip
    assert now(bucket).remaining == 10**9


def test_an_end_that_is_moved_is_where_the_next_periods_are_counted_from():
    kind = make_kind(renews=True)
    bucket = make_bucket(1, "GB", bucketSpecification={"id": kind.pk}, validFor=FEBRUARY)
    ledger.renew(bucket.pk, "tests", datetime(2026, 3, 1, tzinfo=UTC))
    far = timezone.now() + timedelta(days=40)
    bucket = now(bucket)
    period = {"startDateTime": FEBRUARY["endDateTime"], "endDateTime": far.isoformat()}
    bucket.amend({**bucket.shown, "validFor": period, "status": "active"}, "tests")
    assert (now(bucket).anchor, now(bucket).valid_to) == (None, far)
    ledger.renew(bucket.pk, "tests", far)
    assert now(bucket).anchor == far


def test_the_start_of_a_bucket_with_a_ledger_stays_and_its_end_moves(balances):
    far = {"startDateTime": FEBRUARY["startDateTime"], "endDateTime": "2099-01-01T00:00:00Z"}
    bucket = make_bucket(100, validFor=far)
    for wrong in ({"startDateTime": "2026-02-02T00:00:00Z"}, {"startDateTime": None}, None):
        refused = balances.patch(f"bucket/{bucket.pk}", {"validFor": wrong})
        assert (refused.status_code, refused.json()["code"]) == (409, "invalidTransition")
    moved = balances.patch(f"bucket/{bucket.pk}", {"validFor": {"endDateTime": "2098-01-01T00:00:00Z"}})
    assert moved.json()["validFor"]["endDateTime"] == "2098-01-01T00:00:00Z"
    status_only = make_bucket(None)
    assert balances.patch(f"bucket/{status_only.pk}", {"validFor": FEBRUARY}).status_code == 200
