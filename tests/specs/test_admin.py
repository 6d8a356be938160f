"""The catalogue in the admin: define, check, clone, compare, try; and who may."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from specs.models import UsageSpecification
from tests.api.payloads import call_of, voice_specification
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

pytestmark = pytest.mark.django_db
LIST = "/admin/specs/usagespecification/"


def member(role: str) -> Client:
    user = User.objects.create_user(role.split(maxsplit=1)[0].lower(), password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def manager() -> Client:
    return member("Product manager")


@pytest.fixture
def voice() -> UsageSpecification:
    return UsageSpecification.receive(voice_specification(lifecycleStatus="Field trial"), "client:test")


def form_of(client: Client, url: str) -> dict[str, str]:
    """The form as a browser would send it back, untouched."""
    form = client.get(url).context["adminform"].form
    formsets = client.get(url).context["inline_admin_formsets"]
    data = values(form)
    for inline in formsets:
        data |= formset_values(inline.formset)
        for row in inline.formset.forms:
            for nested in getattr(row, "nested_formsets", ()):
                data |= formset_values(nested.formset)
    return data


def formset_values(formset) -> dict[str, str]:
    data = values(formset.management_form)
    for row in formset.forms:
        data |= values(row)
    return data


def values(form) -> dict[str, str]:
    data = {}
    for bound in form:
        widget, value = getattr(bound.field.widget, "widget", bound.field.widget), bound.value()
        context = widget.get_context(bound.html_name, value, {})["widget"]
        parts = context.get("subwidgets") or [context]
        for part in parts:
            shown = part["value"][0] if isinstance(part["value"], list) and part["value"] else part["value"]
            if shown not in (None, [], ""):
                data[part["name"]] = str(shown)
    return data


def new_form() -> dict[str, str]:
    characteristic, value = "characteristics-0", "characteristics-0-values"
    return {
        "name": "Voice call", "version": "1.0", "lifecycle_status": "Active",
        "characteristics-TOTAL_FORMS": "1", "characteristics-INITIAL_FORMS": "0",
        f"{characteristic}-name": "unit", f"{characteristic}-value_type": "string", f"{characteristic}-position": "0",
        f"{characteristic}-min_cardinality": "1",
        f"{value}-TOTAL_FORMS": "2", f"{value}-INITIAL_FORMS": "0",
        f"{value}-0-value": '"SEC"', f"{value}-0-position": "0",
        f"{value}-1-value": '"MIN"', f"{value}-1-position": "1",
    }  # fmt: skip


def test_a_specification_made_in_the_admin_governs_usages(manager):
    answer = manager.post(f"{LIST}add/", new_form())
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    specification = UsageSpecification.objects.get()
    assert specification.created_by == "staff:product"
    (characteristic,) = specification.members["specCharacteristic"]
    assert [each["value"] for each in characteristic["characteristicValueSpecification"]] == ["SEC", "MIN"]
    with pytest.raises(TmfError) as refusal:
        Usage.receive(call_of(specification.pk, usageCharacteristic=[{"name": "unit", "value": "HOUR"}]), "test")
    assert refusal.value.violations[0].path == "$.usageCharacteristic[0].value"


def test_what_a_specification_breaks_stands_in_the_form_and_nothing_is_saved(manager):
    answer = manager.post(f"{LIST}add/", {**new_form(), "characteristics-0-regex": "("})
    assert answer.status_code == 200
    assert "is not a regular expression of RE2" in answer.content.decode()
    assert not UsageSpecification.objects.exists()


def test_saving_without_a_change_makes_no_revision(manager, voice):
    url = reverse("admin:specs_usagespecification_change", args=[voice.pk])
    answer = manager.post(url, form_of(manager, url))
    assert answer.status_code == 302, answer.context["errors"]
    after = UsageSpecification.objects.get()
    assert (after.members, after.revision, after.history.count()) == (voice.members, voice.revision, 1)


@pytest.mark.parametrize(
    "change", [{"description": "x"}, {"characteristics-0-position": "7"}, {"characteristics-1-values-0-value_to": "9"}]
)
def test_saving_a_change_makes_one_revision(manager, voice, change):
    url = reverse("admin:specs_usagespecification_change", args=[voice.pk])
    answer = manager.post(url, {**form_of(manager, url), **change})
    assert answer.status_code == 302, answer.context["errors"]
    after = UsageSpecification.objects.get()
    assert (after.revision, after.history.count()) == (voice.revision + 1, 2)


def test_the_second_of_two_editors_is_told_and_loses_nothing(manager, voice):
    url = reverse("admin:specs_usagespecification_change", args=[voice.pk])
    opened = form_of(manager, url)
    voice.amend({**voice.members, "description": "faster"}, "client:other")
    answer = manager.post(url, {**opened, "description": "slower"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "client:other changed this on" in page
    assert "slower" in page
    assert UsageSpecification.objects.get().description == "faster"
    again = {**opened, "description": "slower", "opened": re.search(r'name="opened" value="(\d+)"', page).group(1)}
    assert manager.post(url, again).status_code == 302


def test_a_clone_is_a_new_version_in_design(manager, voice):
    url = reverse("admin:specs_usagespecification_clone_version", args=[voice.pk])
    assert manager.post(url, {"version": "2.0"}).status_code == 302
    copy = UsageSpecification.objects.get(version="2.0")
    assert (copy.lifecycle_status, copy.characteristics.count()) == ("In design", 3)


def test_the_history_compares_documents(manager, voice):
    characteristics = [
        {**each, "minCardinality": 7, "maxCardinality": 9} for each in voice.members["specCharacteristic"]
    ]
    voice.amend({**voice.members, "specCharacteristic": characteristics}, "client:other")
    page = manager.get(reverse("admin:specs_usagespecification_history", args=[voice.pk])).content.decode()
    assert "client:other" in page
    assert "$.specCharacteristic[duration].minCardinality" in page
    assert "tmf-added" in page


def test_a_record_can_be_tried(manager, voice):
    url = reverse("admin:specs_usagespecification_try_record", args=[voice.pk])
    assert "usageCharacteristic" in manager.get(url).content.decode()
    broken = '{"usageCharacteristic": [{"name": "duration", "value": "long"}]}'
    page = manager.post(url, {"record": broken}).content.decode()
    assert "would be refused" in page
    assert page.count("✗") >= 3
    assert "not JSON" in manager.post(url, {"record": "{"}).content.decode().replace("Not JSON", "not JSON")
    assert not Usage.objects.exists()


def test_schema_and_sample_are_there_to_copy(manager, voice):
    page = manager.get(reverse("admin:specs_usagespecification_show_schema", args=[voice.pk])).content.decode()
    assert "https://json-schema.org/draft/2020-12/schema" in page
    assert page.count("data-copy=") == 3


def test_a_specification_in_use_is_not_deleted(manager, voice):
    Usage.receive(call_of(voice.pk), "test")
    url = reverse("admin:specs_usagespecification_delete", args=[voice.pk])
    # Before the question already.
    for answer in (manager.get(url, follow=True), manager.post(url, {"post": "yes"}, follow=True)):
        assert "1 usage refers to it" in answer.content.decode()
        assert answer.redirect_chain
    assert UsageSpecification.objects.exists()


def test_an_unused_specification_is_deleted_after_a_question(manager, voice):
    url = reverse("admin:specs_usagespecification_delete", args=[voice.pk])
    assert manager.get(url).status_code == 200
    assert manager.post(url, {"post": "yes"}).status_code == 302
    assert not UsageSpecification.objects.exists()


@pytest.mark.parametrize("role", ["Customer care", "Auditor", "Operator"])
def test_others_only_look(role, voice):
    client = member(role)
    url = reverse("admin:specs_usagespecification_change", args=[voice.pk])
    assert client.get(url).status_code == 200
    assert 'name="_save"' not in client.get(url).content.decode()
    assert client.post(url, {"name": "x"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(reverse("admin:specs_usagespecification_clone_version", args=[voice.pk])).status_code == 403
    assert client.post(reverse("admin:specs_usagespecification_delete", args=[voice.pk])).status_code == 403


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("lifecycle_status=", ["Without"]),
        ("lifecycle_status=Active", ["With"]),
        ("is_bundle=yes", ["With"]),
        ("is_bundle=unsaid", ["Without"]),
        ("is_bundle=no", []),
        ("", ["With", "Without"]),
    ],
)
def test_the_list_is_filtered_by_choices_that_have_names(manager, chosen, found):
    UsageSpecification.receive({"name": "Without"}, "test")
    UsageSpecification.receive({"name": "With", "lifecycleStatus": "Active", "isBundle": True}, "test")
    answer = manager.get(f"{LIST}?{chosen}")
    assert sorted(each.name for each in answer.context["cl"].result_list) == found
    shown = [
        choice["display"] for each in answer.context["cl"].filter_specs for choice in each.choices(answer.context["cl"])
    ]
    assert all(str(each).strip() for each in shown)
    assert "without a status" in shown
    assert "is a bundle" not in [str(each.title) for each in answer.context["cl"].filter_specs]


def test_the_list_costs_the_same_for_many(manager, voice, django_assert_max_num_queries):
    for number in range(20):
        UsageSpecification.receive(voice_specification(version=str(number)), "test")
    with django_assert_max_num_queries(12):
        page = manager.get(f"{LIST}?validity=now&q=Voice")
    assert page.status_code == 200
    assert "Field trial" in page.content.decode()
