"""A specification that makes no sense is refused, with every reason."""

import pytest

from specs.characteristics import Rules, check_specification
from tests.fixtures import payload
from tests.specs.making import broken, characteristic, specification, usage

C = "$.specCharacteristic[0]"
V = f"{C}.characteristicValueSpecification[0]"


def wrong(*listed, **further):
    return [(violation.path, violation.code) for violation in check_specification(specification(*listed, **further))]


def test_every_kind_of_rule_together_makes_sense():
    document = payload("tmf635_v4/specification_every_attribute")
    assert check_specification(document) == []
    kept = [("level", 10), ("level", 99), ("ticket", "T-0042"), ("extra", {"x": 1}), ("word", "other")]
    assert broken(document, *kept) == []
    assert [
        path for path, _code in broken(document, ("level", 20), ("ticket", "42"), ("word", "Other"), ("level", 40))
    ] == [f"$.usageCharacteristic[{index}].value" for index in range(4)]


@pytest.mark.parametrize("name", ["specification_created", "specification_retrieved"])
def test_the_examples_of_the_standard_make_sense(name):
    assert check_specification(payload(f"tmf635_v4/{name}")) == []


def test_names_are_needed_and_unique():
    assert wrong({"valueType": "string"}) == wrong(characteristic(" ")) == [(f"{C}.name", "missingProperty")]
    assert wrong(characteristic(5)) == [(f"{C}.name", "invalidFormat")]
    assert wrong(characteristic("a"), characteristic("A")) == []
    again = [("$.specCharacteristic[1].name", "duplicateValue")]
    assert wrong(characteristic("a"), characteristic("a")) == again
    assert wrong(characteristic("a", id="1"), characteristic("b", id="1")) == [
        ("$.specCharacteristic[1].id", "duplicateValue")
    ]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"minCardinality": 0, "maxCardinality": 0}, []),
        ({"minCardinality": -1}, [(f"{C}.minCardinality", "invalidValue")]),
        ({"maxCardinality": -1}, [(f"{C}.maxCardinality", "invalidValue")]),
        ({"minCardinality": 2, "maxCardinality": 1}, [(f"{C}.maxCardinality", "invalidValue")]),
        ({"minCardinality": True}, [(f"{C}.minCardinality", "invalidFormat")]),
    ],
)
def test_cardinalities_fit_together(bounds, expected):
    assert wrong(characteristic(**bounds)) == expected


@pytest.mark.parametrize("regex", ["(a", "(a)\\1", "(?=a)", "a{1001}", "x" * 257, "\ud800"])
def test_a_regular_expression_must_be_one_of_re2(regex):
    assert wrong(characteristic(regex=regex)) == [(f"{C}.regex", "invalidValue")]
    assert wrong(characteristic("a", None, {"regex": regex})) == [(f"{V}.regex", "invalidValue")]


def test_a_stored_regular_expression_that_cannot_be_used_lets_no_usage_pass_and_names_the_specification():
    (violation,) = Rules.of(specification(characteristic("msisdn", regex="(?<=x)y"))).check(usage())
    assert (violation.path, violation.code) == ("$.usageSpecification", "invalidValue")
    assert '"Call 2"' in violation.message
    assert "msisdn" in violation.message


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"valueFrom": 1, "valueTo": 1}, []),
        ({"valueFrom": 2, "valueTo": 1}, [(f"{V}.valueTo", "invalidValue")]),
        ({"valueFrom": 1, "valueTo": 1, "rangeInterval": "open"}, [(f"{V}.valueTo", "invalidValue")]),
        ({"valueFrom": 1, "rangeInterval": "closedbottom"}, []),
        ({"valueFrom": 1, "rangeInterval": "half"}, [(f"{V}.rangeInterval", "invalidValue")]),
        ({"valueFrom": "1"}, [(f"{V}.valueFrom", "invalidFormat")]),
        ({"valueTo": 1, "valueType": "string"}, [(f"{V}.valueTo", "invalidValue")]),
    ],
)
def test_a_range_holds_numbers(span, expected):
    assert wrong(characteristic("a", None, span)) == expected


def test_a_listed_value_fits_type_and_expression():
    unfit = [(f"{V}.value", "invalidValue")]
    assert wrong(characteristic("a", "integer", {"value": "5"})) == unfit
    assert wrong(characteristic("a", None, {"value": "5", "valueType": "integer"})) == unfit
    assert wrong(characteristic("a", "string", {"value": "x"}, regex="[0-9]")) == unfit
    assert wrong(characteristic("a", "integer", {"value": 5}, regex="[0-9]")) == []
    assert wrong(characteristic("a", "colour", {"value": "5"})) == []


def test_there_are_no_more_defaults_than_values_at_a_time():
    first = {"value": 1, "isDefault": True, "validFor": {"endDateTime": "2026-01-01T00:00:00Z"}}
    second = {"value": 2, "isDefault": True, "validFor": {"startDateTime": "2026-01-01T00:00:01Z"}}
    always = {"value": 3, "isDefault": True}
    together = [(f"{C}.characteristicValueSpecification", "invalidValue")]
    assert wrong(characteristic("a", None, first, second, maxCardinality=1)) == []
    assert wrong(characteristic("a", None, first, always, maxCardinality=1)) == together
    assert wrong(characteristic("a", None, first, second, always, maxCardinality=2)) == []
    assert wrong(characteristic("a", None, first, always)) == []


def test_a_period_ends_after_it_starts():
    backwards = {"startDateTime": "2026-01-02T00:00:00Z", "endDateTime": "2026-01-02T00:30:00+01:00"}
    assert wrong(validFor=backwards) == [("$.validFor", "invalidValue")]
    assert wrong(characteristic(validFor=backwards)) == [(f"{C}.validFor", "invalidValue")]
    assert wrong(characteristic("a", None, {"validFor": backwards})) == [(f"{V}.validFor", "invalidValue")]
    assert wrong(validFor={"startDateTime": "2026-02-30"}) == [("$.validFor.startDateTime", "invalidFormat")]


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ({"name": "b"}, []),
        ({"characteristicSpecificationId": "2"}, []),
        ({}, [("name", "missingProperty")]),
        ({"name": "c"}, [("name", "referenceNotFound")]),
        ({"characteristicSpecificationId": "3"}, [("characteristicSpecificationId", "referenceNotFound")]),
        ({"name": "a"}, [("name", "invalidValue")]),
        ({"name": "c", "parentSpecificationId": "elsewhere"}, []),
    ],
)
def test_a_relationship_that_counts_leads_to_another_characteristic(relation, expected):
    a = characteristic("a", charSpecRelationship=[{"relationshipType": "requires", **relation}])
    paths = [(f"{C}.charSpecRelationship[0].{member}", code) for member, code in expected]
    assert wrong(a, characteristic("b", id="2")) == paths


def test_all_reasons_come_at_once():
    bad = characteristic("", "integer", {"value": "x", "regex": "("}, minCardinality=-1, regex="[")
    assert len(wrong(bad, characteristic(5), validFor=5)) == 7
