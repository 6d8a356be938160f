"""The JSON Schema of a specification and the validator decide alike on generated usages, near misses included."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from specs.characteristics import Rules
from specs.schemas import usage_schema
from specs.value_types import is_integer, is_number, spelled_number
from tests.specs.generated import AT, specifications, usages

# Three tests of a quarter of a minute each: among the long ones, which come first.
pytestmark = pytest.mark.timeout(180)
RECORDS = 8
ROUNDS = settings(max_examples=500, deadline=None, derandomize=True)

# JSON Schema's numbers without the detour over float.
_TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"number": lambda _, value: is_number(value), "integer": lambda _, value: is_integer(value)}
)
Exact = extend(Draft202012Validator, type_checker=_TYPES)


def schema_accepts(schema: dict[str, Any], usage: Any) -> bool:
    return Exact(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(usage)


@st.composite
def pairs(draw, sayable: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    document = draw(specifications(sayable))
    return document, draw(st.lists(usages(document), min_size=RECORDS, max_size=RECORDS))


def test_schema_and_validator_accept_and_refuse_the_same_usages():
    decided: Counter[bool] = Counter()

    @ROUNDS
    @given(pairs(sayable=True))
    def agree(pair):
        document, records = pair
        rules, schema = Rules.of(document), usage_schema(document, "urn:test", AT)
        for usage in records:
            violations = rules.check(usage, now=AT)
            assert schema_accepts(schema, usage) == (not violations), (usage, violations)
            decided[not violations] += 1

    agree()
    assert decided.total() >= 3_000
    assert min(decided.values()) >= decided.total() / 10


@pytest.mark.parametrize("numeric_strings", [False, True])
def test_what_is_made_is_a_json_schema(numeric_strings):
    @settings(ROUNDS, max_examples=50)
    @given(specifications(sayable=False))
    def is_one(document):
        Draft202012Validator.check_schema(usage_schema(document, "urn:test", AT, numeric_strings=numeric_strings))

    is_one()


def in_strings(usage: dict[str, Any]) -> bool:
    """Whether a value, or a part of one, is a number in a string."""
    values = [entry.get("value") for entry in usage.get("usageCharacteristic", ()) if isinstance(entry, dict)]
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return any(spelled_number(part) is not part for part in parts)


@ROUNDS
@given(pairs(sayable=True))
def test_they_agree_as_well_where_numbers_may_come_in_strings(pair):
    document, records = pair
    rules = Rules.of(document, numeric_strings=True)
    schema = usage_schema(document, "urn:test", AT, numeric_strings=True)
    for usage in records:
        violations = rules.check(usage, now=AT)
        # The schema cannot say a range for strings.
        lenient = in_strings(usage) and bool(violations)
        assert lenient or schema_accepts(schema, usage) == (not violations), (usage, violations)


@pytest.mark.parametrize(
    ("value_type", "accepted", "refused"),
    [
        ("integer", [20, "20", "-20.0", "2E1", "1.5e1"], ["20.5", "", "x", "20 ", True]),
        ("number", [2.5, "2.5", "+20", "1E-3"], ["2,5", ".5", "0x1"]),
        ("string", ["20", "x"], [20]),
    ],
)
def test_a_number_in_a_string_is_of_its_type(value_type, accepted, refused):
    document = {"specCharacteristic": [{"name": "a", "valueType": value_type, "maxCardinality": 1}]}
    rules = Rules.of(document, numeric_strings=True)
    schema = usage_schema(document, "urn:test", AT, numeric_strings=True)
    for value in [*accepted, *refused]:
        usage = {"usageCharacteristic": [{"name": "a", "value": value}]}
        assert schema_accepts(schema, usage) == (not rules.check(usage)) == (value in accepted), value


def test_the_comment_says_that_ranges_apply_to_numbers_in_strings():
    values = [{"valueFrom": 0, "valueTo": 9}, {"value": 20}]
    document = {
        "specCharacteristic": [{"name": "a", "valueType": "integer", "characteristicValueSpecification": values}]
    }
    schema = usage_schema(document, "urn:test", AT, numeric_strings=True)
    assert "listed numbers of a apply to numbers in strings" in schema["$comment"]
    accepted = [
        value
        for value in (5, "5", 20, "20", 21)
        if schema_accepts(schema, {"usageCharacteristic": [{"name": "a", "value": value}]})
    ]
    assert accepted == [5, "5", 20, "20"]


@ROUNDS
@given(pairs(sayable=False))
def test_where_a_rule_cannot_be_said_the_schema_is_the_more_lenient_one(pair):
    document, records = pair
    rules, schema = Rules.of(document), usage_schema(document, "urn:test", AT)
    for usage in records:
        assert rules.check(usage, now=AT) or schema_accepts(schema, usage), usage


def test_a_decimal_is_judged_exactly():
    document = {
        "specCharacteristic": [
            {"name": "a", "valueType": "number", "characteristicValueSpecification": [{"valueTo": Decimal("0.3")}]}
        ]
    }
    usage = {"usageCharacteristic": [{"name": "a", "value": Decimal("0.30000000000000001")}]}
    assert Rules.of(document).check(usage)
    assert not schema_accepts(usage_schema(document, "urn:test"), usage)
