"""The schema that is served and the sample that goes with it."""

from datetime import timedelta

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from specs.characteristics import Rules, check_specification
from specs.pattern_samples import matching
from specs.patterns import pattern
from specs.portable_patterns import portable
from specs.sample import sample_usage
from specs.schemas import usage_schema
from tests.fixtures import payload
from tests.specs.generated import specifications
from tests.specs.making import AT, characteristic, specification, usage
from tests.specs.test_schema_agreement import schema_accepts

VOICE = specification(
    characteristic("originatingNumber", "string", regex=r"^\+[1-9]\d{6,14}$", minCardinality=1, maxCardinality=1),
    characteristic(
        "duration",
        "integer",
        {"valueFrom": 0, "valueTo": 86_400, "unitOfMeasure": "SEC"},
        minCardinality=1,
        maxCardinality=1,
    ),
    characteristic("unit", "string", {"value": "SEC", "isDefault": True}, {"value": "MIN"}),
    characteristic("startDateTime", "dateTime", minCardinality=1, maxCardinality=1),
    description="Calls",
    id="voice-2",
)


def rule_of(schema, name):
    rules = schema["properties"]["usageCharacteristic"]["items"]["allOf"]
    return next(
        rule["then"]["properties"]["value"] for rule in rules if rule["if"]["properties"]["name"]["const"] == name
    )


def test_the_schema_is_one_of_draft_2020_12_and_says_what_it_describes():
    schema = usage_schema(VOICE, "https://portal.example/schema", AT)
    Draft202012Validator.check_schema(schema)
    assert (schema["$id"], schema["title"]) == ("https://portal.example/schema", "Usage of Call 2")
    assert "2026-03-01T12:00:00Z" in schema["description"]
    assert schema["required"] == ["usageCharacteristic"]


def test_the_schema_says_rules_in_its_plainest_words():
    schema = usage_schema(VOICE, "urn:test", AT)
    assert rule_of(schema, "duration") == {
        "description": "Unit: SEC.",
        "type": "integer",
        "minimum": 0,
        "maximum": 86_400,
    }
    assert rule_of(schema, "originatingNumber")["pattern"] == r"^\+[1-9][0-9]{6,14}$"
    assert rule_of(schema, "startDateTime") == {"$ref": "#/$defs/dateTime"}
    open_range = specification(
        characteristic("a", None, {"valueFrom": 1, "valueTo": 2, "rangeInterval": "open"}, maxCardinality=1)
    )
    expected = {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2}
    assert rule_of(usage_schema(open_range, "urn:test", AT), "a") == expected


def test_the_rest_of_a_usage_is_described_loosely():
    schema = usage_schema(specification(), "urn:test", AT)
    assert schema_accepts(schema, payload("tmf635_v4/usage_every_attribute"))
    assert schema_accepts(schema, {"whatever": 1})
    assert not schema_accepts(schema, {"usageCharacteristic": [{"name": "a"}]})
    assert "status" not in usage_schema(specification(), "urn:test", AT, base={})["properties"]


def test_periods_are_judged_at_the_given_instant():
    a = characteristic("a", "integer", minCardinality=1, validFor={"startDateTime": "2027-01-01T00:00:00Z"})
    document = specification(a, validFor={"endDateTime": "2030-01-01T00:00:00Z"})
    assert schema_accepts(usage_schema(document, "urn:test", AT), usage())
    later = usage_schema(document, "urn:test", AT + timedelta(days=400))
    assert not schema_accepts(later, usage())
    assert "until 2030-01-01T00:00:00Z" in later["description"]


def test_several_values_are_one_array_or_several_entries_for_the_schema_too():
    schema = usage_schema(
        specification(characteristic("a", "integer", minCardinality=2, maxCardinality=3)), "urn:test", AT
    )
    accepted = [[("a", 1), ("a", 2)], [("a", [1, 2, 3])]]
    refused = [
        [("a", 1)],
        [("a", [1])],
        [("a", [1, 2]), ("a", 3)],
        [("a", [1, 2]), ("a", [1, 2])],
        [("a", [1, 2, 3, 4])],
    ]
    assert all(schema_accepts(schema, usage(*pairs)) for pairs in accepted)
    assert not any(schema_accepts(schema, usage(*pairs)) for pairs in refused)


def test_what_the_schema_cannot_say_stands_in_its_comment():
    document = specification(
        characteristic("a", "string", regex=r"\p{Lu}+"),
        characteristic("b", "number", regex="[0-9]+"),
        characteristic("c", "string", isUnique=True),
    )
    comment = usage_schema(document, "urn:test", AT)["$comment"]
    assert r"\p{Lu}+" in comment or r"\\p{Lu}+" in comment
    assert "numbers of b" in comment
    assert "Values of c are unique" in comment


