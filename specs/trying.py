"""Trying a record: what a POST of it would meet, and a row for each rule.

Who receives usages stands above this app, so it registers its dry run here when it is ready.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from specs import telling
from specs.declarations import Declared, characteristics, declared, in_force, period
from specs.rule_names import (
    EXCLUDES,
    FORM,
    LIFECYCLE,
    NEEDS,
    PATTERN,
    PERIOD,
    REFERENCES,
    STATUS,
    TYPE,
    UNIQUE,
    UNKNOWN,
    VALUES,
)
from specs.telling import Rule
from specs.wording import cut
from tmfusage.tmf import exact
from tmfusage.tmf.violations import Violation

LONGEST_FOUND = 256
# What is asked of the values of a characteristic, or because it is there: not in force while it is absent.
OF_PRESENT = frozenset({TYPE, PATTERN, VALUES, UNIQUE, NEEDS, EXCLUDES})


@dataclass(frozen=True, slots=True)
class Trial:
    """What a POST would do: accept the record or not, and everything that is broken, each with its rule."""

    members: dict[str, Any]
    at: datetime
    accepted: bool
    broken: list[Violation]


DryRun = Callable[[Any, dict[str, Any]], Trial]
_dry_runs: list[DryRun] = []


def register(dry_run: DryRun) -> None:
    """Let the dry run (of a specification and a body) tell what a POST of the body would do."""
    _dry_runs[:] = [dry_run]


def attempt(specification: Any, body: dict[str, Any]) -> Trial:
    """What a POST of the body would do; nothing is stored."""
    (dry_run,) = _dry_runs
    return dry_run(specification, body)


class Verdict(StrEnum):
    """What became of one rule."""

    KEPT = "kept"
    BROKEN = "broken"
    IDLE = "idle"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Row:
    """One rule, its verdict and what the API says about it."""

    label: str
    text: str
    verdict: Verdict
    messages: list[str]


@dataclass(slots=True)
class Section:
    """The rules of one characteristic, of the specification or of every usage."""

    title: str
    found: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


class Sections:
    """Every rule that the record meets, in reading order."""

    def __init__(self, document: dict[str, Any], trial: Trial):
        self.document, self.trial = document, trial
        self.now, self.ever = declared(document, trial.at), declared(document, None)
        self.messages: dict[tuple[str | None, str], list[str]] = {}
        for each in trial.broken:
            self.messages.setdefault((each.characteristic, each.rule), []).append(_said(each))
        entries = trial.members.get("usageCharacteristic")
        # What is no array has no characteristics to judge.
        self.readable = entries is None or isinstance(entries, list)
        self.found: dict[str, list[str]] = {}
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                text = exact.dumps(entry.get("value")).decode()
                self.found.setdefault(entry["name"], []).append(cut(text, LONGEST_FOUND))

    def all(self) -> list[Section]:
        """The rules of every usage, of the specification, and of each characteristic."""
        listed = [self._characteristic(each) for each in characteristics(self.document) if telling.name_of(each)]
        specification = self._specification()
        # Last, because it takes up whatever stands in no other row.
        return [self._record(), specification, *listed]

    def _record(self) -> Section:
        rows = [
            self._row(None, FORM, _("Form"), _("Names and types are those of the standard, older names included.")),
            self._row(None, LIFECYCLE, _("Life cycle"), telling.life_cycle()),
            self._row(None, REFERENCES, _("References"), _("The specification and the parties are named by their id.")),
        ]
        text = _("All else that a POST meets, such as the buckets that it takes from.")
        idle = Verdict.KEPT if self.trial.accepted else Verdict.UNJUDGED
        further = [message for key in list(self.messages) for message in self.messages.pop(key)]
        verdict = Verdict.BROKEN if further else idle
        return Section(_("Every usage"), [], [*rows, Row(_("Further"), text, verdict, further)])

    def _specification(self) -> Section:
        unknown = [name for name in self.found if name not in self.now.declarations]
        rows = [
            self._row(None, STATUS, _("Life cycle of the specification"), telling.status(self.document)),
            self._row(None, PERIOD, _("Validity of the specification"), telling.validity(*period(self.document))),
            self._row(None, UNKNOWN, _("Unknown characteristics"), telling.unknown(self.now.accepts_unknown, unknown)),
        ]
        return Section(_("The specification"), [], rows)

    def _characteristic(self, members: dict[str, Any]) -> Section:
        name = members["name"]
        in_time = in_force(members, self.trial.at)
        said = self.now if in_time else self.ever
        title = name if in_time else _("%(name)s, valid %(period)s") % _named(name, members)
        rows = self._rules(members, said, in_time) if name in said.declarations else []
        return Section(title, self.found.get(name, []), rows)

    def _rules(self, members: dict[str, Any], said: Declared, in_time: bool) -> list[Row]:
        name = members["name"]
        typed = (name, TYPE) not in self.messages
        rows = []
        for each in telling.rules(members, said, self.trial.at if in_time else None):
            otherwise = self._otherwise(name, each.rule, typed) if in_time else Verdict.IDLE
            rows.append(self._row(name, *each, otherwise=otherwise))
        return rows + [self._ended(each) for each in telling.ended(members, self.now, self.ever, self.trial.at)]

    def _otherwise(self, name: str, rule: str, typed: bool) -> Verdict:
        """What became of a rule of a characteristic in its time, unless it is broken."""
        # Of a wrong type nothing else is asked.
        if not self.readable or (rule in {PATTERN, VALUES} and not typed):
            return Verdict.UNJUDGED
        return Verdict.IDLE if rule in OF_PRESENT and name not in self.found else Verdict.KEPT

    def _row(self, name: str | None, rule: str, label: str, text: str, otherwise: Verdict = Verdict.KEPT) -> Row:
        messages = self.messages.pop((name, rule), [])
        return Row(label, text, Verdict.BROKEN if messages else otherwise, messages)

    def _ended(self, rule: Rule) -> Row:
        return Row(rule.label, rule.text, Verdict.IDLE, [])


def _said(violation: Violation) -> str:
    return violation.message if violation.path == "$" else str(violation)


def _named(name: str, members: dict[str, Any]) -> dict[str, str]:
    return {"name": name, "period": telling.bounds(*period(members))}


def sections(document: dict[str, Any], trial: Trial) -> Iterable[Section]:
    """One row for each rule that the trial met."""
    return Sections(document, trial).all()
