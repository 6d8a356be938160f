"""Where in the form of a specification a broken rule stands: at the field of its row, found by position."""

import re
from collections.abc import Iterator
from typing import Any

from django.forms import BaseFormSet
from django.forms.formsets import DELETION_FIELD_NAME

from specs.wire import VALIDITY
from tmfusage.tmf.violations import Violation

_CHARACTERISTIC = re.compile(
    r"\$\.specCharacteristic\[(\d+)\](?:\.characteristicValueSpecification\[(\d+)\])?(?:\.(.+))?", re.DOTALL
)
_MEMBER = re.compile(r"[^.\[]+")


def belongs_to_row(violation: Violation) -> bool:
    """Whether the violation stands at a characteristic or value rather than at the specification."""
    return _CHARACTERISTIC.fullmatch(violation.path) is not None


def tell_in_rows(violations: list[Violation], characteristics: BaseFormSet) -> None:
    """Add each violation of a characteristic or value to its row's form; without such a row to the formset."""
    for violation in violations:
        match = _CHARACTERISTIC.fullmatch(violation.path)
        if match is None:
            continue
        form: Any = _row(characteristics, int(match[1]))
        if form is not None and form.folded:
            form.add_error(None, str(violation))
            continue
        if form is not None and match[2] is not None:
            form = next((found for each in nested(form) if (found := _row(each, int(match[2])))), None)
        if form is None:
            characteristics.non_form_errors().append(str(violation))
        else:
            # A stacked row shows no errors but those of its fields.
            tell(form, match[3] or "", violation.message, otherwise="value" if match[2] else "name")


def tell_at_field(form: Any, violation: Violation) -> None:
    """Add the violation of the specification itself to its form."""
    tell(form, violation.path.removeprefix("$").removeprefix("."), violation.message)


def tell(form: Any, place: str, message: str, otherwise: str | None = None) -> None:
    """Add the message to the form at the field that holds the wire's member, or else at the other one, by name."""
    first = _MEMBER.match(place)
    member = first[0] if first else ""
    rest = place.removeprefix(member).lstrip(".")
    field = form._meta.model.WIRE.get(member)
    if member == "validFor":
        field = VALIDITY.get(rest, "valid_to")
    elif member == "charSpecRelationship":
        message = f"{rest}: {message}"
    if field not in form.fields:
        field, message = otherwise, f"{place}: {message}" if place else message
    # What could not be read is not judged.
    if field is None or field not in getattr(form, "unread", ()):
        form.add_error(field, message)


def nested(form: Any) -> Iterator[BaseFormSet]:
    """The rows that belong to the row."""
    for each in getattr(form, "nested_formsets", ()):
        yield each.formset


def rows(formset: BaseFormSet) -> list[Any]:
    """The forms of the elements of the document: as rows are shown, by position and then by age."""
    kept = [*formset.initial_forms, *(form for form in formset.extra_forms if form.has_changed())]
    # Not `deleted_forms`, which knows of none as soon as one form has an error.
    kept = [form for form in kept if not form.cleaned_data.get(DELETION_FIELD_NAME)]
    kept.sort(
        key=lambda form: (form.cleaned_data.get("position") or 0, form.instance.pk is None, form.instance.pk or 0)
    )
    return kept


def _row(formset: BaseFormSet, index: int) -> Any:
    kept = rows(formset)
    return kept[index] if index < len(kept) else None
