"""Nothing that is sent makes the validator raise or take long, and one answer names everything."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.characteristics import Rules, check_specification
from specs.declarations import characteristics
from specs.patterns import pattern
from specs.sample import sample_usage
from specs.schemas import usage_schema
from tests.specs.generated import specifications
from tests.specs.making import AT, broken, characteristic, specification, usage

MEMBERS = ["name", "value", "usageCharacteristic", "usageDate", "validFor", "specCharacteristic", "regex", "valueType"]
MEMBERS += ["characteristicValueSpecification", "charSpecRelationship", "minCardinality", "maxCardinality", "valueFrom"]
MEMBERS += ["startDateTime", "relationshipType", "id", "lifecycleStatus", "isDefault", "configurable", "rangeInterval"]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["a", "requires", "2026-03-01T12:00:00Z", "(", "integer", "closed", "retired", ""]),
    st.text(max_size=8),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5)),
    max_leaves=20,
)
ENTRIES = st.lists(st.one_of(JSON, st.fixed_dictionaries({"name": st.sampled_from("abcd"), "value": JSON})), max_size=4)


def seconds(work) -> float:
    """Processor time, which other processes do not lengthen; bounds only tell linear from hopeless."""
    started = time.process_time()
    work()
    return time.process_time() - started


@settings(max_examples=500, deadline=None, derandomize=True)
@given(JSON, JSON, specifications(sayable=False), ENTRIES, st.booleans())
def test_check_never_raises(anything, other, document, entries, numeric_strings):
    for told in (anything, document, {**document, "specCharacteristic": anything}, {"specCharacteristic": [anything]}):
        rules = Rules.of(told, numeric_strings=numeric_strings)
        for sent in (other, {"usageCharacteristic": entries, "usageDate": other}, {"usageCharacteristic": other}):
            assert all(violation.message for violation in rules.check(sent, now=AT))
            assert rules.unique_values(sent) is not None
        assert check_specification(told) is not None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4), JSON)
def test_schema_and_sample_are_made_of_every_document(document, listed):
    told = {**document, "specCharacteristic": [listed]}
    assert usage_schema(told, "urn:test", AT)["type"] == "object"
    assert sample_usage(told, AT)["usageCharacteristic"] is not None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(specifications(sayable=False), ENTRIES)
def test_every_broken_rule_comes_in_one_answer_whatever_else_is_broken(document, entries):
    names = {members["name"] for members in characteristics(document)}
    together = Rules.of(document).check({"usageCharacteristic": entries}, now=AT)
    for index, entry in enumerate(entries):
        if isinstance(entry, dict) and str(entry.get("name")) in names and not isinstance(entry.get("value"), list):
            alone = Rules.of(document).check({"usageCharacteristic": [entry]}, now=AT)
            at = "$.usageCharacteristic[0].value"
            said = [each.message for each in alone if each.path == at and each.code != "duplicateValue"]
            assert said == [
                each.message
                for each in together
                if each.path == at.replace("[0]", f"[{index}]") and each.code != "duplicateValue"
            ]


def test_all_kinds_of_broken_rules_come_in_one_answer():
    document = specification(
        characteristic("duration", "integer", {"valueFrom": 0}, minCardinality=1, maxCardinality=1, extensible=False),
        characteristic("unit", "string", {"value": "SEC"}, minCardinality=1, regex="[A-Z]+"),
        characteristic("start", "dateTime", minCardinality=1),
        characteristic("reference", "string", isUnique=True),
        characteristic("end", charSpecRelationship=[{"relationshipType": "excludes", "name": "unit"}]),
        lifecycleStatus="Retired",
        validFor={"endDateTime": "2025-01-01T00:00:00Z"},
    )
    pairs = [("duration", -1), ("duration", "x"), ("unit", "min"), ("reference", "r"), ("reference", "r"), ("odd", 1)]
    assert broken(document, *pairs, ("end", 1), usageDate="2026-01-01T00:00:00Z") == [
        ("$.usageSpecification", "invalidValue"),
        ("$.usageDate", "invalidValue"),
        ("$.usageCharacteristic[0].value", "invalidValue"),
        ("$.usageCharacteristic[1].value", "invalidFormat"),
        ("$.usageCharacteristic[2].value", "invalidValue"),
        ("$.usageCharacteristic[2].value", "invalidValue"),
        ("$.usageCharacteristic[5].name", "unexpectedProperty"),
        ("$.usageCharacteristic[1]", "invalidValue"),
        ("$.usageCharacteristic", "missingProperty"),
        ("$.usageCharacteristic[4].value", "duplicateValue"),
        ("$.usageCharacteristic[6]", "invalidValue"),
    ]


@pytest.mark.parametrize("regex", ["^(a+)+$", "(a|a)*b", "(.*a){20}", "(a*)*c", r"([a-z]+)+\d"])
def test_expressions_that_ruin_other_engines_answer_at_once(regex):
    matches = pattern(regex).matches
    assert seconds(lambda: matches("a" * 2_000 + "!")) < 30
    rules = Rules.of(specification(characteristic("a", "string", regex=regex)))
    assert seconds(lambda: rules.check(usage(("a", "a" * 2_000 + "!")))) < 30


def test_depth_and_size_of_values_are_no_danger():
    deep = nested = []
    for _ in range(50_000):
        nested.append([])
        nested = nested[0]
    listed = characteristic("a", None, {"value": {"x": 1}}, isUnique=True)
    assert len(broken(specification(listed), ("a", deep), ("a", deep))) == 2
    wide = [{"x": number} for number in range(100_000)]
    assert seconds(lambda: broken(specification(listed), ("a", wide), ("a", list(wide)))) < 30
    several = specification(characteristic("a", "integer", {"valueFrom": 0}, isUnique=True))
    assert seconds(lambda: broken(several, ("a", list(range(100_000))))) < 30


def test_many_wrong_entries_take_linear_time():
    listed = [characteristic(f"c{number}", "string", {"value": "x"}, extensible=False) for number in range(300)]
    rules = Rules.of(specification(*listed))
    many = usage(*[(f"unknown{number}", 1) for number in range(10_000)], *[("c1", "y")] * 10_000)
    assert seconds(lambda: rules.check(many)) < 30


def test_odd_numbers_and_halves_of_characters_are_no_danger():
    odd = [Decimal("1E+999999"), Decimal("-1E-999999"), 10**5_000, "\ud800", "\x00"]
    for listed in (
        characteristic("a", "integer", {"value": 1}),
        characteristic("a", None, {"valueTo": 1}, regex="[0-9]+"),
    ):
        assert Rules.of(specification(listed)).check(usage(*[("a", value) for value in odd]), now=AT)


def test_many_periods_are_compiled_as_they_are_asked_for():
    spans = [
        {"value": number, "validFor": {"startDateTime": (AT + timedelta(days=number)).isoformat()}}
        for number in range(400)
    ]
    rules = Rules.of(specification(characteristic("a", "integer", *spans)))
    for number in range(400):
        sent = usage(("a", number), ("a", number + 1), usageDate=(AT + timedelta(days=number)).isoformat())
        assert [each.path for each in rules.check(sent)] == ["$.usageCharacteristic[1].value"]
