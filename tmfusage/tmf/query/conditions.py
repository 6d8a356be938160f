"""SQL conditions and how they are joined; tests of one value as SQL."""

from typing import Any

from tmfusage.tmf import exact
from tmfusage.tmf.query.comparisons import Equal, Fits, Folded, Ordered, Test, Within
from tmfusage.tmf.query.instants import instant_sql

Condition = tuple[str, list[Any]]
SIGNS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def all_of(parts: list[Condition]) -> Condition:
    """Every condition; TRUE for none."""
    return _joined(" AND ", parts) if parts else ("TRUE", [])


def any_of(parts: list[Condition]) -> Condition:
    """At least one condition; FALSE for none."""
    return _joined(" OR ", parts) if parts else ("FALSE", [])


def _joined(word: str, parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    return "(" + word.join(sql for sql, _ in parts) + ")", [value for _, values in parts for value in values]


def passes(value: str, tests: tuple[Test, ...]) -> Condition:
    """The jsonb value (an SQL expression) passes one of the tests."""
    same = [exact.dumps(test.value).decode() for test in tests if isinstance(test, Equal)]
    folded = [test.value for test in tests if isinstance(test, Folded)]
    others = [_passes(value, test) for test in tests if not isinstance(test, Equal | Folded)]
    if folded:
        others.append((f"lower({text_in(value)}) = ANY(%s)", [folded]))
    if not same:
        return any_of(others)
    equal = (f"{value} = %s::jsonb", [same[0]]) if len(same) == 1 else (f"{value} = ANY(%s::jsonb[])", [same])
    return any_of([equal, *others])


def _passes(value: str, test: Test) -> Condition:
    match test:
        case Ordered(operator, wanted):
            typed = text_in(value) if isinstance(wanted, str) else number_in(value)
            return f"{typed} {SIGNS[operator]} %s", [wanted]
        case Within():
            return within(instant_sql(f"({value} #>> '{{}}')"), test)
        case Fits(pattern):
            return f"{text_in(value)} ~ %s", [pattern]
    raise TypeError(f"{type(test).__name__} is no test")


def within(instant: str, test: Within) -> Condition:
    """The instant (an SQL expression) lies in the period."""
    parts: list[Condition] = []
    if test.start is not None:
        parts.append((f"{instant} >= %s", [test.start]))
    if test.end is not None:
        parts.append((f"{instant} < %s", [test.end]))
    return all_of(parts) if parts else (f"{instant} IS NOT NULL", [])


def text_in(value: str) -> str:
    """The string in a jsonb value, NULL for anything else; compared by code points everywhere."""
    return f"(CASE jsonb_typeof({value}) WHEN 'string' THEN {value} #>> '{{}}' END) COLLATE \"C\""


def number_in(value: str) -> str:
    """The number in a jsonb value, NULL for anything else."""
    return f"(CASE jsonb_typeof({value}) WHEN 'number' THEN {value}::numeric END)"


def related(left: str, operator: str, right: str) -> Condition:
    """Two jsonb scalars: numbers by value, date-times by instant, other strings by code points."""
    sign = SIGNS[operator]
    instants = f"{instant_sql(f'({left} #>> {_ROOT})')} {sign} {instant_sql(f'({right} #>> {_ROOT})')}"
    strings = f"coalesce({instants}, {text_in(left)} {sign} {text_in(right)})"
    same = f"{left} = {right}" if operator == "eq" else "FALSE"
    return (
        f"(CASE jsonb_typeof({left}) || jsonb_typeof({right}) WHEN 'numbernumber' THEN "
        f"{number_in(left)} {sign} {number_in(right)} WHEN 'stringstring' THEN {strings} "
        f"WHEN 'booleanboolean' THEN {same} END)"
    ), []


_ROOT = "'{}'"
