"""Which media type answers: JSON, unless the client refuses it."""

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation

_JSON = {"*/*", "application/*", "application/json", "application/schema+json", ""}


class JsonNegotiation(BaseContentNegotiation):
    """Picks the first renderer when the Accept header admits JSON; 406 otherwise (TMF630 Part 1 §1)."""

    def select_parser(self, request, parsers):
        """The parser for the request's content type, or None (415)."""
        media_type = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request, renderers, format_suffix=None):
        """The JSON renderer and its media type."""
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        if accept == "*/*" or any(_admits_json(part) for part in accept.split(",")):
            return renderers[0], renderers[0].media_type
        raise NotAcceptable("Only application/json can be served.")


def _admits_json(part: str) -> bool:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    refused = any(parameter.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for parameter in parameters)
    return media_type in _JSON and not refused
