"""Whether a usage specification makes sense in itself: everything that is wrong with it, by JSON path."""

from datetime import UTC, datetime
from typing import Any

from specs.declarations import EXCLUDING, NEEDING, Targets, period, values
from specs.patterns import pattern
from specs.ranges import INTERVALS, OFFICIAL, Range
from specs.value_types import ANY, NUMERIC, canonical, folded, is_number, kinds_of, predicate, words
from specs.wording import cut, found, shown
from tmfusage.tmf.moments import instant
from tmfusage.tmf.violations import Violation

EARLIEST = datetime.min.replace(tzinfo=UTC)


class Findings(list[Violation]):
    """What was found so far."""

    def add(self, path: str, code: str, message: str) -> None:
        """Note a broken rule."""
        self.append(Violation(path, code, message))


def check_specification(document: dict[str, Any]) -> list[Violation]:
    """Every reason why the specification cannot be applied; an unknown `valueType` is none, it admits any value."""
    findings = Findings()
    if not isinstance(document, dict):
        findings.add("$", "invalidFormat", f"expected an object, found {found(document)}")
        return findings
    _check_period(document, "$", findings)
    listed = _array(document, "specCharacteristic", "$", findings)
    for path, members in listed:
        _check_characteristic(members, path, findings)
    for attribute in ("name", "id"):
        _check_distinct(listed, attribute, findings)
    targets = Targets(document, [members for _path, members in listed])
    for path, members in listed:
        _check_relationships(targets, members, path, findings)
    return findings


def _array(members: dict[str, Any], name: str, path: str, findings: Findings) -> list[tuple[str, dict[str, Any]]]:
    """The objects in the array with their paths; what is neither is noted."""
    items = members.get(name)
    if items is None:
        return []
    if not isinstance(items, list):
        findings.add(f"{path}.{name}", "invalidFormat", f"expected an array, found {found(items)}")
        return []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            findings.add(f"{path}.{name}[{index}]", "invalidFormat", f"expected an object, found {found(item)}")
    return [(f"{path}.{name}[{index}]", item) for index, item in enumerate(items) if isinstance(item, dict)]


def _check_characteristic(members: dict[str, Any], path: str, findings: Findings) -> None:
    name = members.get("name")
    if name is None or (isinstance(name, str) and not name.strip()):
        findings.add(f"{path}.name", "missingProperty", "a characteristic needs a name")
    elif not isinstance(name, str):
        findings.add(f"{path}.name", "invalidFormat", f"expected a string, found {found(name)}")
    _check_text(members, "valueType", path, findings)
    _check_cardinality(members, path, findings)
    _check_regex(members, path, findings)
    _check_period(members, path, findings)
    for value_path, value in _array(members, "characteristicValueSpecification", path, findings):
        _check_text(value, "valueType", value_path, findings)
        _check_regex(value, value_path, findings)
        _check_period(value, value_path, findings)
        _check_range(members, value, value_path, findings)
        _check_value(members, value, value_path, findings)
    _check_defaults(members, path, findings)


def _check_text(members: dict[str, Any], name: str, path: str, findings: Findings) -> None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        findings.add(f"{path}.{name}", "invalidFormat", f"expected a string, found {found(value)}")


def _check_cardinality(members: dict[str, Any], path: str, findings: Findings) -> None:
    bounds = {}
    for name in ("minCardinality", "maxCardinality"):
        value = members.get(name)
        if value is None:
            continue
        if type(value) is not int:
            findings.add(f"{path}.{name}", "invalidFormat", f"expected an integer, found {found(value)}")
        elif value < 0:
            advice = "; leave it out where there is no upper bound" if name == "maxCardinality" else ""
            findings.add(f"{path}.{name}", "invalidValue", f"{shown(value)} is not allowed; expected 0 or more{advice}")
        else:
            bounds[name] = value
    if len(bounds) == 2 and bounds["maxCardinality"] < bounds["minCardinality"]:
        message = f"{bounds['maxCardinality']} is less than minCardinality, which is {bounds['minCardinality']}"
        findings.add(f"{path}.maxCardinality", "invalidValue", message)


def _check_regex(members: dict[str, Any], path: str, findings: Findings) -> None:
    text = members.get("regex")
    _check_text(members, "regex", path, findings)
    if isinstance(text, str) and text and (fault := pattern(text).fault):
        findings.add(f"{path}.regex", "invalidValue", f"{shown(text)} is not a regular expression of RE2: {fault}")


