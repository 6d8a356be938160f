"""What every view of a resource shares: who asks, in which words, and how an answer is made."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from tmfusage.tmf.actors import Actor
from tmfusage.tmf.errors import JSON
from tmfusage.tmf.etags import etag
from tmfusage.tmf.fields import Selection, parse_fields
from tmfusage.tmf.filters import TmfFilterBackend
from tmfusage.tmf.parsing import (
    JSONPatchParser,
    JSONPatchQueryParser,
    MergePatchParser,
    StrictJSONParser,
    drop_rest,
)
from tmfusage.tmf.query.parameters import Parameters, parse
from tmfusage.tmf.query.resolving import Attributes, attributes_of
from tmfusage.tmf.query.sql import Condition
from tmfusage.tmf.query.tree import EVERYTHING
from tmfusage.tmf.reading import REVISION, Row, Table, table_of
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import Resource, path_id
from tmfusage.tmf.serializers import Representation


@cache
def collection_path(basename: str) -> str:
    """The path of a collection; it does not change while the process lives."""
    return reverse(f"{basename}-list")


class TmfGenericViewSet(GenericViewSet):
    """One kind of resource in one version's words; the verbs are mixed in."""

    scope: str
    # Whether what names no party at all may be read, and not changed, by clients of one party.
    unowned_is_shared = False
    serializer_class: type[Representation]
    filter_backends = [TmfFilterBackend]
    pagination_class = None
    http_method_names = ["get", "head", "post", "patch", "delete", "options"]

    @property
    def party(self) -> str | None:
        """The only party whose resources the caller may see; None for no restriction."""
        return self.request.user.party  # type: ignore[union-attr]  # a Principal, never Django's user

    @property
    def actor(self) -> Actor:
        """Who asks, as histories note it, with the only party for which he may act."""
        return Actor(str(self.request.user), self.party or "")

    @property
    def client(self) -> str:
        """The id of the API client that asks."""
        return str(self.request.user.pk)

    @property
    def model(self) -> type[Resource]:
        """The model of the resource."""
        # The class's own queryset: copying it for each request would only cost.
        return self.queryset.model  # type: ignore[union-attr,arg-type,no-any-return]

    @cached_property
    def table(self) -> Table:
        """Where the resources are read."""
        return table_of(self.model)

    @cached_property
    def attributes(self) -> Attributes:
        """What may be filtered."""
        return attributes_of(self.serializer_class, self.model)

    @cached_property
    def base(self) -> str:
        """The collection's absolute URL with a closing slash."""
        request = self.request._request  # DRF's request would only hand each name on
        return f"{request.scheme}://{request.get_host()}{collection_path(self.basename)}/"

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: Allow belongs to 405 and OPTIONS, and there is one representation only."""
        return {}

    def initial(self, request: Request, *args, **kwargs) -> None:
        """Check who is asking, and let the request log know."""
        super().initial(request, *args, **kwargs)
        request._request.principal = request.user  # type: ignore[attr-defined]

    def handle_exception(self, exc: Exception) -> Any:
        """The refusal, after the whole body has come from a client that is known; from others nothing more is read."""
        # Not `successful_authenticator`: where finding out who asks has failed, that would try it again, and fail.
        if vars(self.request).get("_authenticator"):
            drop_rest(self.request._request)
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer, which tells a client with a limit what is left of it."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(self.request._request, "rate", {}).items():
            response.headers[name] = value
        return response

    def get_parsers(self) -> builtins.list[BaseParser]:
        """PATCH also takes merge patches, POST does not."""
        kinds = self._patch_parsers() if self.request is None or self.request.method == "PATCH" else [StrictJSONParser]
        return [kind() for kind in kinds]

    @staticmethod
    def _patch_parsers() -> Sequence[type[BaseParser]]:
        return [MergePatchParser, StrictJSONParser, JSONPatchParser, JSONPatchQueryParser]

    def options(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        """Which methods and patch formats are allowed here."""
        headers = {"Allow": ", ".join(self.allowed_methods), **dict(self.accepted())}
        return HttpResponse(status=204, content_type=JSON, headers=headers)

    def accepted(self) -> builtins.list[tuple[str, str]]:
        """The header that names the patch formats (RFC 5789), where resources can be patched."""
        if "PATCH" not in self.allowed_methods:
            return []
        return [("Accept-Patch", ", ".join(str(parser.media_type) for parser in self._patch_parsers()))]

    def href(self, resource_id: str) -> str:
        """The absolute URL of a resource of this collection."""
        return self.base + path_id(resource_id)

    def found(self, resource_id: str, lock: bool = False) -> Resource:
        """The resource, locked for a change if so wanted; 404 when there is none that the caller may see."""
        allowed = self.get_queryset()
        if self.party:
            own = Q(party_ids__contains=[self.party])
            allowed = allowed.filter(own | Q(party_ids=[]) if self.unowned_is_shared else own)
        if lock:
            allowed = allowed.select_for_update()
        resource = allowed.filter(pk=resource_id).first() if "\x00" not in resource_id else None
        if resource is None:
            raise Http404
        return resource

    def _parameters(self, request: Request, only: tuple[str, ...] | None = None) -> Parameters:
        parameters = parse(request.META.get("QUERY_STRING", ""))
        if only is not None and (parameters.tree != EVERYTHING or set(parameters.controls) - set(only)):
            raise TmfError(400, "invalidQuery", f"{request.method} takes no such parameters here.")
        return parameters

    def _selection(self, parameters: Parameters) -> Selection | None:
        return parse_fields(parameters.controls.get("fields"), self.serializer_class)

    def _allowed(self) -> Condition:
        """The party restriction: a client of one party sees that party's resources only, and shared ones."""
        party = self.party
        if not party:
            return "TRUE", []
        own = 't."party_ids" @> ARRAY[%s]::text[]'
        return (f"({own} OR t.\"party_ids\" = '{{}}')" if self.unowned_is_shared else own), [party]

    def _one(self, resource: Resource, selection: Selection | None, status: int) -> HttpResponse:
        return self._answer(self.table.row(resource), selection, status)

    def _answer(self, row: Row, selection: Selection | None, status: int) -> HttpResponse:
        (text,) = self._texts([row], selection)
        headers = {"ETag": etag(row[REVISION])}
        return HttpResponse(text.encode(), content_type=JSON, status=status, headers=headers)

    def _texts(self, rows: Sequence[Row], selection: Selection | None) -> Sequence[str]:
        base, table = self.base, self.table
        if selection is None:
            return [table.render(row, base) for row in rows]
        return [table.select(row, base, selection) for row in rows]
