"""What a report tells: totals without a bucket, counters, headings, and order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from consumption.charging import Charge, Demand, debit
from consumption.criteria import criteria_of
from consumption.models import Bucket, ReportHeading, RunningTotal
from consumption.querying import look
from consumption.report import parsed
from tests.consumption.factories import NUMBER, make_bucket
from tmfusage.tmf.refusals import TmfError


def reported(restriction: str = "", **search):
    return parsed(look(criteria_of({"searchCriteria": search}, restriction)))


def by_number(restriction: str = ""):
    return reported(restriction, logicalResource=[{"id": NUMBER}])


def use(amount: int, unit: str = "MB", usage: str = "u1", **fields) -> None:
    demand = Demand(Decimal(amount) * 1_000_000, unit, "data", ("resource", (NUMBER, NUMBER[1:])))
    debit(Charge(usage, timezone.now(), (demand,), **fields), "tests")


def test_what_no_bucket_had_is_told_at_the_line(db):
    use(5)
    (report,) = by_number()
    assert "bucketRefOrValue" not in report
    (line,) = report["logicalResource"]
    (total,) = line["consumptionSummary"]
    assert (total["counterType"], total["value"]) == ("data", {"amount": 5_000_000, "units": "B"})
    assert total["consumptionPeriod"]["startDateTime"].endswith("-01T00:00:00Z")


def test_what_a_product_used_is_told_at_the_product(db):
    use(5, product_id="mobile-1")
    (report,) = reported(product=[{"id": "mobile-1"}])
    (product,) = report["product"]
    assert product["consumptionSummary"][0]["value"]["amount"] == 5_000_000


def test_what_a_party_used_is_told_to_the_party(db):
    use(5, user_id="ada")
    use(2, usage="u2", user_id="eve", product_id="mobile-1")
    for restriction in ("", "ada"):
        (report,) = reported(restriction, relatedParty=[{"id": "ada"}])
        assert report["relatedParty"] == [{"id": "ada", "@referredType": "Party"}]
        assert report["logicalResource"][0]["consumptionSummary"][0]["value"]["amount"] == 5_000_000
    (report,) = reported(relatedParty=[{"id": "eve"}])
    assert report["product"][0]["consumptionSummary"][0]["user"]["id"] == "eve"


def test_a_client_of_one_party_is_told_what_that_party_used_of_a_line(db):
    use(5, user_id="ada")
    use(2, usage="u2", user_id="eve")
    (report,) = by_number("eve")
    (total,) = report["logicalResource"][0]["consumptionSummary"]
    assert (total["user"]["id"], total["value"]["amount"]) == ("eve", 2_000_000)


def test_what_a_party_both_paid_and_used_is_told_once(db):
    demand = Demand(Decimal(5), "B", "data", ("party", ("ada",)))
    debit(Charge("u1", timezone.now(), (demand,), user_id="eve"), "tests")
    reports = reported(relatedParty=[{"id": "ada"}, {"id": "eve"}])
    assert [len(report["consumptionSummary"]) for report in reports] == [1, 1]


def test_a_user_of_several_products_is_counted_once(db):
    make_bucket(100, "MB")
    for usage, user, product in (("u1", "ada", "p1"), ("u2", "ada", "p2"), ("u3", "eve", "p1")):
        use(1, usage=usage, user_id=user, product_id=product)
    (counters,) = [bucket["bucketCounter"] for report in by_number() for bucket in report["bucketRefOrValue"]]
    told = {(each["level"], each.get("user", {}).get("id")): each["value"]["amount"] for each in counters}
    assert len(counters) == 3
    assert told == {("global", None): 3, ("detailed by user", "ada"): 2, ("detailed by user", "eve"): 1}


def test_totals_of_earlier_months_are_told_only_when_asked_for(db):
    use(5)
    RunningTotal.objects.update(
        period_start=datetime(2025, 1, 1, tzinfo=UTC), period_end=datetime(2025, 2, 1, tzinfo=UTC)
    )
    assert by_number() == []
    period = {"startDateTime": "2025-01-05T00:00:00Z", "endDateTime": "2025-01-06T00:00:00Z"}
    assert len(reported(logicalResource=[{"id": NUMBER}], validPeriod=period)) == 1


def test_totals_are_not_told_to_a_client_of_another_party(db):
    use(5)
    assert by_number("ada") == []


def test_counters_tell_what_is_used_and_what_is_beyond(db):
    make_bucket(3, "MB")
    use(5)
    (counters,) = [bucket["bucketCounter"] for report in by_number() for bucket in report["bucketRefOrValue"]]
    assert {each["counterType"]: each["value"] for each in counters} == {
        "used": {"amount": 3, "units": "MB"},
        "outOfBucket": {"amount": 2, "units": "MB"},
    }


def test_buckets_come_in_the_order_in_which_they_were_made(db):
    made = [make_bucket(id=each).pk for each in ("zebra", "ant", "mole")]
    (report,) = by_number()
    assert [bucket["id"] for bucket in report["bucketRefOrValue"]] == made


def test_expired_buckets_are_told_for_a_while(db):
    bucket = make_bucket()
    for days, told in ((1, 1), (40, 0)):
        Bucket.objects.filter(pk=bucket.pk).update(status="expired", valid_to=timezone.now() - timedelta(days=days))
        assert len(by_number()) == told
    assert len(reported(logicalResource=[{"id": NUMBER}], bucketRefOrValue=[{"status": "expired"}])) == 1


def ids(reports) -> set[str]:
    return {bucket["id"] for report in reports for bucket in report["bucketRefOrValue"]}


def test_what_has_expired_is_not_told_to_who_asks_for_another_status(db):
    bucket, line = make_bucket(id="over"), [{"id": NUMBER}]
    make_bucket(id="open")
    over = timezone.now() - timedelta(days=1)
    for changes in ({"valid_to": over}, {"valid_to": over, "status": "expired"}):  # before and after the sweep
        Bucket.objects.filter(pk=bucket.pk).update(**changes)
        assert ids(reported(logicalResource=line, bucketRefOrValue=[{"status": "active"}])) == {"open"}
        assert ids(reported(logicalResource=line, bucketRefOrValue=[{"status": "suspended"}])) == set()
        assert ids(reported(logicalResource=line, bucketRefOrValue=[{"status": "expired"}])) == {"over"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([{"id": "one"}, {"usageType": "sms"}], {"one", "sms"}),
        ([{"id": "one", "usageType": "sms"}, {"id": "two", "usageType": "data"}], {"two"}),
        ([{"id": "sms", "status": "suspended"}, {"status": "expired"}], {"over", "old"}),
        ([{"usageType": "data"}, {"usageType": "sms", "status": "active"}], {"one", "two", "over", "sms"}),
        ([{"usageType": "data", "status": "active"}, {"id": "old"}], {"one", "two", "old"}),
        ([{"id": "one", "name": "My data"}], {"one"}),
    ],
)
def test_several_buckets_that_are_asked_for_are_alternatives(db, asked, told):
    for name, kind in (("one", "data"), ("two", "data"), ("over", "data"), ("old", "data"), ("sms", "sms")):
        make_bucket(5, "MB" if kind == "data" else "messages", id=name, usageType=kind)
    Bucket.objects.filter(pk="over").update(valid_to=timezone.now() - timedelta(days=1))
    Bucket.objects.filter(pk="old").update(status="expired", valid_to=timezone.now() - timedelta(days=100))
    assert ids(reported(logicalResource=[{"id": NUMBER}], bucketRefOrValue=asked)) == told


@pytest.mark.parametrize(
    ("asked", "path"),
    [({"name": "x"}, "[0].name"), ({"isUnlimited": True, "usageType": "data"}, "[0].isUnlimited"), ({}, "[0]")],
)
def test_what_a_bucket_cannot_be_asked_by_is_refused(db, asked, path):
    with pytest.raises(TmfError) as refusal:
        reported(logicalResource=[{"id": NUMBER}], bucketRefOrValue=[asked])
    assert [each.path for each in refusal.value.violations] == [f"$.searchCriteria.bucket{path}"]


def test_who_asks_for_certain_buckets_is_told_of_nothing_else(db):
    use(5)
    make_bucket(3, "messages", id="sms", usageType="sms")
    assert "consumptionSummary" in by_number()[0]["logicalResource"][0]
    (report,) = reported(logicalResource=[{"id": NUMBER}], bucketRefOrValue=[{"id": "sms"}])
    assert "consumptionSummary" not in report["logicalResource"][0]


def test_a_number_in_several_spellings_has_one_report(db):
    make_bucket()
    asked = [{"id": NUMBER}, {"value": NUMBER[1:]}, {"id": f"00{NUMBER[1:]}"}, {"id": f"tel:{NUMBER}"}]
    assert len(reported(logicalResource=asked)) == 1
    assert all(len(reported(logicalResource=[each])) == 1 for each in asked)


def test_a_heading_is_that_of_its_kind(db):
    make_bucket()
    ReportHeading.objects.create(kind="party", key="ada", name="Ada")
    assert "name" not in by_number()[0]
    assert reported(relatedParty=[{"id": "ada"}])[0]["name"] == "Ada"


def test_a_shared_bucket_is_in_the_report_of_each_line(db):
    lines = [{"id": "line-1", "value": NUMBER}, {"id": "line-2", "value": "+15550100002"}]
    bucket = make_bucket(logicalResource=lines, isShared=True)
    reports = reported(logicalResource=[{"id": "line-1"}, {"value": "+15550100002"}])
    assert [report["logicalResource"] for report in reports] == [[lines[0]], [lines[1]]]
    assert {report["bucketRefOrValue"][0]["id"] for report in reports} == {bucket.pk}


@pytest.mark.parametrize("number", ["x" * 255, "+" * 20, "\N{ARABIC-INDIC DIGIT ONE}" * 8, "'; DROP TABLE x; --"])
def test_strange_ids_find_nothing(db, number):
    assert reported(logicalResource=[{"id": number}], product=[{"id": number}]) == []
