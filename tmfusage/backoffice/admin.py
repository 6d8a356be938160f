"""What other apps' admin modules import, and the registration of what stands below this app."""

from tmfusage.backoffice import access_admin
from tmfusage.backoffice.bases import (
    JsonWidget,
    ModelAdmin,
    SelectWidget,
    StackedInline,
    TabularInline,
    action,
    display,
)

__all__ = [
    "JsonWidget",
    "ModelAdmin",
    "SelectWidget",
    "StackedInline",
    "TabularInline",
    "access_admin",
    "action",
    "display",
]
