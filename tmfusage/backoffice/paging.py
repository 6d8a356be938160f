"""Pages of tables that may hold millions of rows."""

from typing import cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Pages that are counted up to a bound, which is the last page as well."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most the bound."""
        return cast(QuerySet, self.object_list).order_by()[:MOST_COUNTED].count()
