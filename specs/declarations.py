"""What a specification's document says at one instant, read tolerantly: parts out of their period are left out.

The validator, the JSON Schema and the sample all start from here, so that they read a document alike.
Whatever in a document makes no sense is passed over; `specs.checking` is what reports it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from specs.patterns import Pattern, pattern
from specs.ranges import Range
from specs.value_types import ANY, Kinds, folded, kinds_of
from tmfusage.tmf.moments import instant

NEEDING = frozenset({"requires", "require", "dependson", "depends", "dependency"})
EXCLUDING = frozenset({"excludes", "exclude", "exclusivity", "exclusive", "mutuallyexclusive"})


@dataclass(frozen=True, slots=True)
class Alternative:
    """A range, a regular expression or both, of a value specification; of these kinds only."""

    kinds: Kinds
    range: Range | None
    pattern: Pattern | None
    unit: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """One characteristic: what its values must be like."""

    name: str
    description: str
    kinds: Kinds
    least: int
    most: int | None
    pattern: Pattern | None
    constants: tuple[Any, ...]
    defaults: tuple[Any, ...]
    alternatives: tuple[Alternative, ...]
    unit: str
    fixed: bool
    extensible: bool
    unique: bool

    @property
    def closed(self) -> bool:
        """Whether only listed values may be sent."""
        return self.fixed or (not self.extensible and bool(self.constants or self.alternatives))

    @property
    def spreads(self) -> bool:
        """Whether an array is read as several values instead of one."""
        return self.kinds != ANY and "array" not in self.kinds and (self.most is None or self.most > 1)


@dataclass(frozen=True, slots=True)
class Declared:
    """All that holds for usages at one instant."""

    declarations: dict[str, Declaration]
    accepts_unknown: bool
    needs: tuple[tuple[str, str], ...]
    excludes: tuple[tuple[str, str], ...]


def declared(document: Any, at: datetime | None) -> Declared:
    """What the document says at the instant; without an instant no period matters."""
    declarations: dict[str, Declaration] = {}
    current: list[dict[str, Any]] = []
    for members in characteristics(document):
        name = members.get("name")
        if isinstance(name, str) and name and name not in declarations and in_force(members, at):
            declarations[name] = _declaration(name, members, at)
            current.append(members)
    relations = list(_relations(document, current, at))
    needs = tuple(dict.fromkeys((name, target) for kind, name, target in relations if kind in NEEDING))
    pairs = ((name, target) for kind, name, target in relations if kind in EXCLUDING and name != target)
    excludes = tuple({frozenset(pair): pair for pair in pairs}.values())
    return Declared(declarations, _accepts_unknown(document), needs, excludes)


def objects(members: Any, name: str) -> list[dict[str, Any]]:
    """The objects in the array under the name."""
    items = members.get(name) if isinstance(members, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def characteristics(document: Any) -> list[dict[str, Any]]:
    """The characteristics that the document lists."""
    return objects(document, "specCharacteristic")


def values(members: dict[str, Any]) -> list[dict[str, Any]]:
    """The value specifications of a characteristic."""
    return objects(members, "characteristicValueSpecification")


def relationships(members: dict[str, Any]) -> list[dict[str, Any]]:
    """The relationships of a characteristic."""
    return objects(members, "charSpecRelationship")


def period(members: Any) -> tuple[datetime | None, datetime | None]:
    """The two ends of `validFor`; None where it is open."""
    valid_for = members.get("validFor") if isinstance(members, dict) else None
    if not isinstance(valid_for, dict):
        return None, None
    return moment(valid_for.get("startDateTime")), moment(valid_for.get("endDateTime"))


def in_force(members: Any, at: datetime | None) -> bool:
    """Whether the instant lies in the part's `validFor`; both ends belong to it."""
    start, end = period(members)
    return at is None or ((start is None or start <= at) and (end is None or at <= end))


