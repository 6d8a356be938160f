"""The rows of a specification in the admin: its characteristics, and the values of each."""

from typing import Any

from django.conf import settings
from django.contrib.admin.helpers import InlineAdminFormSet
from django.db.models import Count, DateTimeField, QuerySet, TextField
from django.forms import DateTimeField as MomentField
from django.http import HttpRequest, HttpResponse

from specs.admin_drafting import all_errors, tell_what_else
from specs.admin_folding import FoldingRows, ShownRows
from specs.admin_forms import CharacteristicForm, StrictField, ValueForm
from specs.models import CharacteristicSpecification, CharacteristicValueSpecification
from tmfusage.backoffice.admin import (
    JsonWidget,
    LastingRows,
    MomentWidget,
    StackedInline,
    TabularInline,
    TextareaWidget,
)
from tmfusage.tmf.resources import ExactJSONField

JSON_FIELDS = {
    ExactJSONField: {"form_class": StrictField, "widget": JsonWidget(rows=2)},
    TextField: {"widget": TextareaWidget(attrs={"rows": 2})},
}


class ValueInline(TabularInline):
    """What values a characteristic may take."""

    model = CharacteristicValueSpecification
    form = ValueForm
    formset = LastingRows
    fields = [
        "value", "value_from", "value_to", "range_interval", "unit_of_measure", "regex", "is_default",
        "value_type", "valid_from", "valid_to", "position",
    ]  # fmt: skip
    formfield_overrides = {DateTimeField: {"form_class": MomentField, "widget": MomentWidget}}
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The class of the rows, made once for all characteristics of a page."""
        if not hasattr(request, "value_rows"):
            request.value_rows = super().get_formset(request, obj, **kwargs)  # type: ignore[attr-defined]
        return request.value_rows  # type: ignore[attr-defined]


class CharacteristicInline(StackedInline):
    """What usages of the specification carry."""

    model = CharacteristicSpecification
    form = CharacteristicForm
    formset = FoldingRows
    inlines = [ValueInline]
    fields = [
        ("name", "value_type"),
        ("min_cardinality", "max_cardinality"),
        ("regex", "description"),
        ("is_unique", "configurable"),
        "extensible",
        "valid_from",
        "valid_to",
        "relationships",
        "position",
    ]
    compressed_fields = True
    formfield_overrides = JSON_FIELDS
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[CharacteristicSpecification]:
        """Characteristics with the number of their values; for a row that is opened in its place, that one alone."""
        found = super().get_queryset(request).annotate(value_total=Count("values"))
        # Counting makes Django forget the order of the model.
        found = found.order_by("position", "id")
        if request.method == "GET" and "alone" in request.GET:
            found = found.filter(pk__in=[key for key in request.GET.getlist("open") if key.isdecimal()])
        return found


class SpecificationRows:
    """Joins an admin class with rows that fold."""

    change_form_before_template = "admin/specs/usagespecification/limit.html"

    class Media:
        js = ["specs/specification.js"]
        css = {"all": ["specs/specification.css"]}

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """What the rows are made of, and which of them were asked for."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)  # type: ignore[misc]
        if isinstance(inline, CharacteristicInline):
            kwargs["opened"] = frozenset(request.GET.getlist("open"))
        return kwargs

    def get_inline_formsets(
        self, request: HttpRequest, formsets: list, inline_instances: list, obj: Any = None
    ) -> list[InlineAdminFormSet]:
        """The rows as the page shows them."""
        made = super().get_inline_formsets(request, formsets, inline_instances, obj)  # type: ignore[misc]
        return [ShownRows.of(each) for each in made]

    def _get_nested_formset(self, request: HttpRequest, obj: Any, form: Any, *further: Any) -> ShownRows | None:
        """The values of a characteristic; a folded one shows none."""
        if getattr(form, "folded", False):
            return None
        made = super()._get_nested_formset(request, obj, form, *further)  # type: ignore[misc]
        return made and ShownRows.of(made)

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, which knows how much it may send, and tells everything that is wrong with what was sent."""
        context["most_fields"] = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        form, formsets = context["adminform"].form, context["inline_admin_formsets"]
        if form.is_bound:
            if not getattr(request, "refused", None):
                tell_what_else(form, formsets[0].formset)
            context["errors"] = all_errors(form, formsets)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
