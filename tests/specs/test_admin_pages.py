"""The pages beside a specification's form: they lead back to it, and a copy has a version of its own."""

import pytest
from django.urls import reverse

from specs.models import UsageSpecification
from tests.specs.factories import make_specification
from tests.specs.test_admin import manager, voice  # noqa: F401

pytestmark = pytest.mark.django_db


def page_of(name: str, specification: UsageSpecification) -> str:
    return reverse(f"admin:specs_usagespecification_{name}", args=[specification.pk])


@pytest.mark.parametrize("name", ["try_record", "show_schema", "clone_version"])
def test_each_page_leads_back_to_the_specification(manager, voice, name):  # noqa: F811
    page = manager.get(page_of(name, voice)).content.decode()
    assert page.count(f'href="{page_of("change", voice)}"') == 2


def test_the_version_has_a_field_that_can_be_seen(manager, voice):  # noqa: F811
    page = manager.get(page_of("clone_version", voice)).content.decode()
    field = page.partition('name="version"')[2].partition(">")[0]
    assert "border-base-200" in field


@pytest.mark.parametrize("taken", ["1.0", " 1.0 ", "2.0"])
def test_a_version_that_another_specification_of_the_name_has_is_refused_at_the_field(manager, voice, taken):  # noqa: F811
    make_specification(name=voice.name, version="2.0")
    answer = manager.post(page_of("clone_version", voice), {"version": taken})
    assert f"There is a version {taken.strip()} of Voice call already." in answer.context["form"].errors["version"]
    assert UsageSpecification.objects.count() == 2


def test_the_version_of_a_specification_of_another_name_is_free(manager, voice):  # noqa: F811
    make_specification(name="Data", version="2.0")
    assert manager.post(page_of("clone_version", voice), {"version": "2.0"}).status_code == 302
