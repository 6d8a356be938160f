"""By what the catalogue is filtered."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from specs.models import UsageSpecification


class StatusFilter(admin.SimpleListFilter):
    """Specifications of one status: those that there are, and none."""

    title = _("life cycle status")
    parameter_name = "lifecycle_status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The words of the life cycle in use."""
        there = UsageSpecification.objects.order_by("lifecycle_status").values_list("lifecycle_status", flat=True)
        return [(each, each or _("without a status")) for each in there.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The specifications of the status."""
        return queryset if self.value() is None else queryset.filter(lifecycle_status=self.value())


class ValidityFilter(admin.SimpleListFilter):
    """Specifications by when they are valid."""

    title = _("validity")
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Now, later, or no more."""
        return [("now", _("Valid now")), ("future", _("Valid later")), ("ended", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The specifications of the chosen kind."""
        now = timezone.now()
        begun = Q(valid_from__isnull=True) | Q(valid_from__lte=now)
        unended = Q(valid_to__isnull=True) | Q(valid_to__gte=now)
        chosen = {"now": begun & unended, "future": Q(valid_from__gt=now), "ended": Q(valid_to__lt=now)}
        return queryset.filter(chosen.get(self.value() or "", Q()))


class BundleFilter(admin.SimpleListFilter):
    """Specifications that group others, and those that do not."""

    title = _("bundling")
    parameter_name = "is_bundle"
    CHOSEN = {"yes": True, "no": False, "unsaid": None}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Bundles, the others, and those that do not say."""
        return [("yes", _("Bundles")), ("no", _("No bundles")), ("unsaid", _("Not said"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The specifications of the chosen kind."""
        if self.value() not in self.CHOSEN:
            return queryset
        chosen = self.CHOSEN[str(self.value())]
        return queryset.filter(is_bundle__isnull=True) if chosen is None else queryset.filter(is_bundle=chosen)
