"""Specifications that are no more: who deleted them, when, and what they said last."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from specs.models import UsageSpecification
from tmfusage.backoffice.admin import ModelAdmin, display
from tmfusage.backoffice.moments import marked
from tmfusage.tmf import exact

DELETION = "-"


@admin.register(UsageSpecification.history.model)
class DeletedSpecificationAdmin(ModelAdmin):
    """The last revision of each deleted specification, to read."""

    list_display = ["name", "version", "deleted_at", "deleted_by"]
    search_fields = ["name", "id__startswith"]
    fields = ["id", "name", "version", "deleted_at", "deleted_by", "last_document", "changes"]
    readonly_fields = fields
    ordering = ["-history_date"]
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The deletions among the revisions."""
        return super().get_queryset(request).filter(history_type=DELETION).select_related("history_user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: deleting a specification adds it here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what happened is read."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what happened is kept."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list under its own title."""
        return super().changelist_view(request, {**(extra_context or {}), "title": _("Deleted specifications")})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One of them under its own title."""
        context = {**(extra_context or {}), "title": _("Deleted specification")}
        return super().change_view(request, object_id, form_url, context)

    @display(description=_("Deleted"), ordering="history_date")
    def deleted_at(self, record: Any) -> str:
        """When it was deleted."""
        return marked(record.history_date)

    @display(description=_("Deleted by"))
    def deleted_by(self, record: Any) -> str:
        """Who deleted it."""
        return record.history_change_reason or str(record.history_user or "—")

    @display(description=_("What it said last"))
    def last_document(self, record: Any) -> SafeString:
        """The document as it was deleted."""
        text = exact.dumps_indented(exact.loads(record.document.encode())).decode()
        return format_html('<pre class="tmf-code" tabindex="0">{}</pre>', text)

    @display(description=_("Earlier changes"))
    def changes(self, record: Any) -> SafeString:
        """The way to its whole history."""
        url = reverse("admin:specs_usagespecification_history", args=[record.id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, _("History"))
