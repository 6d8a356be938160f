"""Consumption in the words of TMF677 v5.1.0: what is stored in v4's words is translated on its way out and in."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from consumption import querying
from consumption.api import v4
from consumption.api.asking import AskingViewSet
from consumption.api.filters_v5 import asked_in
from consumption.api.shapes_v4 import UsageConsumption as UsageConsumptionV4
from consumption.api.shapes_v5 import QueryUsageConsumption, UsageConsumptionReport
from consumption.api.translating import translated
from consumption.criteria import criteria_of
from consumption.models import UsageConsumptionReport as ReportModel
from consumption.report import parsed
from consumption.words import query_in_v4, query_in_v5, report_in_v5
from tmfusage.tmf import exact
from tmfusage.tmf.errors import JSON
from tmfusage.tmf.fields import Selection
from tmfusage.tmf.generics import TmfGenericViewSet
from tmfusage.tmf.listing import ListMixin, RetrieveMixin
from tmfusage.tmf.pagination import AroundComputed, computed_page, links
from tmfusage.tmf.query.parameters import Parameters
from tmfusage.tmf.query.resolving import Attributes, attributes_of
from tmfusage.tmf.reading import Count, Row
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import new_id
from tmfusage.tmf.serializers import Representation
from tmfusage.tmf.writing import CreateMixin, DestroyMixin


class StoredReport(UsageConsumptionV4):
    """A stored report in v4's words, which v4 itself does not serve."""

    class Meta:
        legacy = {"bucket": "bucketRefOrValue"}
        columns = {"id": "id", "href": "id", "@type": "type"}


class InV5(TmfGenericViewSet):
    """What views of v5 share: the words."""

    stored_words: type[Representation]
    renamed: Mapping[str, str] = {}

    @staticmethod
    def in_v5(members: dict[str, Any]) -> dict[str, Any]:
        """The resource in v5's words."""
        raise NotImplementedError

    @cached_property
    def attributes(self) -> Attributes:
        """What may be filtered: the stored members."""
        return attributes_of(self.stored_words, self.model)

    def _parameters(self, request: Request, only: tuple[str, ...] | None = None) -> Parameters:
        return translated(super()._parameters(request, only), self.renamed)

    def _selection(self, parameters: Parameters) -> Selection | None:
        """The kits want the date of creation whatever is selected."""
        selection = super()._selection(parameters)
        if selection is not None and not selection.others:
            selection.children.setdefault("creationDate", Selection())
        return selection

    def _texts(self, rows: Sequence[Row], selection: Selection | None) -> Sequence[str]:
        return [self._text(exact.loads(self.table.render(row, self.base).encode()), selection) for row in rows]

    def _text(self, members: dict[str, Any], selection: Selection | None) -> str:
        told = self.in_v5(members)
        return exact.dumps(told if selection is None else selection.pick(told)).decode()


class QueryUsageConsumptionViewSet(InV5, AskingViewSet):
    """Queries for consumption."""

    serializer_class = QueryUsageConsumption
    stored_words = v4.QueryUsageConsumption
    renamed = {"creationDate": "queryUsageConsumptionDate"}
    waiting_status = 202
    other_successes = {**AskingViewSet.other_successes, 202: "The query, which is answered later."}
    in_v5 = staticmethod(query_in_v5)

    def _checked(self, members: dict) -> dict:
        return query_in_v4(super()._checked(members))


class UsageConsumptionReportViewSet(InV5, ListMixin, RetrieveMixin, CreateMixin, DestroyMixin):
    """Reports: computed from filters without being stored, or kept as snapshots."""

    scope = "consumption"
    queryset = ReportModel.objects.all()
    serializer_class = UsageConsumptionReport
    stored_words = StoredReport
    http_method_names = ["get", "head", "post", "delete", "options"]
    in_v5 = staticmethod(report_in_v5)

    def _checked(self, members: dict) -> dict:
        return query_in_v4(super()._checked(members))

    def list(self, request: Request) -> HttpResponse:
        """Filters by party, account, product, line or bucket compute reports of now, which are not stored.

        Without such a filter it lists the stored snapshots.
        """
        parameters = self._parameters(request)
        asked = asked_in(parameters.tree)
        if asked is None:
            return super().list(request)
        page, selection = computed_page(parameters.controls), self._selection(parameters)
        found = parsed(querying.look(criteria_of({"searchCriteria": asked}, self.party or "")))
        shown = found[page.offset : page.offset + page.limit]
        texts = [self._text(self._identified(report), selection) for report in shown]
        response = HttpResponse(
            f"[{','.join(texts)}]".encode(), content_type=JSON, status=page.status(len(shown), len(found))
        )
        self._describe(response, Count(len(found)), len(shown))
        around = AroundComputed(page, len(found))
        if link := links(self.base[:-1], request.META.get("QUERY_STRING", ""), around):
            response.headers["Link"] = link
        return response

    def _identified(self, report: dict[str, Any]) -> dict[str, Any]:
        """The report with an id, as every answer has one; nothing is kept under it."""
        made = new_id()
        return {"id": made, "href": self.href(made), **report}

    def create(self, request: Request) -> HttpResponse:
        """Compute a report and keep it as a snapshot: 201."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        body, _ = self._body(request)
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        members = self._checked(body)
        criteria = criteria_of({"searchCriteria": members}, self.party or "")
        report = querying.keep(members, criteria, str(request.user))
        response = self._one(report, selection, 201)
        response.headers["Location"] = self.href(report.id)
        return response


VIEWSETS: builtins.list[tuple[str, Any, str]] = [
    ("queryUsageConsumption", QueryUsageConsumptionViewSet, "query-usage-consumption-v5"),
    ("usageConsumptionReport", UsageConsumptionReportViewSet, "usage-consumption-report-v5"),
]
