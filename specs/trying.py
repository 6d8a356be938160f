"""Trying a record: every rule of a specification, and whether the record keeps it."""

import re
from dataclasses import dataclass, field
from typing import Any

from tmfusage.tmf import exact
from tmfusage.tmf.violations import Violation

_ENTRY = re.compile(r"\$\.usageCharacteristic\[(\d+)\]")


@dataclass
class Tried:
    """One characteristic: what is asked, what was found, and what is broken."""

    name: str
    asked: list[str]
    found: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether every rule holds."""
        return not self.broken


def tried(document: dict[str, Any], usage: dict[str, Any], violations: list[Violation]) -> list[Tried]:
    """A row per characteristic, listed ones first, then the specification as a whole when it is broken."""
    rows = {
        each.get("name", ""): Tried(each.get("name", ""), asked(each))
        for each in document.get("specCharacteristic", [])
    }
    entries = usage.get("usageCharacteristic")
    names: list[str] = []
    for entry in entries if isinstance(entries, list) else []:
        name = str(entry.get("name", "")) if isinstance(entry, dict) else ""
        names.append(name)
        row = rows.setdefault(name, Tried(name, []))
        if isinstance(entry, dict) and "value" in entry:
            row.found.append(exact.dumps(entry["value"]).decode())
    for violation in violations:
        rows.setdefault(_name_of(violation, names, rows), Tried("", [])).broken.append(violation.message)
    return list(rows.values())


def _name_of(violation: Violation, names: list[str], rows: dict[str, Tried]) -> str:
    if match := _ENTRY.match(violation.path):
        return names[int(match.group(1))]
    head = violation.message.partition(":")[0]
    return head if head in rows else ""


def asked(characteristic: dict[str, Any]) -> list[str]:
    """What the characteristic asks for, in the words of the standard."""
    parts = [f"{name}: {exact.dumps(characteristic[name]).decode()}" for name in _SHOWN if name in characteristic]
    for value in characteristic.get("characteristicValueSpecification", []):
        shown = {name: item for name, item in value.items() if name in _VALUE_SHOWN}
        parts.append(exact.dumps(shown).decode())
    return parts


_SHOWN = ("valueType", "minCardinality", "maxCardinality", "regex", "isUnique", "extensible", "configurable")
_VALUE_SHOWN = ("value", "valueFrom", "valueTo", "rangeInterval", "regex", "unitOfMeasure")
