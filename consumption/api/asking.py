"""POST of a query: answered at once, later, or without being stored, as the client prefers (RFC 7240)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from consumption import query_tasks, querying
from consumption.criteria import Criteria, criteria_of
from consumption.models import QueryUsageConsumption
from tmfusage.tmf.listing import ListMixin, RetrieveMixin
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.writing import CreateMixin, DestroyMixin

Members = dict[str, Any]
MINIMAL, LATER = "return=minimal", "respond-async"


class AskingViewSet(ListMixin, RetrieveMixin, CreateMixin, DestroyMixin):
    """Stored queries of one version; a subclass names the words, and the status of a query that waits."""

    scope = "consumption"
    queryset = QueryUsageConsumption.objects.all()
    http_method_names = ["get", "head", "post", "delete", "options"]
    waiting_status = 201
    preferences = "`respond-async`: answered later; `return=minimal`: answered at once and not stored."
    other_successes: ClassVar[dict[int, str]] = {200: "The answer, which is not stored."}

    def create(self, request: Request) -> HttpResponse:
        """Report what is left and what was used: 201 with the answer, which is stored for a while.

        With `Prefer: return=minimal` the answer is not stored (200); with `Prefer: respond-async` it is computed
        later, and the query tells its state.
        """
        selection = self._selection(self._parameters(request, only=("fields",)))
        body, _ = self._body(request)
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        members = self._checked(body)
        criteria = criteria_of(members, self.party or "")
        query, status, applied = self._asked(members, criteria, preferred(request), str(request.user))
        response = self._one(query, selection, status)
        if status != 200:
            response.headers["Location"] = self.href(query.id)
        if applied:
            response.headers["Preference-Applied"] = applied
        return response

    def _asked(
        self, members: Members, criteria: Criteria, wanted: set[str], by: str
    ) -> tuple[QueryUsageConsumption, int, str]:
        """The query, the status of the answer, and the preference that was met."""
        if LATER in wanted:
            return self._wait(querying.defer(members, criteria, by), LATER)
        if MINIMAL in wanted or not settings.CONSUMPTION_STORE_QUERIES:
            return querying.answered(members, criteria, by), 200, MINIMAL if MINIMAL in wanted else ""
        query = querying.ask(members, criteria, by)
        return (query, 201, "") if query.state == query.State.DONE else self._wait(query, "")

    def _wait(self, query: QueryUsageConsumption, applied: str) -> tuple[QueryUsageConsumption, int, str]:
        # Nothing is lost when the broker does not answer: the sweep finds what waits.
        transaction.on_commit(lambda: query_tasks.wake(query.pk))
        return query, self.waiting_status, applied


def preferred(request: Request) -> set[str]:
    """What the client prefers, in lower case."""
    text = request.META.get("HTTP_PREFER", "")
    return {part.strip().lower().replace(" ", "").replace('"', "") for part in text.replace(";", ",").split(",")}
