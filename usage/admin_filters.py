"""Filters of the list of usages."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MOST_TYPES = 200
TYPES_KEY = "usage.admin.types"
TYPES_SECONDS = 60
# From each type to the next one in the index: as many steps as there are types, however many usages.
_TYPES = """
WITH RECURSIVE types AS (
    (SELECT usage_type FROM usage_usage ORDER BY usage_type LIMIT 1)
    UNION ALL
    SELECT (SELECT next.usage_type FROM usage_usage next WHERE next.usage_type > types.usage_type
            ORDER BY next.usage_type LIMIT 1)
    FROM types WHERE types.usage_type IS NOT NULL
)
SELECT usage_type FROM types WHERE usage_type IS NOT NULL LIMIT %s
"""


def usage_types() -> list[str]:
    """The types that usages have, remembered for a minute; no more than a person can choose from."""
    types = cache.get(TYPES_KEY)
    if types is None:
        with connection.cursor() as cursor:
            cursor.execute(_TYPES, [MOST_TYPES])
            types = [row[0] for row in cursor.fetchall()]
        cache.set(TYPES_KEY, types, TYPES_SECONDS)
    return types


class TypeFilter(admin.SimpleListFilter):
    """Usages of one type."""

    title = _("type")
    parameter_name = "usage_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The types there are, and the one asked for."""
        asked = self.value()
        types = dict.fromkeys([*usage_types(), *([] if asked is None else [asked])])
        return [(each, each or _("without a type")) for each in types]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The usages of the type."""
        return queryset if self.value() is None else queryset.filter(usage_type=self.value())


class DateFilter(admin.ListFilter):
    """Usages of a period: one of the usual ones, or from one day to another, both included."""

    title = _("usage date")
    template = "admin/usage/usage/date_filter.html"
    PERIOD, FROM, TO = NAMES = ("period", "date_from", "date_to")
    # name: what it is called, days from its first day until today, number of days
    PERIODS = {
        "today": (_("Today"), 0, 1),
        "yesterday": (_("Yesterday"), 1, 1),
        "7": (_("Last 7 days"), 6, 7),
        "30": (_("Last 30 days"), 29, 30),
    }

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: type, model_admin: Any):
        super().__init__(request, params, model, model_admin)
        for name in self.NAMES:
            if value := params.pop(name, [""])[-1]:
                self.used_parameters[name] = value
        self.first, self.last = self._days()

    @property
    def active(self) -> bool:
        """Whether a period was asked for."""
        return bool(self.used_parameters)

    def has_output(self) -> bool:
        """Always: there are days to choose from."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """The names in the address."""
        return list(self.NAMES)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The usages of the days, which begin and end in the time zone of the site."""
        if self.first:
            queryset = queryset.filter(usage_date__gte=_midnight(self.first))
        if self.last:
            queryset = queryset.filter(usage_date__lt=_midnight(self.last + timedelta(days=1)))
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Any date, the usual periods, and what the form for other days needs."""
        chosen = self.used_parameters.get(self.PERIOD)
        others = dict.fromkeys(self.NAMES)
        yield {
            "selected": not self.active,
            "query_string": changelist.get_query_string(others),
            "display": _("Any date"),
        }
        for name, (title, _ago, _days) in self.PERIODS.items():
            address = changelist.get_query_string({**others, self.PERIOD: name})
            yield {"selected": chosen == name, "query_string": address, "display": title}

    def kept(self) -> list[tuple[str, str]]:
        """The other parameters of the address, for the form."""
        own = {*self.NAMES, "after", "before", "e", "p"}
        return [(name, value) for name, values in self.request.GET.lists() if name not in own for value in values]

    def _days(self) -> tuple[date | None, date | None]:
        name = str(self.used_parameters.get(self.PERIOD, ""))
        if not name:
            return self._day(self.FROM), self._day(self.TO)
        if name not in self.PERIODS:
            raise IncorrectLookupParameters
        _title, ago, days = self.PERIODS[name]
        first = timezone.localdate() - timedelta(days=ago)
        return first, first + timedelta(days=days - 1)

    def _day(self, name: str) -> date | None:
        text = str(self.used_parameters.get(name, ""))
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError as exc:
            raise IncorrectLookupParameters from exc
        # At the ends of the calendar there is no day before or after.
        if day and not 1900 <= day.year <= 9000:
            raise IncorrectLookupParameters
        return day


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
