"""Two editors of one specification: the second is told, sees all that he typed, and can save it."""

import pytest
from django.urls import reverse

from specs.models import UsageSpecification
from tests.api.payloads import voice_specification
from tests.specs.test_admin import form_of, formset_values, member, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return member("Product manager")


@pytest.fixture
def voice() -> UsageSpecification:
    return UsageSpecification.receive(voice_specification(), "client:test")


@pytest.fixture
def url(voice) -> str:
    return reverse("admin:specs_usagespecification_change", args=[voice.pk])


def without(specification, position: int) -> None:
    kept = [each for at, each in enumerate(specification.members["specCharacteristic"]) if at != position]
    specification.amend({**specification.members, "specCharacteristic": kept}, "client:other")


def sent_again(answer) -> dict[str, str]:
    """What a browser would send from the page that came back."""
    data = values(answer.context["adminform"].form)
    for inline in answer.context["inline_admin_formsets"]:
        data |= formset_values(inline.formset)
        for row in inline.formset.forms:
            for nested in row.nested_formsets:
                data |= formset_values(nested.formset)
    return data


def names(specification) -> list[str]:
    return [each["name"] for each in UsageSpecification.objects.get(pk=specification.pk).members["specCharacteristic"]]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_row_that_somebody_removed_meanwhile_is_kept_with_its_values_and_saved_the_second_time(
    manager, voice, url, position
):
    opened, before = form_of(manager, url), voice.members["specCharacteristic"]
    without(voice, position)
    first = manager.post(url, {**opened, f"characteristics-{position}-description": "typed by the second"})
    assert first.status_code == 200
    page = first.content.decode()
    assert "client:other changed this on" in page
    assert "typed by the second" in page
    assert f'name="characteristics-{position}-name" value="{before[position]["name"]}"' in page
    assert manager.post(url, sent_again(first)).status_code == 302
    after = UsageSpecification.objects.get().members["specCharacteristic"]
    assert after == [
        {**each, "description": "typed by the second"} if at == position else each for at, each in enumerate(before)
    ]


def test_headings_stay_with_their_rows_when_one_is_gone(manager, voice, url):
    opened = form_of(manager, url)
    without(voice, 0)
    answer = manager.post(url, opened)
    (inline,) = answer.context["inline_admin_formsets"]
    shown = [(str(row.original), row.form["name"].value()) for row in inline if row.original]
    assert shown == [(name, name) for name in names(voice)]


def test_a_value_that_somebody_removed_meanwhile_is_saved_the_second_time(manager, voice, url):
    opened, before = form_of(manager, url), voice.members["specCharacteristic"]
    at = next(at for at, each in enumerate(before) if each.get("characteristicValueSpecification"))
    emptied = [{k: v for k, v in each.items() if k != "characteristicValueSpecification"} for each in before]
    voice.amend({**voice.members, "specCharacteristic": emptied}, "client:other")
    first = manager.post(url, {**opened, f"characteristics-{at}-values-0-unit_of_measure": "typed"})
    assert "typed" in first.content.decode()
    assert manager.post(url, sent_again(first)).status_code == 302
    (changed, *_others) = UsageSpecification.objects.get().members["specCharacteristic"][at][
        "characteristicValueSpecification"
    ]
    assert changed == {**before[at]["characteristicValueSpecification"][0], "unitOfMeasure": "typed"}


def test_a_row_that_is_gone_and_marked_for_deletion_stays_gone(manager, voice, url):
    opened = form_of(manager, url)
    without(voice, 2)
    first = manager.post(url, {**opened, "characteristics-2-DELETE": "on"})
    assert manager.post(url, {**sent_again(first), "characteristics-2-DELETE": "on"}).status_code == 302
    assert len(names(voice)) == 2


def test_what_the_faster_editor_added_stays(manager, voice, url):
    opened = form_of(manager, url)
    added = [*voice.members["specCharacteristic"], {"name": "added"}]
    voice.amend({**voice.members, "specCharacteristic": added}, "client:other")
    first = manager.post(url, {**opened, "description": "second"})
    assert manager.post(url, sent_again(first)).status_code == 302
    assert "added" in names(voice)


@pytest.mark.parametrize("opened", [None, "", "0", "x"])
def test_a_page_that_does_not_say_what_its_editor_saw_replaces_nothing(manager, voice, url, opened):
    sent = {key: text for key, text in form_of(manager, url).items() if key != "opened"}
    sent |= {"description": "blind"} | ({} if opened is None else {"opened": opened})
    first = manager.post(url, sent)
    assert (first.status_code, UsageSpecification.objects.get().description) == (200, voice.description)
    assert "client:test" in first.content.decode()
    assert manager.post(url, sent_again(first)).status_code == 302
    assert UsageSpecification.objects.get().description == "blind"