@pytest.mark.parametrize(
    ("regex", "translated"),
    [
        (r"^\d{3}$", "^[0-9]{3}$"),
        ("a|b", "^(?:a|b)$"),
        ("^a|b$", "^(?:^a|b$)$"),
        (r"^a\$", r"^(?:^a\$)$"),
        (r"[\w-z]", r"^(?:[0-9A-Za-z_\-z])$"),
        ("[]a]", r"^(?:[\]a])$"),
        ("a{,5}", r"^(?:a\{,5\})$"),
        ("(?P<year>[0-9]+)", "^(?:(?:[0-9]+))$"),
        ("a.b", r"^(?:a[^\n]b)$"),
        ("(?i)a", None),
        (r"\pL", None),
        (r"\bx", None),
        ("[[:alpha:]]", None),
        (r"\Qa\E", None),
    ],
)
def test_expressions_are_rewritten_for_every_reader(regex, translated):
    assert portable(regex) == translated


PIECES = [
    "a",
    "b",
    "-",
    "]",
    "{",
    "}",
    ",",
    "1",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "*",
    "+",
    "?",
    "{2}",
    "{0,1}",
    ".",
    " ",
]
PIECES += ["[", "[^", "a-c", r"\d", r"\W", r"\s", r"\.", r"\-", r"\\", r"\x41", r"\t", "[a-c]", "[^b]", "(a|b)", "é"]


@settings(max_examples=3_000, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join), st.data())
def test_a_rewritten_expression_means_the_same(regex, data):
    translated = portable(regex) if not pattern(regex).fault else None
    if translated is None:
        return
    texts = st.text(alphabet="abc-]{},1A \\.\té^$", max_size=5)
    candidates = [matching(regex, variant) for variant in range(3)]
    for text in (*filter(None, candidates), data.draw(texts), data.draw(texts)):
        schema = {"pattern": translated}
        assert Draft202012Validator(schema).is_valid(text) == bool(re2.fullmatch(regex, text)), (
            regex,
            translated,
            text,
        )


@pytest.mark.parametrize(
    "regex",
    [r"^\+[1-9][0-9]{6,14}$", "[A-Z]{2}", r"T-\d{4}", "(in|out)going", "[^a-z]x?", "a*", "^[0-9A-F]{16}$", ".+@.+", ""],
)
def test_a_text_is_made_for_simple_expressions(regex):
    assert pattern(regex).matches(matching(regex))


def test_what_cannot_be_made_is_none():
    assert matching(r"\p{Greek}") is None
    assert matching("a$b") is None
    assert matching("(") is None


def test_the_sample_is_believable_and_valid():
    sample = sample_usage(VOICE, AT)
    assert Rules.of(VOICE).check(sample) == []
    assert schema_accepts(usage_schema(VOICE, "urn:test", AT), sample)
    said = {each["name"]: each["value"] for each in sample["usageCharacteristic"]}
    assert said == {
        "originatingNumber": "+15550100000",
        "duration": 60,
        "unit": "SEC",
        "startDateTime": "2026-03-01T11:58:59Z",
    }
    assert sample["usageSpecification"]["id"] == "voice-2"


@pytest.mark.parametrize("name", ["specification_every_attribute", "specification_created", "specification_retrieved"])
def test_the_examples_of_the_standard_have_valid_samples(name):
    document = payload(f"tmf635_v4/{name}")
    assert Rules.of(document).check(sample_usage(document, AT)) == []


def test_the_sample_says_what_could_not_be_made():
    document = specification(characteristic("alpha", "string", regex=r"\p{Greek}{3}", minCardinality=1))
    assert "No sample value could be made for alpha" in sample_usage(document, AT)["description"]


def test_the_sample_lies_in_the_period_of_the_specification():
    document = specification(validFor={"startDateTime": "2030-01-01T00:00:00Z"})
    assert sample_usage(document, AT)["usageDate"] == "2030-01-01T00:00:00Z"


def test_the_sample_respects_relations():
    needs = [{"relationshipType": "requires", "name": "c"}]
    excludes = [{"relationshipType": "excludes", "name": "d"}]
    document = specification(
        characteristic("a", charSpecRelationship=needs),
        characteristic("b", charSpecRelationship=excludes),
        characteristic("c", charSpecRelationship=excludes),
        characteristic("d", minCardinality=1),
    )
    assert [each["name"] for each in sample_usage(document, AT)["usageCharacteristic"]] == ["d"]


def test_most_samples_of_generated_specifications_are_valid():
    tried = [0, 0]

    @settings(max_examples=400, deadline=None, derandomize=True)
    @given(specifications(sayable=False))
    def sample(document):
        if check_specification(document):
            return
        made = sample_usage(document, AT)
        valid = not Rules.of(document).check(made, now=AT)
        tried[valid] += 1
        assert valid or "No sample value" in made["description"] or impossible(document)

    sample()
    assert tried[True] > 10 * tried[False]


def impossible(document) -> bool:
    """Whether mandatory characteristics contradict each other, so that no usage can be valid."""
    names = {each["name"] for each in document["specCharacteristic"] if each.get("minCardinality")}
    return any(
        relation["relationshipType"] != "aggregation"
        for each in document["specCharacteristic"]
        for relation in each.get("charSpecRelationship", ())
        if each["name"] in names or relation["name"] in names
    )
