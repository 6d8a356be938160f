"""The references at the head of a report: whose consumption it is, as the buckets name them."""

from collections.abc import Mapping
from typing import Any

from consumption.counting import Line

Members = dict[str, Any]
# What identifies somebody; anything else that a bucket says of him stays with the bucket.
_TOLD = ("id", "name", "role", "value", "description", "status", "@type", "@baseType", "@referredType")
_MEMBERS = ("logicalResource", "service", "product", "partyAccount", "relatedParty")


class References:
    """Collects each reference once, those of the asked kind only where they are the one asked for."""

    def __init__(self, kind: str, key: str, spelled: frozenset[str]):
        self.kind, self.key, self.spelled = kind, key, spelled
        self.found: dict[str, dict[str, Members]] = {name: {} for name in _MEMBERS}
        self.summaries: list[Members] = []

    def gather(self, document: Members) -> None:
        """Note whom a bucket names."""
        for name, found in self.found.items():
            if (given := document.get(name)) is None:
                continue
            for reference in given if isinstance(given, list) else [given]:
                if not isinstance(reference, dict):
                    continue
                key = str(reference.get("id") or "")
                if key and key not in found:
                    found[key] = {each: reference[each] for each in _TOLD if isinstance(reference.get(each), str)}

    def summarise(self, total: Line, summary: Members) -> None:
        """Hang a total without a bucket where it belongs: at its product, its line or its service."""
        owner = {"resource": "logicalResource", "service": "service", "product": "product"}.get(total.kind)
        name, key = ("product", total.product_id) if total.product_id else (owner, total.key)
        if name is None:
            self.summaries.append(summary)
            return
        held = self.found[name].get(key) or next(iter(self.found[name].values()), None) if name == owner else None
        held = held or self.found[name].setdefault(key, {"id": key})
        held.setdefault("consumptionSummary", []).append(summary)

    def members(self, kinds: Mapping[str, str]) -> Members:
        """The references by member; the one that was asked for is always there."""
        members: Members = {}
        for name, found in self.found.items():
            references = list(found.values())
            if kinds[name] == self.kind:
                references = [each for each in references if self._asked(each)] or [self._plain(name)]
            if references:
                members[name] = references
        return {**members, "consumptionSummary": self.summaries} if self.summaries else members

    def _asked(self, reference: Members) -> bool:
        return not self.spelled.isdisjoint(_forms(reference))

    def _plain(self, name: str) -> Members:
        return {"id": self.key, **({"@referredType": "Party"} if name == "relatedParty" else {})}


def _forms(reference: Members) -> set[str]:
    texts = [reference.get(each, "") for each in ("id", "value")]
    bare = ["".join(filter(str.isdigit, text)) for text in texts]
    return {each for each in (*texts, *bare) if each}
