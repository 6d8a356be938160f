"""What the OpenAPI file of TMF677 v5.1.0 says of each object, in short, and whether an answer keeps to it."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.conformance.client import Exchange
from tests.conformance.suite import Assertion, Check, Memory

Schema = dict[str, Any]
OFFICIAL = Path(__file__).parents[3] / "shared/tmf/oas/TMF677-v5.1.0.oas.yaml"
FIGURES = Path(__file__).parent / "figures_v5.json"
ROOTS = ("QueryUsageConsumption", "UsageConsumptionReport", "Hub", "Error")
_JSON = {"string": str, "boolean": bool, "number": (int, float), "integer": int}


@cache
def recorded() -> Schema:
    """The figures that this project goes by."""
    return json.loads(FIGURES.read_text())


def keeps_to_figures(kind: str) -> Check:
    """What the body is of that class, or a list of them, or else an Error; no attribute is null or of another kind."""

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        if exchange.status == 204 or exchange.error:
            return
        body = exchange.json
        found = "Error" if exchange.status >= 400 else f"{kind}[]" if isinstance(body, list) else kind
        wrong = complaints(body, found)
        yield Assertion("Body keeps to the OpenAPI file", not wrong, "; ".join(wrong[:3]))

    return check


def figures_of(document: Schema) -> Schema:
    """Each class that an answer can hold: what it requires, and the kind of each attribute."""
    schemas, found, waiting = document["components"]["schemas"], {}, list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _figure(schemas[name], schemas)
        kinds = [*found[name].get("attributes", {}).values(), *found[name].get("oneOf", ())]
        waiting += [kind.removesuffix("[]") for kind in kinds if kind.removesuffix("[]") in schemas]
        waiting += [kind for kind in found[name].get("classes", ()) if kind in schemas]
    return dict(sorted(found.items()))


def complaints(value: Any, kind: str, path: str = "$") -> list[str]:
    """Where the value is not what the figures say."""
    if kind.endswith("[]"):
        if not isinstance(value, list):
            return [f"{path} is no array"]
        return [each for at, item in enumerate(value) for each in complaints(item, kind[:-2], f"{path}[{at}]")]
    if kind in recorded():
        return _object(value, recorded()[kind], kind, path)
    name, _, form = kind.partition(" ")
    if name in _JSON and (not isinstance(value, _JSON[name]) or isinstance(value, bool) != (name == "boolean")):
        return [f"{path} is no {kind}"]
    return [] if form != "date-time" or _is_moment(value) else [f"{path} is no moment"]


def _is_moment(text: str) -> bool:
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _object(value: Any, figure: Schema, kind: str, path: str) -> list[str]:
    if "enum" in figure:
        return [] if value in figure["enum"] else [f"{path}: {value!r} is no {kind}"]
    if not isinstance(value, dict):
        return [f"{path} is no object"]
    given = value.get("@type")
    allowed = figure.get("classes") or figure.get("oneOf")
    if allowed and given not in allowed:
        return [f"{path}: @type {given!r} is none of {allowed}"]
    if allowed and given != kind:
        return _object(value, recorded()[given], given, path)
    missing = [f"{path}.{name} is missing" for name in figure["required"] if name not in value]
    nulls = [f"{path}.{name} is null" for name, item in value.items() if item is None]
    known = [name for name in figure["attributes"] if value.get(name) is not None]
    inner = [each for name in known for each in complaints(value[name], figure["attributes"][name], f"{path}.{name}")]
    return [*missing, *nulls, *inner]


def _figure(schema: Schema, schemas: Schema) -> Schema:
    if "enum" in schema:
        return {"enum": sorted(schema["enum"])}
    if "oneOf" in schema:
        return {"oneOf": sorted(_kind(each) for each in schema["oneOf"])}
    figure: Schema = {"required": sorted(_required(schema, schemas)), "attributes": _attributes(schema, schemas)}
    classes = sorted(schema.get("discriminator", {}).get("mapping", {}))
    return {**figure, "classes": classes} if classes else figure


def _attributes(schema: Schema, schemas: Schema) -> Schema:
    found: Schema = {}
    for part in schema.get("allOf", ()):
        found |= _attributes(schemas[_kind(part)] if "$ref" in part else part, schemas)
    return dict(sorted({**found, **{name: _kind(item) for name, item in schema.get("properties", {}).items()}}.items()))


def _required(schema: Schema, schemas: Schema) -> set[str]:
    parts = [schemas[_kind(each)] if "$ref" in each else each for each in schema.get("allOf", ())]
    inherited = [_required(part, schemas) for part in parts]
    return set(schema.get("required", ())).union(*inherited)


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    return " ".join(schema[key] for key in ("type", "format") if key in schema)
