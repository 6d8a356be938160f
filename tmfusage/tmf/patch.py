"""How a PATCH body changes a resource: JSON Merge Patch, JSON Patch, and JSON Patch with queries (TMF630 Part 5, 6)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonpatch
import jsonpointer
from django.conf import settings

from tmfusage.tmf import exact
from tmfusage.tmf.patch_paths import Work, located
from tmfusage.tmf.refusals import TmfError, broken, conflict, invalid_body
from tmfusage.tmf.serializers import Representation
from tmfusage.tmf.violations import Violation

NEEDS = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}
Operation = dict[str, Any]


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a JSON Merge Patch (RFC 7396): null removes, objects merge, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def merged(current: dict[str, Any], body: Any, representation: type[Representation]) -> Any:
    """The resource after a merge patch in the words of any version; 400 for what is no object."""
    if not isinstance(body, dict):
        raise invalid_body("The body is not a JSON object.")
    legacy = representation.meta("legacy")
    changes: dict[str, Any] = {}
    for name, item in body.items():
        official = legacy.get(name, name)
        if official in changes and changes[official] != item:
            message = "is given twice, also under an older name, with different values"
            raise broken([Violation(f"$.{official}", "invalidValue", message)])
        changes[official] = item
    return merge_patch(current, changes)


def json_patched(current: dict[str, Any], body: Any, representation: type[Representation]) -> Any:
    """The resource after a JSON Patch (RFC 6902)."""
    return _applied(current, body, representation, queries=False)


def query_patched(current: dict[str, Any], body: Any, representation: type[Representation]) -> Any:
    """The resource after a JSON Patch whose paths may hold queries or JSONPath conditions."""
    return _applied(current, body, representation, queries=True)


def _applied(current: dict[str, Any], body: Any, representation: type[Representation], queries: bool) -> Any:
    result: Any = deepcopy(current)
    operations = _operations(body)
    work = Work(_checked_size(result))
    for number, operation in enumerate(operations):
        for plain in located(result, operation, representation, queries, f"$[{number}]", work):
            result = _one(result, plain, number)
        work.size = _checked_size(result)
    # Read anew as a body is: what the operations put together must not be deeper than what may be sent.
    return exact.loads(exact.dumps(result))


def _operations(body: Any) -> list[Operation]:
    """The operations of the body, each complete; the 2014 guidelines print a single one without an array."""
    operations = [body] if isinstance(body, dict) else body
    if not isinstance(operations, list):
        raise invalid_body("The body is not an array of operations.")
    if len(operations) > settings.API_MAX_PATCH_OPERATIONS:
        limit = settings.API_MAX_PATCH_OPERATIONS
        raise invalid_body(f"There are {len(operations)} operations; the limit is {limit}.")
    violations = [each for number, operation in enumerate(operations) for each in _faults(operation, f"$[{number}]")]
    if violations:
        raise broken(violations, "The patch")
    return operations


def _faults(operation: Any, path: str) -> list[Violation]:
    if not isinstance(operation, dict):
        return [Violation(path, "invalidFormat", "expected an object with op and path")]
    name = operation.get("op")
    if not isinstance(name, str) or name not in NEEDS:
        return [Violation(f"{path}.op", "invalidValue", f"is not one of {', '.join(NEEDS)}")]
    needed = ("path", *NEEDS[name])
    missing = [
        Violation(f"{path}.{each}", "missingProperty", "is required") for each in needed if each not in operation
    ]
    paths = [each for each in ("path", "from") if each in needed and not isinstance(operation.get(each, ""), str)]
    return missing + [Violation(f"{path}.{each}", "invalidFormat", "expected a string") for each in paths]


def _one(document: Any, operation: Operation, number: int) -> Any:
    """The document after one plain operation; 409 when it does not fit what is there."""
    try:
        if operation["op"] == "test":
            _test(document, operation, number)
            return document
        return jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
    except jsonpatch.InvalidJsonPatch as exc:
        raise broken([Violation(f"$[{number}]", "invalidValue", str(exc)[:200])], "The patch") from exc
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError, IndexError) as exc:
        message = f"$[{number}]: {operation['op']} {operation['path'][:200]}"
        raise conflict("An operation does not fit the resource as it is.", message) from exc


def _test(document: Any, operation: Operation, number: int) -> None:
    found = jsonpointer.JsonPointer(operation["path"]).resolve(document)
    if not _same(found, operation["value"]):
        raise conflict("A test of the patch failed.", f"$[{number}]: {operation['path'][:200]} has another value.")


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right


def _checked_size(document: Any) -> int:
    """The size; copies of copies are refused before they grow beyond what could be sent."""
    try:
        size = len(exact.dumps(document))
    except TypeError as exc:
        raise invalid_body("The operations nest the resource too deep.") from exc
    if size > settings.API_MAX_BODY_BYTES:
        limit = settings.API_MAX_BODY_BYTES
        raise TmfError(413, "payloadTooLarge", "The resource becomes too large.", f"The limit is {limit} bytes.")
    return size
