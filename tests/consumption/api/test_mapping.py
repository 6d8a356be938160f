"""An operator's mapping of a prepaid line comes out of the API as it was put in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consumption.models import ReportHeading
from tests.consumption.api.omantel import BUCKETS, HEADING, NUMBER, REQUEST, RESPONSE


@pytest.fixture
def line(balances) -> None:
    """The buckets through the API, what is told beside them as staff enter it."""
    for bucket in BUCKETS:
        owners = {"logicalResource": [{"id": NUMBER}], "relatedParty": [{"id": "3243242432"}]}
        made = balances.post("bucket", {**bucket, **owners})
        assert made.status_code == 201, made.content
    end = datetime(2025, 6, 22, 23, 59, 59, tzinfo=UTC)
    ReportHeading.objects.create(key=NUMBER, valid_to=end, characteristic=HEADING)


def differences(expected: Any, found: Any, path: str = "$") -> list[str]:
    """Where something expected is missing or different; what else is told does not matter."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [each for name in expected for each in differences(expected[name], found.get(name), f"{path}.{name}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [each for at, (one, other) in pairs for each in differences(one, other, f"{path}[{at}]")]
    return [] if expected == found else [f"{path}: {expected!r} is {found!r}"]


def test_the_answer_is_that_of_the_mapping(v4, line):
    answer = v4.post("queryUsageConsumption", REQUEST)
    assert answer.status_code == 201
    assert differences({**RESPONSE, **REQUEST}, answer.json()) == []


def test_states_without_a_value_stay_without_one(v4, line):
    (report,) = v4.post("queryUsageConsumption", REQUEST).json()["usageConsumption"]
    states = [bucket for bucket in report["bucketRefOrValue"] if bucket["id"] == "ROAMING_BARRED"]
    assert states[0]["status"] == "active"
    assert not {"remainingValue", "remainingValueName"} & set(states[0])


def test_an_unlimited_bucket_says_so_and_has_no_value(v4, balances):
    body = {"usageType": "voice", "isUnlimited": True, "logicalResource": [{"id": NUMBER}]}
    assert balances.post("bucket", body).status_code == 201
    (report,) = v4.post("queryUsageConsumption", REQUEST).json()["usageConsumption"]
    (bucket,) = report["bucketRefOrValue"]
    assert (bucket["isUnlimited"], bucket["remainingValueName"]) == (True, "Unlimited")
    assert "remainingValue" not in bucket
