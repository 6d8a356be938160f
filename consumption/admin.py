"""Consumption in the admin: kinds of buckets and rules are defined, buckets are read, and credited with a reason."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import QuerySet, TextField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consumption import spoken, units
from consumption.admin_bucket import BucketPages, pages_of
from consumption.admin_reports import ReportHeadingAdmin
from consumption.models import Bucket, BucketSpecification, ConsumptionRule, Owner
from consumption.models.owners import spellings
from tmfusage.backoffice.admin import GuardedEditing, GuardedForm, ModelAdmin, TextareaWidget, display
from tmfusage.backoffice.paging import BoundedPaginator
from usage.admin_detail import ADDRESSES

__all__ = ["ReportHeadingAdmin"]
LONGEST = 255
MOST_FOUND = 1_000
STATUS_TONES = {"Active": "success", "Suspended": "warning", "Expired": "default"}


ADDRESSES.append(pages_of)


@admin.register(BucketSpecification)
class BucketSpecificationAdmin(GuardedEditing, ModelAdmin):
    """The kinds of buckets that products grant."""

    form = GuardedForm
    list_display = ["name", "usage_type", "granted_text", "lasting", "priority", "is_shared", "active"]
    list_filter = ["active", "renews"]
    search_fields = ["name", "usage_type", "id__startswith"]
    readonly_fields = ["id"]
    compressed_fields = True
    formfield_overrides = {
        ArrayField: {"widget": TextareaWidget(attrs={"rows": 1})},
        TextField: {"widget": TextareaWidget(attrs={"rows": 2})},
    }
    fieldsets = [
        (None, {"fields": [("name", "usage_type"), "description", ("default_amount", "unit"), "unlimited"]}),
        (_("Period"), {"fields": [("period_count", "period"), "renews"]}),
        (_("Use"), {"fields": ["thresholds", "priority", "is_shared", "active", "id"]}),
    ]

    @display(description=_("Granted"))
    def granted_text(self, kind: BucketSpecification) -> str:
        """The amount of a period."""
        return (
            str(_("unlimited"))
            if kind.unlimited
            else spoken.counted(units.plain(kind.default_amount or Decimal(0)), kind.unit)
        )

    @display(description=_("Period"))
    def lasting(self, kind: BucketSpecification) -> str:
        """For how long, and whether again."""
        if not kind.period_count:
            return str(_("without end"))
        lasts = spoken.lasting(kind.period_count, kind.period)
        return f"{lasts}, {_('renews')}" if kind.renews else lasts


@admin.register(ConsumptionRule)
class ConsumptionRuleAdmin(GuardedEditing, ModelAdmin):
    """Which usage takes from which buckets."""

    form = GuardedForm
    list_display = ["specification", "quantity", "usage_type", "whose", "active"]
    list_filter = ["active", "usage_type"]
    search_fields = ["specification__name", "usage_type", "characteristic"]
    autocomplete_fields = ["specification"]
    list_select_related = ["specification"]
    compressed_fields = True
    fields = [
        "specification",
        ("characteristic", "unit"),
        "unit_characteristic",
        "usage_type",
        ("whose", "whose_name"),
        "active",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: ConsumptionRule | None = None) -> list[str]:
        """The specification of a rule stays: what its usages took by the rule is given back by it."""
        return ["specification"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: ConsumptionRule | None = None) -> bool:
        """A rule is put out of force: what usages took by it must still be given back when they are rerated."""
        return False

    @display(description=_("Quantity"))
    def quantity(self, rule: ConsumptionRule) -> str:
        """How much a usage takes."""
        unit = rule.unit or rule.unit_characteristic
        return f"{rule.characteristic} {unit}" if rule.characteristic else spoken.counted(Decimal(1), unit)


@admin.register(Bucket)
class BucketAdmin(BucketPages, ModelAdmin):
    """Buckets: found by number, party, account, product or id; their ledger explains every unit."""

    list_display = ["__str__", "usage_type", "remaining_shown", "granted_shown", "state", "valid_to", "parties"]
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    list_disable_select_all = True
    list_select_related = ["specification"]
    sortable_by = ()
    ordering = ["-id"]
    actions = None
    # Only makes the box appear: `get_search_results` searches by key.
    search_fields = ["id"]
    search_help_text = _("Id, phone number, party, account, product or service")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Buckets come in through the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Bucket | None = None) -> bool:
        """A balance is credited or adjusted, not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Bucket | None = None) -> bool:
        """What happened is kept."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No filters by address: an index might not answer them."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bucket]:
        """The buckets, in lists without their documents."""
        found = super().get_queryset(request)
        return (
            found
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else found.defer("document")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Bucket], search_term: str
    ) -> tuple[QuerySet[Bucket], bool]:
        """The buckets with that id or of that owner: two look-ups in indexes, never a scan."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) > LONGEST or "\x00" in term:
            return queryset.none(), False
        keys = [*spellings(term), *(["00" + each for each in spellings(term)[1:]])]
        owned = Owner.objects.filter(key__in=keys).values_list("bucket_id", flat=True)[:MOST_FOUND]
        return queryset.filter(pk__in=[term, *owned]), False

    @display(description=_("Remaining"))
    def remaining_shown(self, bucket: Bucket) -> str:
        """What may still be used."""
        return spoken.remaining(bucket)

    @display(description=_("Granted"))
    def granted_shown(self, bucket: Bucket) -> str:
        """What this period began with, and was given since."""
        return spoken.amount(bucket.allowance, bucket.unit) if bucket.measured and not bucket.unlimited else "—"

    @display(description=_("Status"), label=STATUS_TONES)
    def state(self, bucket: Bucket) -> str:
        """Where it stands."""
        return bucket.state_shown(timezone.now()).status_text

    @display(description=_("Parties"))
    def parties(self, bucket: Bucket) -> str:
        """Whose it is."""
        return ", ".join(bucket.party_ids[:3]) or "—"
