"""The JSON Schema (draft 2020-12) of a usage of one specification, for `@schemaLocation`.

It accepts what the validator accepts, except for a few rules that JSON Schema cannot say; those are listed in
its `$comment`, and there the schema is the more lenient of the two. Periods are judged at one instant.
"""

from datetime import datetime
from typing import Any

from specs.declarations import Alternative, Declaration, Declared, declared, period
from specs.patterns import LONGEST_VALUE, Pattern
from specs.portable_patterns import portable
from specs.value_types import DATE, DATE_TIME, NUMERIC, SPELLED_NUMBER, TIME, Kind, Kinds, canonical, is_number
from tmfusage.tmf.moments import instant_text

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

DEFINITIONS: dict[str, Schema] = {
    "dateTime": {
        "description": "A date-time of RFC 3339 with an offset.",
        "type": "string",
        "format": "date-time",
        "pattern": f"^(?:{DATE_TIME})$",
    },
    "date": {"description": "A date.", "type": "string", "format": "date", "pattern": f"^(?:{DATE})$"},
    "time": {"description": "A time of day, with or without offset.", "type": "string", "pattern": f"^(?:{TIME})$"},
    "UsageCharacteristic": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "valueType": {"type": "string"},
            "value": {"not": {"type": "null"}},
            "characteristicRelationship": {"type": "array", "items": {"type": "object"}},
        },
    },
}
# Numbers in strings, where they are read (USAGE_NUMERIC_STRINGS). With an exponent a fraction may be an integer.
_SPELLED: Schema = {"type": "string", "pattern": f"^(?:{SPELLED_NUMBER})$"}
_SPELLED_INTEGER: Schema = {
    "type": "string",
    "pattern": r"^[+-]?[0-9]{1,64}(?:(?:\.0{1,64})?|(?:\.[0-9]{1,64})?[eE][+-]?[0-9]{1,3})$",
}
_ENTITIES: Schema = {"type": "array", "items": {"type": "object"}}
USAGE: Schema = {
    "id": {"type": "string"},
    "href": {"type": "string"},
    "description": {"type": "string"},
    "usageDate": {"type": "string", "format": "date-time"},
    "usageType": {"type": "string"},
    "status": {"type": "string"},
    "ratedProductUsage": _ENTITIES,
    "relatedParty": _ENTITIES,
    "impactedBucket": _ENTITIES,
    "externalIdentifier": _ENTITIES,
    "usageSpecification": {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}},
    "@type": {"type": "string"},
    "@baseType": {"type": "string"},
    "@schemaLocation": {"type": "string"},
}


def usage_schema(
    document: dict[str, Any],
    schema_id: str,
    at: datetime | None = None,
    base: Schema | None = None,
    numeric_strings: bool = False,
) -> Schema:
    """The JSON Schema of a usage of the specification as it holds at the instant; `base` replaces Usage's members."""
    said = declared(document, at)
    title = " ".join(document[part] for part in ("name", "version") if isinstance(document.get(part), str))
    properties = {**(USAGE if base is None else base), "usageCharacteristic": _characteristics(said, numeric_strings)}
    schema: Schema = {
        "$schema": DIALECT,
        "$id": schema_id,
        "title": f"Usage of {title}" if title else "Usage",
        "description": _description(document, at),
        "$comment": " ".join(_comments(said, numeric_strings)),
        "type": "object",
        "properties": properties,
        "$defs": _definitions(said),
    }
    if any(each.least for each in said.declarations.values()):
        schema["required"] = ["usageCharacteristic"]
    return schema


def value_schema(declaration: Declaration, numeric_strings: bool = False) -> Schema:
    """What each value of the characteristic must be like."""
    parts = [_kinds(declaration.kinds, numeric_strings)]
    if declaration.pattern and not declaration.pattern.fault:
        parts.append(_pattern(declaration.pattern))
    if declaration.closed:
        parts.append(_listed(declaration, numeric_strings and bool(declaration.kinds & NUMERIC)))
    single = _merged(parts)
    if not declaration.spreads:
        return single
    return {"if": {"type": "array"}, "then": {"items": single}, "else": single}


def _characteristics(said: Declared, numeric: bool) -> Schema:
    declarations = list(said.declarations.values())
    item: Schema = {"$ref": "#/$defs/UsageCharacteristic"}
    if not said.accepts_unknown:
        item["properties"] = {"name": {"enum": list(said.declarations)}} if declarations else {"name": False}
    if declarations:
        item["allOf"] = [{"if": _named(each.name), "then": _described(each, numeric)} for each in declarations]
    schema: Schema = {"type": "array", "items": item}
    rules = [rule for each in declarations for rule in _cardinality(each)]
    rules += [{"if": _has(name), "then": _has(target)} for name, target in said.needs]
    rules += [{"not": {"allOf": [_has(name), _has(target)]}} for name, target in said.excludes]
    if rules:
        schema["allOf"] = rules
    return schema


def _named(name: str) -> Schema:
    return {"properties": {"name": {"const": name}}, "required": ["name"]}


def _has(name: str) -> Schema:
    return {"contains": _named(name)}


def _described(declaration: Declaration, numeric: bool) -> Schema:
    schema = value_schema(declaration, numeric)
    unit = f"Unit: {declaration.unit}." if declaration.unit else ""
    text = " ".join(filter(None, (declaration.description, unit)))
    return {"properties": {"value": {"description": text, **schema} if text else schema}}


