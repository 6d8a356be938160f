"""The form of a specification: what is wrong stands at its field, and values have periods and types of their own."""

import pytest

from specs.models import UsageSpecification
from tests.specs.test_admin import LIST, form_of, formset_values, manager, new_form, voice  # noqa: F401

pytestmark = pytest.mark.django_db
FIRST, SECOND = "characteristics-0", "characteristics-1"


def two_characteristics(**changes: str) -> dict[str, str]:
    """Two characteristics, of which the second one stands first in the document."""
    second = {
        "name": "duration", "value_type": "integer", "position": "0",
        "values-TOTAL_FORMS": "3", "values-INITIAL_FORMS": "0",
        "values-0-value_from": "0", "values-0-value_to": "9", "values-0-position": "2",
        "values-1-value": "20", "values-1-position": "1",
        "values-2-position": "0",
    }  # fmt: skip
    data = {**new_form(), f"{FIRST}-position": "1", "characteristics-TOTAL_FORMS": "2"}
    return {**data, **{f"{SECOND}-{name}": value for name, value in second.items()}, **changes}


def errors(answer) -> dict[str, list[str]]:
    """The errors in the page by the name of their field; of the specification as a whole as __all__."""
    context = answer.context
    told = form_errors(context["adminform"].form, "")
    for inline in context["inline_admin_formsets"]:
        for row in inline.formset.forms:
            told |= form_errors(row, f"{row.prefix}-")
            for nested in row.nested_formsets:
                for value in nested.formset.forms:
                    told |= form_errors(value, f"{value.prefix}-")
    return told


def form_errors(form, prefix: str) -> dict[str, list[str]]:
    return {f"{prefix}{name}": list(messages) for name, messages in form.errors.items()}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({f"{FIRST}-regex": "("}, f"{FIRST}-regex"),
        ({f"{SECOND}-regex": "("}, f"{SECOND}-regex"),
        ({f"{SECOND}-values-0-regex": "("}, f"{SECOND}-values-0-regex"),
        ({f"{SECOND}-values-0-value_to": "-1"}, f"{SECOND}-values-0-value_to"),
        ({f"{SECOND}-values-1-value": '"text"'}, f"{SECOND}-values-1-value"),
        ({f"{SECOND}-min_cardinality": "5", f"{SECOND}-max_cardinality": "2"}, f"{SECOND}-max_cardinality"),
        ({f"{SECOND}-name": "unit"}, f"{FIRST}-name"),
        ({f"{FIRST}-relationships": '[{"relationshipType": "requires"}]'}, f"{FIRST}-relationships"),
        (
            {f"{FIRST}-values-1-valid_from": "2026-02-01T00:00", f"{FIRST}-values-1-valid_to": "2026-01-01T00:00"},
            f"{FIRST}-values-1-valid_to",
        ),
        (
            {"valid_from_0": "2026-02-01", "valid_from_1": "00:00", "valid_to_0": "2026-01-01", "valid_to_1": "00:00"},
            "valid_to",
        ),
    ],
)
def test_what_is_wrong_stands_at_its_field(manager, changes, field):  # noqa: F811
    answer = manager.post(f"{LIST}add/", two_characteristics(**changes))
    told = errors(answer)
    assert set(told) == {"__all__", field}
    assert answer.content.decode().count("What to change is said at each field") == 1
    assert not UsageSpecification.objects.exists()


def test_what_has_no_field_stands_at_the_name_of_its_row(manager, voice):  # noqa: F811
    row = voice.characteristics.first()
    row.base_type = "no class name"
    row.save()
    url = f"{LIST}{voice.pk}/change/"
    answer = manager.post(url, form_of(manager, url))
    assert set(errors(answer)) == {"__all__", "characteristics-0-name"}
    assert "@baseType: expected a class name" in answer.content.decode()


def test_deleted_rows_do_not_count(manager, voice):  # noqa: F811
    url = f"{LIST}{voice.pk}/change/"
    changes = {"characteristics-0-DELETE": "on", "characteristics-1-regex": "("}
    told = errors(manager.post(url, {**form_of(manager, url), **changes}))
    assert set(told) == {"__all__", "characteristics-1-regex"}


def test_a_value_has_a_period_and_a_type_of_its_own(manager):  # noqa: F811
    value = "characteristics-0-values-0"
    period = {f"{value}-valid_to": "2026-01-31T23:59:59", f"{value}-value_type": "string"}
    answer = manager.post(f"{LIST}add/", {**new_form(), **period})
    assert answer.status_code == 302
    (characteristic,) = UsageSpecification.objects.get().members["specCharacteristic"]
    first = characteristic["characteristicValueSpecification"][0]
    assert first == {"value": "SEC", "valueType": "string", "validFor": {"endDateTime": "2026-01-31T23:59:59Z"}}
    url = f"{LIST}{UsageSpecification.objects.get().pk}/change/"
    assert form_of(manager, url)[f"{value}-valid_to"] == "2026-01-31T23:59:59"


def test_unique_warns_of_what_it_means(manager):  # noqa: F811
    assert "wrong for country codes" in manager.get(f"{LIST}add/").content.decode()
