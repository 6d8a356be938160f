"""Listeners in the admin: how each one fares, and what can be done about it."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from tmfusage.access.models import ApiClient
from tmfusage.access.principals import staff_label
from tmfusage.backoffice import hub_showing as showing
from tmfusage.backoffice.bases import display
from tmfusage.backoffice.hub_removing import MAY_ACT, TEMPLATES, Removing
from tmfusage.backoffice.hub_verbs import ROTATE, VERBS, NoForm, Verb, offered
from tmfusage.backoffice.moments import marked
from tmfusage.hub import vault
from tmfusage.hub.health import Condition, conditions_of
from tmfusage.hub.models import Delivery, Hub
from tmfusage.tmf.refusals import TmfError

MOST_SHOWN = 20
# Deliveries of one listener have no index but while they wait or are given up: only the latest of all are looked at.
MOST_SCANNED = 50_000
CANCELLED = "57014"


@admin.register(Hub)
class HubAdmin(Removing):
    """The list, the page and the verbs of listeners."""

    list_display = ["__str__", "client", "standing", "lag", "waiting", "given_up", "success", "due", "last_success"]
    list_filter = ["state", "api"]
    search_fields = ["callback", "host", "query", "id__startswith"]
    search_help_text = gettext_lazy("Callback, query or id")
    template = f"{TEMPLATES}/detail.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hub]:
        """The listeners; a list without a filter leaves out those that are gone."""
        found = super().get_queryset(request)
        listed = request.resolver_match and request.resolver_match.url_name == "hub_hub_changelist"
        return found.standing() if listed and "state__exact" not in request.GET else found  # type: ignore[attr-defined]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page of the list, each listener with its figures."""
        listed = super().get_changelist_instance(request)
        figures = conditions_of(hub.pk for hub in listed.result_list)
        clients = ApiClient.objects.in_bulk({hub.client_id for hub in listed.result_list})
        for hub in listed.result_list:
            hub.condition, hub.known_client = figures.get(hub.pk, Condition()), clients.get(hub.client_id)
        return listed

    def get_urls(self) -> list:
        """The pages of the verbs, and the admin's own pages."""
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<path:object_id>/do/<slug:verb>/", view, name="hub_hub_do"), *super().get_urls()]

    def sheet(self, request: HttpRequest, found: Hub) -> dict[str, Any]:
        """The listener with its figures, its deliveries and what can be done."""
        return {**sheet(found), "verbs": offered(found) if request.user.has_perm(MAY_ACT) else []}

    def context(self, request: HttpRequest, found: Hub) -> dict[str, Any]:
        """What its pages need."""
        return {**super().context(request, found), "hub": found, "back": self._address(found)}

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Ask, then do it."""
        if not (request.user.has_perm(MAY_ACT) and self.has_view_permission(request)):
            raise PermissionDenied
        hub, asked = self.found(request, object_id), VERBS.get(verb)
        if asked is None:
            raise Http404
        if request.method != "POST" and asked not in offered(hub):
            return self._refused(request, hub, _("This cannot be done while the listener is in this state."))
        form = asked.form(hub, request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._rotate(request, hub, form) if asked is ROTATE else self._do(request, hub, asked, form)
        context = {**self.context(request, hub), "verb": asked, "form": form, "title": asked.label}
        return TemplateResponse(request, f"{TEMPLATES}/verb.html", context)

    def _do(self, request: HttpRequest, hub: Hub, asked: Verb, form: NoForm) -> HttpResponse:
        assert asked.do is not None  # noqa: S101  # for the type checker: all but ROTATE have one
        try:
            words = asked.do(hub, form.cleaned_data, staff_label(request))
        except TmfError as refusal:
            return self._refused(request, hub, f"{refusal.reason} {refusal.message}".strip())
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlstate", None) != CANCELLED:
                raise
            return self._refused(request, hub, _("This took too long; choose a later moment."))
        self.log_change(request, hub, f"{asked.label}: {words}")
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(self._address(hub))

    @sensitive_variables("secret", "context")
    def _rotate(self, request: HttpRequest, hub: Hub, form: NoForm) -> HttpResponse:
        """The answer to the POST itself carries the secret: no session, message or cookie ever holds it."""
        if hub.state not in ROTATE.states:
            raise Http404
        said = form.cleaned_data
        try:
            secret = hub.rotate_secret(timedelta(hours=said["overlap"]), said["seen"])
        except TmfError as refusal:
            return self._refused(request, hub, f"{refusal.reason} {refusal.message}")
        self.log_change(request, hub, _("Rotated the secret."))
        context = {**self.context(request, hub), "secret": secret, "title": _("The new secret")}
        return _not_stored(request, f"{TEMPLATES}/secret.html", context)

    def _refused(self, request: HttpRequest, hub: Hub, why: str) -> HttpResponse:
        self.message_user(request, why, messages.ERROR)
        return HttpResponseRedirect(self._address(hub))

    def _address(self, hub: Hub) -> str:
        return reverse("admin:hub_hub_change", args=[quote(hub.pk)], current_app=self.admin_site.name)

    @display(description=gettext_lazy("API client"))
    def client(self, hub: Any) -> str:
        """Who registered it; of a client that was deleted its id."""
        return str(hub.known_client or hub.client_id or "—")

    @display(description=gettext_lazy("State"), label=showing.HUB_TONES)
    def standing(self, hub: Hub) -> tuple[str, str]:
        """What is done with events for it."""
        return hub.state, str(Hub.State(hub.state).label)

    @display(description=gettext_lazy("Lag"))
    def lag(self, hub: Any) -> str:
        """How old the oldest event is that it is still to get."""
        return showing.duration(hub.condition.lag) if hub.condition.oldest else "—"

    @display(description=gettext_lazy("Waiting"))
    def waiting(self, hub: Any) -> str:
        """Deliveries to be made."""
        return showing.counted(hub.condition.pending)

    @display(description=gettext_lazy("Given up"))
    def given_up(self, hub: Any) -> str:
        """Deliveries that failed for good."""
        return showing.counted(hub.condition.dead)

    @display(description=gettext_lazy("Success, last hour"))
    def success(self, hub: Any) -> str:
        """The share of attempts that were delivered."""
        return showing.percent(hub.condition.success_rate)

    @display(description=gettext_lazy("Next attempt"))
    def due(self, hub: Any) -> str:
        """When something is sent next."""
        return marked(hub.condition.next_attempt(hub))

    @display(description=gettext_lazy("Last success"))
    def last_success(self, hub: Hub) -> str:
        """When an event was delivered last."""
        return marked(hub.last_success_at)


def sheet(hub: Hub) -> dict[str, Any]:
    """All that the page shows of a listener."""
    condition = conditions_of([hub.pk]).get(hub.pk, Condition())
    deliveries = Delivery.objects.filter(hub=hub).select_related("event")
    deliveries = deliveries.defer("payload", "event__payload", "event__snapshot")
    return {
        "condition": condition,
        "figures": _figures(hub, condition),
        "client": ApiClient.objects.filter(pk=hub.client_id).first() if hub.client_id else None,
        "header_names": _header_names(hub),
        "lists": [
            (gettext_lazy("Waiting"), deliveries.pending().order_by("event_id")[:MOST_SHOWN], Delivery.State.PENDING),
            (gettext_lazy("Given up"), deliveries.dead().order_by("-id")[:MOST_SHOWN], Delivery.State.DEAD),
            (gettext_lazy("Latest deliveries"), latest_of(deliveries).order_by("-id")[:MOST_SHOWN], None),
        ],
    }


def latest_of(deliveries: Any) -> Any:
    """Those among the latest deliveries of all listeners."""
    newest = Delivery.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    return deliveries.filter(pk__gt=newest - MOST_SCANNED)


def _figures(hub: Hub, condition: Condition) -> list[tuple[Any, Any]]:
    return [
        (_("Lag"), showing.duration(condition.lag) if condition.oldest else "—"),
        (_("Waiting"), showing.counted(condition.pending)),
        (_("Given up"), showing.counted(condition.dead)),
        (_("Success, last hour"), showing.percent(condition.success_rate)),
        (_("Next attempt"), marked(condition.next_attempt(hub))),
        (_("Catching up since"), marked(hub.catch_up_from)),
        (_("Last success"), marked(hub.last_success_at)),
        (_("Failures in a row"), showing.counted(hub.failures)),
        (_("Circuit breaker"), str(Hub.Breaker(hub.breaker).label)),
    ]


def _header_names(hub: Hub) -> list[str]:
    """Their values are credentials and stay sealed."""
    try:
        return sorted(hub.own_headers)
    except vault.Sealed:
        return [_("sealed with a key that is not configured any more")]


@never_cache
def _not_stored(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page, which browsers and proxies must not keep (`never_cache` says no-store)."""
    return TemplateResponse(request, template, context)
