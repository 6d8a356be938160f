"""Events and deliveries in the admin: what happened, who was told, and how each attempt ended."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy

from tmfusage.access.principals import staff_label
from tmfusage.backoffice import hub_showing as showing
from tmfusage.backoffice.bases import display
from tmfusage.backoffice.hub_admin import MAY_ACT, latest_of
from tmfusage.backoffice.hub_delivery_verbs import DELIVERY_VERBS, DeliveryVerb
from tmfusage.backoffice.moments import marked
from tmfusage.backoffice.pages import PageAdmin
from tmfusage.backoffice.paging import BoundedPaginator
from tmfusage.hub.models import Delivery, Event, Hub
from tmfusage.tmf.refusals import TmfError

LONGEST = 255
MOST_FOUND = 1_000
MOST_SHOWN = 100


class LargeTableAdmin(PageAdmin):
    """A list of a large table, found by key."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Only makes the box appear: `get_search_results` searches by key.
    search_fields = ["pk"]
    search_help_text = gettext_lazy("Id of an event or of a resource")
    # The parameters that may stand in the address; an index might not answer others.
    lookups: frozenset[str] = frozenset()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The filters that are shown."""
        return lookup in self.lookups


def events_by(term: str) -> QuerySet[Event]:
    """The events with that id, or of the resource with that id."""
    term = term.strip()
    if len(term) > LONGEST or "\x00" in term:
        return Event.objects.none()
    # Two look-ups: an OR over two indexes is not always planned as such.
    ids = [
        *Event.objects.filter(event_id=term).values_list("seq", flat=True),
        *Event.objects.filter(resource_id=term).order_by("-seq").values_list("seq", flat=True)[:MOST_FOUND],
    ]
    return Event.objects.filter(seq__in=ids)


@admin.register(Event)
class EventAdmin(LargeTableAdmin):
    """What happened, newest first."""

    list_display = ["event_id", "event_type", "resource", "when", "told"]
    ordering = ["-seq"]
    template = "admin/hub/event/detail.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """The events, in lists without their texts."""
        found = super().get_queryset(request)
        one = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return found if one else found.defer("snapshot", "payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By the id of the event or of its resource, never a scan."""
        return (queryset.filter(pk__in=events_by(search_term)) if search_term.strip() else queryset), False

    def sheet(self, request: HttpRequest, found: Event) -> dict[str, Any]:
        """The event, and whom it was told."""
        deliveries = found.deliveries.select_related("hub").defer("payload").order_by("id")
        return {
            "event": found,
            "deliveries": deliveries[:MOST_SHOWN],
            "snapshot": showing.harmless(found.snapshot.encode()),
        }

    @display(description=gettext_lazy("Resource"))
    def resource(self, event: Event) -> str:
        """What it happened to."""
        return event.resource_key

    @display(description=gettext_lazy("Occurred"))
    def when(self, event: Event) -> str:
        """When it happened."""
        return marked(event.occurred_at)

    @display(description=gettext_lazy("Listeners found"))
    def told(self, event: Event) -> str:
        """When deliveries were made of it."""
        return marked(event.fanned_out_at)


class StateFilter(admin.SimpleListFilter):
    """Deliveries that wait or were given up: the states that have an index."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two states."""
        return [(str(state.value), state.label) for state in (Delivery.State.PENDING, Delivery.State.DEAD)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Deliveries in the state."""
        known = {value: int(value) for value, _label in self.lookup_choices}
        asked = known.get(self.value() or "")
        return queryset if asked is None else queryset.filter(state=asked)


class HubFilter(admin.SimpleListFilter):
    """Deliveries to one listener; those that neither wait nor were given up among the latest only."""

    title = gettext_lazy("listener")
    parameter_name = "hub"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        """The listeners there are."""
        for hub in Hub.objects.standing().order_by("-id")[:MOST_SHOWN]:
            yield hub.pk, str(hub)
        asked = request.GET.get(self.parameter_name, "")
        if asked and "\x00" not in asked and (gone := Hub.objects.filter(pk=asked, state=Hub.State.GONE).first()):
            yield gone.pk, str(gone)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Deliveries to the listener."""
        value = self.value()
        if value is None:
            return queryset
        found = queryset.filter(hub_id=value) if "\x00" not in value else queryset.none()
        return found if request.GET.get(StateFilter.parameter_name) else latest_of(found)


@admin.register(Delivery)
class DeliveryAdmin(LargeTableAdmin):
    """Deliveries, newest first; what can be done to one stands on its page."""

    list_display = ["event_type", "resource_key", "hub", "standing", "attempts", "last", "due"]
    list_filter = [StateFilter, HubFilter]
    lookups = frozenset({"state", "hub"})
    list_select_related = ["event", "hub"]
    ordering = ["-id"]
    template = "admin/hub/delivery/detail.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """The deliveries, in lists without their texts."""
        found = super().get_queryset(request)
        one = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return found if one else found.defer("payload", "event__payload", "event__snapshot")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """By the id of the event or of its resource, never a scan."""
        return (queryset.filter(event__in=events_by(search_term)) if search_term.strip() else queryset), False

    def get_urls(self) -> list:
        """The verbs, and the admin's own pages."""
        view = self.admin_site.admin_view(self.verb_view)
        paths = [
            path(f"<path:object_id>/{verb.name}/", view, {"verb": verb}, name=f"hub_delivery_{verb.name}")
            for verb in DELIVERY_VERBS
        ]
        return [*paths, *super().get_urls()]

    def sheet(self, request: HttpRequest, found: Delivery) -> dict[str, Any]:
        """The delivery, each attempt with what was answered, and the text that is sent."""
        log = found.log.order_by("-id")[: MOST_SHOWN + 1]
        return {
            "delivery": found,
            "attempts": [(each, showing.harmless(each.answer)) for each in log[:MOST_SHOWN]],
            "more": len(log) > MOST_SHOWN,
            "body": showing.harmless(found.body.encode()),
            "verbs": [each for each in DELIVERY_VERBS if request.user.has_perm(MAY_ACT) and each.offered(found)],
        }

    def verb_view(self, request: HttpRequest, object_id: str, verb: DeliveryVerb) -> HttpResponse:
        """Do it, by a click."""
        if not (request.user.has_perm(MAY_ACT) and self.has_view_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        delivery = self.found(request, object_id)
        try:
            verb.do(delivery, staff_label(request))
        except TmfError as refusal:
            self.message_user(request, refusal.reason, messages.ERROR)
        else:
            self.log_change(request, delivery, str(verb.noted))
            self.message_user(request, verb.said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:hub_delivery_change", args=[quote(delivery.pk)]))

    @display(description=gettext_lazy("Event"), ordering="pk")
    def event_type(self, delivery: Delivery) -> str:
        """What happened."""
        return delivery.event.event_type

    @display(description=gettext_lazy("State"), label=showing.DELIVERY_TONES)
    def standing(self, delivery: Delivery) -> tuple[int, str]:
        """How far it is."""
        return delivery.state, str(Delivery.State(delivery.state).label)

    @display(description=gettext_lazy("Last answer"))
    def last(self, delivery: Delivery) -> str:
        """The status, or why there was none."""
        return str(delivery.last_status or delivery.last_error or "—")

    @display(description=gettext_lazy("Next attempt"))
    def due(self, delivery: Delivery) -> str:
        """When it is tried next."""
        return marked(delivery.next_attempt_at if delivery.state == Delivery.State.PENDING else None)
