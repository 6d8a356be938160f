"""Periods and the life cycle: what holds when."""

from datetime import datetime

import pytest

from specs.characteristics import Rules
from tests.specs.making import AT, broken, characteristic, specification, usage

PAST = {"endDateTime": "2025-12-31T23:59:59Z"}
FUTURE = {"startDateTime": "2026-04-01T00:00:00+02:00"}
BOTH = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-12-31T00:00:00Z"}


@pytest.mark.parametrize("status", ["In study", "inDesign", "REJECTED", "retired", "Obsolete", "in_design"])
def test_usages_of_a_closed_specification_are_refused(status):
    assert broken(specification(lifecycleStatus=status)) == [("$.usageSpecification", "invalidValue")]


@pytest.mark.parametrize("status", ["Active", "launched", "In test", "inTest", "Whatever", ""])
def test_usages_of_an_open_specification_are_accepted(status):
    assert broken(specification(lifecycleStatus=status)) == broken(specification()) == []


def test_the_usage_date_must_lie_in_the_period_of_the_specification():
    document = specification(validFor=BOTH)
    for inside in ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00+02:00", "2026-12-31T01:00:00+01:00"):
        assert broken(document, usageDate=inside) == []
    for outside in ("2025-12-31T23:59:59.999Z", "2026-12-31T00:00:01Z", "2026-01-01T00:00:00+00:01"):
        assert broken(document, usageDate=outside) == [("$.usageDate", "invalidValue")]


def test_without_a_usage_date_the_present_counts():
    assert broken(specification(validFor=PAST)) == [("$.usageSpecification", "invalidValue")]
    assert broken(specification(validFor=BOTH)) == []
    assert Rules.of(specification(validFor=PAST)).check(usage()) == []


@pytest.mark.parametrize("date", ["2026-02-30T00:00:00Z", "2026-03-01", "yesterday", 5, True, {}])
def test_a_usage_date_that_is_none_is_told(date):
    assert broken(specification(), usageDate=date) == [("$.usageDate", "invalidFormat")]


@pytest.mark.parametrize("period", [PAST, FUTURE])
def test_a_characteristic_out_of_its_period_is_not_declared(period):
    a = characteristic("a", "integer", minCardinality=1, validFor=period)
    assert broken(specification(a)) == broken(specification(a), ("a", "x")) == []
    closed = specification(a, characteristic("b", extensible=False))
    assert broken(closed, ("a", 1)) == [("$.usageCharacteristic[0].name", "unexpectedProperty")]


def test_a_value_out_of_its_period_is_not_allowed():
    a = characteristic("a", None, {"value": 1}, {"value": 2, "validFor": PAST}, {"value": 3, "validFor": BOTH})
    assert broken(specification(a), ("a", 1), ("a", 3)) == []
    assert broken(specification(a), ("a", 2)) == [("$.usageCharacteristic[0].value", "invalidValue")]
    assert broken(specification(a), ("a", 2), usageDate="2025-06-01T00:00:00Z") == []


def test_a_rule_changes_exactly_at_its_boundary():
    before = characteristic("a", None, {"value": 1, "validFor": {"endDateTime": "2026-03-01T12:00:00Z"}})
    before["characteristicValueSpecification"].append(
        {"value": 2, "validFor": {"startDateTime": "2026-03-01T13:00:00+01:00"}}
    )
    rules = Rules.of(specification(before))

    def allowed(date):
        return [value for value in (1, 2) if not rules.check(usage(("a", value), usageDate=date))]

    assert allowed("2026-03-01T11:59:59.999999Z") == [1]
    assert allowed("2026-03-01T12:00:00Z") == [1, 2]
    assert allowed("2026-03-01T12:00:00.000001Z") == [2]


def test_a_date_time_without_offset_as_present_is_utc():
    naive = datetime(2026, 3, 1, 12)
    rules = Rules.of(specification(validFor=PAST))
    assert rules.check(usage(), now=naive) == rules.check(usage(), now=AT) != []
