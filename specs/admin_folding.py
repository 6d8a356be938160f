"""Specifications with many characteristics: rows stay folded until they are opened, and then send only their place."""

from collections.abc import Iterator
from functools import cached_property
from types import new_class
from typing import Any

from django import forms
from django.contrib.admin.helpers import InlineAdminForm, InlineAdminFormSet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tmfusage.backoffice.admin import LastingRows

FOLDED = "folded"
# Characteristics and values together; a page with more of them takes long to make, to show and to send.
MOST_OPEN = 40


class FoldingRows(LastingRows):
    """Rows that are folded when there are many, those apart that were asked for; a folded row keeps what it says."""

    def __init__(self, *args: Any, opened: frozenset[str] = frozenset(), **kwargs: Any):
        self.opened = opened
        super().__init__(*args, **kwargs)

    @cached_property
    def many(self) -> bool:
        """Whether there are too many rows to show all of them open."""
        rows = list(self.get_queryset())
        return len(rows) + sum(row.value_total for row in rows) > MOST_OPEN

    @cached_property
    def folded_form(self) -> type[forms.ModelForm]:
        """The form of a folded row: where it stands, and that it is folded."""
        mark = forms.CharField(widget=forms.HiddenInput, required=False, initial="1")
        folded: Any = new_class(
            "Folded", (self.form,), exec_body=lambda body: body.update(folded=True, nested_formsets=())
        )
        folded.base_fields = {"position": self.form.base_fields["position"], FOLDED: mark}
        return folded

    def _construct_form(self, i: int, **kwargs: Any) -> forms.ModelForm:
        if i >= self.initial_form_count() or not self._folds(i):
            return super()._construct_form(i, **kwargs)
        whole, self.form = self.form, self.folded_form
        try:
            return super()._construct_form(i, **kwargs)
        finally:
            self.form = whole

    def _folds(self, position: int) -> bool:
        if self.is_bound:
            return f"{self.add_prefix(position)}-{FOLDED}" in self.data
        return self.many and str(self.get_queryset()[position].pk) not in self.opened


class ShownRows(InlineAdminFormSet):
    """Rows as the page shows them, each made once however often the page walks through them."""

    @classmethod
    def of(cls, made: InlineAdminFormSet) -> "ShownRows":
        """The same rows."""
        rows = cls.__new__(cls)
        rows.__dict__ = made.__dict__
        return rows

    def __iter__(self) -> Iterator[InlineAdminForm]:
        return iter(self._rows)

    @cached_property
    def _rows(self) -> list[InlineAdminForm]:
        rows = list(super().__iter__())
        for row in rows:
            if getattr(row.form, "folded", False):
                shown: Any = {"fields": ["position", FOLDED], "description": _summary(row)}
                row.fieldsets = [(None, shown)]
        return rows


def _summary(row: InlineAdminForm) -> SafeString:
    """What a folded row says, what is wrong with it, and a link that opens it."""
    found: Any = row.original
    errors = row.form.non_field_errors()
    if found is None:
        return format_html("{}", _("Somebody else removed this characteristic meanwhile."))
    values = ngettext("%(count)s allowed value", "%(count)s allowed values", found.value_total)
    said = [found.value_type, _("mandatory") if found.min_cardinality else "", found.description]
    text = " · ".join(filter(None, [*said, values % {"count": found.value_total}]))
    link = format_html('<a class="tmf-open" href="?open={}" data-open="{}">{}</a>', found.pk, found.pk, _("Open"))
    return format_html('<div class="tmf-fold"><bdi>{}</bdi> {}</div>{}', text, link, errors)