def _check_period(members: dict[str, Any], path: str, findings: Findings) -> None:
    valid_for = members.get("validFor")
    if valid_for is None:
        return
    if not isinstance(valid_for, dict):
        findings.add(f"{path}.validFor", "invalidFormat", f"expected an object, found {found(valid_for)}")
        return
    for name in ("startDateTime", "endDateTime"):
        value = valid_for.get(name)
        if value is not None and not _is_instant(value):
            message = f"expected a date-time with an offset, such as 2026-01-31T12:00:00Z, found {found(value)}"
            findings.add(f"{path}.validFor.{name}", "invalidFormat", message)
    start, end = period(members)
    if start is not None and end is not None and end < start:
        findings.add(f"{path}.validFor", "invalidValue", "endDateTime is before startDateTime")


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and instant(value) is not None
    except ValueError:
        return False


def _check_range(characteristic: dict[str, Any], members: dict[str, Any], path: str, findings: Findings) -> None:
    interval = members.get("rangeInterval")
    if interval is not None and folded(interval) not in INTERVALS:
        message = f"{shown(interval)} is not allowed; expected one of {OFFICIAL}"
        findings.add(f"{path}.rangeInterval", "invalidValue", message)
    for name in ("valueFrom", "valueTo"):
        if members.get(name) is not None and not is_number(members[name]):
            findings.add(f"{path}.{name}", "invalidFormat", f"expected a number, found {found(members[name])}")
    span = Range.of(members)
    if span is None:
        return
    if span.is_empty:
        findings.add(f"{path}.valueTo", "invalidValue", f"no number lies in the range: {span.words()}")
    kinds = kinds_of(characteristic.get("valueType")) or kinds_of(members.get("valueType"))
    if kinds != ANY and not kinds & NUMERIC:
        name = "valueFrom" if span.low is not None else "valueTo"
        message = f"a range is for the value types number and integer, not for {words(kinds)}"
        findings.add(f"{path}.{name}", "invalidValue", message)


def _check_value(characteristic: dict[str, Any], members: dict[str, Any], path: str, findings: Findings) -> None:
    value = members.get("value")
    if value is None:
        return
    for kinds in dict.fromkeys((kinds_of(characteristic.get("valueType")), kinds_of(members.get("valueType")))):
        of_kind = predicate(kinds)
        if of_kind and not of_kind(value):
            message = f"expected {words(kinds)}, because of valueType, found {found(value)}"
            findings.add(f"{path}.value", "invalidValue", message)
    text = characteristic.get("regex")
    expression = pattern(text) if isinstance(text, str) and text else None
    if expression and not expression.fault and not expression.predicate()(value):
        message = f"{shown(value)} does not match the characteristic's regular expression {cut(expression.text, 256)}"
        findings.add(f"{path}.value", "invalidValue", message)


def _check_defaults(members: dict[str, Any], path: str, findings: Findings) -> None:
    """At no instant may there be more defaults than values."""
    most = members.get("maxCardinality")
    if type(most) is not int:
        return
    defaults = [each for each in values(members) if each.get("isDefault") is True and each.get("value") is not None]
    together = _most_at_once([period(each) for each in defaults])
    if together > max(most, 1):
        message = f"{together} values are defaults at the same time; at most {max(most, 1)} can be"
        findings.add(f"{path}.characteristicValueSpecification", "invalidValue", message)


def _most_at_once(periods: list[tuple[datetime | None, datetime | None]]) -> int:
    """How many of the periods hold at once; a start counts before an end at the same instant."""
    steps = [(start or EARLIEST, 0) for start, _end in periods]
    steps += [(end, 1) for _start, end in periods if end is not None]
    together = most = 0
    for _instant, ends in sorted(steps):
        together += -1 if ends else 1
        most = max(most, together)
    return most


def _check_distinct(listed: list[tuple[str, dict[str, Any]]], attribute: str, findings: Findings) -> None:
    first: dict[str, str] = {}
    for path, members in listed:
        value = members.get(attribute)
        if value is None:
            continue
        before = first.setdefault(canonical(value), path)
        if before != path:
            message = f"{shown(value)} stands also at {before}.{attribute}; it must be unique within the specification"
            findings.add(f"{path}.{attribute}", "duplicateValue", message)


def _check_relationships(targets: Targets, members: dict[str, Any], path: str, findings: Findings) -> None:
    """Those that have an effect must lead to another characteristic of this specification."""
    for at, relation in _array(members, "charSpecRelationship", path, findings):
        _check_period(relation, at, findings)
        kind = folded(relation.get("relationshipType"))
        if (kind not in NEEDING and kind not in EXCLUDING) or not targets.is_within(relation):
            continue
        keys = [key for key in ("characteristicSpecificationId", "name") if relation.get(key) is not None]
        target = targets.find(relation)
        if not keys:
            message = "name the other characteristic by its characteristicSpecificationId or name"
            findings.add(f"{at}.name", "missingProperty", message)
        elif target is None:
            message = f"the specification has no characteristic {shown(relation[keys[0]])}"
            findings.add(f"{at}.{keys[0]}", "referenceNotFound", message)
        elif target == members.get("name"):
            findings.add(f"{at}.{keys[0]}", "invalidValue", "a characteristic cannot relate to itself")
