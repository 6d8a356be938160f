"""What cannot happen to a specification that usages refer to, over the API and in the admin."""

import pytest
from django.urls import reverse

from specs.models import UsageSpecification
from tests.access.factories import make_client
from tests.api.payloads import call_of, voice_specification
from tests.calling import Api
from tests.specs.test_admin import form_of, member

pytestmark = pytest.mark.django_db
TOLD = "duration cannot become unique: 2 usages refer to it. Make a new version of it."


@pytest.fixture
def api() -> Api:
    return Api(make_client()[1])


@pytest.fixture
def used(api) -> UsageSpecification:
    """A specification with two usages."""
    created = api.post("usageSpecification", voice_specification()).json()
    for _ in range(2):
        assert api.post("usage", call_of(created["id"])).status_code == 201
    return UsageSpecification.objects.get(pk=created["id"])


def test_a_patch_that_makes_values_unique_is_a_conflict(api, used):
    refused = api.patch(
        f"usageSpecification/{used.pk}",
        [{"op": "add", "path": "/specCharacteristic/1/isUnique", "value": True}],
        content_type="application/json-patch+json",
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "specificationInUse")
    path = "$.specCharacteristic[1].isUnique"
    assert refused.json()["violation"] == [{"path": path, "code": "invalidValue", "message": TOLD}]
    assert UsageSpecification.objects.get(pk=used.pk).members == used.members


def test_the_form_says_so_too_and_keeps_what_was_typed(used):
    manager = member("Product manager")
    url = reverse("admin:specs_usagespecification_change", args=[used.pk])
    data = {**form_of(manager, url), "characteristics-1-is_unique": "true", "description": "typed"}
    page = manager.post(url, data)
    assert page.status_code == 200
    assert TOLD in page.content.decode()
    assert "typed" in page.content.decode()
    assert UsageSpecification.objects.get(pk=used.pk).members == used.members
