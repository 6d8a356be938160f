"""The rules of a specification in the words of those who define them."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from specs.declarations import Declaration, Declared, in_force, values
from specs.patterns import LONGEST_VALUE
from specs.ranges import Range
from specs.rule_names import EXCLUDES, LEAST, MOST, NEEDS, PATTERN, TYPE, UNIQUE, VALUES
from specs.value_types import Kind, Kinds, number_text
from specs.wording import cut
from tmfusage.backoffice.moments import moment
from tmfusage.tmf import exact

KINDS = {
    Kind.STRING: gettext_lazy("text"),
    Kind.NUMBER: gettext_lazy("a number"),
    Kind.INTEGER: gettext_lazy("a whole number"),
    Kind.BOOLEAN: gettext_lazy("yes or no (true, false)"),
    Kind.DATE_TIME: gettext_lazy("a date and time with an offset"),
    Kind.DATE: gettext_lazy("a date"),
    Kind.TIME: gettext_lazy("a time of day"),
    Kind.OBJECT: gettext_lazy("an object"),
    Kind.ARRAY: gettext_lazy("an array"),
}


class Rule(NamedTuple):
    """One rule: its name, what it is about, and what it asks."""

    rule: str
    label: str
    text: str


def name_of(members: dict[str, Any]) -> str:
    """The characteristic's name; empty when it has none."""
    name = members.get("name")
    return name if isinstance(name, str) else ""


def rules(members: dict[str, Any], said: Declared, at: datetime | None) -> list[Rule]:
    """Every rule of the characteristic at the instant; without an instant no period matters."""
    declaration = said.declarations[members["name"]]
    told = [*_numbers(declaration), *_values(declaration, members, at), *_relations(declaration.name, said)]
    if declaration.unique:
        told.append(Rule(UNIQUE, _("Unique"), _("No other usage of the specification has the same value.")))
    return told


def ended(members: dict[str, Any], now: Declared, ever: Declared, at: datetime) -> list[Rule]:
    """What is in the specification but does not hold at the instant, of a characteristic that does."""
    name = members["name"]
    if name not in now.declarations:
        return []
    told = []
    for each in values(members):
        text = listed(each)
        if text and not in_force(each, at):
            told.append(Rule(VALUES, _("Allowed value"), text))
    told += [Rule(NEEDS, _("Needs"), cut(other)) for one, other in ever.needs if _ended(one, other, name, now.needs)]
    gone = [other for one, other in ever.excludes if _ended(one, other, name, now.excludes)]
    return [*told, *(Rule(EXCLUDES, _("Excludes"), cut(other)) for other in gone)]


def _ended(one: str, other: str, name: str, holding: tuple[tuple[str, str], ...]) -> bool:
    return one == name and (one, other) not in holding


def _numbers(declaration: Declaration) -> list[Rule]:
    told = []
    if declaration.least:
        text = ngettext("At least %(count)s value.", "At least %(count)s values.", declaration.least)
        told.append(Rule(LEAST, _("Mandatory"), text % {"count": declaration.least}))
    if declaration.most is not None:
        text = ngettext("At most %(count)s value.", "At most %(count)s values.", declaration.most)
        told.append(Rule(MOST, _("How many"), text % {"count": declaration.most}))
    return told


def _values(declaration: Declaration, members: dict[str, Any], at: datetime | None) -> list[Rule]:
    told = []
    if declaration.kinds:
        told.append(Rule(TYPE, _("Type"), kinds_text(declaration.kinds, declaration.unit)))
    if declaration.pattern:
        told.append(Rule(PATTERN, _("Pattern"), _pattern_text(declaration.pattern.text)))
    if declaration.fixed:
        fixed = _either([_json(each) for each in declaration.constants])
        told.append(Rule(VALUES, _("Fixed value"), fixed))
    elif declaration.closed:
        choices = [listed(each) for each in values(members) if in_force(each, at)]
        told.append(Rule(VALUES, _("Allowed values"), _either([each for each in choices if each])))
    return told


def _relations(name: str, said: Declared) -> list[Rule]:
    # A mandatory characteristic has a row of its own that says so.
    needed = [other for one, other in said.needs if one == name and not said.declarations[other].least]
    excluded = [other for one, other in said.excludes if one == name]
    told = [Rule(NEEDS, _("Needs"), _("Only together with %s.") % _listing(needed))] if needed else []
    if excluded:
        told.append(Rule(EXCLUDES, _("Excludes"), _("Not together with %s.") % _listing(excluded)))
    return told


def kinds_text(kinds: Kinds, unit: str = "") -> str:
    """The kinds of value, with their unit."""
    text = _either([str(KINDS[kind]) for kind in sorted(kinds)])
    return _("%(kinds)s, in %(unit)s") % {"kinds": text, "unit": cut(unit)} if unit else text


def listed(members: dict[str, Any]) -> str:
    """What a value specification admits: a value, a range, a pattern; empty when it says none of them."""
    parts = [] if members.get("value") is None else [_json(members["value"])]
    if span := Range.of(members):
        parts.append(_range_text(span, str(members.get("unitOfMeasure") or "")))
    if isinstance(members.get("regex"), str) and members["regex"]:
        parts.append(_pattern_text(members["regex"]))
    return ", ".join(parts)


def _pattern_text(text: str) -> str:
    shown = {"pattern": cut(text, 256), "longest": LONGEST_VALUE}
    return _("the whole value matches %(pattern)s, in at most %(longest)s characters") % shown


def _range_text(span: Range, unit: str) -> str:
    parts = []
    if span.low is not None:
        parts.append((_("from %s") if span.with_low else _("more than %s")) % number_text(span.low))
    if span.high is not None:
        parts.append((_("up to %s") if span.with_high else _("less than %s")) % number_text(span.high))
    return f"{', '.join(parts)} {cut(unit)}".strip()


def _json(value: Any) -> str:
    return cut(exact.dumps(value).decode())


def _either(choices: list[str]) -> str:
    return _(" or ").join(choices)


def _listing(names: list[str]) -> str:
    return ", ".join(cut(name) for name in names)


def life_cycle() -> str:
    """What the life cycle asks of every new usage."""
    return _("A new usage has a status to begin with; a rated one brings its rating.")


def status(document: dict[str, Any]) -> str:
    """What the life cycle of the specification asks."""
    word = document.get("lifecycleStatus")
    asked = _("It is not in study, in design, rejected, retired or obsolete.")
    return f"{asked} ({cut(str(word))})" if word else asked


def validity(start: datetime | None, end: datetime | None) -> str:
    """When usages of the specification may have taken place."""
    if start is None and end is None:
        return _("The specification is always valid.")
    return _("The usage took place %s.") % bounds(start, end)


def bounds(start: datetime | None, end: datetime | None) -> str:
    """The period for people."""
    parts = [_("from %s") % moment(start)] if start else []
    return " ".join([*parts, *([_("until %s") % moment(end)] if end else [])])


def unknown(accepted: bool, names: list[str]) -> str:
    """What becomes of characteristics that the specification does not list."""
    text = _("Others than the listed ones are accepted.") if accepted else _("Only the listed ones are accepted.")
    return f"{text} {_('In the record: %s.') % _listing(names)}" if names else text
