"""What the contract has to know of a resource."""

from dataclasses import dataclass, field
from typing import Any

import pytest

# The capabilities that a resource may lack: its TMF API gives it no such verb, or it is too small a list.
RULES = {"delete", "etag", "fields", "filters", "members", "pages", "parties", "patch"}
rule = pytest.mark.rule
ZETA = {"id": "zeta", "@referredType": "Organization"}


@dataclass(frozen=True)
class Described:
    """What the suite has to know of a resource."""

    root: str
    name: str
    # A body that can be posted; it has a relatedParty "acme", and `text` and `word` below.
    body: dict[str, Any]
    # First-level attributes that are free text (patched), and a short word (filtered by, sorted by).
    text: str
    word: str
    # A first-level date-time attribute and its nested path, an array attribute with a nested id.
    moment: str = ""
    array: str = "relatedParty"
    # An older spelling and the official name, where there is one.
    legacy: tuple[str, str] = ("", "")
    # What it cannot, of RULES.
    lacks: frozenset[str] = frozenset()
    # What is posted before it, and before another party's: name of the resource, and body.
    needs: tuple[tuple[str, dict[str, Any]], ...] = ()
    others_need: tuple[tuple[str, dict[str, Any]], ...] = ()
    # What a text begins with, where blanks are not allowed.
    prefix: str = "text "
    # The members that `fields` cannot leave out, and those that are answered to the POST only.
    always: tuple[str, ...] = ("id", "href", "@type")
    told_once: tuple[str, ...] = ()
    # The members that make it another party's, and what a client of one party is answered when it posts such a one.
    others: dict[str, Any] = field(default_factory=lambda: {"relatedParty": [ZETA]})
    foreign: tuple[int, str] = (403, "accessDenied")
    # Whether PATCH is among its verbs, though perhaps for one change only.
    changed: bool = True
    # Members from which others are computed.
    telling: dict[str, Any] = field(default_factory=dict)
    # Attributes whose filters compute an answer instead of finding stored ones.
    criteria: frozenset[str] = frozenset()
    # A scope that does not suffice.
    other_scope: str = "hub"

    def __str__(self) -> str:
        return f"{self.root.strip('/').replace('tmf-api/', '')}/{self.name}"

    def having(self, **members: Any) -> dict[str, Any]:
        """A body with these members."""
        return {**self.body, **members}
