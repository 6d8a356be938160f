"""The list of usages: pages found by keyset on an index, so that the last one costs what the first one costs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from usage.admin_filters import DateFilter, TypeFilter
from usage.admin_search import branches
from usage.models import Usage

AFTER, BEFORE = "after", "before"
COLUMNS = ["id", "type", "status", "usage_date", "usage_type", "numbers", "party_ids", "specification_id"]
SPECIFICATION = ["specification__name", "specification__version"]


class Pages:
    """What Django and the theme ask of a paginator; there is no count and no number of pages."""

    template_name = "admin/usage/usage/pagination.html"
    num_pages = 1

    def __init__(self, per_page: int, count: int):
        self.per_page, self.count = per_page, count


class UsageChangeList(ChangeList):
    """A page of usages: never counted, never skipped to, the documents left in the database.

    Newest first by id; with a filter by date by date, for only so the index of the dates serves both.
    """

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any):
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters
        self.backwards = BEFORE in request.GET
        self.cursor = request.GET.get(BEFORE if self.backwards else AFTER, "")
        super().__init__(request, *args, **kwargs)
        for parameters in (self.params, self.filter_params):
            parameters.pop(AFTER, None)
            parameters.pop(BEFORE, None)

    @property
    def by_date(self) -> bool:
        """Whether the list is in the order of the usages' dates."""
        return any(isinstance(spec, DateFilter) and spec.active for spec in self.filter_specs)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The parameters that filter, which the cursor does not."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in {AFTER, BEFORE}}

    def get_query_string(self, new_params: dict[str, Any] | None = None, remove: Iterable[str] | None = None) -> str:
        """The address of the first page, unless a cursor is given."""
        return super().get_query_string({AFTER: None, BEFORE: None, **(new_params or {})}, remove)

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet:
        """The filtered usages; the search is done page by page, each of its branches on its own index."""
        term, self.query = self.query, ""
        queryset = super().get_queryset(request, exclude_parameters)
        self.query = term
        return queryset

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str | Combinable]:
        """By the column that the filter ranges over, then by id."""
        return ["-usage_date", "-id"] if self.by_date else ["-id"]

    def get_results(self, request: HttpRequest) -> None:
        """Find one page and whether there is another one."""
        keys = self._keys(self.list_per_page + 1)
        more = len(keys) > self.list_per_page
        keys = keys[: self.list_per_page]
        if self.backwards:
            keys.reverse()
        self.result_list = self._rows([key[-1] for key in keys])
        self._link(keys, more)
        # Both alike: Django and the theme then speak of no count at all.
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = Pages(self.list_per_page, self.result_count)

    def _link(self, keys: list[tuple], more: bool) -> None:
        newer = more if self.backwards else bool(self.cursor)
        older = bool(self.cursor) if self.backwards else more
        self.newest_url = self.get_query_string() if self.cursor else None
        self.newer_url = self.get_query_string({BEFORE: _cursor(keys[0])}) if newer and keys else None
        self.older_url = self.get_query_string({AFTER: _cursor(keys[-1])}) if older and keys else None

    def _keys(self, size: int) -> list[tuple]:
        """The keys of one page and one more: each branch gives as many, the merge keeps the first."""
        fields = ["usage_date", "id"] if self.by_date else ["id"]
        sign = "" if self.backwards else "-"
        order = [f"{sign}{field}" for field in fields]
        queryset = self.queryset.filter(self._beyond()) if self.cursor else self.queryset
        first, *others = (
            queryset.filter(branch).order_by(*order).values_list(*fields)[:size] for branch in self._branches()
        )
        return list(first.union(*others).order_by(*order)[:size] if others else first)

    def _branches(self) -> list[Q]:
        if self.query.strip():
            return branches(self.query)
        chosen = {type(spec) for spec in self.filter_specs if getattr(spec, "used_parameters", None)}
        if TypeFilter in chosen and "status__exact" not in self.params and not self.by_date:
            # The index is on type, status and id: one walk per status, instead of a search for a rare type by id.
            return [Q(status=status) for status in Usage.Status.values]
        return [Q()]

    def _beyond(self) -> Q:
        """What comes after the cursor (before it, when going back)."""
        side = "gt" if self.backwards else "lt"
        if not self.by_date:
            return Q(**{f"id__{side}": self.cursor})
        text, _comma, key = self.cursor.partition(",")
        try:
            date = datetime.fromisoformat(text)
        except ValueError as exc:
            raise IncorrectLookupParameters from exc
        if date.tzinfo is None:
            raise IncorrectLookupParameters
        # The first term is what the index walks; the rest breaks ties.
        return Q(**{f"usage_date__{side}e": date}) & (Q(**{f"usage_date__{side}": date}) | Q(**{f"id__{side}": key}))

    def _rows(self, ids: list[str]) -> list[Usage]:
        found = Usage.objects.filter(pk__in=ids).select_related("specification").only(*COLUMNS, *SPECIFICATION)
        rows = {usage.pk: usage for usage in found}
        return [rows[each] for each in ids if each in rows]


def _cursor(key: tuple) -> str:
    return ",".join(part.isoformat() if isinstance(part, datetime) else part for part in key)
