"""What changed between two documents, member by member."""

from typing import Any, NamedTuple

from tmfusage.tmf import exact


class Change(NamedTuple):
    """A member before and after, as JSON text; empty where it was or is absent."""

    path: str
    before: str
    after: str


def compare(before: Any, after: Any, path: str = "$") -> list[Change]:
    """The changes in reading order; elements of arrays are told apart by name or id, else by position."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return _members(before, after, path)
    if isinstance(before, list) and isinstance(after, list):
        return _members(*_keyed(before, after), path, element=True)
    return [Change(path, _text(before), _text(after))]


def _members(before: dict[str, Any], after: dict[str, Any], path: str, element: bool = False) -> list[Change]:
    changes: list[Change] = []
    for name in dict.fromkeys([*before, *after]):
        inner = f"{path}[{name}]" if element else f"{path}.{name}"
        if name in before and name in after:
            changes += compare(before[name], after[name], inner)
        else:
            changes.append(Change(inner, _text(before.get(name)), _text(after.get(name))))
    return changes


def _keyed(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both arrays by their elements' names, ids or positions."""
    for key in ("name", "id"):
        first, second = _by(key, before), _by(key, after)
        if len(first) == len(before) and len(second) == len(after):
            return first, second
    return _by_position(before), _by_position(after)


def _by(key: str, side: list[Any]) -> dict[str, Any]:
    return {str(each[key]): each for each in side if isinstance(each, dict) and key in each}


def _by_position(side: list[Any]) -> dict[str, Any]:
    return {str(index): each for index, each in enumerate(side)}


def _text(value: Any) -> str:
    return "" if value is None else exact.dumps(value).decode()
