"""Where an operation of a JSON Patch with queries leads: its path as plain JSON Pointers (RFC 6901).

`/usageCharacteristic/value?name=duration` (TMF630 Part 5) and `usageCharacteristic[?(@.name=='duration')].value`
(Part 6) both mean the values of the matching elements; an operation is done at each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings

from tmfusage.tmf.query.binding import bind, bind_steps
from tmfusage.tmf.query.jsonpath import leaves, parse_path
from tmfusage.tmf.query.matching import holds, indices
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.resolving import UNDECLARED, declared_by
from tmfusage.tmf.query.tree import EVERYTHING, And, Member, Members, Node, Not, Or, Step, Term
from tmfusage.tmf.refusals import TmfError, broken, conflict, invalid_body
from tmfusage.tmf.serializers import Representation
from tmfusage.tmf.violations import Violation

Tokens = tuple[str, ...]
Found = Iterator[tuple[Tokens, Any]]
_ABSENT = object()
# What the queries of one patch may look through, in bodies of the largest size.
MAX_SEARCHED = 2
_BAD_ESCAPE = re.compile(r"^/[^?]*~(?![01])")


class Work:
    """What a patch may still do while its resource is locked: places to change, and bytes to look through.

    `size` is that of the resource as the operations so far have left it.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.places = settings.API_MAX_PATCH_PLACES
        self.bytes = MAX_SEARCHED * settings.API_MAX_BODY_BYTES

    def change(self, places: int) -> None:
        """Count places that are changed; 400 when they are too many."""
        self.places -= places
        if self.places < 0:
            limit = settings.API_MAX_PATCH_PLACES
            raise invalid_body(f"The patch leads to too many places; the limit is {limit}.")

    def search(self, comparisons: int) -> None:
        """Count comparisons with everything in the resource; 400 when they are too many."""
        self.bytes -= self.size * max(1, comparisons)
        if self.bytes < 0:
            raise invalid_body("The queries of the patch compare too much; send fewer, or plain paths.")


def located(
    document: Any,
    operation: dict[str, Any],
    representation: type[Representation],
    queries: bool,
    place: str,
    work: Work,
) -> list[dict[str, Any]]:
    """The operation once for each place where it leads, the last first so that removing one moves no other.

    400 for a path that is none or for too much work, 409 for one that leads nowhere.
    """
    finder = _Finder(document, representation, queries, place, work)
    targets = finder.pointers("path", operation["path"], may_be_new=operation["op"] in {"add", "move", "copy"})
    if "from" not in operation or operation["op"] not in {"move", "copy"}:
        return [{**operation, "path": target} for target in reversed(targets)]
    sources = finder.pointers("from", operation["from"], may_be_new=False)
    if len(sources) != 1 or len(targets) != 1:
        raise conflict("A path of the patch leads to several places.", f"{place}: {operation['op']} needs one.")
    return [{**operation, "path": targets[0], "from": sources[0]}]


class _Finder:
    """Turns the paths of one operation into pointers."""

    def __init__(self, document: Any, representation: type[Representation], queries: bool, place: str, work: Work):
        self.document, self.representation = document, representation
        self.queries, self.place, self.work = queries, place, work

    def pointers(self, member: str, path: str, may_be_new: bool) -> list[str]:
        """The plain pointers; at least one."""
        if _BAD_ESCAPE.search(path):
            raise self._refused(member, "a tilde stands only in ~0 and ~1")
        if path == "" or (path.startswith("/") and not (self.queries and "?" in path)):
            found = [self._official(_tokens(path))]
        elif not self.queries:
            raise self._refused(member, "is not a JSON Pointer; it begins with a slash")
        else:
            found = self._searched(member, path, may_be_new)
        self.work.change(len(found))
        return [_pointer(tokens) for tokens in found]

    def _searched(self, member: str, path: str, may_be_new: bool) -> list[Tokens]:
        if len(path) > settings.API_MAX_QUERY_VALUE:
            raise self._refused(member, f"is longer than {settings.API_MAX_QUERY_VALUE} characters")
        try:
            found = self._by_query(path) if path.startswith("/") else self._by_jsonpath(path, may_be_new)
        except TmfError as refusal:
            if refusal.status_code == 501:
                raise
            raise self._refused(member, refusal.message or refusal.reason) from refusal
        # One more than may be: that many are not even listed.
        if places := list(islice(found, self.work.places + 1)):
            return places
        raise conflict("A path of the patch leads nowhere.", f"{self.place}.{member}: {path[:200]}")

    def _official(self, tokens: Tokens) -> Tokens:
        legacy = self.representation.meta("legacy")
        return (legacy.get(tokens[0], tokens[0]), *tokens[1:]) if tokens else tokens

    def _refused(self, member: str, message: str) -> TmfError:
        return broken([Violation(f"{self.place}.{member}", "invalidValue", message)], "The patch")

    def _by_jsonpath(self, path: str, may_be_new: bool) -> Iterator[Tokens]:
        steps = parse_path(path.removeprefix("$").removeprefix("."), "path")
        self.work.search(sum(1 for step in steps for _ in leaves(step)))
        steps = bind_steps(steps, declared_by(self.representation))
        return (tokens for tokens, _ in _led(steps, (), self.document, may_be_new))

    def _by_query(self, path: str) -> Iterator[Tokens]:
        pointer, _, query = path.partition("?")
        tree = parse(query).tree
        if tree == EVERYTHING:
            raise self._refused("path", "the query behind the question mark names no attribute")
        self.work.search(sum(1 for _ in leaves(tree)))
        return (tokens for tokens, _ in _searched(self._official(_tokens(pointer)), (), (), self.document, tree))


