"""What other apps' admin modules import, and the registration of what stands below this app."""

from tmfusage.backoffice import access_admin, hub_admin, hub_deliveries_admin, staff_admin
from tmfusage.backoffice.bases import (
    JsonWidget,
    ModelAdmin,
    MomentWidget,
    SelectWidget,
    StackedInline,
    TabularInline,
    TextareaWidget,
    TextInputWidget,
    action,
    display,
)
from tmfusage.backoffice.editing import GuardedEditing, GuardedForm, LastingRows

__all__ = [
    "GuardedEditing",
    "GuardedForm",
    "JsonWidget",
    "LastingRows",
    "ModelAdmin",
    "MomentWidget",
    "SelectWidget",
    "StackedInline",
    "TabularInline",
    "TextInputWidget",
    "TextareaWidget",
    "access_admin",
    "action",
    "display",
    "hub_admin",
    "hub_deliveries_admin",
    "staff_admin",
]
