"""Usages in the admin: found fast, read as documents, moved along their life cycle, never edited."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tmfusage.backoffice.admin import ModelAdmin, display
from tmfusage.backoffice.moments import marked
from usage.admin_detail import TONES, sheet
from usage.admin_filters import DateFilter, TypeFilter
from usage.admin_list import UsageChangeList
from usage.admin_moves import Moving
from usage.admin_search import any_of, branches
from usage.models import Usage

MOST_SHOWN = 3
CANCELLED = "57014"
# Whatever else the address names would be a condition that no index may answer.
LOOKUPS = {"status__exact", "usage_type", "specification__id__exact", *DateFilter.NAMES}


@admin.register(Usage)
class UsageAdmin(Moving, ModelAdmin):
    """The list, the page and the moves of usages."""

    list_display = ["when", "what", "state", "governed_by", "phone_numbers", "parties"]
    list_filter = ["status", TypeFilter, DateFilter]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_disable_select_all = True
    sortable_by = ()
    ordering = ["-id"]
    # Only makes the box appear: `get_search_results` and the list search by key, not by these fields.
    search_fields = ["id"]
    search_help_text = gettext_lazy("Id, phone number, party, specification, product or external id")

    class Media:
        css = {"all": ["usage/usage.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Usages come in through the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Usage | None = None) -> bool:
        """A record of what happened is moved, not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Usage | None = None) -> bool:
        """Nothing that happened is deleted here."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[UsageChangeList]:
        """Pages by keyset."""
        return UsageChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The filters shown, and the usages of one specification."""
        return lookup in LOOKUPS

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Usage], search_term: str
    ) -> tuple[QuerySet[Usage], bool]:
        """Usages by one of their keys, for whoever searches outside of the list."""
        return (queryset.filter(any_of(branches(search_term))) if search_term.strip() else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a combination of filters that takes too long is given up rather than the page."""
        try:
            return super().changelist_view(request, {"title": self.opts.verbose_name_plural, **(extra_context or {})})
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlstate", None) != CANCELLED or not request.GET:
                raise
        words = _("This took too long. Narrow the search, for example to one status, one type or one day.")
        self.message_user(request, words, messages.ERROR)
        return HttpResponseRedirect(request.path)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The usage as a document."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        usage = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, usage):
            raise PermissionDenied
        if usage is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": usage,
            "title": usage.usage_type or usage.type,
            "media": self.media,
            "preserved_filters": self.get_preserved_filters(request),
            "back": self._list_as_it_was(request),
            **sheet(usage, request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/usage/usage/detail.html", context)

    def _list_as_it_was(self, request: HttpRequest) -> str:
        """The list with the filters with which the reader left it; empty when there were none."""
        filters = request.GET.get("_changelist_filters")
        return f"{reverse('admin:usage_usage_changelist')}?{filters}" if filters else ""

    @display(description=gettext_lazy("Date"))
    def when(self, usage: Usage) -> str:
        """When it was used, or which record it is."""
        return usage.pk if usage.usage_date is None else marked(usage.usage_date)

    @display(description=gettext_lazy("Type"))
    def what(self, usage: Usage) -> str:
        """What was used."""
        return usage.usage_type or usage.type

    @display(description=gettext_lazy("Status"), label=TONES)
    def state(self, usage: Usage) -> tuple[str, str]:
        """Where it stands."""
        return usage.status, str(Usage.Status(usage.status).label)

    @display(description=gettext_lazy("Specification"))
    def governed_by(self, usage: Usage) -> str | None:
        """The name of its specification, or the id of one that is not kept here."""
        specification = usage.specification if usage.specification_id else None
        return str(specification) if specification else usage.specification_id

    @display(description=gettext_lazy("Phone numbers"))
    def phone_numbers(self, usage: Usage) -> str | None:
        """From and to which number."""
        return _several(usage.numbers)

    @display(description=gettext_lazy("Parties"))
    def parties(self, usage: Usage) -> str | None:
        """Whose it is."""
        return _several(usage.party_ids)


def _several(values: list[str]) -> str | None:
    """The first values, each safe from its neighbours' direction of writing."""
    if not values:
        return None
    shown = format_html_join(", ", "<bdi>{}</bdi>", ((value,) for value in values[:MOST_SHOWN]))
    more = f" +{len(values) - MOST_SHOWN}" if len(values) > MOST_SHOWN else ""
    # One element: on a phone a cell lays its parts side by side.
    return format_html('<span class="usage-several">{}{}</span>', shown, more)
