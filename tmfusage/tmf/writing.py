"""Creating, patching and deleting resources over HTTP (TMF630 Part 1 §5)."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from tmfusage.tmf import patch
from tmfusage.tmf.errors import JSON
from tmfusage.tmf.etags import guard_match
from tmfusage.tmf.generics import TmfGenericViewSet
from tmfusage.tmf.parsing import content_length
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import Resource
from tmfusage.tmf.serializers import checker_of
from tmfusage.tmf.violations import Violation

IMMUTABLE = ("id", "href", "@type", "@baseType", "creationDate")


class _WritingViewSet(TmfGenericViewSet):
    """What POST and PATCH share: the body, checked, and the party restriction."""

    def _guard_party(self, parties: Iterable[str]) -> None:
        party = self.party
        if party and party not in parties:
            message = f'relatedParty must name "{party}".'
            raise TmfError(403, "accessDenied", "This client acts for one party only.", message)

    def _body(self, request: Request) -> Any:
        length = content_length(request)
        if not length and "HTTP_TRANSFER_ENCODING" in request.META:
            raise TmfError(411, "lengthRequired", "Send the body with a Content-Length.")
        if not length:
            raise TmfError(400, "invalidBody", "The body is empty.", "Send a JSON object.")
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise TmfError(415, "unsupportedMediaType", "Send the body without a Content-Encoding.")
        body = self._parsed(request._request)
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        return body

    def _parsed(self, request: Any) -> Any:
        """The body as JSON value, read by the parser of its media type; 415 when there is none.

        Takes Django's request: DRF's would look at the body for forms first.
        """
        parser = self.get_content_negotiator().select_parser(request, self.get_parsers())
        if parser is None:
            raise UnsupportedMediaType(request.content_type or "")
        return parser.parse(request, request.META.get("CONTENT_TYPE", ""))

    def _checked(self, members: dict) -> dict:
        violations: builtins.list[Violation] = []
        checked = checker_of(self.serializer_class)(members, "$", violations)
        if violations:
            raise broken(violations)
        return checked


class CreateMixin(_WritingViewSet):
    """POST."""

    def create(self, request: Request) -> HttpResponse:
        """Store the resource in the body; 201 with its Location."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        members = self._checked(self._body(request))
        self._guard_party(party["id"] for party in members.get("relatedParty", ()))
        created = self.model.receive(members, str(request.user))
        response = self._one(created, selection, 201)
        response.headers["Location"] = self.href(created.id)
        return response


class UpdateMixin(_WritingViewSet):
    """PATCH."""

    def partial_update(self, request: Request, id: str) -> HttpResponse:
        """Change the resource by a merge patch (RFC 7396), all or nothing; 200 with the whole of it."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        body = self._body(request)
        with transaction.atomic():
            resource = self.found(id, lock=True)
            guard_match(request, resource.revision)
            members = self._patched(resource, body)
            resource.amend(members, str(request.user))
            self._guard_party(resource.party_ids)
        return self._one(resource, selection, 200)

    def _patched(self, resource: Resource, body: dict) -> dict:
        """The members after the patch, checked as a whole."""
        current = resource.shown
        legacy = self.serializer_class.meta("legacy")
        body = {legacy.get(name, name): item for name, item in body.items()}
        self._guard_immutable(body, {**current, "href": self.href(resource.id)})
        changes = {name: item for name, item in body.items() if name not in IMMUTABLE}
        checked = self._checked(patch.merge_patch(current, changes))
        return {"id": resource.id, "@type": resource.type, **checked}

    @staticmethod
    def _guard_immutable(body: dict, current: dict) -> None:
        changed = [name for name in IMMUTABLE if name in body and body[name] != current.get(name)]
        if changed:
            raise broken([Violation(f"$.{name}", "invalidValue", "cannot be changed") for name in changed])


class DestroyMixin(TmfGenericViewSet):
    """DELETE."""

    def destroy(self, request: Request, id: str) -> HttpResponse:
        """Delete the resource; 204."""
        self._parameters(request, only=())
        with transaction.atomic():
            resource = self.found(id, lock=True)
            guard_match(request, resource.revision)
            resource.remove(str(request.user))
        return HttpResponse(status=204, content_type=JSON)
