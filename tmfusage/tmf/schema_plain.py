"""How a view describes itself that only registers, lists, shows and removes, such as the hub of an API."""

from typing import Any

from tmfusage.tmf import openapi_parts as parts
from tmfusage.tmf.openapi_parts import Schema
from tmfusage.tmf.schema import JSON, TmfAutoSchema, content_of


class PlainAutoSchema(TmfAutoSchema):
    """Without filters, pages, selection, revisions and repetition; the view names its operations."""

    def get_operation_id(self) -> str:
        """The id that the standard gives the operation."""
        named: dict[str, str] = self.view.operation_ids  # type: ignore[attr-defined]
        return named[self.action]

    def _get_parameters(self) -> list[Schema]:
        return self._id()

    def _successes(self) -> Schema:
        if self.action == "destroy":
            return super()._successes()
        name = self.resolve_serializer(self.representation, "response").name
        many = self.action == "list"
        counts = ("X-Total-Count", "X-Result-Count") if many else ()
        content: dict[str, Any] = {JSON: content_of(name, many=many)}
        if self.action == "create":
            headers = parts.headers("Location")
            return {"201": {"description": "It is registered.", "headers": headers, "content": content}}
        return {"200": {"description": "What is registered.", "headers": parts.headers(*counts), "content": content}}
