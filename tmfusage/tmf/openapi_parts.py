"""What all operations of a TMF API share in its OpenAPI document: parameters, headers, the Error and when it comes."""

from typing import Any

from tmfusage.tmf.errors import CODES

Schema = dict[str, Any]

CONVENTIONS = """
The API follows TM Forum's REST guidelines (TMF630).

* Objects are open: members that are not described here are stored and returned.
* Names and spellings of older versions are understood; answers use the names of this document only.
* In a `POST`, `null` means that the member is absent, and `id`, `href` and `lastUpdate` are ignored.
  In a merge patch, `null` removes the member.
* Numbers are exact: amounts may have 14 digits before and 6 after the decimal point.
* Date-times have an offset (RFC 3339); answers give them in UTC.
* Every error is an `Error` object, whatever went wrong.
"""

FILTERING = (
    "Any other attribute filters as well, also inside objects and arrays: `usageCharacteristic.name=duration`. "
    "Different parameters are joined by AND; a comma or a repeated parameter separates alternatives."
)

_FIELDS = (
    "The first-level attributes to return, separated by commas; `id`, `href` and `@type` always come, "
    "and `none` asks for nothing else. A dotted name picks a part of an object, "
    "which then lacks members that are required otherwise."
)
_CURSOR = "the page lies there, however many resources are before it. For the same `sort`, without `offset`."
PARAMETERS: dict[str, tuple[Schema, str]] = {
    "fields": ({"type": "string"}, _FIELDS),
    "offset": ({"type": "integer", "minimum": 0, "default": 0}, "How many resources to skip."),
    "limit": ({"type": "integer", "minimum": 0}, "How many resources to return at most; 0 asks for the counts only."),
    "sort": ({"type": "string"}, "Attributes to sort by, separated by commas; a minus before one reverses its order."),
    "filter": ({"type": "string"}, "A JSONPath condition, such as `$[?(@.status=='rated')]` (TMF630 Part 6)."),
    "after": ({"type": "string"}, f"A cursor from the link `next`: {_CURSOR}"),
    "before": ({"type": "string"}, f"A cursor from the link `prev` or `last`: {_CURSOR}"),
}
PRECONDITIONS = {
    "If-Match": "The ETag of the revision to change; 412 when the resource has changed since.",
    "If-None-Match": "The ETag of the revision that the client has; 304 when it is still the same.",
}
IDEMPOTENCY = (
    "A key of the client's own for this request: sent again, the request is not done again but answered as before, "
    "with `Idempotent-Replayed: true`."
)
STORED_ALREADY = "The resource: it was stored already, from the same sender with the same content."
IDENTIFIER = "The `id` of the resource: opaque, and percent-encoded where it needs to be."
MOMENTS = " A date alone stands for that day in UTC."


def _header(kind: str, description: str, required: bool = True) -> Schema:
    return {"description": description, "required": required, "schema": {"type": kind}}


HEADERS: dict[str, Schema] = {
    "X-Request-ID": _header("string", "The request's id in the logs: the client's own, or a new one."),
    "X-Total-Count": _header("integer", "How many resources match."),
    "X-Result-Count": _header("integer", "How many resources the body holds."),
    "X-Total-Count-Estimated": _header("boolean", "True when X-Total-Count is an estimate.", required=False),
    "Link": _header("string", "The pages self, first, prev, next and last (RFC 8288).", required=False),
    "ETag": _header("string", "The revision of the resource, for If-Match and If-None-Match."),
    "Location": _header("string", "Where the new resource is."),
    "WWW-Authenticate": _header("string", "How to authenticate, or which scope is missing.", required=False),
    "Allow": _header("string", "The methods that are allowed here."),
}
EVERYWHERE = ("X-Request-ID",)
PAGE = ("X-Total-Count", "X-Result-Count", "X-Total-Count-Estimated", "Link")

_TEXT: Schema = {"type": "string"}
_URI: Schema = {"type": "string", "format": "uri"}
ANY: Schema = {"description": "Any JSON value but null; its type is kept."}
VIOLATION: Schema = {
    "type": "object",
    "description": "One broken rule.",
    "properties": {
        "path": {**_TEXT, "description": "Where, as JSONPath: `$.usageCharacteristic[2].value`."},
        "code": {
            **_TEXT,
            "description": "missingProperty, invalidValue, invalidFormat, unexpectedProperty, referenceNotFound "
            "or duplicateValue.",
        },
        "message": {**_TEXT, "description": "What was found and what is allowed."},
    },
    "required": ["code", "message", "path"],
    "additionalProperties": True,
}
ERROR: Schema = {
    "type": "object",
    "description": "Why a request was refused or failed.",
    "properties": {
        "code": {**_TEXT, "description": f"A stable word, such as {', '.join(sorted(set(CODES.values())))}."},
        "reason": {**_TEXT, "description": "One sentence."},
        "message": {**_TEXT, "description": "Details: which attribute, what was found, what is allowed."},
        "status": {**_TEXT, "description": "The HTTP status."},
        "referenceError": {**_URI, "description": "A page about this error."},
        "violation": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Violation"},
            "description": "Every broken rule, when the body breaks any.",
        },
        "requestId": {**_TEXT, "description": "The request's id in the logs, as in X-Request-ID."},
        "@type": {**_TEXT, "description": "Error."},
        "@baseType": {**_TEXT, "description": "The class that @type extends."},
        "@schemaLocation": {**_URI, "description": "A JSON Schema that describes additional members."},
    },
    "required": ["code", "reason"],
    "additionalProperties": True,
}

