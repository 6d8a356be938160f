"""The fixtures: each is described, none is copied, and what the API takes it takes without complaint."""

import re
from pathlib import Path

import pytest

from specs.api.v4 import UsageSpecification
from tests.fixtures import FOLDER, names, payload
from tmfusage.tmf.serializers import checker_of
from usage.api.v4 import Usage

OFFICIAL = Path(__file__).resolve().parents[3] / "shared"
LEGACY = {
    "date",
    "type",
    "default",
    "taxExcludedAmount",
    "taxIncludedAmount",
    "currencyCode",
    "usageSpecCharacteristic",
    "usageSpecCharacteristicValue",
}


def accepted(representation, name: str) -> dict:
    violations: list = []
    sent = payload(name)
    if name == "tmf635_v4/usage_oracle":
        # It says null for its specification, which a POST has to name.
        sent["usageSpecification"] = {"id": "kept-elsewhere"}
    members = checker_of(representation)(sent, "$", violations)
    assert violations == []
    return members


def member_names(value) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(member_names, value.values()))
    return set().union(*map(member_names, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", names())
def test_the_readme_describes_each_fixture(name):
    payload(name)
    assert f"| `{name}.json` |" in (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("name", [name for name in names("tmf635_v4/usage_") if not re.search("patch_|list", name)])
def test_every_usage_is_understood_and_told_in_official_names(name):
    assert not LEGACY & member_names(accepted(Usage, name))


@pytest.mark.parametrize(
    "name", [name for name in names("tmf635_v4/specification_") if not re.search("patch_|list", name)]
)
def test_every_specification_is_understood_and_told_in_official_names(name):
    assert not LEGACY & member_names(accepted(UsageSpecification, name))


def test_older_spellings_of_values_become_the_official_types():
    parts = accepted(UsageSpecification, "tmf635_v4/specification_legacy_values")["specCharacteristic"]
    assert parts[0]["configurable"] is True
    assert parts[0]["characteristicValueSpecification"] == [{"valueType": "number", "isDefault": False, "valueFrom": 0}]
    assert parts[5]["characteristicValueSpecification"][0] == {
        "valueType": "string",
        "isDefault": True,
        "value": "SEC",
    }


def test_a_billing_systems_record_loses_its_nulls_and_keeps_its_instant():
    usage = accepted(Usage, "tmf635_v4/usage_oracle")
    assert (usage["usageDate"], usage["status"]) == ("2025-03-11T08:17:42Z", "rated")
    assert "relatedParty" not in usage
    assert usage["ratedProductUsage"][0]["taxIncludedRatingAmount"]["unit"] == "USD"


def test_no_id_of_the_published_examples_was_copied():
    if not OFFICIAL.exists():
        pytest.skip("the published examples are not here")
    published = "".join(
        path.read_text() for folder in ("tmf/samples", "seeds") for path in (OFFICIAL / folder).iterdir()
    )
    ids = {
        match for name in names() for match in re.findall(r'"id": "([^"]{5,})"', (FOLDER / f"{name}.json").read_text())
    }
    telling = {found for found in ids if re.search(r"\d{3}", found)}
    assert len(telling) > 20
    assert [found for found in telling if found in published] == []
