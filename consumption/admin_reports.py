"""What reports say beside buckets, entered by staff."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consumption.models import ReportHeading
from tmfusage.backoffice.admin import GuardedEditing, GuardedForm, JsonWidget, ModelAdmin
from tmfusage.tmf.resources import ExactJSONField


@admin.register(ReportHeading)
class ReportHeadingAdmin(GuardedEditing, ModelAdmin):
    """Headings of reports."""

    form = GuardedForm
    list_display = ["key", "kind", "name", "valid_to"]
    list_filter = ["kind"]
    search_fields = ["key__startswith", "name"]
    search_help_text = _("The beginning of the id or number, or the name.")
    show_full_result_count = False
    formfield_overrides = {ExactJSONField: {"widget": JsonWidget(rows=6)}}
    fieldsets = [
        (None, {"fields": [("kind", "key"), "name", "description"]}),
        (_("Told in every report"), {"fields": ["valid_from", "valid_to", "characteristic"]}),
    ]
