"""The served document against the figures of TMF635 v4.0.0, and the figures against the official file."""

import json
from fnmatch import fnmatchcase

import pytest

from tests.openapi.differences import DIFFERENCES
from tests.openapi.figures import OFFICIAL, facts, figures_of, recorded


@pytest.fixture(scope="module")
def differing(document) -> set[str]:
    """The names of the facts in which we and the standard differ."""
    official, served = facts(recorded()), facts(figures_of(document))
    return {name for name in official.keys() | served.keys() if official.get(name) != served.get(name)}


def test_the_document_differs_from_the_standard_only_where_we_say_so(differing):
    unexplained = [name for name in differing if not any(fnmatchcase(name, pattern) for pattern in DIFFERENCES)]
    assert not unexplained


@pytest.mark.parametrize("pattern", DIFFERENCES)
def test_every_difference_that_we_explain_is_there(differing, pattern):
    assert any(fnmatchcase(name, pattern) for name in differing)


def test_all_attributes_of_the_standard_are_served(document):
    served = facts(figures_of(document))
    resources = ("Usage", "Usage_Create", "Usage_Update", "RatedProductUsage", "UsageCharacteristic", "RelatedParty")
    specifications = ("UsageSpecification", "UsageSpecification_Create", "CharacteristicSpecification", "TimePeriod")
    for name in (*resources, *specifications, "CharacteristicValueSpecification", "Money", "Quantity", "Error"):
        attributes = recorded()["components"][name]["attributes"]
        assert attributes
        assert attributes.keys() <= {fact.partition(".")[2] for fact in served if fact.startswith(f"{name}.")}


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official file is not beside the project")
def test_the_figures_are_those_of_the_official_file():
    assert figures_of(json.loads(OFFICIAL.read_text())) == recorded()
