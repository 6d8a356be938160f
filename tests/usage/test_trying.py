"""Trying a record in the admin agrees with a POST, and each rule has its own row."""

import pytest
from django.urls import reverse

from specs.trying import Verdict, attempt, sections
from tests.access.factories import make_client
from tests.calling import Api, text
from tests.specs.factories import make_specification
from tests.usage.conftest import logged_in
from tests.usage.factories import RATING
from tmfusage.access import roles
from tmfusage.hub.outbox import Event
from usage.models import UniqueValue, Usage

pytestmark = pytest.mark.django_db
ENDED = {"endDateTime": "2020-01-01T00:00:00Z"}
LONG = "n" * 200
LISTED = [
    {"name": "d:x", "valueType": "integer", "minCardinality": 1, "maxCardinality": 2},
    {"name": LONG, "valueType": "string", "regex": "[a-z]+", "characteristicValueSpecification": [{"value": "ab"}]},
    {"name": "old", "minCardinality": 1, "validFor": ENDED},
    {"name": "ticket", "isUnique": True},
    {
        "name": "unit",
        "extensible": False,
        "characteristicValueSpecification": [{"value": "SEC"}, {"value": "MIN", "validFor": ENDED}],
    },
    {"name": "b", "charSpecRelationship": [{"relationshipType": "requires", "name": "ticket"}]},
]


@pytest.fixture
def specification():
    return make_specification(specCharacteristic=LISTED, validFor={"startDateTime": "2020-01-01T00:00:00Z"})


@pytest.fixture
def browser():
    return logged_in(roles.PRODUCT_MANAGER)


def entry(name, value) -> dict:
    return {"name": name, "value": value}


def record(specification, *entries: dict, **overrides) -> dict:
    members = {
        "usageDate": "2026-03-01T12:00:00Z",
        "usageSpecification": {"id": specification.pk},
        "usageCharacteristic": [entry("d:x", 1), *entries],
        **overrides,
    }
    return {name: value for name, value in members.items() if value is not None}


RECORDS = {
    "plain": {},
    "older names": {"usageDate": None, "date": "2026-03-01T12:00:00Z", "type": "voice"},
    "characteristic in its older name": {"usageCharacteristic": None, "characteristic": [entry("d:x", 1)]},
    "older and official name with other values": {"date": "2026-03-02T12:00:00Z"},
    "rated without rating": {"status": "rated"},
    "rated": {"status": "rated", "ratedProductUsage": RATING},
    "a status nobody arrives with": {"status": "billed"},
    "no such status": {"status": "odd"},
    "a broken party": {"relatedParty": "nobody"},
    "a party without id": {"relatedParty": [{"name": "nobody"}]},
    "a bucket that does not exist": {"status": "rated", "ratedProductUsage": RATING, "impactedBucket": [{"id": 1}]},
    "mandatory with a colon missing": {"usageCharacteristic": []},
    "no characteristics": {"usageCharacteristic": None},
    "characteristics that are no array": {"usageCharacteristic": entry("d:x", 1)},
    "too many": {"usageCharacteristic": [entry("d:x", 1)] * 3},
    "wrong type": {"usageCharacteristic": [entry("d:x", "1")]},
    "a value that is missing": {"usageCharacteristic": [entry("d:x", 1), {"name": "unit"}]},
    "a name that is a number": {"usageCharacteristic": [entry("d:x", 1), entry(5, 1)]},
    "an ended characteristic": {"usageCharacteristic": [entry("d:x", 1), entry("old", 1)]},
    "an ended value": {"usageCharacteristic": [entry("d:x", 1), entry("unit", "MIN")]},
    "an unknown characteristic": {"usageCharacteristic": [entry("d:x", 1), entry("zzz", 1)]},
    "a taken value": {"usageCharacteristic": [entry("d:x", 1), entry("ticket", "taken")]},
    "a free value": {"usageCharacteristic": [entry("d:x", 1), entry("ticket", "free")]},
    "a value twice": {"usageCharacteristic": [entry("d:x", 1), entry("ticket", 7), entry("ticket", 7.0)]},
    "a long name": {"usageCharacteristic": [entry("d:x", 1), entry(LONG, "AB")]},
    "before the specification": {"usageDate": "2019-01-01T00:00:00Z"},
    "no such date": {"usageDate": "yesterday"},
    "no specification": {"usageSpecification": None},
    "a specification without id": {"usageSpecification": {"name": "x"}},
    "unrelated": {"usageCharacteristic": [entry("d:x", 1), entry("b", 1)]},
    "a NUL": {"description": "\x00"},
}


