"""Validation of a usage against its specification: every broken rule, in one answer, by JSON path.

Input is the v4 wire shape in official names, parsed to dict, list, str, bool, int and Decimal. What the
standard leaves open is decided so:

* **Value types** (`valueType`) are free text in the standard: known spellings are understood (see
  `specs.value_types`), an unknown one admits every value. Without a type of its own a characteristic takes
  the types of its value specifications, if each of them has one.
* **Allowed values**: a value must be admitted by any one value specification in force that lists a value, a
  range or a regular expression (range and expression of one specification hold together). Those that say none
  of these neither admit nor forbid. `extensible: true` lets other values pass; type and the characteristic's
  own expression still hold. Numbers equal by amount (20 and 20.0), other values only within their JSON type.
* **`configurable: false`** with a default, or with exactly one value and nothing else listed, fixes the value.
* **Cardinality** counts values. Entries of one name count each. An array counts each element where several
  values are allowed and the type is neither array nor any; such an array must be the only entry of its name,
  and an empty one counts nothing. Without `maxCardinality` there is no upper bound.
* **Unknown characteristics** (names not in the specification) are refused when the specification itself says
  `extensible: false`, or when at least one characteristic says false and none says true; else accepted.
* **Periods** (`validFor`, both ends belong to it) are judged at `usageDate`. A characteristic out of its
  period is not declared, hence unknown; a value specification or relationship out of it does not exist.
* **Life cycle**: no usages in study or design, nor once rejected, retired or obsolete.
* **Relationships**: requires/dependsOn/dependency and excludes/exclusivity between characteristics of the
  same specification; other types, and those with another `parentSpecificationId`, have no effect here.
* **Numbers as strings** are refused, unless the caller wants them read (`numeric_strings`).
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from specs.checking import check_specification
from specs.declarations import boundaries, characteristics, declared, moment, period, values
from specs.judging import Judge
from specs.patterns import pattern
from specs.reading import Plan, Reading
from specs.rule_names import PATTERN, PERIOD, STATUS, VALUES
from specs.value_types import NUMERIC, canonical, folded, spelled_number
from specs.wording import cut, either, found, shown
from tmfusage.tmf.moments import instant_text
from tmfusage.tmf.violations import Violation

__all__ = ["Rules", "check_specification"]

CLOSED_STATUSES = frozenset({"instudy", "indesign", "rejected", "retired", "obsolete"})
MOST_PLANS = 256


class Rules:
    """The rules of one specification, compiled once."""

    __slots__ = ("_boundaries", "_document", "_faults", "_numeric_strings", "_period", "_plans", "_refusal", "_title")

    def __init__(self, document: Any, numeric_strings: bool = False):
        self._document = document if isinstance(document, dict) else {}
        self._numeric_strings = numeric_strings
        self._title = _title(self._document)
        self._refusal = _refusal(self._document, self._title)
        self._period = period(self._document)
        self._boundaries = boundaries(self._document)
        self._faults = tuple(_unusable(self._document, self._title))
        self._plans: dict[int, Plan] = {}

    @classmethod
    def of(cls, document: dict[str, Any], numeric_strings: bool = False) -> "Rules":
        """The rules that the document states; never raises, what cannot be applied is told by each check."""
        return cls(document, numeric_strings)

    def check(self, usage: dict[str, Any], now: datetime | None = None) -> list[Violation]:
        """Every rule that the usage breaks; `now` stands for a missing `usageDate`, without both no period matters."""
        if not isinstance(usage, dict):
            return [Violation("$", "invalidFormat", f"expected an object, found {found(usage)}")]
        violations = list(self._faults)
        at = self._instant(usage, now, violations)
        self._check_availability(usage, at, violations)
        entries = usage.get("usageCharacteristic")
        if entries is not None and not isinstance(entries, list):
            message = f"expected an array, found {found(entries)}"
            violations.append(Violation("$.usageCharacteristic", "invalidFormat", message))
            return violations
        reading = Reading(self._plan(at), violations)
        reading.read(entries or ())
        return violations

    def unique_values(self, usage: dict[str, Any], now: datetime | None = None) -> list[tuple[str, str]]:
        """Name and canonical text of each value whose characteristic is unique (`isUnique`)."""
        if not isinstance(usage, dict):
            return []
        plan = self._plan(self._instant(usage, now, []))
        if not plan.distinguishes:
            return []
        judges = plan.judges
        entries = usage.get("usageCharacteristic")
        pairs: list[tuple[str, str]] = []
        for entry in entries if isinstance(entries, list) else ():
            name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, dict) else (None, None)
            if not isinstance(name, str) or value is None:
                continue
            judge = judges.get(name)
            if judge is not None and judge.unique:
                several = value if judge.spreads and isinstance(value, list) else [value]
                pairs += ((name, self._unique_text(judge, each)) for each in several)
        return pairs

    def _unique_text(self, judge: Judge, value: Any) -> str:
        numeric = self._numeric_strings and judge.declaration.kinds & NUMERIC
        return canonical(spelled_number(value) if numeric else value)

    def _instant(self, usage: dict[str, Any], now: datetime | None, violations: list[Violation]) -> datetime | None:
        date = usage.get("usageDate")
        at = moment(date)
        if at is None and date is not None:
            message = f"expected a date-time with an offset, such as 2026-01-31T12:00:00Z, found {found(date)}"
            violations.append(Violation("$.usageDate", "invalidFormat", message))
        if at is None:
            at = now
        return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at

    def _check_availability(self, usage: dict[str, Any], at: datetime | None, violations: list[Violation]) -> None:
        if self._refusal:
            violations.append(self._refusal)
        start, end = self._period
        if at is None or ((start is None or start <= at) and (end is None or at <= end)):
            return
        dated = usage.get("usageDate") is not None
        path, when = ("$.usageDate", instant_text(at)) if dated else ("$.usageSpecification", "the present")
        bounds = [f"from {instant_text(start)}"] if start else []
        bounds += [f"until {instant_text(end)}"] if end else []
        message = f"{when} is outside of the period in which {self._title} is valid: {' '.join(bounds)}"
        violations.append(Violation(path, "invalidValue", message, rule=PERIOD))

    def _plan(self, at: datetime | None) -> Plan:
        key = self._segment(at)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._compile(at)
        return plan

    def _segment(self, at: datetime | None) -> int:
        """Which stretch between two boundaries the instant lies in; a boundary itself is a stretch of its own."""
        if at is None:
            return -1
        if not self._boundaries:
            return 0
        index = bisect_left(self._boundaries, at)
        return 2 * index + (index < len(self._boundaries) and self._boundaries[index] == at)

    def _compile(self, at: datetime | None) -> Plan:
        said = declared(self._document, at)
        judges = {name: Judge(each, self._numeric_strings) for name, each in said.declarations.items()}
        return Plan(
            judges=judges,
            bounded=tuple(judge for judge in judges.values() if judge.least or judge.most is not None or judge.spreads),
            accepts_unknown=said.accepts_unknown,
            # Of a mandatory characteristic it is said already that it is missing.
            needs=tuple((name, target) for name, target in said.needs if not judges[target].least),
            excludes=said.excludes,
            known=either([shown(name) for name in judges]) if judges else "none",
            likely={name.casefold(): name for name in judges},
            distinguishes=any(judge.unique for judge in judges.values()),
        )


def _title(document: dict[str, Any]) -> str:
    named = " ".join(document[part] for part in ("name", "version") if isinstance(document.get(part), str))
    return f"the specification {shown(named)}" if named else "the specification"


def _refusal(document: dict[str, Any], title: str) -> Violation | None:
    status = document.get("lifecycleStatus")
    if folded(status) not in CLOSED_STATUSES:
        return None
    message = f"{title} is {cut(str(status)).lower()}; no usages of it are accepted"
    return Violation("$.usageSpecification", "invalidValue", message, rule=STATUS)


def _unusable(document: dict[str, Any], title: str) -> Iterator[Violation]:
    """What stored specifications may say although it cannot be applied: usages must not pass unchecked."""
    for members in characteristics(document):
        for part in (members, *values(members)):
            text = part.get("regex")
            if isinstance(text, str) and text and (fault := pattern(text).fault):
                whose = str(members.get("name", ""))
                name = cut(whose)
                message = f"{title} must be corrected first: the regular expression of {name} cannot be used ({fault})"
                rule = PATTERN if part is members else VALUES
                yield Violation("$.usageSpecification", "invalidValue", message, whose, rule)
