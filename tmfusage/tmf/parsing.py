"""Which bodies the API reads and writes: strict JSON in, exact JSON out."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from rest_framework import parsers, renderers

from tmfusage.tmf.exact import dumps, loads
from tmfusage.tmf.refusals import TmfError, too_large


class StrictJSONParser(parsers.BaseParser):
    """Reads `application/json` strictly."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        """The body as JSON value; 400, 413 or 415 when it is not acceptable."""
        charset = _charset(media_type or "")
        if charset not in {"", "utf-8", "utf8"}:
            raise TmfError(415, "unsupportedMediaType", "The charset is not supported.", "Send UTF-8.")
        body = body_of(stream)
        if not body:
            raise TmfError(400, "invalidBody", "The body is empty.", "Send JSON.")
        return loads(body)


class MergePatchParser(StrictJSONParser):
    """Reads `application/merge-patch+json` (RFC 7396)."""

    media_type = "application/merge-patch+json"


class JSONPatchParser(StrictJSONParser):
    """Reads `application/json-patch+json` (RFC 6902)."""

    media_type = "application/json-patch+json"


class JSONPatchQueryParser(StrictJSONParser):
    """Reads `application/json-patch-query+json` (TMF630 Part 5)."""

    media_type = "application/json-patch-query+json"


class JSONRenderer(renderers.JSONRenderer):
    """Writes `application/json;charset=utf-8`, exactly."""

    media_type = "application/json"
    charset = "utf-8"

    def render(self, data, accepted_media_type=None, renderer_context=None) -> bytes:
        """The data as UTF-8 JSON bytes; nothing for no data."""
        return b"" if data is None else dumps(data)


def _charset(content_type: str) -> str:
    for part in content_type.lower().split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name == "charset":
            return value.strip().strip('"')
    return ""


def body_of(request: Any) -> bytes:
    """The whole body, also of one that is sent in chunks; 413 above the limit, 411 where its end is not known."""
    limit = settings.API_MAX_BODY_BYTES
    length = content_length(request)
    if length > limit:
        raise too_large()
    if length or "HTTP_TRANSFER_ENCODING" not in request.META:
        return request.body
    if not request.META.get("wsgi.input_terminated"):
        # Reading on would wait for ever: this server does not tell where the chunks end.
        raise TmfError(411, "lengthRequired", "Send the body with a Content-Length.")
    body = request.META["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        raise too_large()
    return body


def drop_rest(request: Any) -> None:
    """Read what is left of the body: who still sends would meet a reset instead of the answer (RFC 9112 §9.6)."""
    with suppress(TmfError, OSError):
        body_of(request)


def content_length(request: Any) -> int:
    """The announced length of the body; 0 when there is none or it is no number."""
    text = request.META.get("CONTENT_LENGTH") or ""
    return int(text) if text.isascii() and text.isdigit() else 0
