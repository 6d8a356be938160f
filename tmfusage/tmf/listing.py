"""Reading a collection and its resources over HTTP (TMF630 Part 1 §4)."""

from __future__ import annotations

import builtins

from django.http import Http404, HttpResponse
from rest_framework.request import Request

from tmfusage.tmf.errors import JSON
from tmfusage.tmf.etags import not_modified
from tmfusage.tmf.generics import TmfGenericViewSet
from tmfusage.tmf.pagination import Around, Page, links
from tmfusage.tmf.query.narrowing import narrowed
from tmfusage.tmf.query.parameters import Parameters
from tmfusage.tmf.query.patience import patience
from tmfusage.tmf.query.sql import Condition, all_of, compile_keyed, compile_tree
from tmfusage.tmf.query.tree import EVERYTHING
from tmfusage.tmf.query.walking import Walk, walk_of
from tmfusage.tmf.reading import REVISION, Count, Row
from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.sorting import Order, natural_order, parse_sort


class ListMixin(TmfGenericViewSet):
    """GET of a collection."""

    def list(self, request: Request) -> HttpResponse:
        """A page of the collection; 206 when the client asked for a part of it."""
        parameters = self._parameters(request)
        selection = self._selection(parameters)
        page, order = Page.of(parameters.controls), self._order(parameters)
        with patience(parameters):
            condition = self._condition(parameters)
            rows, more = self._rows(self._walk(parameters, order) or condition, order, page)
            count = self._count(condition, page, len(rows), more)
        body = "[" + ",".join(self._texts(rows, selection)) + "]"
        response = HttpResponse(body.encode(), content_type=JSON, status=page.status(len(rows), count.total))
        self._describe(response, count, len(rows))
        around = self._around(order, page, rows, more, count)
        if link := links(self.base[:-1], request.META.get("QUERY_STRING", ""), around):
            response.headers["Link"] = link
        return response

    def _condition(self, parameters: Parameters) -> Condition:
        condition, keyed = compile_keyed(parameters.tree, self.attributes)
        condition = all_of([condition, self._allowed()])
        return narrowed(self.table.name, condition) if keyed or self.party else condition

    def _walk(self, parameters: Parameters, order: Order) -> Walk | None:
        """How a page is read that the planner would not read well: one that is ordered by id, of values of columns."""
        if parameters.tree == EVERYTHING or len(order.keys) > 1 or self.party or not self.model.walked:
            return None
        return walk_of(parameters.tree, self.attributes, self._allowed())

    def _order(self, parameters: Parameters) -> Order:
        if (text := parameters.controls.get("sort")) is not None:
            return parse_sort(text, self.attributes)
        return natural_order(parameters.tree, self.attributes)

    def _rows(self, condition: Condition | Walk, order: Order, page: Page) -> tuple[builtins.list[Row], bool]:
        """The rows of the page in their order, and whether there are more in the direction in which it was read."""
        cursor = page.cursor(self.basename, order)
        if not page.limit:
            return [], False
        if cursor is None:
            rows = self.table.page(condition, order, page.limit + 1, page.offset)
        else:
            way = order.backwards() if cursor.before else order
            rows = self.table.behind(condition, way, cursor.position, page.limit + 1)
        more, rows = len(rows) > page.limit, rows[: page.limit]
        return (rows[::-1] if page.before else rows), more

    def _count(self, condition: Condition, page: Page, found: int, more: bool) -> Count:
        if not (more or page.after or page.before) and (found or not page.offset) and page.limit:
            return Count(page.offset + found)
        return self.table.count(condition)

    def _around(self, order: Order, page: Page, rows: builtins.list[Row], more: bool, count: Count) -> Around:
        first, last = (self.table.position(row, order) for row in (rows[0], rows[-1])) if rows else (None, None)
        total = None if count.estimated else count.total
        earlier = more if page.before else bool(page.after or page.offset)
        later = bool(page.before and rows) or (more and not page.before)
        return Around(self.basename, order, page, first, last, earlier, later, total)

    @staticmethod
    def _describe(response: HttpResponse, count: Count, found: int) -> None:
        response.headers["X-Total-Count"] = str(count.total)
        response.headers["X-Result-Count"] = str(found)
        if count.estimated:
            response.headers["X-Total-Count-Estimated"] = "true"


class RetrieveMixin(TmfGenericViewSet):
    """GET of one resource."""

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """The resource; 404 when there is none that the caller may see."""
        parameters = self._parameters(request)
        if refused := [name for name in parameters.controls if name != "fields"]:
            raise invalid_query(f"{' and '.join(refused)} cannot be asked of one resource: only fields can.")
        condition = all_of([compile_tree(parameters.tree, self.attributes), self._allowed()])
        row = self.table.one(id, condition) if "\x00" not in id else None
        if row is None:
            raise Http404
        return not_modified(request, row[REVISION]) or self._answer(row, self._selection(parameters), 200)
