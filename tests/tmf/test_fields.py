"""`fields=`: which members an answer holds, and which elements of its arrays."""

import pytest

from tmfusage.tmf.fields import parse_fields
from tmfusage.tmf.refusals import TmfError
from usage.api.v4 import Usage

USAGE = {
    "id": "1",
    "href": "/1",
    "@type": "Usage",
    "status": "rated",
    "usageCharacteristic": [
        {"name": "duration", "value": 60, "valueType": "integer"},
        {"name": "cell", "value": "a,b]"},
        {"name": "duration", "value": 5},
    ],
    "relatedParty": [{"id": "a", "role": "x"}, {"id": "b", "role": "y"}],
}
CHARACTERISTICS = USAGE["usageCharacteristic"]


def picked(fields: str) -> dict:
    return parse_fields(fields, Usage).pick(USAGE)


@pytest.mark.parametrize(
    ("fields", "indices"),
    [
        ("usageCharacteristic[?(@.name=='duration')]", [0, 2]),
        ("usageCharacteristic[?(@.name=='duration' && @.value>10)]", [0]),
        ("usageCharacteristic[?(@.value=='a,b]')]", [1]),
        ("characteristic[?(@.name=='cell')]", [1]),
        ("usageCharacteristic[0]", [0]),
        ("usageCharacteristic[-1]", [2]),
        ("usageCharacteristic[0:2]", [0, 1]),
        ("usageCharacteristic[*]", [0, 1, 2]),
        ("usageCharacteristic[?(@.value<10)],usageCharacteristic[?(@.name=='cell')]", [1, 2]),
        ("usageCharacteristic[?(@.name=='none')]", []),
    ],
)
def test_a_condition_keeps_matching_elements_and_the_rest_of_the_resource(fields, indices):
    expected = [CHARACTERISTICS[index] for index in indices]
    assert picked(fields) == {**USAGE, "usageCharacteristic": expected}


def test_beside_other_names_only_what_is_named_comes():
    found = picked("status,usageCharacteristic[?(@.name=='cell')]")
    assert found == {
        "id": "1",
        "href": "/1",
        "@type": "Usage",
        "status": "rated",
        "usageCharacteristic": [CHARACTERISTICS[1]],
    }


def test_a_member_behind_a_condition_is_all_that_is_left_of_each_element():
    found = picked("usageCharacteristic[?(@.name=='duration')].value")
    assert found["usageCharacteristic"] == [{"value": 60}, {"value": 5}]


def test_a_whole_array_beats_its_elements():
    assert picked("usageCharacteristic,usageCharacteristic[0]")["usageCharacteristic"] == CHARACTERISTICS
    assert picked("usageCharacteristic[0],usageCharacteristic")["usageCharacteristic"] == CHARACTERISTICS


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("usageCharacteristic[?(@.name==", 400),
        ("usageCharacteristic[", 400),
        ("a..b", 400),
        ("usageCharacteristic[?(@.name=~'a.*')]", 501),
        ("usageCharacteristic[0][1]", 501),
        ("[?(@.status=='rated')]", 501),
        ("usageCharacteristic[(@.length-1)]", 501),
    ],
)
def test_what_cannot_be_selected_is_refused(fields, status):
    with pytest.raises(TmfError) as refusal:
        picked(fields)
    assert refusal.value.status_code == status
