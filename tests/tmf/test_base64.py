"""Bytes by value: what is accepted as base64, and how much of it."""

import base64
from string import ascii_letters, digits

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tests.access.factories import make_client
from tests.calling import Api
from tmfusage.tmf.attributes import Base64, Violations

FIELD = Base64()


def codes(value) -> list[str]:
    """What is wrong with the value."""
    violations: Violations = []
    assert FIELD.check(value, "$.content", violations) == value
    return [each.code for each in violations]


@given(st.binary(max_size=200), st.sampled_from([base64.b64encode, base64.encodebytes]))
def test_whatever_is_encoded_is_accepted(data, encode):
    assert codes(encode(data).decode()) == []


@given(st.text(ascii_letters + digits + "+/=\n", max_size=9))
def test_what_is_accepted_can_be_decoded(text):
    if not codes(text):
        base64.b64decode(text.replace("\n", ""), validate=True)


@pytest.mark.parametrize(
    "text", ["A", "AB", "ABC", "ABCDE", "AB=", "A===", "====", "AB==CD==", "AB-_", "ä===", "AB ==", 7]
)
def test_what_is_no_base64_is_refused(text):
    assert codes(text) == ["invalidFormat"]


def test_the_limit_is_one_that_a_body_can_hold():
    assert codes("A" * FIELD.longest) == []
    assert codes("A" * (FIELD.longest + 4)) == ["invalidValue"]
    assert FIELD.longest < settings.API_MAX_BODY_BYTES


@pytest.mark.django_db
def test_an_attachment_of_the_largest_size_is_stored_and_a_larger_one_is_told_the_limit():
    api, attachment = Api(make_client()[1]), {"name": "manual", "content": "A" * FIELD.longest}
    created = api.post("usageSpecification", {"name": "Voice", "attachment": [attachment]})
    assert created.status_code == 201, created.content
    assert api.get(created["Location"]).json()["attachment"] == [attachment]
    attachment["content"] += "AAAA"
    refused = api.patch(created["Location"], {"attachment": [attachment]})
    assert "the limit is 1000000" in refused.json()["message"]
