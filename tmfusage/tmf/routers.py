"""Where an API's resources are mounted: `{prefix}/{api}/v{N}/{resource}[/{id}]`, with or without a closing slash."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, re_path, reverse
from django.views.decorators.csrf import csrf_exempt

from tmfusage.tmf import exact
from tmfusage.tmf.errors import JSON, error_response
from tmfusage.tmf.generics import TmfGenericViewSet
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.viewsets import TmfViewSet

COLLECTION: dict[str, Any] = {"get": "list", "post": "create"}
RESOURCE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def resource(name: str, viewset: type[TmfGenericViewSet], basename: str) -> list[URLPattern]:
    """The paths of one resource; ids are opaque, so anything but a slash may stand in them."""
    collection, one = f"{basename}-list", f"{basename}-detail"
    return [
        re_path(rf"^{name}/?$", viewset.as_view(_served(viewset, COLLECTION), basename=basename), name=collection),
        re_path(rf"^{name}/(?P<id>[^/]+)/?$", viewset.as_view(_served(viewset, RESOURCE), basename=basename), name=one),
    ]


def _served(viewset: type[TmfGenericViewSet], verbs: dict[str, Any]) -> dict[str, Any]:
    """The verbs that the resource has: few tasks can be patched."""
    return {method: action for method, action in verbs.items() if hasattr(viewset, action)}


def part(name: str, part_name: str, viewset: type[TmfViewSet], basename: str, action: str) -> list[URLPattern]:
    """The path of something read-only that belongs to one resource: `{resource}/{id}/{part}`."""
    view = viewset.as_view({"get": action}, basename=basename)
    return [re_path(rf"^{name}/(?P<id>[^/]+)/{part_name}/?$", view, name=f"{basename}-{part_name}")]


def api(path: str, namespace: str, title: str, entries: list[str], patterns: list) -> list[URLPattern | URLResolver]:
    """One API in one version under its path, with a root that lists its entry points."""

    @csrf_exempt
    def root(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            refusal = TmfError(405, "methodNotAllowed", "The root of the API can only be read.")
            return error_response(refusal, [("Allow", "GET, HEAD")])
        base = request.build_absolute_uri(reverse(f"{namespace}-root")).rstrip("/")
        links = {"self": {"href": base}, **{entry: {"href": f"{base}/{entry}"} for entry in entries}}
        links["describedby"] = {"href": f"{base}/openapi.json"}
        return HttpResponse(exact.dumps({"name": title, "_links": links}), content_type=JSON)

    return [re_path(rf"^{path}/?$", root, name=f"{namespace}-root"), re_path(rf"^{path}/", include(patterns))]
