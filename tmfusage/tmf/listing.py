"""Reading a collection and its resources over HTTP (TMF630 Part 1 §4)."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from rest_framework.request import Request

from tmfusage.tmf.errors import JSON
from tmfusage.tmf.etags import not_modified
from tmfusage.tmf.generics import TmfGenericViewSet
from tmfusage.tmf.pagination import Page, links
from tmfusage.tmf.query.parameters import Parameters
from tmfusage.tmf.query.sql import Condition, all_of, compile_tree
from tmfusage.tmf.reading import REVISION, Count
from tmfusage.tmf.sorting import Order, natural_order, parse_sort


class ListMixin(TmfGenericViewSet):
    """GET of a collection."""

    def list(self, request: Request) -> HttpResponse:
        """A page of the collection; 206 when the client asked for a part of it."""
        parameters = self._parameters(request)
        page = Page.of(parameters.controls)
        condition = all_of([compile_tree(parameters.tree, self.attributes), self._allowed()])
        rows = self.table.page(condition, self._order(parameters), page.limit, page.offset) if page.limit else []
        count = self._count(condition, page, len(rows))
        body = "[" + ",".join(self._texts(rows, self._selection(parameters))) + "]"
        response = HttpResponse(body.encode(), content_type=JSON, status=page.status(len(rows), count.total))
        self._describe(response, page, count, len(rows))
        return response

    def _order(self, parameters: Parameters) -> Order:
        if (text := parameters.controls.get("sort")) is not None:
            return parse_sort(text, self.attributes)
        return natural_order(parameters.tree, self.attributes)

    def _count(self, condition: Condition, page: Page, found: int) -> Count:
        if 0 < found < page.limit or (found == 0 and page.offset == 0 and page.limit):
            return Count(page.offset + found)
        return self.table.count(condition)

    def _describe(self, response: HttpResponse, page: Page, count: Count, found: int) -> None:
        response.headers["X-Total-Count"] = str(count.total)
        response.headers["X-Result-Count"] = str(found)
        if count.estimated:
            response.headers["X-Total-Count-Estimated"] = "true"
        if link := links(self.base[:-1], self.request.META.get("QUERY_STRING", ""), page, count.total):
            response.headers["Link"] = link


class RetrieveMixin(TmfGenericViewSet):
    """GET of one resource."""

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """The resource; 404 when there is none that the caller may see."""
        parameters = self._parameters(request)
        condition = all_of([compile_tree(parameters.tree, self.attributes), self._allowed()])
        row = self.table.one(id, condition) if "\x00" not in id else None
        if row is None:
            raise Http404
        return not_modified(request, row[REVISION]) or self._answer(row, self._selection(parameters), 200)
