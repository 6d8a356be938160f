"""Attribute selection: `fields=` (TMF630 Part 1 §4.3)."""

from dataclasses import dataclass, field
from typing import Any

from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.serializers import Representation

ALWAYS = ("id", "href", "@type")
MAX_NAMES = 100


@dataclass
class Selection:
    """The wanted members: a name with a whole value has no children."""

    children: dict[str, "Selection"] = field(default_factory=dict)

    def add(self, path: list[str]) -> None:
        """Want the member at the path; a whole object beats its parts."""
        head, *rest = path
        known = self.children.get(head)
        if not rest:
            self.children[head] = Selection()
        elif known is None or known.children:
            self.children.setdefault(head, Selection()).add(rest)

    def pick(self, value: Any) -> Any:
        """The value with the wanted members only, in every element of an array."""
        if not self.children:
            return value
        if isinstance(value, list):
            return [self.pick(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: child.pick(value[name]) for name, child in self.children.items() if name in value}


def parse_fields(text: str | None, representation: type[Representation]) -> Selection | None:
    """The selection, or None for everything; 400 on a syntax error, unknown names select nothing."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) > MAX_NAMES:
        raise invalid_query(f"fields names {len(names)} attributes; the limit is {MAX_NAMES}.")
    selection = Selection({name: Selection() for name in ALWAYS})
    if names == ["none"]:
        return selection
    legacy = representation.meta("legacy")
    for name in names:
        head, *rest = name.split(".")
        if not head or not all(rest):
            raise invalid_query(f"fields: {name[:80]!r} is not the name of an attribute.")
        selection.add([legacy.get(head, head), *rest])
    return selection
