"""Two editors of one row: the second is told who was faster and when, and loses nothing he typed."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tmfusage.backoffice.moments import moment

OPENED = "opened"


class GuardedForm(forms.ModelForm):
    """A form that replaces only what its editor has seen: the stamp of the row it was opened at travels with it."""

    # What changes with every change of the row, and when it last did.
    stamp = "changed_at"
    changed = "changed_at"
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields[OPENED].initial = self._stamp()

    def clean(self) -> dict[str, Any]:
        """Refuse when somebody else saved meanwhile, or when the page does not say what its editor saw."""
        cleaned = super().clean() or self.cleaned_data
        if not self.instance._state.adding and cleaned.get(OPENED) != self._stamp():
            self._refuse(cleaned.get(OPENED))
        return cleaned

    def changed_by(self) -> str:
        """Who changed the row last; a dash when that is not known."""
        written = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(self.instance),
            object_id=str(self.instance.pk),
            action_time__gte=getattr(self.instance, self.changed),
        )
        entry = written.select_related("user").order_by("action_time").first()
        return f"staff:{entry.user.get_username()}" if entry else "—"

    def _stamp(self) -> str:
        value = getattr(self.instance, self.stamp)
        return value.isoformat() if isinstance(value, datetime) else str(value)

    def _refuse(self, opened: str | None) -> None:
        # What was typed stays in the form; saving again is then a decision.
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data[self.add_prefix(OPENED)] = self._stamp()  # type: ignore[index]
        told = (
            _("%(who)s changed this on %(when)s. Your changes are still here, not saved: save again to replace.")
            if opened
            else _(
                "The page did not say what you saw; %(who)s changed this last, on %(when)s. "
                "Your changes are still here, not saved: save again to replace."
            )
        )
        when = moment(getattr(self.instance, self.changed))
        raise ValidationError(told % {"who": self.changed_by(), "when": when})


class GuardedEditing:
    """Joins an admin class with a `GuardedForm`: sends the stamp along, and locks the row while it is being saved."""

    model: type[models.Model]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list:
        """The fields, and for who may change the row, the stamp it was opened at."""
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if obj is None or not self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return fieldsets
        (name, options), *others = fieldsets
        return [(name, {**options, "fields": [*options["fields"], OPENED]}), *others]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row as it stands, locked while it is being saved."""
        found = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if found is None or request.method != "POST" or not transaction.get_connection().in_atomic_block:
            return found
        self.model._default_manager.select_for_update().filter(pk=found.pk).values_list("pk").first()
        return super().get_object(request, object_id, from_field)  # type: ignore[misc]


class LastingRows(forms.BaseInlineFormSet):
    """Inline rows that outlive their deletion by somebody else: they become new rows with what was typed in them."""

    def get_queryset(self) -> Any:
        """The rows that still stand, in the order in which the page shows them, so that headings fit."""
        rows = super().get_queryset()
        if not self.is_bound:
            return rows
        standing = {str(row.pk): row for row in rows}
        sent = [str(self.data.get(self._key(position), "")) for position in range(self.initial_form_count())]
        return [standing[key] for key in sent if key in standing]

    @property
    def initial_forms(self) -> list[forms.ModelForm]:
        """The rows that still stand."""
        return [form for form in super().initial_forms if not form.instance._state.adding]

    @property
    def extra_forms(self) -> list[forms.ModelForm]:
        """The rows that are gone, which are saved anew, and those that were added."""
        gone = [form for form in super().initial_forms if form.instance._state.adding]
        return [*gone, *super().extra_forms]

    def _construct_form(self, i: int, **kwargs: Any) -> forms.ModelForm:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if self.is_bound and i < self.initial_form_count() and form.instance._state.adding:
            # Neither its own key nor that of its parent, which may be gone as well, means anything any more.
            form.fields[self._key_name].required = False
            form.data[self._key(i)] = form.data[form.add_prefix(self.fk.name)] = ""
        return form

    @property
    def _key_name(self) -> str:
        return self.model._meta.pk.name  # type: ignore[union-attr]

    def _key(self, position: int) -> str:
        return f"{self.add_prefix(position)}-{self._key_name}"
