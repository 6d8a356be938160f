"""The demonstration's specifications: rich, well formed, and the same each time."""

from specs.characteristics import check_specification
from tests.demo.conftest import NOW
from tmfusage.demo.catalogue import specifications
from tmfusage.tmf import exact


def characteristics(catalogue):
    return [part for document in catalogue.values() for part in document.get("specCharacteristic", ())]


def test_the_catalogue_is_the_same_each_time():
    assert exact.dumps(specifications(NOW)) == exact.dumps(specifications(NOW))


def test_no_specification_breaks_the_rules_for_specifications(catalogue):
    assert [violation for document in catalogue.values() for violation in check_specification(document)] == []


def test_voice_text_data_roaming_and_television_are_there(catalogue):
    names = {document["name"] for document in catalogue.values()}
    assert names >= {"Voice call", "Text message", "Mobile data session", "Roaming call", "TV on demand"}


def test_the_retired_voice_specification_ends_where_its_successor_starts(catalogue):
    old, new = catalogue["voice-1.0"], catalogue["voice-2.0"]
    assert (old["lifecycleStatus"], new["lifecycleStatus"]) == ("Retired", "Active")
    assert old["validFor"]["endDateTime"] == new["validFor"]["startDateTime"]


def test_relationships_lead_to_specifications_of_the_catalogue(catalogue):
    targets = {each["id"] for document in catalogue.values() for each in document.get("entitySpecRelationship", ())}
    assert len(targets) > 3
    assert targets <= set(catalogue)


def test_every_kind_of_rule_occurs(catalogue):
    parts = characteristics(catalogue)
    values = [value for part in parts for value in part.get("characteristicValueSpecification", ())]
    assert any(part.get("isUnique") for part in parts)
    assert any(part["extensible"] for part in parts)
    assert any(part["maxCardinality"] > 1 for part in parts)
    assert any("regex" in part for part in parts)
    assert any(value.get("isDefault") for value in values)
    assert {"closed", "closedBottom", "closedTop"} <= {value.get("rangeInterval") for value in values}
    assert {part["valueType"] for part in parts} >= {
        "string", "integer", "number", "boolean", "dateTime", "object", "array"
    }  # fmt: skip


def test_every_characteristic_says_what_it_is(catalogue):
    assert all(part["description"].endswith(".") for part in characteristics(catalogue))
