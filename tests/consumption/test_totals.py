"""Totals of a phone number are kept under one spelling, also those that were kept under several before."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from consumption.criteria import criteria_of
from consumption.models import Posting, RunningTotal
from consumption.models.owners import canonical
from consumption.querying import look
from consumption.report import parsed
from tests.consumption.factories import make_rule
from tests.consumption.test_consuming import SPEC, used
from tests.usage.factories import make_usage

pytestmark = pytest.mark.django_db

SPELLINGS = ("+15550100001", "0015550100001", "+1 555 010 0001", "15550100001")
AT = datetime(2026, 3, 1, tzinfo=UTC)
MIGRATION = import_module("consumption.migrations.0004_reratings_and_totals")


def total(key: str, value: int, **fields) -> RunningTotal:
    named = {"owner_kind": "resource", "usage_type": "data", "unit": "B", "period_start": AT, "period_end": AT}
    return RunningTotal.objects.create(**{**named, "owner_key": key, "value": value, **fields})


def test_usages_of_a_number_in_any_spelling_are_one_total_that_any_spelling_finds():
    make_rule(SPEC)
    for number in SPELLINGS:
        used(usageCharacteristic=[{"name": "msisdn", "value": number}, {"name": "volume", "value": 1}])
    assert [(each.owner_key, each.value) for each in RunningTotal.objects.all()] == [("15550100001", 4 * 10**6)]
    for number in SPELLINGS:
        month = {"startDateTime": "2026-03-01T00:00:00Z", "endDateTime": "2026-04-01T00:00:00Z"}
        search = {"logicalResource": [{"id": number}], "validPeriod": month}
        (report,) = parsed(look(criteria_of({"searchCriteria": search})))
        assert report["product"][0]["consumptionSummary"][0]["value"] == {"amount": 4 * 10**6, "units": "B"}


@pytest.mark.parametrize("key", [*SPELLINGS, "line-1", "0012", "+44 (0)20-7946.0000", "1" * 16, "00", ""])
def test_the_migration_spells_as_the_totals_do(key):
    total(key, 1)
    merge()
    assert RunningTotal.objects.get().owner_key == canonical(key)


def merge() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {MIGRATION.MERGE}")


def test_the_migration_makes_one_total_of_several_and_lets_postings_follow():
    usage = make_usage("rated").pk
    kept, *gone = [total(number, value) for value, number in enumerate(SPELLINGS, start=1)]
    others = [total("15550100001", 7, usage_type="sms"), total("15550100001", 7, owner_kind="party")]
    totals = [[each.pk, str(each.value)] for each in (kept, *gone, *others)]
    Posting.objects.create(usage_id=usage, sequence=1, source="rule", totals=totals)
    merge()
    assert RunningTotal.objects.count() == 3
    assert RunningTotal.objects.get(pk=kept.pk).value == 10
    stored = Posting.objects.get().totals
    assert [each[0] for each in stored] == [*[kept.pk] * 4, *(each.pk for each in others)]
    assert sum(Decimal(each[1]) for each in stored) == 24
