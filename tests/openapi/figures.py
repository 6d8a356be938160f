"""The facts of an API description (Swagger 2 or OpenAPI 3) that clients depend on, one line each."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

Schema = dict[str, Any]
OFFICIAL = Path(settings.BASE_DIR).parent / "shared/tmf/oas/TMF635-v4.0.0.swagger.json"
FIGURES = Path(__file__).parent / "figures.json"


def recorded() -> Schema:
    """The figures of TMF635 v4.0.0 that this project goes by."""
    return json.loads(FIGURES.read_text())


def figures_of(document: Schema) -> Schema:
    """Operations and components of a description, in short."""
    components = document.get("definitions") or document["components"]["schemas"]
    operations = {
        f"{method.upper()} {path}": _operation(document, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    return {"operations": operations, "components": {name: _component(item) for name, item in components.items()}}


def facts(figures: Schema) -> dict[str, Any]:
    """The figures as single facts by name, so that two descriptions can be compared."""
    found: dict[str, Any] = {}
    for name, operation in figures["operations"].items():
        found |= {f"{name} {key}": operation[key] for key in ("id", "tag", "body") if operation[key]}
        found |= {f"{name} ?{key}": kind for key, kind in operation["parameters"].items()}
        found |= {f"{name} {status}": kind for status, kind in operation["responses"].items()}
    for name, component in figures["components"].items():
        found |= {f"{name}.{key}": kind for key, kind in component.get("attributes", {}).items()}
        found |= {f"{name} {key}": component[key] for key in ("required", "enum") if component.get(key)}
        found[name] = "component"
    return found


def _operation(document: Schema, operation: Schema) -> Schema:
    parameters = operation.get("parameters", [])
    return {
        "id": operation["operationId"],
        "tag": operation["tags"][0],
        "parameters": {each["name"]: _parameter(each) for each in parameters if each["in"] != "body"},
        "body": _body(operation, parameters),
        "responses": {status: _answer(document, item) for status, item in operation["responses"].items()},
    }


def _parameter(parameter: Schema) -> str:
    return f"{parameter['in']} {_kind(parameter.get('schema', parameter))}"


def _body(operation: Schema, parameters: list[Schema]) -> str:
    if "requestBody" in operation:
        # A JSON Patch holds operations; what is compared is the resource itself.
        bodies = operation["requestBody"]["content"].items()
        kinds = {_kind(content["schema"]) for media, content in bodies if "json-patch" not in media}
        assert len(kinds) == 1
        return kinds.pop()
    return next((_kind(each["schema"]) for each in parameters if each["in"] == "body"), "")


def _answer(document: Schema, item: Schema) -> str:
    if "$ref" in item:
        item = document["components"]["responses"][item["$ref"].rpartition("/")[2]]
    content = next(iter(item.get("content", {}).values()), item)
    return _kind(content["schema"]) if "schema" in content else ""


def _component(schema: Schema) -> Schema:
    if "enum" in schema:
        return {"enum": sorted(schema["enum"])}
    attributes = {name: _kind(item) for name, item in schema.get("properties", {}).items()}
    return {"required": sorted(schema.get("required", [])), "attributes": attributes}


def _kind(schema: Schema) -> str:
    if "allOf" in schema:
        return _kind(schema["allOf"][0])
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    return " ".join(schema[key] for key in ("type", "format") if key in schema)
