"""The bases of all admin classes: the only module that imports Unfold."""

from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm as PasswordForm
from unfold.forms import UserChangeForm as UserForm
from unfold.forms import UserCreationForm as UserMakingForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxesWidget
from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget
from unfold.widgets import UnfoldAdminSplitDateTimeWidget as SplitDateTimeWidget
from unfold.widgets import UnfoldAdminTextareaWidget as TextareaWidget

__all__ = [
    "CheckboxesWidget",
    "JsonWidget",
    "ModelAdmin",
    "PasswordForm",
    "SelectWidget",
    "SplitDateTimeWidget",
    "StackedInline",
    "TabularInline",
    "TextareaWidget",
    "UserForm",
    "UserMakingForm",
    "action",
    "display",
]


class ModelAdmin(UnfoldModelAdmin):
    """The base of every admin class."""


class JsonWidget(TextareaWidget):
    """A field for JSON text, checked in the browser when it is left."""

    def __init__(self, rows: int = 4):
        super().__init__(attrs={"rows": rows, "spellcheck": "false", "dir": "ltr"})
        self.attrs["class"] = f"{self.attrs.get('class', '')} tmf-json".strip()
