"""Buckets: everything that the standard says of them is kept, and they are found by whose they are."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from consumption import ledger
from consumption.ledger import Request
from consumption.models import Bucket, Owner
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_kind, now
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db

# In the words of an operator's mapping: balances in three decimals, statuses without a value, localised names.
MAPPED = [
    {
        "name": "Prepaid Balance", "usageType": "OMR", "status": "active",
        "remainingValue": {"amount": Decimal("1.5"), "units": "OMR"},
    },
    {"name": "Credit Limit Status", "status": "active"},
    {"name": "Credit blocked", "status": "suspended"},
    {
        "status": "active",
        "remainingValue": {"amount": 0, "units": ""},
        "validFor": {"startDateTime": "2025-06-01T00:00:00Z", "endDateTime": "2099-06-30T23:59:59Z"},
        "characteristic": [{"name": "ARABIC_NAME", "value": "", "valueType": "string"}],
    },
    {
        "name": "5GB Global Data", "usageType": "data", "status": "active",
        "remainingValue": {"amount": 1024, "units": "MB"},
        "characteristic": [
            {"name": "ARABIC_NAME", "value": "5جيجابايت حول العالم ", "valueType": "string"},
            {"name": "IS_UNLIMITED", "value": "N", "valueType": "string"},
        ],
    },
    {
        "name": "National calls", "usageType": "voice", "status": "active",
        "remainingValue": {"amount": 100, "units": "Minutes"},
    },
    {"name": "Unlimited", "usageType": "sms", "status": "active", "isUnlimited": True},
]  # fmt: skip


@pytest.mark.parametrize("members", MAPPED, ids=lambda members: members.get("name", "unnamed"))
def test_a_bucket_is_shown_as_it_was_entered(members):
    bucket = now(Bucket.receive(members, "tests"))
    shown = bucket.shown
    assert {name: shown[name] for name in shown if name not in {"id", "@type"}} == members
    assert_sound()


def test_all_members_of_both_versions_are_kept():
    members = {
        "description": "d", "isShared": True, "creationDate": "2026-01-01T00:00:00Z",
        "bucketRelationship": [{"relationshipType": "isAggregated", "bucket": {"id": "B2"}}],
        "bucketSpecification": {"id": "elsewhere"}, "service": [{"id": "s1"}], "partyAccount": {"id": "a1"},
        "requestedDate": "2026-01-01T00:00:00Z", "confirmationDate": "2026-01-01T00:00:00Z",
        "reserveBalance": [{"id": "r1"}], "@baseType": "Bucket", "x-own": {"deep": [Decimal("1.10")]},
    }  # fmt: skip
    shown = now(Bucket.receive(members, "tests")).shown
    assert {name: shown[name] for name in members} == members


@pytest.mark.parametrize(
    ("kind", "key"),
    [("party", "ada"), ("account", "a1"), ("product", "mobile-1"), ("service", "s1"), ("resource", "line-1")],
)
def test_a_bucket_is_found_by_each_of_its_owners(kind, key):
    bucket = make_bucket(partyAccount={"id": "a1"}, service=[{"id": "s1"}])
    assert list(Bucket.objects.of(kind, key)) == [bucket]
    assert not Bucket.objects.of(kind, "somebody")


@pytest.mark.parametrize("number", [NUMBER, "15550100001", "+1 (555) 010-0001", "0015550100001"])
def test_a_phone_number_is_found_however_it_is_written(number):
    bucket = make_bucket()
    assert list(Bucket.objects.of_number(number, "+15550100009")) == [bucket]


def test_owners_follow_the_bucket():
    bucket = make_bucket()
    bucket.amend({**bucket.shown, "relatedParty": [{"id": "bob"}], "name": "New"}, "tests")
    assert [list(Bucket.objects.of("party", each)) for each in ("ada", "bob")] == [[], [bucket]]
    assert (now(bucket).revision, now(bucket).name) == (2, "New")


@pytest.mark.parametrize(
    "change",
    [{"remainingValue": {"amount": 5, "units": "MB"}}, {"status": "expired"}, {"reservedValue": {"amount": 1}}],
)
def test_balances_and_expiry_are_not_overwritten(change):
    bucket = make_bucket()
    with pytest.raises(TmfError) as refusal:
        bucket.amend({**bucket.shown, **change}, "tests")
    assert refusal.value.status_code == 409


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"status": "expired"}, 409),
        ({"reservedValue": {"amount": 1, "units": "MB"}}, 409),
        ({"reservedValue": {"units": "MB"}}, 409),
        ({"remainingValue": {"amount": -1, "units": "MB"}}, 400),
    ],
)
def test_a_new_bucket_holds_no_less_and_no_more_than_it_could(members, status):
    with pytest.raises(TmfError) as refusal:
        make_bucket(**members)
    assert refusal.value.status_code == status
    assert not Bucket.objects.exists()


def test_a_bucket_may_come_expired_with_nothing_in_it():
    for holds in ({}, {"reservedValue": {"amount": 0, "units": "MB"}}):
        assert make_bucket(0, status="expired", **holds).shown["remainingValue"]["amount"] == 0
    assert make_bucket(None, status="expired").shown["status"] == "expired"
    assert_sound()


def test_a_bucket_that_is_suspended_and_described_keeps_its_balance():
    bucket = make_bucket()
    bucket.amend({**bucket.shown, "status": "suspended", "description": "lost phone"}, "tests")
    assert (now(bucket).status, now(bucket).remaining) == ("suspended", 100 * 10**6)
    assert_sound()


def test_a_bucket_with_a_ledger_stays_and_one_without_goes():
    with pytest.raises(TmfError) as refusal:
        make_bucket().remove("tests")
    assert refusal.value.code == "bucketInUse"
    make_bucket(None).remove("tests")
    assert Bucket.objects.count() == 1


def test_a_bucket_of_a_kind_counts_in_its_unit():
    bucket = make_bucket(None, bucketSpecification={"id": make_kind(priority=3).pk})
    ledger.grant(bucket.pk, Decimal(10**9), Request("tests"))
    assert (now(bucket).shown["remainingValue"], now(bucket).priority) == ({"amount": 2, "units": "GB"}, 3)
    assert now(bucket).remaining_text == "2 GB"


@pytest.mark.parametrize("amount", [-1, Decimal("0.0000001"), "many"])
def test_a_bucket_cannot_hold_what_is_no_amount(amount):
    with pytest.raises(TmfError):
        make_bucket(amount)
    assert not Bucket.objects.exists()
    assert not Owner.objects.exists()


def test_a_missing_amount_means_one():
    assert make_bucket(remainingValue={"units": "GB"}).remaining == 10**9


@pytest.mark.parametrize("column", ["remaining = -1", "reserved = -1", "overage = -1", "granted = 5"])
def test_the_database_itself_refuses_impossible_balances(column):
    make_bucket()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE consumption_bucket SET {column}")


FILL = """
INSERT INTO consumption_owner (bucket_id, kind, key)
SELECT b.id, 'resource', (15550200000 + n)::text FROM generate_series(1, 3000) n, consumption_bucket b
"""


def test_a_subscribers_buckets_are_found_in_the_index():
    make_bucket()
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE consumption_owner")
    plan = Bucket.objects.of_number(NUMBER).explain()
    assert "consumption_owner_key" in plan
    assert "Seq Scan on consumption_owner" not in plan
