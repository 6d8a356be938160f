"""Values that are unique among the usages of a specification."""

from decimal import Decimal

import pytest

from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError
from usage.models import UniqueValue, Usage

pytestmark = pytest.mark.django_db


def entry(name: str, value) -> dict:
    return {"name": name, "value": value}


def ticket(specification, value, **overrides) -> Usage:
    reference = {"usageSpecification": {"id": specification.pk}}
    return make_usage(**reference, **{"usageCharacteristic": [entry("ticket", value)], **overrides})


def test_a_unique_value_is_taken_once_within_its_specification(ticketed):
    ticket(ticketed, "A1")
    with pytest.raises(TmfError) as refusal:
        ticket(ticketed, "A1")
    assert [each.code for each in refusal.value.violations] == ["duplicateValue"]
    assert Usage.objects.count() == 1


def test_a_unique_value_is_free_in_another_specification(ticketed):
    other = ticketed.clone("2.0", "tests")
    other.amend({**other.members, "lifecycleStatus": "Active"}, "tests")
    ticket(ticketed, "A1")
    assert ticket(other, "A1").unique_values.count() == 1


def test_equal_numbers_are_the_same_unique_value_and_strings_are_not(ticketed):
    ticket(ticketed, 1)
    with pytest.raises(TmfError):
        ticket(ticketed, Decimal("1.0"))
    assert ticket(ticketed, "1").pk


def test_a_deleted_usage_frees_its_unique_values(ticketed):
    ticket(ticketed, "A1").remove("tests")
    assert not UniqueValue.objects.exists()
    assert ticket(ticketed, "A1").pk


def test_a_changed_usage_frees_its_old_unique_value_and_takes_the_new_one(ticketed):
    usage = ticket(ticketed, "A1")
    usage.amend({**usage.shown, "usageCharacteristic": [entry("ticket", "A2")]}, "tests")
    assert ticket(ticketed, "A1").pk
    with pytest.raises(TmfError):
        ticket(ticketed, "A2")


def test_a_usage_may_keep_its_own_unique_value(ticketed):
    usage = ticket(ticketed, "A1")
    both = [entry("ticket", "A1"), entry("note", "checked")]
    usage.amend({**usage.shown, "usageCharacteristic": both}, "tests")
    assert usage.unique_values.count() == 1


def test_a_refused_change_leaves_the_row_as_it_was(ticketed):
    ticket(ticketed, "A1")
    usage = ticket(ticketed, "A2")
    with pytest.raises(TmfError):
        usage.amend({**usage.shown, "usageCharacteristic": [entry("ticket", "A1")]}, "tests")
    stored = Usage.objects.get(pk=usage.pk)
    assert (stored.members["usageCharacteristic"][0]["value"], stored.revision) == ("A2", 1)
    assert stored.unique_values.count() == 1


def test_a_rejected_usage_gives_its_unique_value_back(ticketed):
    usage = ticket(ticketed, "A1")
    usage.move_to("rejected", "tests", "number ported")
    assert not UniqueValue.objects.exists()
    assert ticket(ticketed, "A1").unique_values.count() == 1


def test_a_rejected_usage_that_is_changed_holds_neither_value(ticketed):
    usage = ticket(ticketed, "A1", status="rejected")
    usage.amend({**usage.shown, "usageCharacteristic": [entry("ticket", "A2")]}, "tests")
    assert ticket(ticketed, "A1").pk
    assert ticket(ticketed, "A2").pk


def test_a_recycled_usage_takes_its_unique_value_again_when_it_is_guided(ticketed):
    usage = ticket(ticketed, "A1", status="recycled")
    assert not usage.unique_values.exists()
    usage.move_to("guided", "tests")
    with pytest.raises(TmfError):
        ticket(ticketed, "A1")


def test_a_recycled_usage_is_not_guided_with_a_value_that_another_has_meanwhile(ticketed):
    usage = ticket(ticketed, "A1", status="recycled")
    ticket(ticketed, "A1")
    with pytest.raises(TmfError) as refusal:
        usage.move_to("guided", "tests")
    assert refusal.value.status_code == 400
    assert [each.code for each in refusal.value.violations] == ["duplicateValue"]
    assert Usage.objects.get(pk=usage.pk).status == "recycled"


def test_a_recycled_usage_that_is_corrected_claims_nothing_before_it_is_guided(ticketed):
    usage = ticket(ticketed, "A1", status="recycled")
    usage.amend({**usage.shown, "usageCharacteristic": [entry("ticket", "A2")]}, "tests")
    assert ticket(ticketed, "A2").pk
