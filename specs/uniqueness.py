"""What a change of a specification means for the values that must be unique among its usages."""

from datetime import UTC, datetime
from typing import Any

from specs.declarations import declared, period
from specs.wording import cut
from tmfusage.tmf.violations import Violation

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def newly_unique(before: dict[str, Any], after: dict[str, Any]) -> list[Violation]:
    """The characteristics whose values are to be unique where until now nobody kept them apart, by JSON path."""
    earlier, later = declared(before, None).declarations, declared(after, None).declarations
    periods = {each.get("name"): _period(each) for each in before.get("specCharacteristic", ())}
    found = []
    for index, members in enumerate(after.get("specCharacteristic", ())):
        name = members["name"]
        now, then = later[name], earlier.get(name)
        if not now.unique:
            continue
        if then is None or not then.unique:
            message = f"{cut(name)} cannot become unique"
            found.append(Violation(f"$.specCharacteristic[{index}].isUnique", "invalidValue", message))
        elif not _within(_period(members), periods[name]):
            message = f"{cut(name)} cannot become unique for a longer time"
            found.append(Violation(f"$.specCharacteristic[{index}].validFor", "invalidValue", message))
        elif now.spreads != then.spreads:
            message = f"{cut(name)} is unique, so whether each element of an array counts cannot change"
            found.append(Violation(f"$.specCharacteristic[{index}].valueType", "invalidValue", message))
    return found


def _period(members: dict[str, Any]) -> tuple[datetime, datetime]:
    start, end = period(members)
    return start or _FIRST, end or _LAST


def _within(inner: tuple[datetime, datetime], outer: tuple[datetime, datetime]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
