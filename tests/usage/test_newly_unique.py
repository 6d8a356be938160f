"""Values that are to become unique: only of a specification that no usage refers to yet."""

import pytest

from specs.models import UsageSpecification
from tests.specs.factories import make_specification
from tests.usage.test_unique_values import ticket
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db
TICKET, NOTE = {"name": "ticket", "isUnique": True}, {"name": "note"}
UNTIL = {"validFor": {"endDateTime": "2026-06-30T00:00:00Z"}}


def change(specification: UsageSpecification, *characteristics: dict) -> None:
    specification.amend({**specification.members, "specCharacteristic": list(characteristics)}, "tests")


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ([TICKET, {**NOTE, "isUnique": True}], "$.specCharacteristic[1].isUnique"),
        ([TICKET, NOTE, {"name": "new", "isUnique": True}], "$.specCharacteristic[2].isUnique"),
        ([NOTE, {**TICKET, "name": "renamed"}], "$.specCharacteristic[1].isUnique"),
        ([{**TICKET, "valueType": "string"}, NOTE], "$.specCharacteristic[0].valueType"),
    ],
)
def test_values_cannot_become_unique_while_usages_refer_to_the_specification(ticketed, changed, place):
    ticket(ticketed, "A1")
    ticket(ticketed, "A2")
    with pytest.raises(TmfError) as refusal:
        change(ticketed, *changed)
    assert (refusal.value.status_code, refusal.value.code) == (409, "specificationInUse")
    assert refusal.value.message == "2 usages refer to it. Make a new version of it."
    assert [each.path for each in refusal.value.violations] == [place]


def test_a_unique_value_cannot_become_so_for_a_longer_time_while_usages_refer_to_it():
    specification = make_specification(specCharacteristic=[{**TICKET, **UNTIL}])
    ticket(specification, "A1")
    with pytest.raises(TmfError) as refusal:
        change(specification, TICKET)
    assert [each.path for each in refusal.value.violations] == ["$.specCharacteristic[0].validFor"]


def test_an_unused_specification_may_make_any_value_unique(ticketed):
    ticket(ticketed, "A1").remove("tests")
    change(ticketed, TICKET, {**NOTE, "isUnique": True})
    assert ticketed.members["specCharacteristic"][1]["isUnique"]


def test_what_is_unique_already_may_change_otherwise_and_end_while_in_use(ticketed):
    ticket(ticketed, "A1")
    change(ticketed, {**TICKET, "description": "The ticket's number"}, NOTE, {"name": "new"})
    change(ticketed, {**TICKET, **UNTIL}, NOTE)
    change(ticketed, {"name": "ticket"}, NOTE)
    assert ticket(ticketed, "A1").pk
    with pytest.raises(TmfError):
        change(ticketed, TICKET, NOTE)
