"""Each invariant, broken by SQL, is found; and what only looks like it is not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from consumption import auditing
from consumption.charging import Charge, Demand, debit
from consumption.models import Bucket, ConsumptionRule, Posting, RunningTotal
from tests.consumption.factories import NUMBER, assert_sound, make_bucket, make_rule
from tests.hub.making import make_hub
from tests.usage.factories import RATING, make_usage
from tmfusage.hub.fanout import fan_out
from usage.models import StatusChange, Usage

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, tzinfo=UTC)
MB = 10**6
SPEC = "elsewhere"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def take(amount: int, usage_type: str = "data") -> str:
    usage = make_usage("rated").pk
    demand = Demand(Decimal(amount * MB), "B", usage_type, ("resource", (NUMBER,)))
    debit(Charge(usage, AT, (demand,)), "tests")
    return usage


def harm(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {sql}")


def found() -> set[str]:
    return {finding.invariant for finding in auditing.findings()}


@pytest.mark.parametrize(
    ("sql", "invariant"),
    [
        ("UPDATE consumption_bucket SET remaining = remaining - 1", "balances are explained by entries"),
        ("UPDATE consumption_bucket SET overage = overage + 1", "balances are explained by entries"),
        ("UPDATE consumption_bucket SET status = 'expired'", "nothing remains in an expired bucket"),
        ("UPDATE consumption_bucketcounter SET value = value + 1", "counters count what entries took"),
        ("UPDATE consumption_posting SET reversed_at = now()", "only a standing posting holds something"),
        ("UPDATE consumption_posting SET totals = '[]'", "a standing posting holds something"),
        ("DELETE FROM usage_statuschange; DELETE FROM usage_usage", "only a rated usage holds something"),
        ("UPDATE consumption_runningtotal SET value = value + 1", "totals are explained by postings"),
        ("UPDATE consumption_runningtotal SET value = -1", "a total is not negative"),
        ("DELETE FROM consumption_runningtotal", "totals are explained by postings"),
        ("ALTER TABLE consumption_ledgerentry DISABLE TRIGGER consumption_append_only; "
         "UPDATE consumption_ledgerentry SET resulting_remaining = 5 WHERE kind = 'grant'",
         "each entry continues the one before"),
        ("ALTER TABLE consumption_ledgerentry DISABLE TRIGGER consumption_append_only; "
         "UPDATE consumption_ledgerentry SET resulting_remaining = 5 WHERE kind = 'debit'",
         "the last entry says what remains"),
        ("INSERT INTO consumption_ledgerentry (bucket_id, kind, amount, resulting_remaining, usage_id, sequence, key, "
         "user_id, product_id, reference, reason, by, at) SELECT id, 'transfer', -1, remaining - 1, '', 0, 'gift', '', "
         "'', '', '', '', now() FROM consumption_bucket", "what is transferred arrives"),
        ("ALTER TABLE consumption_bucket DROP CONSTRAINT consumption_overage; "
         "UPDATE consumption_bucket SET overage = -1", "no balance is negative"),
        ("ALTER TABLE usage_usage DROP CONSTRAINT usage_priced; UPDATE usage_usage SET document = '{}'",
         "a rated usage has a rating"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_found(sql, invariant):
    make_bucket(100)
    take(30)
    take(5, "voice")
    assert_sound()
    harm(sql)
    assert invariant in found()
    with pytest.raises(CommandError):
        call_command("check_ledger", stdout=StringIO())


def test_a_second_rating_does_not_hide_that_the_first_one_was_never_given_back():
    make_bucket(100)
    usage = take(30)
    harm("UPDATE consumption_posting SET reversed_at = now()")
    debit(Charge(usage, AT, (Demand(Decimal(MB), "B", "data", ("resource", (NUMBER,))),)), "tests")
    assert found() == {"only a standing posting holds something"}


def ruled(**members) -> Usage:
    volume = [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": 30}]
    return make_usage("rated", **{"usageSpecification": {"id": SPEC}, "usageCharacteristic": volume, **members})


def test_a_rated_usage_that_took_nothing_by_its_rule_is_found():
    make_rule(SPEC)
    assert_sound()
    ruled()
    harm("DELETE FROM consumption_posting; DELETE FROM consumption_runningtotal")
    assert not found()
    ConsumptionRule.objects.update(changed_at=LONG_AGO)
    assert found() == {"a rated usage takes what it demands"}
    ConsumptionRule.objects.update(active=False)
    assert not found()


@pytest.mark.parametrize("value", [0, "much", Decimal("0.0")])
def test_a_usage_whose_quantity_is_nothing_owes_nothing(value):
    volume = [{"name": "msisdn", "value": NUMBER}, {"name": "volume", "value": value}]
    ruled(usageCharacteristic=volume)
    make_rule(SPEC)
    ConsumptionRule.objects.update(changed_at=LONG_AGO)
    assert not found()


def test_a_rated_usage_that_took_nothing_of_the_bucket_it_names_is_found():
    bucket = make_bucket(100)
    item = {"itemType": "debit", "amount": {"amount": 30, "units": "MB"}}
    impacts = [{"bucket": {"id": "theirs"}, "item": [item]}]
    make_usage("rated", impactedBucket=impacts)
    harm(f"UPDATE usage_usage SET document = replace(document::text, 'theirs', '{bucket.pk}')::json")
    assert not found()
    Bucket.objects.update(created_at=LONG_AGO)
    assert found() == {"a rated usage takes what it demands"}
    harm("UPDATE usage_usage SET document = replace(document::text, 'debit', 'credit')::json")
    assert not found()


@pytest.fixture
def listener():
    """A listener that was there before everything that happens."""
    hub = make_hub(api="usageManagement")
    harm("UPDATE hub_hub SET created_at = created_at - interval '1 day'")
    return hub


@pytest.mark.parametrize(
    ("sql", "invariant"),
    [
        ("DELETE FROM hub_delivery; DELETE FROM hub_event WHERE event_type = 'UsageStateChangeEvent'",
         "every change of state is announced"),
        ("DELETE FROM usage_statuschange",
         "every announced change of state happened"),
        ("DELETE FROM hub_delivery", "every event reaches the listeners that are older"),
    ],
)  # fmt: skip
def test_what_listeners_were_not_told_is_found(listener, sql, invariant):
    make_usage("rejected")
    fan_out()
    assert not found()
    harm(sql)
    assert invariant in found()


def test_what_nobody_had_asked_for_is_not_missed(listener):
    harm("UPDATE hub_hub SET event_types = '{UsageDeleteEvent}', query = 'eventType=UsageDeleteEvent'")
    make_usage("rejected")
    fan_out()
    assert not found()


def test_what_is_older_than_a_listener_or_forgotten_is_not_missed(settings):
    settings.HUB_RETENTION_DAYS = 1
    make_usage("rejected")
    make_hub(api="usageManagement")
    StatusChange.objects.update(at=timezone.now() - timedelta(days=3))
    assert not found()


def test_usages_that_took_nothing_here_are_no_finding():
    make_usage("rated", ratedProductUsage=RATING)
    make_rule(SPEC)
    ruled(usageCharacteristic=[{"name": "msisdn", "value": NUMBER}])
    assert not found()
    assert (Posting.objects.count(), RunningTotal.objects.count()) == (0, 0)