def _cardinality(declaration: Declaration) -> list[Schema]:
    entries = _bounds(declaration, "minContains", "maxContains")
    counted = [{"contains": _named(declaration.name), **entries}] if entries else []
    if not declaration.spreads:
        return counted
    array = {"type": "array", **_bounds(declaration, "minItems", "maxItems")}
    if declaration.unique:
        array["uniqueItems"] = True
    alone = {"contains": _named(declaration.name), "maxContains": 1}
    several = {"allOf": [alone, {"contains": _named_with(declaration.name, array)}]}
    return [
        {
            "$comment": f"{declaration.name}: several values come as one array or as several entries.",
            "if": {"contains": _named_with(declaration.name, {"type": "array"})},
            "then": several,
            "else": counted[0] if counted else True,
        }
    ]


def _named_with(name: str, value: Schema) -> Schema:
    return {"properties": {"name": {"const": name}, "value": value}, "required": ["name", "value"]}


def _bounds(declaration: Declaration, least: str, most: str) -> Schema:
    if not declaration.least and declaration.most is None:
        return {}
    bounds: Schema = {least: declaration.least}
    if declaration.most is not None:
        bounds[most] = declaration.most
    return bounds


def _kinds(kinds: Kinds, numeric: bool) -> Schema:
    schemas = [_kind(kind) for kind in sorted(kinds)]
    if numeric and kinds & NUMERIC:
        schemas.append(_SPELLED if Kind.NUMBER in kinds else _SPELLED_INTEGER)
    if not schemas:
        return {}
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _kind(kind: Kind) -> Schema:
    return {"$ref": f"#/$defs/{kind}"} if kind in DEFINITIONS else {"type": str(kind)}


def _pattern(expression: Pattern) -> Schema:
    text = portable(expression.text)
    return {"maxLength": LONGEST_VALUE} if text is None else {"pattern": text, "maxLength": LONGEST_VALUE}


def _listed(declaration: Declaration, numeric: bool) -> Schema:
    ways = [_alternative(each, numeric) for each in declaration.alternatives]
    if declaration.constants:
        ways.append({"enum": list({canonical(each): each for each in declaration.constants}.values())})
    if numeric and any(map(is_number, declaration.constants)):
        ways.append(_SPELLED)
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


def _alternative(alternative: Alternative, numeric: bool) -> Schema:
    parts = [_kinds(alternative.kinds, numeric)]
    if alternative.range:
        within = {"type": "number", **alternative.range.schema()}
        parts.append({"anyOf": [within, _SPELLED]} if numeric else within)
    if alternative.pattern and alternative.pattern.fault:
        parts.append({"not": {}})
    elif alternative.pattern:
        parts.append({"type": ["string", "number"], **_pattern(alternative.pattern)})
    return _merged(parts)


def _merged(parts: list[Schema]) -> Schema:
    """One schema that holds where all parts hold; an integer need not be said to be a number as well."""
    whole: Schema = {}
    rest = []
    for part in parts:
        if whole.get("type") == "integer" and part.get("type") == "number":
            part = {keyword: value for keyword, value in part.items() if keyword != "type"}
        same = {keyword for keyword in part if whole.get(keyword) == part[keyword]}
        if whole.keys() & part.keys() - same:
            rest.append(part)
        else:
            whole |= part
    return {**whole, "allOf": rest} if rest else whole


def _definitions(said: Declared) -> dict[str, Schema]:
    used = {str(kind) for each in said.declarations.values() for kind in _all_kinds(each)}
    return {name: schema for name, schema in DEFINITIONS.items() if name in used or name == "UsageCharacteristic"}


def _all_kinds(declaration: Declaration) -> Kinds:
    return declaration.kinds.union(*(each.kinds for each in declaration.alternatives))


def _description(document: dict[str, Any], at: datetime | None) -> str:
    text = [document["description"]] if isinstance(document.get("description"), str) else []
    start, end = period(document)
    bounds = [f"from {instant_text(start)}"] if start else []
    bounds += [f"until {instant_text(end)}"] if end else []
    if bounds:
        text.append(f"For usages whose usageDate lies {' '.join(bounds)}.")
    if at is not None:
        text.append(f"As the specification stands at {instant_text(at)}.")
    return " ".join(text)


def _comments(said: Declared, numeric: bool) -> list[str]:
    """What the validator asks beyond this schema."""
    declarations = said.declarations.values()
    comments = ["Life cycle and period of the specification are checked when a usage is received."]
    expressions = [each for each in declarations if _expressions(each)]
    comments += [
        f"The regular expression {text!r} of {each.name} cannot be said in JSON Schema."
        for each in expressions
        for text in _expressions(each)
        if portable(text) is None
    ]
    comments += [
        f"A regular expression applies to numbers of {each.name}, too, by their shortest text."
        for each in expressions
        if not each.kinds or each.kinds & NUMERIC
    ]
    comments += [f"Values of {each.name} are unique among all usages." for each in declarations if each.unique]
    if numeric:
        spelled = [each.name for each in declarations if each.kinds & NUMERIC and each.closed]
        comments += [f"Ranges and listed numbers of {name} apply to numbers in strings, too." for name in spelled]
    return comments


def _expressions(declaration: Declaration) -> list[str]:
    used = [declaration.pattern, *(each.pattern for each in declaration.alternatives)]
    return [each.text for each in used if each and not each.fault]