PATCH_OPERATION: Schema = {
    "type": "object",
    "description": "One operation of a JSON Patch (RFC 6902).",
    "properties": {
        "op": {**_TEXT, "enum": ["add", "remove", "replace", "move", "copy", "test"]},
        "path": {**_TEXT, "description": "A JSON Pointer; in a JSON Patch with queries also a JSONPath."},
        "from": {**_TEXT, "description": "Where to move or copy from."},
        "value": {**ANY, "description": "What to add, to put in its place, or to compare with."},
    },
    "required": ["op", "path"],
    "additionalProperties": True,
}
JSON_PATCHES: dict[str, Any] = {
    "application/json-patch+json": [{"op": "replace", "path": "/description", "value": "Corrected"}],
    "application/json-patch-query+json": [
        {"op": "replace", "path": "/relatedParty/role?id=42", "value": "payer"},
        {"op": "remove", "path": "relatedParty[?(@.role=='guest')]"},
    ],
}

# Which statuses an action may answer beside its success.
_ALWAYS = (401, 403, 405, 406, 429, 500, 503)
_ASKING = (400, 414, 501)
_SENDING = (409, 411, 413, 415)
_CHANGING = (404, 409, 412)
FAILURES: dict[str, tuple[int, ...]] = {
    "list": (*_ALWAYS, *_ASKING),
    "create": (*_ALWAYS, *_ASKING, *_SENDING),
    "retrieve": (*_ALWAYS, *_ASKING, 404),
    "partial_update": (*_ALWAYS, *_ASKING, *_SENDING, *_CHANGING),
    "destroy": (*_ALWAYS, *_ASKING, *_CHANGING),
}
FAILURES_OF_A_PART = (*_ALWAYS, 404)

_REASONS: dict[int, tuple[str, str]] = {
    400: ("The query or the body cannot be accepted.", "The body breaks 1 rule."),
    401: ("No credentials, or they are refused.", "Authentication credentials were not provided."),
    403: ("The client lacks the scope, or acts for another party.", 'This needs the scope "usage:write".'),
    404: ("There is no such resource, or the caller may not see it.", "There is no such resource."),
    405: ("The method is not allowed here.", 'Method "PUT" not allowed.'),
    406: ("The client accepts no JSON.", "Only application/json can be served."),
    409: ("What is stored does not allow the change.", "The change conflicts with what is stored."),
    411: ("The body has no Content-Length.", "Send the body with a Content-Length."),
    412: ("If-Match names an older revision.", "The resource has changed meanwhile."),
    413: ("The body is too large.", "The body is too large."),
    414: ("The query is too long.", "The query is too long."),
    415: ("The body has another media type, charset or coding.", "The charset is not supported."),
    429: ("The client has used up its limit of this minute.", "Request was throttled."),
    428: ("If-Match is missing.", "Send If-Match with the ETag you have read."),
    500: ("Something failed here.", "Something went wrong here; it has been logged."),
    501: ("The query asks for what is not supported.", "The parameter filter is not supported."),
    503: ("The database is not available, or the query took too long.", "The database is not available; try again."),
}
_BROKEN_RULE = {
    "code": "missingProperty",
    "message": "$.name: is required",
    "violation": [{"path": "$.name", "code": "missingProperty", "message": "is required"}],
}


def failure(status: int) -> Schema:
    """The response object of an error status, with an example."""
    description, reason = _REASONS[status]
    example: Schema = {"@type": "Error", "code": CODES[status], "reason": reason, "status": str(status)}
    if status == 400:
        example |= _BROKEN_RULE
    schema = {"$ref": "#/components/schemas/Error"}
    extra = {401: ("WWW-Authenticate",), 403: ("WWW-Authenticate",), 405: ("Allow",)}.get(status, ())
    return {
        "description": description,
        "headers": headers(*extra),
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def headers(*names: str) -> Schema:
    """References to the headers, the ones of every answer included."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*EVERYWHERE, *names)}


def add_links(paths: Schema) -> None:
    """Let the answer of each POST that makes a resource lead to what can be done with it (OpenAPI links)."""
    for path, item in paths.items():
        made = item.get("post", {}).get("responses", {})
        links = {
            operation["operationId"]: _link(operation)
            for other, operations in paths.items()
            if other.startswith(f"{path}/{{id}}")
            for operation in operations.values()
        }
        for status in made.keys() & {"201", "202"} if links else ():
            made[status]["links"] = links


def _link(operation: Schema) -> Schema:
    return {
        "operationId": operation["operationId"],
        "parameters": {"id": "$response.body#/id"},
        "description": operation.get("summary", ""),
    }
