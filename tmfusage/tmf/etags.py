"""Preconditions: the revision of a resource as its ETag (RFC 9110 §13; TMF630 Part 1 §3)."""

import re

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from tmfusage.tmf.refusals import TmfError

_LIST = re.compile(r'\*|(?:W/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W/)?"[\x21\x23-\x7e]*")*')
_TAG = re.compile(r'"[\x21\x23-\x7e]*"')


def etag(revision: int) -> str:
    """The entity tag of a revision."""
    return f'"{revision}"'


def guard_match(request: Request, revision: int) -> None:
    """Return when If-Match allows to change this revision; 412 when stale, 428 when missing but required."""
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        if settings.API_REQUIRE_IF_MATCH:
            raise TmfError(428, "preconditionRequired", "Send If-Match with the ETag you have read.")
        return
    tags = _tags(header, "If-Match")
    if tags is not None and etag(revision) not in tags:
        message = f"The resource is at {etag(revision)} now; read it again."
        raise TmfError(412, "preconditionFailed", "The resource has changed meanwhile.", message)


def not_modified(request: Request, revision: int) -> HttpResponse | None:
    """The 304 for a client that has this revision already."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return None
    tags = _tags(header, "If-None-Match")
    if tags is None or etag(revision) in tags:
        return HttpResponse(status=304, headers={"ETag": etag(revision)})
    return None


def _tags(header: str, name: str) -> list[str] | None:
    """The listed tags; None for `*`, which any revision matches."""
    header = header.strip()
    if not _LIST.fullmatch(header):
        raise TmfError(400, "invalidHeader", f"{name} is an ETag in quotes, a list of them, or *.")
    return None if header == "*" else _TAG.findall(header)
