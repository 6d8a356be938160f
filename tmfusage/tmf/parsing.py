"""Which bodies the API reads and writes: strict JSON in, exact JSON out."""

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
        if content_length(stream) > settings.API_MAX_BODY_BYTES:
            raise too_large()
        return loads(stream.body)


class MergePatchParser(StrictJSONParser):
    """Reads `application/merge-patch+json` (RFC 7396)."""

    media_type = "application/merge-patch+json"


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


def content_length(request: Any) -> int:
    """The announced length of the body; 0 when there is none or it is no number."""
    text = request.META.get("CONTENT_LENGTH") or ""
    return int(text) if text.isascii() and text.isdigit() else 0
