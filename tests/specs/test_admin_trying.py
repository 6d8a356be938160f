"""Trying a record in the admin: each broken rule with its place, and no verdict on what the record does not have."""

import re

import pytest
from django.urls import reverse

from tests.specs.test_admin import manager, voice  # noqa: F401
from tmfusage.tmf import exact

pytestmark = pytest.mark.django_db


def tried(client, specification, **record) -> dict[str, str]:
    """The rows of the answer: what each rule is called, and its result; the last row of a name counts."""
    url = reverse("admin:specs_usagespecification_try_record", args=[specification.pk])
    page = client.post(url, {"record": exact.dumps(record).decode()}).content.decode()
    rows = re.findall(r"<tr>\s*<td>(.*?)</td>.*?<td>.*?</td>\s*<td>(.*?)</td>", page, re.DOTALL)
    return {label: " ".join(re.sub("<[^>]+>", " ", result).split()) for label, result in rows}


def test_what_is_missing_is_named(manager, voice):  # noqa: F811
    result = tried(manager, voice, usageCharacteristic=[{"name": "unit", "value": "SEC"}])
    assert result["References"] == "✗ broken $.usageSpecification: is required"


def test_what_is_malformed_has_a_place(manager, voice):  # noqa: F811
    assert "$.usageCharacteristic[0]: expected an object" in tried(manager, voice, usageCharacteristic=[None])["Form"]


@pytest.mark.parametrize(("value", "verdict"), [("SEC", "✓ kept"), (None, "– not in force")])
def test_what_is_asked_of_values_is_in_force_when_there_are_some(manager, voice, value, verdict):  # noqa: F811
    entries = [{"name": "unit", "value": value}] if value else []
    result = tried(manager, voice, usageCharacteristic=entries)
    assert (result["Type"], result["Allowed values"]) == (verdict, verdict)


def test_a_missing_mandatory_characteristic_is_still_told(manager, voice):  # noqa: F811
    result = tried(manager, voice, usageCharacteristic=[])
    assert result["Mandatory"].startswith("✗ broken $.usageCharacteristic: ")
