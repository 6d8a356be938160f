"""What a form that cannot be saved yet breaks besides, so that everything is told at once."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.helpers import AdminErrorList
from django.forms import BaseFormSet, ModelForm

from specs.admin_placing import belongs_to_row, nested, rows, tell_at_field, tell_in_rows
from specs.api.v4 import UsageSpecification as Representation
from specs.characteristics import check_specification
from specs.wire import draft
from tmfusage.tmf import exact
from tmfusage.tmf.serializers import checker_of
from tmfusage.tmf.violations import Violation


def tell_what_else(form: ModelForm, characteristics: BaseFormSet) -> None:
    """Say what the specification breaks as far as it could be read, at fields that could be read."""
    for each in _forms(form, characteristics):
        each.unread = frozenset(each.errors)
    violations = _violations(_document(form, characteristics))
    for violation in violations:
        if not belongs_to_row(violation):
            tell_at_field(form, violation)
    tell_in_rows(violations, characteristics)


def all_errors(form: ModelForm, formsets: list[Any]) -> AdminErrorList:
    """The errors of the form, of its rows and of their rows."""
    outer = [each.formset for each in formsets]
    inner = [each for formset in outer for row in formset.forms for each in nested(row)]
    return AdminErrorList(form, [*outer, *inner])


def _forms(form: ModelForm, characteristics: BaseFormSet) -> Iterator[Any]:
    yield form
    for row in characteristics.forms:
        yield row
        for values in nested(row):
            yield from values.forms


def _document(form: ModelForm, characteristics: BaseFormSet) -> dict[str, Any]:
    listed = rows(characteristics)
    parts = {id(form.instance): [row.instance for row in listed]}
    for row in listed:
        parts |= {id(row.instance): [value.instance for value in rows(values)] for values in nested(row)}

    def children(row: Any, manager: str) -> Any:
        return parts[id(row)] if id(row) in parts else getattr(row, manager).all()

    # Written and read: the form's own kinds of strings are none to the rules.
    return exact.read_own(exact.dumps(draft(form.instance, children)))


def _violations(document: dict[str, Any]) -> list[Violation]:
    violations: list[Violation] = []
    checker_of(Representation)(document, "$", violations)
    told = {each.path for each in violations}
    return violations + [each for each in check_specification(document) if each.path not in told]
