"""Moving usages in the admin: a button per allowed move, one at a time or a page of them at once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tmfusage.access.principals import staff_label
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage
from usage.moving import MOVES, Move, Outcome, move, move_many, offered, told

MOST_AT_ONCE = 200
MOST_REASONS_TOLD = 5
MAY_MOVE = "usage.move_usage"


class ReasonForm(forms.Form):
    """Why a usage is moved."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        help_text=gettext_lazy("Kept in the history, for those who will correct the record."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "usage-input"}),
    )

    def __init__(self, asked: Move, data: Any = None):
        super().__init__(data)
        self.fields["reason"].required = asked.needs_reason


class Moving(admin.ModelAdmin):
    """The pages and actions that move usages."""

    actions = ["guide_selected", "recycle_selected", "reject_selected"]

    def has_move_permission(self, request: HttpRequest) -> bool:
        """Whether the user may move usages; asked for by Django for each action."""
        return request.user.has_perm(MAY_MOVE)

    def get_urls(self) -> list:
        """The page of a move, and the admin's own pages."""
        view = self.admin_site.admin_view(self.move_view)
        return [path("<path:object_id>/move/<slug:status>/", view, name="usage_usage_move"), *super().get_urls()]

    def move_view(self, request: HttpRequest, object_id: str, status: str) -> HttpResponse:
        """Ask where a reason or a second look is needed, then move the usage."""
        if not (self.has_move_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        asked = MOVES.get(status)
        usage = self.get_object(request, unquote(object_id))
        if asked is None or usage is None:
            raise Http404
        form = ReasonForm(asked, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            self._move(request, usage, asked, form.cleaned_data["reason"])
            return HttpResponseRedirect(self._address(request, usage))
        if request.method != "POST" and asked not in offered(usage, bool(usage.members.get("ratedProductUsage"))):
            self.message_user(request, _("The life cycle does not allow this now."), messages.ERROR)
            return HttpResponseRedirect(self._address(request, usage))
        shown = {
            "usage": usage,
            "back": self._address(request, usage),
            "seen": request.POST.get("seen") or usage.status,
        }
        return self._ask(request, asked, form, **shown)

    def _move(self, request: HttpRequest, usage: Usage, asked: Move, reason: str) -> None:
        try:
            move(usage.pk, asked.status, staff_label(request), reason.strip(), request.POST.get("seen", ""))
        except Usage.DoesNotExist as exc:
            raise Http404 from exc
        except TmfError as refusal:
            self.message_user(request, told(refusal), messages.ERROR)
        else:
            words = _("The usage is %(status)s now.") % {"status": Usage.Status(asked.status).label}
            self.message_user(request, words, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Guide the selected usages"), permissions=["move"])
    def guide_selected(self, request: HttpRequest, queryset: QuerySet[Usage]) -> HttpResponse | None:
        """Guide each selected usage that may be."""
        return self._move_selected(request, queryset, MOVES[Usage.Status.GUIDED])

    @admin.action(description=gettext_lazy("Recycle the selected usages"), permissions=["move"])
    def recycle_selected(self, request: HttpRequest, queryset: QuerySet[Usage]) -> HttpResponse | None:
        """Recycle each selected usage that may be."""
        return self._move_selected(request, queryset, MOVES[Usage.Status.RECYCLED])

    @admin.action(description=gettext_lazy("Reject the selected usages…"), permissions=["move"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Usage]) -> HttpResponse | None:
        """Ask for the reason, then reject each selected usage that may be."""
        return self._move_selected(request, queryset, MOVES[Usage.Status.REJECTED])

    def _move_selected(self, request: HttpRequest, queryset: QuerySet[Usage], asked: Move) -> HttpResponse | None:
        ids = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if request.POST.get("select_across") == "1" or len(ids) > MOST_AT_ONCE:
            words = _("At most %(most)d usages are moved at once; nothing was changed.") % {"most": MOST_AT_ONCE}
            self.message_user(request, words, messages.ERROR)
            return None
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        form = ReasonForm(asked, request.POST if "apply" in request.POST else None)
        if asked.needs_reason and not form.is_valid():
            action = request.POST.getlist("action")[-1]
            return self._ask(request, asked, form, ids=ids, action=action, back=request.get_full_path())
        reason = form.cleaned_data["reason"].strip() if form.is_bound and form.is_valid() else ""
        self._report(request, asked, move_many(ids, asked.status, staff_label(request), reason))
        return None

    def _report(self, request: HttpRequest, asked: Move, outcome: Outcome) -> None:
        label = Usage.Status(asked.status).label
        if outcome.moved:
            words = ngettext(
                "%(count)d usage is %(status)s now.", "%(count)d usages are %(status)s now.", outcome.moved
            )
            self.message_user(request, words % {"count": outcome.moved, "status": label}, messages.SUCCESS)
        for reason, ids in list(outcome.refused.items())[:MOST_REASONS_TOLD]:
            words = ngettext("%(count)d usage was not moved: %(reason)s (%(ids)s)",
                             "%(count)d usages were not moved: %(reason)s (%(ids)s)", len(ids))  # fmt: skip
            shown = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
            self.message_user(request, words % {"count": len(ids), "reason": reason, "ids": shown}, messages.WARNING)
        if rest := list(outcome.refused.values())[MOST_REASONS_TOLD:]:
            words = _("%(count)d more were not moved for other reasons.") % {"count": sum(map(len, rest))}
            self.message_user(request, words, messages.WARNING)

    def _ask(self, request: HttpRequest, asked: Move, form: ReasonForm, **context: Any) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": asked.label,
            "move": asked,
            "form": form,
            "media": self.media,
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/usage/usage/move.html", {**shown, **context})

    def _address(self, request: HttpRequest, usage: Usage) -> str:
        """The page of the usage, which still knows how the list was filtered."""
        address = reverse("admin:usage_usage_change", args=[quote(usage.pk)], current_app=self.admin_site.name)
        filters = self.get_preserved_filters(request)
        return f"{address}?{filters}" if filters else address
