"""Reading a usage's characteristics once, along a plan, and noting what breaks it."""

from dataclasses import dataclass
from typing import Any

from specs.judging import Judge
from specs.rule_names import EXCLUDES, LEAST, MOST, NEEDS, UNIQUE, UNKNOWN
from specs.value_types import canonical
from specs.wording import counted, cut, found, shown
from tmfusage.tmf.violations import Violation

ROOT = "$.usageCharacteristic"


@dataclass(frozen=True, slots=True)
class Plan:
    """The compiled rules between two instants at which something changes."""

    judges: dict[str, Judge]
    # Those that say how many values there may be.
    bounded: tuple[Judge, ...]
    accepts_unknown: bool
    needs: tuple[tuple[str, str], ...]
    excludes: tuple[tuple[str, str], ...]
    # For messages about unknown names: the known ones, and who only missed the capitals.
    known: str
    likely: dict[str, str]
    # Whether a value of any of them must be unique.
    distinguishes: bool = False


class Reading:
    """One pass over `usageCharacteristic`, then the rules that look at all of it."""

    __slots__ = ("arrays", "places", "plan", "unique", "violations")

    def __init__(self, plan: Plan, violations: list[Violation]):
        self.plan = plan
        self.violations = violations
        # Where each name stands, and for names with arrays how many values they hold altogether.
        self.places: dict[str, list[int]] = {}
        self.arrays: dict[str, int] = {}
        self.unique: list[tuple[str, str, Any]] = []

    def read(self, entries: list[Any] | tuple[()]) -> None:
        """Judge every entry, then number, uniqueness and relations."""
        judges, places = self.plan.judges, self.places
        for index, entry in enumerate(entries):
            name = entry.get("name") if type(entry) is dict else None
            if type(name) is not str:
                self._unnamed(index, entry)
                continue
            if name in places:
                places[name].append(index)
            else:
                places[name] = [index]
            value = entry.get("value")
            judge = judges.get(name)
            if judge is None:
                self._unknown(index, name)
            if value is None:
                self._add(f"{ROOT}[{index}].value", "missingProperty", f"{cut(name)}: the value is missing", name)
            elif judge is None:
                continue
            elif judge.unique or (type(value) is list and judge.spreads):
                self._read_closely(judge, index, value)
            elif not judge.admits(value):
                self._refuse(judge, f"{ROOT}[{index}].value", value)
        for judge in self.plan.bounded:
            self._count(judge)
        if len(self.unique) > 1:
            self._check_unique()
        self._relate()

    def _add(self, path: str, code: str, message: str, characteristic: str | None = None, rule: str = "") -> None:
        self.violations.append(Violation(path, code, message, characteristic, rule))

    def _unnamed(self, index: int, entry: Any) -> None:
        if not isinstance(entry, dict):
            self._add(f"{ROOT}[{index}]", "invalidFormat", f"expected an object, found {found(entry)}")
        elif entry.get("name") is None:
            self._add(f"{ROOT}[{index}].name", "missingProperty", "the name of the characteristic is missing")
        else:
            self._add(f"{ROOT}[{index}].name", "invalidFormat", f"expected a string, found {found(entry['name'])}")

    def _unknown(self, index: int, name: str) -> None:
        if self.plan.accepts_unknown:
            return
        likely = self.plan.likely.get(name.casefold())
        advice = f"did you mean {shown(likely)}?" if likely else f"it knows {self.plan.known}"
        message = f"{shown(name)} is not in the specification; {advice}"
        self._add(f"{ROOT}[{index}].name", "unexpectedProperty", message, rule=UNKNOWN)

    def _read_closely(self, judge: Judge, index: int, value: Any) -> None:
        """An array that stands for several values, or a value that must not come twice."""
        name, path = judge.declaration.name, f"{ROOT}[{index}].value"
        if judge.spreads and type(value) is list:
            self.arrays[name] = self.arrays.get(name, 0) + len(value)
            each = [(f"{path}[{position}]", element) for position, element in enumerate(value)]
        else:
            each = [(path, value)]
        for place, element in each:
            if not judge.admits(element):
                self._refuse(judge, place, element)
            elif judge.unique:
                self.unique.append((name, place, element))

    def _refuse(self, judge: Judge, path: str, value: Any) -> None:
        self.violations += judge.faults(value, path)

    def _count(self, judge: Judge) -> None:
        name = judge.declaration.name
        places = self.places.get(name, ())
        number = len(places)
        if name in self.arrays:
            number = self._count_in_arrays(judge, places)
        if number < judge.least:
            if places:
                message = f"has {counted(number, 'value')}; at least {judge.least} are needed"
            else:
                message = f"is mandatory; expected {judge.expected}"
            self._add(ROOT, "missingProperty", f"{cut(name)}: {message}", name, LEAST)
        elif judge.most is not None and number > judge.most:
            place = f"{ROOT}[{places[min(judge.most, len(places) - 1)]}]"
            allowed = f"at most {judge.most} {'is' if judge.most == 1 else 'are'} allowed"
            self._add(place, "invalidValue", f"{cut(name)}: has {counted(number, 'value')}; {allowed}", name, MOST)

    def _count_in_arrays(self, judge: Judge, places: list[int] | tuple[()]) -> int:
        name = judge.declaration.name
        if len(places) > 1:
            message = "send several values either as one array or as several entries, not both"
            self._add(f"{ROOT}[{places[1]}]", "invalidValue", f"{cut(name)}: {message}", name)
            return max(judge.least, 0)
        return self.arrays[name]

    def _check_unique(self) -> None:
        first: dict[tuple[str, str], str] = {}
        for name, path, value in self.unique:
            before = first.setdefault((name, canonical(value)), path)
            if before != path:
                message = f"{cut(name)}: {shown(value)} stands also at {before}; values of {cut(name)} are unique"
                self._add(path, "duplicateValue", message, name, UNIQUE)

    def _relate(self) -> None:
        places = self.places
        for name, target in self.plan.needs:
            if name in places and target not in places:
                message = f"{cut(target)}: is needed because {cut(name)} is present"
                self._add(ROOT, "missingProperty", message, name, NEEDS)
        for name, target in self.plan.excludes:
            if name in places and target in places:
                earlier, later = sorted((name, target), key=lambda each: places[each][0])
                message = f"{cut(later)}: cannot stand together with {cut(earlier)}"
                self._add(f"{ROOT}[{places[later][0]}]", "invalidValue", message, name, EXCLUDES)
