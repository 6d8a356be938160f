"""The demonstration speaks the API's words: what it stores is what the API would have stored."""

from specs.api.v4 import UsageSpecification
from tests.demo.conftest import NOW
from tmfusage.demo.usages import usages
from tmfusage.tmf.serializers import checker_of
from usage.api.v4 import Usage


def test_every_usage_passes_the_api_unchanged(made):
    check, violations = checker_of(Usage), []
    assert [each.id for each in made if check(each.members, each.id, violations) != each.members] == []
    assert violations == []


def test_every_specification_passes_the_api_unchanged(catalogue):
    check, violations = checker_of(UsageSpecification), []
    for name, document in catalogue.items():
        body = {key: value for key, value in document.items() if key != "id"}
        assert check(document, name, violations) == body
    assert violations == []


def test_no_member_is_empty():
    assert [each.id for each in usages(NOW, count=500) if {"", None} & set(flat(each.members))] == []


def flat(value) -> list:
    if isinstance(value, dict):
        return [item for member in value.values() for item in flat(member)]
    return [item for member in value for item in flat(member)] if isinstance(value, list) else [value]
