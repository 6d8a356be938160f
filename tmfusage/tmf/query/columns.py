"""Tests of an attribute that has a column of its own."""

from tmfusage.tmf.query.comparisons import Equal, Fits, Ordered, Test, Within
from tmfusage.tmf.query.conditions import SIGNS, Condition, any_of, within
from tmfusage.tmf.query.instants import RESOLUTION
from tmfusage.tmf.query.resolving import Column


def on_column(column: Column, tests: tuple[Test, ...]) -> Condition | None:
    """The condition on the column; None when the column cannot tell and the document must."""
    name = column.sql
    if column.kind == "array":
        return _on_array(name, tests)
    if not all(_told_by(column, test) for test in tests):
        return None
    values = [test.value for test in tests if isinstance(test, Equal)]
    if len(values) > 1 and len(values) == len(tests):
        return f"{name} = ANY(%s)", [values]
    # A single value as such: the planner knows better than with an array what it selects.
    return any_of([_one(name, test) for test in tests])


def _on_array(name: str, tests: tuple[Test, ...]) -> Condition | None:
    values = [test.value for test in tests if isinstance(test, Equal)]
    if len(values) != len(tests):
        return None
    return f"{name} {'@>' if len(values) == 1 else '&&'} %s::text[]", [values]


def _told_by(column: Column, test: Test) -> bool:
    match column.kind, test:
        case "text", Equal(value):
            return isinstance(value, str) and not (column.optional and not value)
        case "text", Ordered(operator, value):
            return not column.optional or (operator in {"gt", "gte"} and bool(value))
        case "text", Fits():
            return not column.optional
        case "moment", Within():
            return True
        case "flag", Equal(value):
            return isinstance(value, bool)
        case "number", Equal() | Ordered():
            return True
    return False


def _one(name: str, test: Test) -> Condition:
    match test:
        case Equal(value):
            return f"{name} = %s", [value]
        case Ordered(operator, value):
            collation = ' COLLATE "C"' if isinstance(value, str) else ""
            return f"{name}{collation} {SIGNS[operator]} %s", [value]
        case Fits(pattern):
            return f'{name} COLLATE "C" ~ %s', [pattern]
        case Within(start, end):
            if start and end and end - start == RESOLUTION:
                return f"{name} = %s", [start]
            return within(name, test)
    raise TypeError(f"{type(test).__name__} is no test of a column")