@pytest.mark.parametrize("changes", RECORDS.values(), ids=RECORDS)
def test_the_page_says_accepted_exactly_when_a_post_is_stored(specification, browser, changes):
    api = Api(make_client(scopes=["usage:write"])[1])
    api.post("usage", record(specification, entry("ticket", "taken")))
    body = text(record(specification, **changes))
    before = Usage.objects.count(), UniqueValue.objects.count(), Event.objects.count()
    page = browser.post(reverse("admin:specs_usagespecification_try_record", args=[specification.pk]), {"record": body})
    assert (Usage.objects.count(), UniqueValue.objects.count(), Event.objects.count()) == before
    shown = page.content.decode()
    assert ("✓ The record would be accepted" in shown) == (api.post("usage", body).status_code == 201)
    assert ("✗ broken" in shown) == ("✗ The record would be refused" in shown)


def verdicts(specification, **changes) -> dict[tuple[str, str], str]:
    trial = attempt(specification, record(specification, **changes))
    told = sections(specification.shown, trial)
    return {(section.title[:3], row.label): row.verdict for section in told for row in section.rows}


def broken(specification, **changes) -> list[tuple[str, str]]:
    return [key for key, verdict in verdicts(specification, **changes).items() if verdict == Verdict.BROKEN]


@pytest.mark.parametrize(
    ("record_name", "expected"),
    [
        ("plain", []),
        ("mandatory with a colon missing", [("d:x", "Mandatory")]),
        ("too many", [("d:x", "How many")]),
        ("wrong type", [("d:x", "Type")]),
        ("a long name", [("nnn", "Pattern"), ("nnn", "Allowed values")]),
        ("an ended value", [("uni", "Allowed values")]),
        ("unrelated", [("b", "Needs")]),
        ("rated without rating", [("Eve", "Life cycle")]),
        ("a status nobody arrives with", [("Eve", "Life cycle")]),
        ("no such status", [("Eve", "Life cycle")]),
        ("a broken party", [("Eve", "References")]),
        ("no specification", [("Eve", "References")]),
        ("before the specification", [("The", "Validity of the specification"), ("old", "Mandatory")]),
        ("a value that is missing", [("Eve", "Form")]),
        ("a value twice", [("tic", "Unique")]),
    ],
)
def test_what_is_broken_stands_at_its_own_rule(specification, record_name, expected):
    assert broken(specification, **RECORDS[record_name]) == expected


def test_every_broken_rule_is_told_and_not_only_the_first(specification):
    Usage.receive(record(specification, entry("ticket", "taken")), "tests")
    entries = [entry("d:x", "1"), entry("ticket", "taken"), entry("b", 1)]
    told = broken(specification, status="rated", usageCharacteristic=entries)
    assert told == [("Eve", "Life cycle"), ("d:x", "Type"), ("tic", "Unique")]


def test_what_has_ended_is_not_in_force(specification):
    told = verdicts(specification)
    assert told["old", "Mandatory"] == Verdict.IDLE
    assert told["uni", "Allowed value"] == Verdict.IDLE


def test_of_a_wrong_type_nothing_else_is_judged(specification):
    told = verdicts(specification, usageCharacteristic=[entry("d:x", 1), entry(LONG, 5)])
    assert (told["nnn", "Type"], told["nnn", "Pattern"]) == (Verdict.BROKEN, Verdict.UNJUDGED)


def test_unknown_characteristics_have_a_row_that_names_them(specification, browser):
    specification.amend({**specification.members, "extensible": False}, "tests")
    body = record(specification, entry("zzz", 1))
    assert broken(specification, usageCharacteristic=body["usageCharacteristic"]) == [
        ("The", "Unknown characteristics")
    ]
    page = browser.post(
        reverse("admin:specs_usagespecification_try_record", args=[specification.pk]), {"record": text(body)}
    )
    assert "In the record: zzz." in page.content.decode()


def test_a_record_of_another_specification_gets_no_verdict(specification, browser):
    body = text(record(specification, usageSpecification={"id": "elsewhere"}))
    page = browser.post(reverse("admin:specs_usagespecification_try_record", args=[specification.pk]), {"record": body})
    assert "names another specification, elsewhere" in page.content.decode()
    assert "would be" not in page.content.decode().replace("would be judged by that one", "")


def test_a_retired_specification_takes_no_usages(specification):
    specification.amend({**specification.members, "lifecycleStatus": "Retired"}, "tests")
    assert broken(specification) == [("The", "Life cycle of the specification")]
