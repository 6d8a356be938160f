"""The OpenAPI document of each API at `<api root>/openapi.json`, and the pages that show it."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

import orjson
from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, re_path, reverse
from django.views.decorators.http import condition, require_safe
from django.views.generic import RedirectView
from drf_spectacular.generators import SchemaGenerator

from tmfusage.tmf.errors import error_response
from tmfusage.tmf.openapi_parts import CONVENTIONS, add_links
from tmfusage.tmf.refusals import TmfError

_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}
# ReDoc writes its styles into the page, and builds the script of its search from a blob.
_REDOC_POLICY = {**_POLICY, "style-src": [SELF, UNSAFE_INLINE], "worker-src": ["blob:"]}


@dataclass(frozen=True, slots=True)
class Document:
    """One API in one version: the path it is mounted at, its title, the version of the standard, a sentence."""

    path: str
    title: str
    version: str
    description: str = ""

    @property
    def name(self) -> str:
        """A short name, such as `usageManagement-v4`."""
        return "-".join(self.path.split("/")[-2:])

    @property
    def url(self) -> str:
        """Where the document is."""
        return reverse(f"openapi-{self.name}")

    @property
    def root(self) -> str:
        """Where the API is; the document's paths continue it."""
        return self.url.rpartition("/")[0]

    def pattern(self) -> URLPattern:
        """The URL pattern of the document."""
        return re_path(rf"^{re.escape(self.path)}/openapi\.json$", _served(self), name=f"openapi-{self.name}")


class DocumentGenerator(SchemaGenerator):
    """Writes the document of one API."""

    def __init__(self, document: Document):
        super().__init__()
        self.document = document

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()
        root = f"/{self.document.path}/"
        # A closing slash is optional; the document shows the paths without.
        self.endpoints = [(path.rstrip("/"), *rest) for path, *rest in self.endpoints or () if path.startswith(root)]

    def parse(self, input_request: Any, public: bool) -> dict[str, Any]:
        """The operations by path, below the API's root."""
        root = f"/{self.document.path}"
        return {path.removeprefix(root): item for path, item in super().parse(input_request, public).items()}

    def get_schema(self, request: Any = None, public: bool = True) -> dict[str, Any]:
        """The document."""
        found = super().get_schema(request, public)
        operations = [operation for item in found["paths"].values() for operation in item.values()]
        add_links(found["paths"])
        tags = sorted({tag for operation in operations for tag in operation["tags"]})
        description = f"{self.document.description}\n{CONVENTIONS}".strip()
        info = {"title": self.document.title, "version": self.document.version, "description": description}
        servers = [{"url": self.document.root}]
        return {**found, "info": info, "servers": servers, "tags": [{"name": tag} for tag in tags]}


@cache
def rendered(document: Document) -> tuple[bytes, str]:
    """The document as JSON, and its ETag; written once by each process."""
    body = orjson.dumps(DocumentGenerator(document).get_schema())
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _served(document: Document) -> Callable[..., HttpResponse]:
    """The view of the document: public, for it holds no data."""

    @_safe
    @condition(etag_func=lambda _request: rendered(document)[1])
    def openapi(request: HttpRequest) -> HttpResponse:
        headers = {"Cache-Control": "public, max-age=300"}
        return HttpResponse(rendered(document)[0], content_type="application/json", headers=headers)

    return openapi


def _safe(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view for GET and HEAD; the API's 405 for anything else."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return view(request)
        refusal = TmfError(405, "methodNotAllowed", f'Method "{request.method}" not allowed.')
        return error_response(refusal, [("Allow", "GET, HEAD")])

    return guarded


def pages(*documents: Document) -> list[URLPattern]:
    """Swagger UI and ReDoc for the documents, from our own files; `?api=` chooses one."""
    return [
        path("docs/swagger/", _page("swagger", _POLICY, documents), name="openapi-swagger"),
        path("docs/redoc/", _page("redoc", _REDOC_POLICY, documents), name="openapi-redoc"),
        path("docs/", RedirectView.as_view(pattern_name="openapi-swagger"), name="openapi-pages"),
    ]


def _page(viewer: str, policy: dict[str, Any], documents: tuple[Document, ...]) -> Callable[..., HttpResponseBase]:
    @csp(policy)
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("api")
        chosen = next((document for document in documents if document.name == wanted), documents[0])
        context = {"viewer": viewer, "chosen": chosen, "documents": documents}
        return render(request, f"openapi/{viewer}.html", context)

    return page
