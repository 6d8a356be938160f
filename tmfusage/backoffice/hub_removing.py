"""Removing many listeners at once, after a question."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tmfusage.access.principals import staff_label
from tmfusage.backoffice.pages import PageAdmin
from tmfusage.hub.models import Hub
from tmfusage.tmf.refusals import TmfError

# The permission behind every verb; listeners are not edited otherwise.
MAY_ACT = "hub.change_hub"
TEMPLATES = "admin/hub/hub"


class Removing(PageAdmin):
    """The action of the list."""

    actions = ["remove_selected"]  # type: ignore[assignment]

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the user may act on listeners; asked for by Django for the action."""
        return request.user.has_perm(MAY_ACT)

    @admin.action(description=gettext_lazy("Remove the selected listeners…"), permissions=["act"])
    def remove_selected(self, request: HttpRequest, queryset: QuerySet[Hub]) -> HttpResponse | None:
        """Ask, then remove each of them that is not gone."""
        if "apply" not in request.POST:
            return self._ask(request, queryset)
        removed = 0
        for hub in queryset:
            try:
                hub.remove(f"removed by {staff_label(request)}")
            except TmfError as refusal:
                self.message_user(request, f"{hub.callback}: {refusal.reason}", messages.WARNING)
                continue
            removed += 1
            self.log_change(request, hub, _("Removed with others."))
        words = ngettext("%(n)d listener was removed.", "%(n)d listeners were removed.", removed) % {"n": removed}
        self.message_user(request, words, messages.SUCCESS)
        return None

    def _ask(self, request: HttpRequest, queryset: QuerySet[Hub]) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Remove listeners"),
            "hubs": queryset,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
            "media": self.media,
        }
        return TemplateResponse(request, f"{TEMPLATES}/remove.html", context)
