"""Creating, patching and deleting resources over HTTP (TMF630 Part 1 §5)."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from tmfusage.tmf import patch
from tmfusage.tmf.duplicates import Duplicate, Senders
from tmfusage.tmf.errors import JSON
from tmfusage.tmf.etags import guard_match
from tmfusage.tmf.generics import TmfGenericViewSet
from tmfusage.tmf.idempotency import once
from tmfusage.tmf.parsing import content_length
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import Resource
from tmfusage.tmf.retrying import attempt
from tmfusage.tmf.serializers import Representation, checker_of
from tmfusage.tmf.violations import Violation

Patch = Callable[[dict[str, Any], Any, type[Representation]], Any]
KINDS: dict[str, Patch] = {
    "application/json-patch+json": patch.json_patched,
    "application/json-patch-query+json": patch.query_patched,
}
IMMUTABLE = ("id", "href", "@type", "@baseType", "creationDate")


class WritingViewSet(TmfGenericViewSet):
    """What POST and PATCH share: the body, checked, the party restriction, and what is done once only."""

    # Whether a request can say by Idempotency-Key that it is to be done once.
    repeatable = True
    _sent: tuple[Any, str] | None = None

    def _guard_party(self, parties: Iterable[str]) -> None:
        party = self.party
        if party and party not in parties:
            message = f'relatedParty must name "{party}".'
            raise TmfError(403, "accessDenied", "This client acts for one party only.", message)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let a change be tried again when the database broke a tie, and be done once only if its request says so."""
        super().initial(request, *args, **kwargs)
        if self.action not in {"create", "partial_update", "destroy"}:
            return
        method = (request.method or "").lower()
        handler = getattr(self, method)
        if "HTTP_IDEMPOTENCY_KEY" in request.META and self.repeatable and self.action != "destroy":
            handler = partial(self._once, handler)
        setattr(self, method, partial(attempt, handler))

    def _once(self, handler: Callable[..., HttpResponse], request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        body, _ = self._body(request)
        return once(request, body, lambda: handler(request, *args, **kwargs))

    @cached_property
    def _senders(self) -> Senders:
        return Senders(self.serializer_class.meta("identity"), self.model, self.href)

    def _body(self, request: Request) -> tuple[Any, str]:
        """The body as JSON value, and the media type it came as; read once."""
        if self._sent is None:
            self._sent = self._read(request)
        return self._sent

    def _read(self, request: Request) -> tuple[Any, str]:
        # Takes Django's request: DRF's would look at the body for forms first.
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise TmfError(415, "unsupportedMediaType", "Send the body without a Content-Encoding.")
        plain: Any = request._request
        if not content_length(plain) and "HTTP_TRANSFER_ENCODING" not in plain.META:
            raise TmfError(400, "invalidBody", "The body is empty.", "Send JSON.")
        parser = self.get_content_negotiator().select_parser(plain, self.get_parsers())
        if parser is None:
            raise UnsupportedMediaType(plain.content_type or "")
        return parser.parse(plain, plain.META.get("CONTENT_TYPE", "")), parser.media_type

    def _checked(self, members: dict) -> dict:
        violations: builtins.list[Violation] = []
        checked = checker_of(self.serializer_class)(members, "$", violations)
        if violations:
            told = {(each.path, each.code) for each in violations}
            raise broken(violations + [each for each in self._further(checked) if (each.path, each.code) not in told])
        return checked

    def _further(self, _malformed: dict) -> builtins.list[Violation]:
        """What else would be refused of members that are not well formed, so that one answer tells everything."""
        return []


class CreateMixin(WritingViewSet):
    """POST."""

    def create(self, request: Request) -> HttpResponse:
        """Store the resource in the body; 201 with its Location."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        body, _ = self._body(request)
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        members = self._checked(body)
        self._guard_party(party["id"] for party in members.get("relatedParty", ()))
        status = 201
        try:
            resource = self._senders.received(self.client, members, lambda: self.model.receive(members, self.actor))
        except Duplicate as duplicate:
            resource, status = self.found(duplicate.resource_id), 200
        response = self._one(resource, selection, status)
        response.headers["Location"] = self.href(resource.id)
        return response


class UpdateMixin(WritingViewSet):
    """PATCH."""

    def partial_update(self, request: Request, id: str) -> HttpResponse:
        """Change the resource by a patch of any kind, all or nothing; 200 with the whole of it."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        body, media_type = self._body(request)
        with transaction.atomic():
            resource = self.found(id, lock=True)
            self._guard_party(resource.party_ids)
            guard_match(request, resource.revision)
            before = resource.members if self._senders.member else {}
            members = self._patched(resource, body, KINDS.get(media_type, patch.merged))
            resource.amend(members, self.actor)
            self._senders.amended(self.client, before, resource)
            self._guard_party(resource.party_ids)
        return self._one(resource, selection, 200)

    def _patched(self, resource: Resource, body: Any, kind: Patch) -> dict:
        """The members after the patch, checked as a whole."""
        current = {**resource.shown, "href": self.href(resource.id)}
        changed = kind(current, body, self.serializer_class)
        if not isinstance(changed, dict):
            raise TmfError(400, "invalidBody", "What the patch leaves is not a JSON object.")
        fixed = [name for name in IMMUTABLE if changed.get(name) != current.get(name)]
        if fixed:
            raise broken([Violation(f"$.{name}", "invalidValue", "cannot be changed") for name in fixed])
        return {"id": resource.id, "@type": resource.type, **self._checked(changed)}


class DestroyMixin(WritingViewSet):
    """DELETE."""

    def destroy(self, request: Request, id: str) -> HttpResponse:
        """Delete the resource; 204."""
        self._parameters(request, only=())
        with transaction.atomic():
            resource = self.found(id, lock=True)
            self._guard_party(resource.party_ids)
            guard_match(request, resource.revision)
            before = resource.members if self._senders.member else {}
            resource.remove(self.actor)
            self._senders.removed(before, id)
        return HttpResponse(status=204, content_type=JSON)
