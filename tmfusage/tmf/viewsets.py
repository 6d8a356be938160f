"""The collection and its resources over HTTP, as TMF630 wants them; a viewset only names its parts."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from tmfusage.tmf import patch
from tmfusage.tmf.errors import JSON
from tmfusage.tmf.etags import etag, guard_match, not_modified
from tmfusage.tmf.fields import Selection, parse_fields
from tmfusage.tmf.filters import TmfFilterBackend
from tmfusage.tmf.pagination import Page, links
from tmfusage.tmf.parsing import MergePatchParser, StrictJSONParser, content_length
from tmfusage.tmf.query.parameters import Parameters, parse
from tmfusage.tmf.query.resolving import Attributes, attributes_of
from tmfusage.tmf.query.sql import Condition, all_of, compile_tree
from tmfusage.tmf.query.tree import EVERYTHING
from tmfusage.tmf.reading import REVISION, Count, Row, Table, table_of
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import Resource, path_id
from tmfusage.tmf.serializers import Representation, checker_of
from tmfusage.tmf.sorting import Order, natural_order, parse_sort
from tmfusage.tmf.violations import Violation

IMMUTABLE = ("id", "href", "@type", "@baseType", "creationDate")


@cache
def collection_path(basename: str) -> str:
    """The path of a collection; it does not change while the process lives."""
    return reverse(f"{basename}-list")


class TmfViewSet(GenericViewSet):
    """List, create, retrieve, patch and delete one kind of resource in one version's words."""

    scope: str
    serializer_class: type[Representation]
    filter_backends = [TmfFilterBackend]
    pagination_class = None
    http_method_names = ["get", "head", "post", "patch", "delete", "options"]

    # --- reading --------------------------------------------------------------------------------------

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

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """The resource; 404 when there is none that the caller may see."""
        parameters = self._parameters(request)
        condition = all_of([compile_tree(parameters.tree, self.attributes), self._allowed()])
        row = self.table.one(id, condition) if "\x00" not in id else None
        if row is None:
            raise Http404
        return not_modified(request, row[REVISION]) or self._answer(row, self._selection(parameters), 200)

    # --- writing --------------------------------------------------------------------------------------

    def create(self, request: Request) -> HttpResponse:
        """Store the resource in the body; 201 with its Location."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        members = self._checked(self._body(request))
        self._guard_party(party["id"] for party in members.get("relatedParty", ()))
        created = self.model.receive(members, str(request.user))
        response = self._one(created, selection, 201)
        response.headers["Location"] = self.href(created.id)
        return response

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

    def destroy(self, request: Request, id: str) -> HttpResponse:
        """Delete the resource; 204."""
        self._parameters(request, only=())
        with transaction.atomic():
            resource = self.found(id, lock=True)
            guard_match(request, resource.revision)
            resource.remove(str(request.user))
        return HttpResponse(status=204, content_type=JSON)

    def options(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        """Which methods and patch formats are allowed here."""
        headers = {"Allow": ", ".join(self.allowed_methods)}
        if "PATCH" in self.allowed_methods:
            headers["Accept-Patch"] = ", ".join(parser.media_type for parser in self._patch_parsers())
        return HttpResponse(status=204, content_type=JSON, headers=headers)

    # --- parts ------------------------------------------------------------------------------------------

    @property
    def party(self) -> str | None:
        """The only party whose resources the caller may see; None for no restriction."""
        return self.request.user.party  # type: ignore[union-attr]  # a Principal, never Django's user

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
        return f"{self.request.scheme}://{self.request.get_host()}{collection_path(self.basename)}/"

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: Allow belongs to 405 and OPTIONS, and there is one representation only."""
        return {}

    def initial(self, request: Request, *args, **kwargs) -> None:
        """Check who is asking, and let the request log know."""
        super().initial(request, *args, **kwargs)
        request._request.principal = request.user  # type: ignore[attr-defined]

    def get_parsers(self) -> builtins.list[BaseParser]:
        """PATCH also takes merge patches, POST does not."""
        kinds = self._patch_parsers() if self.request is None or self.request.method == "PATCH" else [StrictJSONParser]
        return [kind() for kind in kinds]

    @staticmethod
    def _patch_parsers() -> Sequence[type[BaseParser]]:
        return [StrictJSONParser, MergePatchParser]

    def _parameters(self, request: Request, only: tuple[str, ...] | None = None) -> Parameters:
        parameters = parse(request.META.get("QUERY_STRING", ""))
        if only is not None and (parameters.tree != EVERYTHING or set(parameters.controls) - set(only)):
            raise TmfError(400, "invalidQuery", f"{request.method} takes no such parameters here.")
        return parameters

    def _selection(self, parameters: Parameters) -> Selection | None:
        return parse_fields(parameters.controls.get("fields"), self.serializer_class)

    def _order(self, parameters: Parameters) -> Order:
        if (text := parameters.controls.get("sort")) is not None:
            return parse_sort(text, self.attributes)
        return natural_order(parameters.tree, self.attributes)

    def _allowed(self) -> Condition:
        """The party restriction: a client of one party sees that party's resources only."""
        party = self.party
        return ('t."party_ids" @> ARRAY[%s]::text[]', [party]) if party else ("TRUE", [])

    def _guard_party(self, parties: Iterable[str]) -> None:
        party = self.party
        if party and party not in parties:
            message = f'relatedParty must name "{party}".'
            raise TmfError(403, "accessDenied", "This client acts for one party only.", message)

    def found(self, resource_id: str, lock: bool = False) -> Resource:
        """The resource, locked for a change if so wanted; 404 when there is none that the caller may see."""
        allowed = self.get_queryset()
        if self.party:
            allowed = allowed.filter(party_ids__contains=[self.party])
        if lock:
            allowed = allowed.select_for_update()
        resource = allowed.filter(pk=resource_id).first() if "\x00" not in resource_id else None
        if resource is None:
            raise Http404
        return resource

    def _body(self, request: Request) -> Any:
        length = content_length(request)
        if not length and "HTTP_TRANSFER_ENCODING" in request.META:
            raise TmfError(411, "lengthRequired", "Send the body with a Content-Length.")
        if not length:
            raise TmfError(400, "invalidBody", "The body is empty.", "Send a JSON object.")
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise TmfError(415, "unsupportedMediaType", "Send the body without a Content-Encoding.")
        body = request.data
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        return body

    def _checked(self, members: dict) -> dict:
        violations: builtins.list[Violation] = []
        checked = checker_of(self.serializer_class)(members, "$", violations)
        if violations:
            raise broken(violations)
        return checked

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

    def href(self, resource_id: str) -> str:
        """The absolute URL of a resource of this collection."""
        return self.base + path_id(resource_id)

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