def _searched(rest: Tokens, names: Tokens, tokens: Tokens, value: Any, tree: Node) -> Found:
    """The places to which the tokens lead, through the elements of arrays that the query finds.

    Its names are relative to the outermost array, or dotted from the resource.
    """
    if isinstance(value, list) and not (rest and (rest[0] == "-" or rest[0].isdigit())):
        outermost = not any(token.isdigit() for token in tokens)
        condition = bind(_within(tree, names, outermost), UNDECLARED)
        for index, element in enumerate(value):
            if holds(condition, element):
                yield from _searched(rest, names, (*tokens, str(index)), element, tree)
    elif not rest:
        yield tokens, value
    elif isinstance(value, list | dict):
        child = value.get(rest[0], _ABSENT) if isinstance(value, dict) else _element(value, rest[0])
        yield from _searched(rest[1:], (*names, rest[0]), (*tokens, rest[0]), child, tree)


def _element(value: list[Any], token: str) -> Any:
    return value[int(token)] if token.isdigit() and int(token) < len(value) else _ABSENT


def _within(node: Node, names: Tokens, outermost: bool) -> Node:
    """The query as it concerns an element of the array at these names; what concerns others holds."""
    if isinstance(node, And | Or):
        return type(node)(tuple(_within(part, names, outermost) for part in node.parts))
    if isinstance(node, Not):
        return Not(_within(node.part, names, outermost))
    if isinstance(node, Term):
        if node.path[: len(names)] == names and len(node.path) > len(names):
            return Term(node.path[len(names) :], node.operator, node.values, explicit=True)
        return Term(node.path, node.operator, node.values, explicit=True) if outermost else EVERYTHING
    return node if outermost else EVERYTHING


def _led(steps: tuple[Step, ...], tokens: Tokens, value: Any, may_be_new: bool) -> Found:
    """Where the steps of a JSONPath lead from a value; of a new member only the last may be."""
    if not steps:
        yield tokens, value
        return
    step, *rest = steps
    for further, found in _followed(step, tokens, value, may_be_new and not rest):
        yield from _led(tuple(rest), further, found, may_be_new)


def _followed(step: Step, tokens: Tokens, value: Any, may_be_new: bool) -> Found:
    """Where one step of a JSONPath leads from a value."""
    if isinstance(step, Member):
        if isinstance(value, list):
            yield from (
                each
                for index, item in enumerate(value)
                for each in _followed(step, (*tokens, str(index)), item, may_be_new)
            )
        elif isinstance(value, dict) and (may_be_new or step.name in value):
            yield (*tokens, step.name), value.get(step.name)
    elif isinstance(step, Members):
        yield from (((*tokens, name), item) for name, item in value.items()) if isinstance(value, dict) else ()
    elif isinstance(value, list):
        yield from (((*tokens, str(index)), value[index]) for index in indices(step, value))


def _tokens(pointer: str) -> Tokens:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _pointer(tokens: Tokens) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)
