"""Attribute selection: `fields=` (TMF630 Part 1 §4.3, with JSONPath conditions as Part 6 allows them)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

from tmfusage.tmf.query.binding import bind_steps
from tmfusage.tmf.query.comparisons import Fits
from tmfusage.tmf.query.jsonpath import parse_path
from tmfusage.tmf.query.matching import indices
from tmfusage.tmf.query.resolving import declared_by
from tmfusage.tmf.query.tree import Elements, Member, Slice, Step, Where
from tmfusage.tmf.refusals import TmfError, invalid_query
from tmfusage.tmf.serializers import Representation

ALWAYS = ("id", "href", "@type")
MAX_NAMES = 100


@dataclass
class Selection:
    """The wanted members: a name with a whole value has no children.

    `keeps` are the conditions of which an array's element must fulfil one; without any it keeps all of them.
    `others` tells that members which are not named come as well.
    """

    children: dict[str, Selection] = field(default_factory=dict)
    keeps: list[Step] = field(default_factory=list)
    others: bool = False

    def add(self, path: list[tuple[str, Step | None]]) -> None:
        """Want the member at the path; a whole object beats its parts, a whole array its elements."""
        (head, keep), *rest = path
        known = self.children.get(head)
        child = self.children.setdefault(head, Selection())
        if keep is None:
            child.keeps.clear()
        elif known is None or known.keeps:
            child.keeps.append(keep)
        if not rest:
            child.children.clear()
        elif known is None or known.children:
            child.add(rest)

    def pick(self, value: Any) -> Any:
        """The value with the wanted members only, in every element of an array that is kept."""
        if isinstance(value, list):
            kept = self._kept(value) if self.keeps else value
            return [self.pick(item) for item in kept] if self.children else kept
        if not self.children or not isinstance(value, dict):
            return value
        if self.others:
            return {
                name: self.children[name].pick(item) if name in self.children else item for name, item in value.items()
            }
        return {name: child.pick(value[name]) for name, child in self.children.items() if name in value}

    def _kept(self, elements: list[Any]) -> list[Any]:
        wanted = {index for keep in self.keeps for index in indices(keep, elements)}
        return [element for index, element in enumerate(elements) if index in wanted]


def parse_fields(text: str | None, representation: type[Representation]) -> Selection | None:
    """The selection, or None for everything; 400 on a syntax error, unknown names select nothing.

    `note[?(@.author=='X')]` keeps the matching elements of an array; where only such names are given, the rest of the
    resource comes whole.
    """
    if text is None:
        return None
    names = [name.strip() for name in _split(text)]
    if len(names) > MAX_NAMES:
        raise invalid_query(f"fields names {len(names)} attributes; the limit is {MAX_NAMES}.")
    conditional = all("[" in name for name in names)
    selection = Selection({} if conditional else {name: Selection() for name in ALWAYS}, others=conditional)
    if names == ["none"]:
        return selection
    legacy = representation.meta("legacy")
    for name in names:
        (head, keep), *rest = _path(name, representation)
        selection.add([(legacy.get(head, head), keep), *rest])
    return selection


def _split(text: str) -> Iterator[str]:
    """The names between commas; a comma in brackets or quotes belongs to a condition."""
    depth, quote, start = 0, "", 0
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"" and depth:
            quote = char
        elif char in "[]":
            depth += 1 if char == "[" else -1
        elif char == "," and not depth:
            yield text[start:index]
            start = index + 1
    yield text[start:]


def _path(name: str, representation: type[Representation]) -> list[tuple[str, Step | None]]:
    """The names along a path, each with what its array keeps."""
    if "[" not in name:
        steps = name.split(".")
        if not all(steps):
            raise invalid_query(f"fields: {name[:80]!r} is not the name of an attribute.")
        return [(step, None) for step in steps]
    path: list[tuple[str, Step | None]] = []
    for step in bind_steps(parse_path(name, "fields"), declared_by(representation)):
        if isinstance(step, Member):
            path.append((step.name, None))
        elif isinstance(step, Where | Slice | Elements) and path and path[-1][1] is None:
            path[-1] = (path[-1][0], _kept(step))
        else:
            raise TmfError(501, "notImplemented", f"fields: the path {name[:80]} is not supported.")
    return path


def _kept(step: Step) -> Step | None:
    """What an array keeps; None for everything."""
    if isinstance(step, Where) and _matches_patterns(step.condition):
        raise TmfError(501, "notImplemented", "fields: regular expressions are not supported.")
    return None if isinstance(step, Elements) else step


def _matches_patterns(node: Any) -> bool:
    """Whether a regular expression stands anywhere in the condition: only PostgreSQL evaluates those."""
    if isinstance(node, tuple | list):
        return any(map(_matches_patterns, node))
    parts = [getattr(node, each.name) for each in dataclass_fields(node)] if is_dataclass(node) else []
    return isinstance(node, Fits) or any(map(_matches_patterns, parts))
