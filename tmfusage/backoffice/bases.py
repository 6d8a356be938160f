"""The bases of all admin classes: the only module that imports Unfold."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.forms import DateTimeInput
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm as PasswordForm
from unfold.forms import UserChangeForm as UserForm
from unfold.forms import UserCreationForm as UserMakingForm
from unfold.widgets import INPUT_CLASSES
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxesWidget
from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget
from unfold.widgets import UnfoldAdminSplitDateTimeWidget as SplitDateTimeWidget
from unfold.widgets import UnfoldAdminTextareaWidget as TextareaWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextInputWidget

__all__ = [
    "CheckboxesWidget",
    "JsonWidget",
    "ModelAdmin",
    "MomentWidget",
    "PasswordForm",
    "SelectWidget",
    "SplitDateTimeWidget",
    "StackedInline",
    "TabularInline",
    "TextInputWidget",
    "TextareaWidget",
    "UserForm",
    "UserMakingForm",
    "action",
    "display",
]


class ModelAdmin(UnfoldModelAdmin):
    """The base of every admin class."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        """The fields; of a row that is being added, without what only saving gives it, such as its id."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            return fieldsets
        given = set(self.get_readonly_fields(request, obj))
        return [(name, {**options, "fields": _without(given, options["fields"])}) for name, options in fieldsets]


def _without(names: set[Any], rows: Iterable[Any]) -> list[Any]:
    """The rows of fields without those names."""
    left = [_without(names, row) if isinstance(row, list | tuple) else row for row in rows]
    return [row for row in left if row and (isinstance(row, list) or row not in names)]


class JsonWidget(TextareaWidget):
    """A field for JSON text, checked in the browser when it is left."""

    def __init__(self, rows: int = 4):
        super().__init__(attrs={"rows": rows, "spellcheck": "false", "dir": "ltr"})
        self.attrs["class"] = f"{self.attrs.get('class', '')} tmf-json".strip()


class MomentWidget(DateTimeInput):
    """Date and time with the browser's own picker, folded while there is none: for narrow rows of a table."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES), "step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The field, which opens by a click or Enter."""
        field, unfolded = super().render(name, value, attrs, renderer), "open" if value else ""
        summary = _("set")
        return format_html('<details class="tmf-folded" {}><summary>{}</summary>{}</details>', unfolded, summary, field)
