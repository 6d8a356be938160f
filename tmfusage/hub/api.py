"""The hub of an API: listeners register, look at what they registered, and leave (TMF630 Part 1 §10)."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import URLPattern, re_path
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from tmfusage.hub import rights, vocabulary
from tmfusage.hub.models import Hub
from tmfusage.hub.wanting import understand
from tmfusage.tmf import exact
from tmfusage.tmf.attributes import Anything, Flag, Text, Uri
from tmfusage.tmf.errors import JSON
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import path_id
from tmfusage.tmf.schema_plain import PlainAutoSchema
from tmfusage.tmf.serializers import Representation
from tmfusage.tmf.violations import Violation
from tmfusage.tmf.writing import WritingViewSet

# In the words of version 5.
TYPE = "Hub"
_HEADERS = "Sent with each event, such as Authorization; kept sealed and never answered."
_SECRET = "Signs the deliveries; answered when the listener registers and never again."  # noqa: S105 (words about it)


class EventSubscription(Representation):
    """A registered listener: where events are sent, and which ones."""

    id = Text(read_only=True, help_text="Unique identifier.")
    callback = Text(max_length=2_000, help_text="The URL to which events are posted.")
    query = Text(required=False, max_length=1_000, help_text="Which events, and with `fields` which of their members.")
    appendListenerPath = Flag(required=False, help_text="Post to /listener/<event> below the callback.")
    headers = Anything(required=False, write_only=True, help_text=_HEADERS)
    secret = Text(read_only=True, help_text=_SECRET)
    state = Text(read_only=True, help_text="active, paused or disabled.")
    href = Uri(read_only=True, help_text="Where this registration is.")


class HubViewSet(WritingViewSet):
    """The listeners that the calling client has registered with one version of one API."""

    schema = PlainAutoSchema()
    operation_ids = {
        "create": "registerListener",
        "destroy": "unregisterListener",
        "list": "listListener",
        "retrieve": "retrieveListener",
    }
    filter_backends: list = []
    scope = "hub"
    queryset = Hub.objects.all()
    serializer_class = EventSubscription
    # Which API and version announce the events; given where the view is mounted.
    topic, words = "", "v4"
    # A secret is answered once only, so no answer is kept. The same registration again is 409 anyway.
    repeatable = False
    http_method_names = ["get", "head", "post", "delete", "options"]

    def create(self, request: Request) -> HttpResponse:
        """Register a listener; 201 with its secret, 409 when callback and query are registered already."""
        self._parameters(request, only=())
        body, _ = self._body(request)
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        members = self._checked(body)
        if self.words != "v4" and body.get("@type", TYPE) != TYPE:
            raise broken([Violation("$.@type", "invalidValue", f'expected "{TYPE}"')])
        callback, query = members["callback"], members.get("query", "")
        vocabulary.check(query, self.topic, self.words)
        try:
            hub, secret = Hub.register(
                api=self.topic,
                version=self.words,
                callback=callback,
                query=query,
                by=str(request.user),
                client_id=self.client,
                party=self.party or "",
                scopes=self._scopes(query),
                headers=_headers(members.get("headers")),
                append_listener_path=members.get("appendListenerPath", False),
            )
        except TmfError as refusal:
            known = self._own().filter(callback=callback, query=query).first()
            if refusal.status_code == 409 and known:
                refusal.reference = self.href(known.pk)
            raise
        answer = self._answered({**self._shown(hub), "secret": secret}, 201)
        answer.headers["Location"] = self.href(hub.pk)
        return answer

    def list(self, request: Request) -> HttpResponse:
        """All of the client's registrations: a quota keeps them few."""
        self._parameters(request, only=())
        found = [self._shown(hub) for hub in self._own()]
        answer = self._answered(found, 200)
        answer.headers["X-Total-Count"] = answer.headers["X-Result-Count"] = str(len(found))
        return answer

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """One of the client's registrations; never its secret."""
        self._parameters(request, only=())
        return self._answered(self._shown(self._one_of_them(id)), 200)

    def destroy(self, request: Request, id: str) -> HttpResponse:
        """Leave: nothing is delivered any more; 204."""
        self._parameters(request, only=())
        self._one_of_them(id).remove(f"left by {request.user}")
        return HttpResponse(status=204, content_type=JSON)

    def _scopes(self, query: str) -> Sequence[str]:
        """The scopes to read for what the listener asks; 403 that names those that the client lacks."""
        held = self.request.user.scopes  # type: ignore[union-attr]
        try:
            return rights.scopes_for(self.topic, understand(query).event_types, held)
        except rights.LackingScope as lacking:
            refusal: Any = PermissionDenied(str(lacking))
            refusal.auth_header = f'Bearer realm="tmfusage", error="insufficient_scope", scope="{lacking.scopes}"'
            raise refusal from None

    def _own(self) -> Any:
        return Hub.objects.of_client(self.client).filter(api=self.topic, version=self.words).order_by("-id")

    def _one_of_them(self, hub_id: str) -> Hub:
        hub = self._own().filter(pk=hub_id).first() if "\x00" not in hub_id else None
        if hub is None:
            raise Http404
        return hub

    def _shown(self, hub: Hub) -> dict[str, Any]:
        typed = {} if self.words == "v4" else {"@type": TYPE}
        appended = {"appendListenerPath": True} if hub.append_listener_path else {}
        address = {"id": hub.pk, "href": self.base + path_id(hub.pk), **typed}
        return {**address, "callback": hub.callback, "query": hub.query, **appended, "state": hub.state}

    @staticmethod
    def _answered(shown: Any, status: int) -> HttpResponse:
        return HttpResponse(exact.dumps(shown), content_type=JSON, status=status)


def _headers(given: Any) -> dict[str, str] | None:
    """Static headers as they were sent; 400 for anything but an object of strings."""
    if given is None:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise broken([Violation("$.headers", "invalidFormat", "expected an object of strings")])
    return given


def hub(topic: str, words: str) -> list[URLPattern]:
    """The paths of the hub of one API in one version."""
    basename = f"hub-{topic}-{words}"
    given: dict[str, Any] = {"basename": basename, "topic": topic, "words": words}
    collection = HubViewSet.as_view({"get": "list", "post": "create"}, **given)
    one = HubViewSet.as_view({"get": "retrieve", "delete": "destroy"}, **given)
    return [
        re_path(r"^hub/?$", collection, name=f"{basename}-list"),
        re_path(r"^hub/(?P<id>[^/]+)/?$", one, name=f"{basename}-detail"),
    ]
