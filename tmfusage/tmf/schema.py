"""How a viewset describes itself in OpenAPI: the standard's names for operations and components, TMF630's answers.

Attributes, types, columns and media types are read from the viewset's declarations; what all operations
share stands in `openapi_parts`. An example of a component is a template `openapi/examples/<component>.json`.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent, append_meta, build_parameter_type, get_doc

from tmfusage.tmf import openapi_parts as parts
from tmfusage.tmf.attributes import Anything, Choice, Identifier, TypeName
from tmfusage.tmf.entities import RelatedParty
from tmfusage.tmf.openapi_parts import Schema
from tmfusage.tmf.query.parameters import CONTROLS

if TYPE_CHECKING:
    from tmfusage.tmf.serializers import Representation
    from tmfusage.tmf.viewsets import TmfViewSet

JSON = "application/json"
# action: the standard's verb in operation ids, and a summary
_WORDS = {
    "list": ("list", "Find resources of type {0}"),
    "create": ("create", "Create one {0}"),
    "retrieve": ("retrieve", "Get one {0}"),
    "partial_update": ("patch", "Change one {0}"),
    "destroy": ("delete", "Delete one {0}"),
}
_PRECONDITIONS = {"retrieve": "If-None-Match", "partial_update": "If-Match", "destroy": "If-Match"}
# The media type of what belongs to a resource, by the last segment of its path.
_PARTS = {"schema": "application/schema+json"}
# Members that answers always have, because we fill them in where a sender leaves them out.
_FILLED: dict[type, set[str]] = {RelatedParty: {"@referredType"}}
_LENIENT = " Answers always have {0}; in a request it may be left out."
# The server gives a resource these; no request has them.
_ADDRESS = ("id", "href")


class TmfAutoSchema(AutoSchema):
    """The operations of a TMF viewset."""

    view: TmfViewSet  # type: ignore[override]  # DRF's views import this module, named in the settings

    # --- words ----------------------------------------------------------------------------------------

    @property
    def action(self) -> str:
        """The viewset's action that the operation calls."""
        return self.view.action

    @property
    def representation(self) -> type[Representation]:
        """The resource in the words of the API."""
        return self.view.serializer_class

    @property
    def resource(self) -> str:
        """The resource's name in the standard, such as `UsageSpecification`."""
        return self.representation.__name__

    @property
    def part(self) -> str:
        """The last segment of the path when the operation is about a part of a resource, else nothing."""
        return "" if self.action in _WORDS else self.path.rstrip("/").rpartition("/")[2]

    def get_operation_id(self) -> str:
        """The id that the standard gives the operation, such as `patchUsage`."""
        verb = "retrieve" if self.part else _WORDS[self.action][0]
        return verb + self.resource + _capital(self.part)

    def get_tags(self) -> list[str]:
        """The standard's tag: the resource."""
        return [self.resource[0].lower() + self.resource[1:]]

    def get_summary(self) -> str:
        """The operation in a few words."""
        summary = f"Get the {self.part} of one {{0}}" if self.part else _WORDS[self.action][1]
        return summary.format(self.resource)

    def get_description(self) -> str:  # type: ignore[override]  # the base class returns a lazy string
        """What the action's docstring says."""
        text = get_doc(getattr(self.view, self.action))
        return f"{text}\n\n{parts.FILTERING}" if self.action == "list" else text

    # --- parameters -------------------------------------------------------------------------------------

    def _get_parameters(self) -> list[Schema]:
        """The id, the precondition, the control parameters, then the filters."""
        return [*self._id(), *self._precondition(), *self._preference(), *self._controls(), *self._filters()]

    def _id(self) -> list[Schema]:
        if "{id}" not in self.path:
            return []
        return [build_parameter_type("id", {"type": "string"}, "path", description=parts.IDENTIFIER)]

    def _precondition(self) -> list[Schema]:
        name = _PRECONDITIONS.get(self.action)
        if not name:
            return []
        required = name == "If-Match" and settings.API_REQUIRE_IF_MATCH
        description = parts.PRECONDITIONS[name]
        return [build_parameter_type(name, {"type": "string"}, "header", required=required, description=description)]

    def _preference(self) -> list[Schema]:
        told = getattr(self.view, "preferences", "") if self.action == "create" else ""
        asked = {"Prefer": told} if told else {}
        if self.action in {"create", "partial_update"}:
            asked["Idempotency-Key"] = parts.IDEMPOTENCY
        return [
            build_parameter_type(name, {"type": "string", "maxLength": 255}, "header", description=text)
            for name, text in asked.items()
        ]

    def _controls(self) -> list[Schema]:
        names = {"list": tuple(parts.PARAMETERS), "destroy": ()}.get(self.action, () if self.part else ("fields",))
        return [
            build_parameter_type(name, self._bounded(name), "query", description=parts.PARAMETERS[name][1])
            for name in names
            if name in CONTROLS or name == "filter"
        ]

    @staticmethod
    def _bounded(name: str) -> Schema:
        """The parameter's schema; an installation sets the bounds of a page."""
        schema = parts.PARAMETERS[name][0]
        if name != "limit":
            return schema
        return {**schema, "default": settings.API_PAGE_SIZE, "maximum": settings.API_MAX_PAGE_SIZE}

    def _filters(self) -> list[Schema]:
        return [_as_sent(parameter) for parameter in self._get_filter_parameters()]

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.action == "list"

    # --- bodies -------------------------------------------------------------------------------------------

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        if self.action not in {"create", "partial_update"}:
            return None
        name = self._sent(required=self.action == "create")
        content = {media: content_of(name) for media in self.map_parsers()}
        for media in content.keys() & parts.JSON_PATCHES.keys():
            operation = self._shared(ResolvedComponent.SCHEMA, "PatchOperation", parts.PATCH_OPERATION)
            content[media] = {**content_of(operation, many=True), "example": parts.JSON_PATCHES[media]}
        return {"required": True, "content": content}

    def _sent(self, required: bool) -> str:
        """The component for requests: the resource without what the server gives it."""
        name = self.resource + ("_Create" if required else "_Update")
        schema = self._map_basic_serializer(self.representation, "request")
        wanted = [field.field_name for field in self.representation().fields.values() if field.required]
        schema["properties"] = {key: item for key, item in schema["properties"].items() if key not in _ADDRESS}
        schema["additionalProperties"] = not settings.STRICT_MEMBERS
        if required and wanted:
            schema["required"] = wanted
        return self._shared(ResolvedComponent.SCHEMA, name, schema)

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        answers = {**self._successes(), **{str(status): self._failure(status) for status in self._failures()}}
        for header in parts.HEADERS:
            self._shared(ResolvedComponent.HEADER, header, parts.HEADERS[header])
        return dict(sorted(answers.items()))

    def _successes(self) -> Schema:
        if self.action == "destroy":
            return {"204": {"description": "It is deleted.", "headers": parts.headers()}}
        if self.part:
            content = {_PARTS.get(self.part, JSON): {"schema": {"type": "object", "additionalProperties": True}}}
            return {"200": {"description": f"The {self.part}.", "headers": parts.headers(), "content": content}}
        name = self.resolve_serializer(self.representation, "response").name
        if self.action == "list":
            return self._pages(name)
        answer = {"description": "The resource.", "headers": parts.headers("ETag"), "content": {JSON: content_of(name)}}
        if self.action == "create":
            placed = {**answer, "headers": parts.headers("ETag", "Location")}
            others = self._others()
            told = {str(each): {**(answer if each == 200 else placed), "description": text} for each, text in others}
            return {**told, "201": placed}
        if self.action == "partial_update":
            return {"200": answer}
        same = {"description": "The client has this revision already.", "headers": parts.headers("ETag")}
        return {"200": answer, "304": same}

    def _others(self) -> Iterable[tuple[int, str]]:
        """What a POST may answer beside 201: few tasks are answered without being stored, or later."""
        there = {200: parts.STORED_ALREADY} if self.representation.meta("identity") else {}
        return {**there, **getattr(self.view, "other_successes", {})}.items()

    def _pages(self, name: str) -> Schema:
        content = {JSON: content_of(name, many=True)}
        whole = {"description": "The resources that match.", "headers": parts.headers(*parts.PAGE), "content": content}
        if not settings.API_PARTIAL_CONTENT:
            return {"200": whole}
        return {"200": whole, "206": {**whole, "description": "A part of the resources that match, as asked for."}}

    def _failures(self) -> tuple[int, ...]:
        """The statuses of the errors that the operation may answer."""
        if self.part:
            return parts.FAILURES_OF_A_PART
        required = _PRECONDITIONS.get(self.action) == "If-Match" and settings.API_REQUIRE_IF_MATCH
        return (*parts.FAILURES[self.action], *((428,) if required else ()))

    def _failure(self, status: int) -> Schema:
        self._shared(ResolvedComponent.SCHEMA, "Violation", parts.VIOLATION)
        self._shared(ResolvedComponent.SCHEMA, "Error", parts.ERROR)
        name = self._shared(ResolvedComponent.RESPONSE, f"Error{status}", parts.failure(status))
        return {"$ref": f"#/components/responses/{name}"}

    # --- components -----------------------------------------------------------------------------------------

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """An open object; of a resource nothing is required, because `fields` may leave it out."""
        schema = super()._map_basic_serializer(serializer, direction)
        kind = serializer if isinstance(serializer, type) else type(serializer)
        filled = _FILLED.get(kind, set())
        required = {field.field_name for field in kind().fields.values() if field.required} | filled
        schema.pop("required", None)
        schema["properties"] = dict(sorted(schema["properties"].items(), key=lambda item: item[0].startswith("@")))
        if required and kind is not self.representation:
            schema["required"] = sorted(required)
        if filled:
            schema["description"] += _LENIENT.format(", ".join(sorted(filled)))
        return {**schema, "additionalProperties": True}

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Schema | None:
        """An enumeration and any value are components of their own, as in the official files."""
        if isinstance(field, Choice):
            name = f"{type(field.parent).__name__}{_capital(str(field.field_name))}Type"
            schema: Schema = {"type": "string", "enum": list(field.choices)}
        elif isinstance(field, Anything):
            name, schema = "Any", parts.ANY
        else:
            return super()._map_serializer_field(field, direction, bypass_extensions)
        self._shared(ResolvedComponent.SCHEMA, name, schema)
        reference = {"$ref": f"#/components/schemas/{name}"}
        return append_meta(reference, self._get_serializer_field_meta(field, direction))

    def _insert_field_validators(self, field: Any, schema: Schema) -> None:
        if field.read_only:
            return
        super()._insert_field_validators(field, schema)
        if isinstance(field, Identifier):
            schema["minLength"] = 1
        if isinstance(field, TypeName):
            schema["pattern"] = f"^{field.pattern.pattern}$"

    def _shared(self, kind: str, name: str, schema: Schema) -> str:
        """The name of a component, which is registered once."""
        identity = ComponentIdentity(f"{kind}/{name}")
        # A copy: the generator works on it, and other documents share what stands in `openapi_parts`.
        component = ResolvedComponent(name=name, type=kind, schema=deepcopy(schema), object=identity)
        self.registry.register_on_missing(component)
        return name


def content_of(name: str, many: bool = False) -> Schema:
    """A body of this component, with its example where there is one."""
    schema: Schema = {"$ref": f"#/components/schemas/{name}"}
    content: Schema = {"schema": {"type": "array", "items": schema} if many else schema}
    shown = example(name)
    return content if shown is None else {**content, "example": [shown] if many else shown}


def example(name: str) -> Any:
    """The example of a component; None when there is none."""
    try:
        return orjson.loads(render_to_string(f"openapi/examples/{name}.json").encode())
    except TemplateDoesNotExist:
        return None


def _as_sent(parameter: Schema) -> Schema:
    """The filter as the query holds it: a date-time may be a date, and several may be joined by commas."""
    schema = parameter["schema"]
    if schema.get("format") != "date-time":
        return parameter
    return {**parameter, "schema": {"type": "string"}, "description": parameter.get("description", "") + parts.MOMENTS}


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
