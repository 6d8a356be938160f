"""Each rule of a specification fires, with its path, its code and a useful message."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.characteristics import Rules
from tests.specs.making import AT, admitted, broken, characteristic, message, specification, usage

D = Decimal
DURATION = characteristic(
    "duration", "integer", {"valueFrom": 0, "valueTo": 86_400}, minCardinality=1, maxCardinality=1
)


def test_a_missing_mandatory_characteristic_is_told_with_what_it_takes():
    assert broken(specification(DURATION)) == [("$.usageCharacteristic", "missingProperty")]
    assert message(specification(DURATION)) == "duration: is mandatory; expected a number from 0 to 86400"


def test_one_value_too_many_is_told_where_it_stands():
    pairs = [("duration", 1), ("other", 1), ("duration", 2)]
    assert broken(specification(DURATION), *pairs) == [("$.usageCharacteristic[2]", "invalidValue")]
    assert broken(specification(characteristic("a")), *[("a", number) for number in range(50)]) == []


def test_too_few_values_are_told():
    document = specification(characteristic("a", "string", minCardinality=2))
    assert broken(document, ("a", "x")) == [("$.usageCharacteristic", "missingProperty")]
    assert broken(document, ("a", "x"), ("a", "y")) == []


def test_an_array_counts_as_several_values_of_a_type_that_is_no_array():
    document = specification(characteristic("a", "string", minCardinality=2, maxCardinality=3))
    assert broken(document, ("a", ["x", "y", "z"])) == []
    assert broken(document, ("a", ["x"])) == [("$.usageCharacteristic", "missingProperty")]
    assert broken(document, ("a", ["x"] * 4)) == [("$.usageCharacteristic[0]", "invalidValue")]
    assert broken(document, ("a", ["x", 5])) == [("$.usageCharacteristic[0].value[1]", "invalidFormat")]
    assert broken(document, ("a", ["x", "y"]), ("a", "z")) == [("$.usageCharacteristic[1]", "invalidValue")]


def test_an_array_is_one_value_of_an_array_or_any_and_none_where_only_one_is_allowed():
    assert admitted(characteristic("a", "array", minCardinality=1, maxCardinality=1), [], [1, 2]) == [[], [1, 2]]
    assert admitted(characteristic("a", "any", minCardinality=1, maxCardinality=1), [], [1, 2]) == [[], [1, 2]]
    assert broken(specification(DURATION), ("duration", [5])) == [("$.usageCharacteristic[0].value", "invalidFormat")]


def test_only_listed_values_pass_and_their_type_counts():
    listed = characteristic("a", None, {"value": "SEC"}, {"value": 1}, {"value": True}, {"value": {"x": [1]}})
    values = ["SEC", 1, D("1.0"), True, {"x": [D("1.00")]}]
    assert admitted(listed, *values, "sec", "1", False, 2, {"x": ["1"]}, {"x": [1], "y": 1}) == values
    assert broken(specification(listed), ("a", "sec")) == [("$.usageCharacteristic[0].value", "invalidValue")]
    assert message(specification(listed), ("a", "m")).endswith('expected "SEC", 1, true or an object of 1 member')


@pytest.mark.parametrize(
    ("interval", "accepted"),
    [
        (None, [0, 1, D("9.9"), 10]),
        ("closed", [0, 1, D("9.9"), 10]),
        ("open", [1, D("9.9")]),
        ("closedBottom", [0, 1, D("9.9")]),
        ("closedTop", [1, D("9.9"), 10]),
        ("CLOSEDTOP", [1, D("9.9"), 10]),
    ],
)
def test_the_interval_says_which_ends_belong_to_the_range(interval, accepted):
    span = {"valueFrom": 0, "valueTo": 10, **({"rangeInterval": interval} if interval else {})}
    assert admitted(characteristic("a", "number", span), -1, 0, 1, D("9.9"), 10, D("10.1"), True) == accepted


@given(st.decimals(-5, 5, places=2), st.integers(-4, 4), st.integers(-4, 4))
def test_the_four_intervals_differ_only_at_their_ends(value, low, high):
    def holds(interval):
        listed = characteristic("a", "number", {"valueFrom": low, "valueTo": high, "rangeInterval": interval})
        return bool(admitted(listed, value))

    assert holds("closed") == (low <= value <= high)
    assert holds("open") == (low < value < high)
    assert holds("closedBottom") == (low <= value < high)
    assert holds("closedTop") == (low < value <= high)


def test_any_value_specification_may_admit_a_value():
    spans = ({"valueFrom": 0, "valueTo": 5}, {"valueFrom": 10, "rangeInterval": "open"}, {"value": 7}, {"regex": "2.*"})
    assert admitted(characteristic("a", "number", *spans), 5, 6, 7, 10, 11, 23, 8) == [5, 7, 11, 23]
    assert admitted(characteristic("a", "number", {"valueTo": D("0.5")}), D("0.5"), D("0.51"), -(10**40)) == [
        D("0.5"),
        -(10**40),
    ]
    both = {"valueFrom": 0, "valueTo": 99, "regex": "[0-9]{2}"}
    assert admitted(characteristic("a", "number", both), 5, 50, 500) == [50]


def test_value_specifications_that_constrain_nothing_forbid_nothing():
    listed = characteristic("a", "number", {"valueType": "number", "unitOfMeasure": "SEC", "isDefault": False})
    assert admitted(listed, -5, 5) == [-5, 5]


def test_a_regular_expression_must_match_the_whole_value():
    listed = characteristic("a", "string", regex="[a-z]+|[0-9]{2}")
    assert admitted(listed, "abc", "12", "abc1", " abc", "", "ABC") == ["abc", "12"]
    assert broken(specification(listed), ("a", "ABC")) == [("$.usageCharacteristic[0].value", "invalidValue")]
    assert message(specification(listed), ("a", "ABC")) == 'a: "ABC" does not match [a-z]+|[0-9]{2}'


def test_a_regular_expression_reads_numbers_by_their_shortest_text():
    assert admitted(characteristic("a", "number", regex="[0-9]{2}"), 12, D("12.0"), 5, D("1E1")) == [
        12,
        D("12.0"),
        D("1E1"),
    ]


def test_a_value_too_long_for_a_regular_expression_is_refused():
    listed = characteristic("a", "string", regex="x*")
    assert admitted(listed, "x" * 2_048)
    assert "has 2049 characters; at most 2048" in message(specification(listed), ("a", "x" * 2_049))
    assert admitted(characteristic("a", "string"), "x" * 100_000)


def test_an_extensible_characteristic_takes_other_values_of_its_type_and_form():
    listed = characteristic("a", "string", {"value": "SEC"}, extensible=True, regex="[A-Z]+")
    assert admitted(listed, "SEC", "MIN", "min", 5) == ["SEC", "MIN"]


def test_a_value_that_cannot_be_configured_is_fixed():
    assert admitted(characteristic("a", None, {"value": "SEC"}, configurable=False, extensible=True), "SEC", "MIN") == [
        "SEC"
    ]
    default = ({"value": "SEC", "isDefault": True}, {"value": "MIN"})
    assert admitted(characteristic("a", None, *default, configurable=False), "SEC", "MIN") == ["SEC"]
    assert admitted(characteristic("a", None, *default), "SEC", "MIN") == ["SEC", "MIN"]
    assert admitted(characteristic("a", None, {"value": 1}, {"value": 2}, configurable=False), 1, 2, 3) == [1, 2]
    fixed = specification(characteristic("a", None, {"value": "SEC"}, configurable=False))
    assert message(fixed, ("a", "MIN")) == 'a: "MIN" is not allowed; the value is fixed to "SEC"'


def test_unknown_characteristics_are_refused_where_nothing_is_extensible():
    a, b = characteristic("a", extensible=False), characteristic("b", extensible=True)
    unknown = [("$.usageCharacteristic[0].name", "unexpectedProperty")]
    assert broken(specification(a), ("x", 1)) == unknown
    assert broken(specification(a, b), ("x", 1)) == []
    assert broken(specification(characteristic("a")), ("x", 1)) == []
    assert broken(specification(b, extensible=False), ("x", 1)) == unknown
    assert message(specification(a), ("A", 1)) == '"A" is not in the specification; did you mean "a"?'
    assert message(specification(a), ("x", 1)) == '"x" is not in the specification; it knows "a"'


def test_a_unique_value_must_not_come_twice_in_one_usage():
    document = specification(characteristic("a", "number", isUnique=True), characteristic("b", "number"))
    pairs = [("a", 1), ("a", 2), ("a", D("1.0")), ("b", 1), ("b", 1)]
    assert broken(document, *pairs) == [("$.usageCharacteristic[2].value", "duplicateValue")]
    assert broken(document, ("a", [1, 2, 1])) == [("$.usageCharacteristic[0].value[2]", "duplicateValue")]


def test_unique_values_are_named_with_their_canonical_text():
    document = specification(
        characteristic("a", None, isUnique=True), characteristic("b", "string", isUnique=True), DURATION
    )
    rules = Rules.of(document)
    pairs = [("a", D("1.0")), ("duration", 5), ("b", ["1", "x"]), ("a", [1])]
    assert rules.unique_values(usage(*pairs)) == [("a", "1"), ("b", '"1"'), ("b", '"x"'), ("a", "[1]")]
    numeric = Rules.of(specification(characteristic("a", "number", isUnique=True)), numeric_strings=True)
    assert numeric.unique_values(usage(("a", "7.0"))) == numeric.unique_values(usage(("a", 7))) == [("a", "7")]


@pytest.mark.parametrize("kind", ["requires", "dependsOn", "Depends_On", "dependency"])
def test_a_characteristic_may_need_another(kind):
    end = characteristic("end", charSpecRelationship=[{"relationshipType": kind, "name": "start"}])
    document = specification(characteristic("start"), end)
    assert broken(document, ("end", 1)) == [("$.usageCharacteristic", "missingProperty")]
    assert message(document, ("end", 1)) == "start: is needed because end is present"
    assert broken(document, ("end", 1), ("start", 1)) == broken(document, ("start", 1)) == broken(document) == []


@pytest.mark.parametrize("kind", ["excludes", "exclusivity"])
def test_a_characteristic_may_exclude_another(kind):
    a = characteristic("a", charSpecRelationship=[{"relationshipType": kind, "characteristicSpecificationId": "2"}])
    b = characteristic("b", id="2", charSpecRelationship=[{"relationshipType": kind, "name": "a"}])
    document = specification(a, b)
    assert broken(document, ("b", 1), ("a", 1)) == [("$.usageCharacteristic[1]", "invalidValue")]
    assert broken(document, ("b", 1)) == broken(document, ("a", 1)) == []


def test_other_relationships_have_no_effect():
    relations = [
        {"relationshipType": "aggregation", "name": "b"},
        {"relationshipType": "requires", "name": "b", "parentSpecificationId": "elsewhere"},
        {"relationshipType": "requires", "name": "nobody"},
        {"relationshipType": "requires", "name": "b", "validFor": {"endDateTime": "2020-01-01T00:00:00Z"}},
    ]
    assert (
        broken(specification(characteristic("a", charSpecRelationship=relations), characteristic("b")), ("a", 1)) == []
    )


def test_rules_are_immutable_answers_to_the_same_question():
    rules = Rules.of(specification(DURATION))
    assert rules.check(usage(), now=AT) == rules.check(usage(), now=AT) != []
