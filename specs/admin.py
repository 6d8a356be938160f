"""The usage catalogue in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from specs import admin_deleted
from specs.admin_filters import BundleFilter, StatusFilter, ValidityFilter
from specs.admin_forms import UsageSpecificationForm
from specs.admin_pages import SpecificationPages
from specs.admin_placing import tell_in_rows
from specs.admin_rows import JSON_FIELDS, CharacteristicInline, SpecificationRows
from specs.api.v4 import UsageSpecification as Representation
from specs.comparing import compare
from specs.models import UsageSpecification
from specs.using import IN_USE, refuse_as_used
from specs.wire import render, unrecorded
from tmfusage.access.principals import staff_label
from tmfusage.backoffice.admin import GuardedEditing, ModelAdmin, display
from tmfusage.tmf import exact
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.serializers import checker_of
from tmfusage.tmf.violations import Violation

__all__ = ["UsageSpecificationAdmin", "admin_deleted"]
CHANGES_SHOWN = 30
STATUS_COLOURS = {
    "Active": "success",
    "Launched": "success",
    "Retired": "warning",
    "Obsolete": "danger",
    "Rejected": "danger",
}


@admin.register(UsageSpecification)
class UsageSpecificationAdmin(SpecificationPages, SpecificationRows, GuardedEditing, SimpleHistoryAdmin, ModelAdmin):
    """Specifications with their characteristics and values on one page."""

    form = UsageSpecificationForm
    inlines = [CharacteristicInline]
    list_display = ["name", "version", "status", "validity", "characteristic_count", "last_update"]
    list_filter = [StatusFilter, ValidityFilter, BundleFilter]
    search_fields = ["name", "description", "id__startswith"]
    list_per_page = 50
    compressed_fields = True
    ordering = ["-last_update"]
    readonly_fields = ["id", "last_update", "created_by"]
    formfield_overrides = JSON_FIELDS
    actions_detail = ["try_record", "show_schema", "clone_version"]
    history_list_display = ["changed_by", "document_changes"]
    object_history_list_template = "admin/specs/usagespecification/history_list.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "version"),
                    "description",
                    "lifecycle_status",
                    "valid_from",
                    "valid_to",
                ]
            },
        ),
        (
            _("Advanced"),
            {
                "classes": ["collapse"],
                "fields": [
                    "is_bundle", "related_party", "attachment", "constraint", "entity_spec_relationship",
                    "target_entity_schema", "base_type", "schema_location", "extension", *readonly_fields,
                ],
            },
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageSpecification]:
        """Specifications with the number of their characteristics."""
        return super().get_queryset(request).annotate(characteristic_total=Count("characteristics"))

    def get_actions(self, request: HttpRequest) -> dict:
        """Nothing is deleted in bulk: a specification in use must stay."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[ModelForm]:
        """The form, which knows what a first try to save has broken."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form)(form.__name__, (form,), {"refused": getattr(request, "refused", None)})

    def get_inline_formsets(
        self, request: HttpRequest, formsets: list, inline_instances: list, obj: Any = None
    ) -> list:
        """The rows, at which stands what they break in the specification as a whole."""
        if refused := getattr(request, "refused", None):
            tell_in_rows(refused.violations, formsets[0])
        return super().get_inline_formsets(request, formsets, inline_instances, obj)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Save all or nothing; what the specification breaks as a whole stands in the form again."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except TmfError as refusal:
            request.refused = refusal  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: UsageSpecification, form: ModelForm, change: bool) -> None:
        """Keep the row; the history gets one entry for the whole change, when it is settled."""
        if not change:
            obj.type, obj.created_by = "UsageSpecification", staff_label(request)
        with unrecorded(obj):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """Keep the characteristics and values, then check and show the specification as a whole."""
        super().save_related(request, form, formsets, change)
        specification = UsageSpecification.objects.get(pk=form.instance.pk)
        violations: list[Violation] = []
        document = render(specification)
        checker_of(Representation)(document, "$", violations)
        if violations:
            raise broken(violations, "The specification")
        if change and _alike(specification.members, document):
            return
        specification._change_reason = staff_label(request)
        specification.settle(first=not change)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Delete it, or say how many usages refer to it, before anything is asked."""
        try:
            with transaction.atomic():
                found = self.get_object(request, unquote(object_id))
                if found and request.method != "POST" and self.has_delete_permission(request, found):
                    refuse_as_used(found, IN_USE)
                return super().delete_view(request, object_id, extra_context)
        except TmfError as refusal:
            self.message_user(request, f"{refusal.reason} {refusal.message}", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:specs_usagespecification_change", args=[object_id]))

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revision is looked at, not brought back: its rows are gone; clone or edit instead."""
        return True

    def set_history_delta_changes(self, *_args: Any, **_kwargs: Any) -> None:
        """The documents are compared instead, which covers characteristics and values as well."""

    @display(
        description=_("Status"),
        ordering="lifecycle_status",
        label={
            "Active": "success",
            "Launched": "success",
            "Retired": "warning",
            "Obsolete": "danger",
            "Rejected": "danger",
        },
    )
    def status(self, specification: UsageSpecification) -> str:
        """The word of the life cycle."""
        return specification.lifecycle_status or "—"

    @display(description=_("Valid"))
    def validity(self, specification: UsageSpecification) -> str:
        """From when until when."""
        ends = (specification.valid_from, specification.valid_to)
        start, end = (date_format(each, "SHORT_DATE_FORMAT") if each else "…" for each in ends)
        return f"{start} – {end}" if any(ends) else str(_("always"))

    @display(description=_("Characteristics"), ordering="characteristic_total")
    def characteristic_count(self, specification: Any) -> int:
        """How many it has."""
        return specification.characteristic_total

    @display(description=_("Changed by"))
    def changed_by(self, record: Any) -> str:
        """Who made this revision."""
        return record.history_change_reason or str(record.history_user or "—")

    @display(description=_("Changes"))
    def document_changes(self, record: Any) -> str:
        """What this revision changed, member by member."""
        earlier = record.prev_record
        before = exact.loads(earlier.document.encode()) if earlier else {}
        changes = [
            each for each in compare(before, exact.loads(record.document.encode())) if each.path != "$.lastUpdate"
        ]
        lines = format_html_join(
            "",
            '<li><code>{}</code> <del class="tmf-removed">{}</del> <ins class="tmf-added">{}</ins></li>',
            [(each.path, each.before, each.after) for each in changes[:CHANGES_SHOWN]],
        )
        return format_html('<ul class="tmf-code">{}</ul>', lines) if earlier else str(_("first version"))


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the documents say the same, digit for digit; of an empty PATCH the API makes no revision either."""
    first, second = (exact.dumps({**each, "lastUpdate": None}) for each in (one, other))
    return first == second