def boundaries(document: Any) -> list[datetime]:
    """The instants at which something inside the document begins or ceases to hold, in order."""
    parts: list[dict[str, Any]] = []
    for members in characteristics(document):
        parts += (members, *values(members), *relationships(members))
    return sorted({end for part in parts for end in period(part) if end is not None})


def moment(text: Any) -> datetime | None:
    """The instant that a date-time names; None when it is none."""
    try:
        return _instant(text) if isinstance(text, str) else None
    except ValueError:
        return None


_instant = lru_cache(maxsize=4_096)(instant)


class Targets:
    """Finds the characteristic to which a relationship leads, among those of one specification."""

    def __init__(self, document: Any, among: list[dict[str, Any]]):
        self.specification = document.get("id") if isinstance(document, dict) else None
        named = [members for members in among if isinstance(members.get("name"), str)]
        self.names = {members["name"] for members in named}
        self.ids = {members["id"]: members["name"] for members in named if isinstance(members.get("id"), str)}

    def is_within(self, relation: dict[str, Any]) -> bool:
        """Whether the relationship stays inside the specification."""
        parent = relation.get("parentSpecificationId")
        return parent is None or parent == self.specification

    def find(self, relation: dict[str, Any]) -> str | None:
        """The name of the characteristic, by `characteristicSpecificationId` or else by `name`."""
        identifier, name = relation.get("characteristicSpecificationId"), relation.get("name")
        if isinstance(identifier, str) and identifier in self.ids:
            return self.ids[identifier]
        return name if isinstance(name, str) and name in self.names else None


def _relations(document: Any, current: list[dict[str, Any]], at: datetime | None) -> Iterator[tuple[str, str, str]]:
    targets = Targets(document, current)
    for members in current:
        for relation in relationships(members):
            kind = folded(relation.get("relationshipType"))
            if (kind in NEEDING or kind in EXCLUDING) and in_force(relation, at) and targets.is_within(relation):
                target = targets.find(relation)
                if target is not None:
                    yield kind, members["name"], target


def _accepts_unknown(document: Any) -> bool:
    if isinstance(document, dict) and document.get("extensible") is False:
        return False
    said = [members.get("extensible") for members in characteristics(document)]
    return True in said or False not in said


def _declaration(name: str, members: dict[str, Any], at: datetime | None) -> Declaration:
    listed = [each for each in values(members) if in_force(each, at)]
    constants = [each["value"] for each in listed if each.get("value") is not None]
    defaults = [each["value"] for each in listed if each.get("value") is not None and each.get("isDefault") is True]
    alternatives = tuple(filter(None, map(_alternative, listed)))
    fixed = members.get("configurable") is False and bool(defaults or (len(constants) == 1 and not alternatives))
    return Declaration(
        name=name,
        description=_text(members, "description"),
        kinds=kinds_of(members.get("valueType")) or _common_kinds(listed),
        least=_whole(members, "minCardinality") or 0,
        most=_whole(members, "maxCardinality"),
        pattern=_pattern(members),
        constants=tuple(defaults or constants) if fixed else tuple(constants),
        defaults=tuple(defaults),
        alternatives=() if fixed else alternatives,
        unit=next(filter(None, (_text(each, "unitOfMeasure") for each in listed)), ""),
        fixed=fixed,
        extensible=members.get("extensible") is True,
        unique=members.get("isUnique") is True,
    )


def _common_kinds(listed: list[dict[str, Any]]) -> Kinds:
    """The kinds of all value specifications together, when each names one."""
    kinds = [kinds_of(each.get("valueType")) for each in listed]
    return frozenset().union(*kinds) if all(kinds) else ANY


def _alternative(members: dict[str, Any]) -> Alternative | None:
    span, expression = Range.of(members), _pattern(members)
    if span is None and expression is None:
        return None
    return Alternative(kinds_of(members.get("valueType")), span, expression, _text(members, "unitOfMeasure"))


def _pattern(members: dict[str, Any]) -> Pattern | None:
    text = members.get("regex")
    return pattern(text) if isinstance(text, str) and text else None


def _whole(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name)
    return value if type(value) is int and value >= 0 else None


def _text(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""
