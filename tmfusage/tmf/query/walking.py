"""Pages of what shares a value with many, newest first: one walk down an index for each value, and the walks merged.

An index on a column and the id gives the rows of one value in order, those of several values only one value after the
other. Asked for the newest of several, the planner may rather read the whole table from its end. The same holds where
an index has another column between: one walk for each value of that one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from tmfusage.tmf.query.binding import Some, bind
from tmfusage.tmf.query.columns import on_column
from tmfusage.tmf.query.comparisons import Equal
from tmfusage.tmf.query.conditions import Condition, all_of
from tmfusage.tmf.query.resolving import Attributes
from tmfusage.tmf.query.sql import Compiler
from tmfusage.tmf.query.tree import And, Node

MOST_WALKS = 64


@dataclass(frozen=True, slots=True)
class Walk:
    """The rows that have one of the combinations of values in the columns, and meet the rest of the condition."""

    columns: tuple[str, ...]
    combinations: list[tuple[Any, ...]]
    rest: Condition

    def within(self, condition: Condition) -> Walk:
        """Those of the rows that meet another condition as well."""
        return replace(self, rest=all_of([condition, self.rest]))

    def ids(self, table: str, order: str, limit: int, offset: int) -> Condition:
        """The ids of a page in the order (of ids), as a statement and its values."""
        names = [f"w{number}" for number in range(len(self.columns))]
        arrays = ", ".join("%s::text[]" for _ in names)
        same = " AND ".join(f't."{column}" = w.{name}' for column, name in zip(self.columns, names, strict=True))
        sql, values = self.rest
        # Own names, bound values.
        one = f'SELECT t."id" FROM "{table}" t WHERE {same} AND {sql} ORDER BY {order} LIMIT %s'  # noqa: S608
        statement = (
            f"SELECT t.id FROM unnest({arrays}) AS w({', '.join(names)}) CROSS JOIN LATERAL ({one}) t "  # noqa: S608
            f"ORDER BY {order} LIMIT %s OFFSET %s"
        )
        of_columns = [list(each) for each in zip(*self.combinations, strict=True)]
        return statement, [*of_columns, *values, offset + limit, limit, offset]


def walk_of(tree: Node, attributes: Attributes, allowed: Condition) -> Walk | None:
    """How to read a page of the rows that match and are allowed, ordered by id; None where the planner knows."""
    parts = _parts(bind(tree, attributes))
    wanted = {part.column.name: part for part in parts if isinstance(part, Some) and part.column and _equal(part)}
    if any(isinstance(part, Some) and part.column and part not in wanted.values() for part in parts):
        return None
    for column, between in attributes.model.walked.items():
        if column in wanted and set(wanted) <= {column, *between}:
            chosen = {name: _values(wanted[name]) if name in wanted else between[name] for name in (column, *between)}
            combinations = list(product(*chosen.values()))
            if not 1 < len(combinations) <= MOST_WALKS:
                return None
            compiler = Compiler(attributes)
            rest = compiler.compile(And(tuple(part for part in parts if part not in wanted.values())), None)
            return None if compiler.keyed else Walk(tuple(chosen), combinations, all_of([rest, allowed]))
    return None


def _parts(node: Any) -> list[Any]:
    """What is AND-ed."""
    return [part for each in node.parts for part in _parts(each)] if isinstance(node, And) else [node]


def _equal(part: Some) -> bool:
    told = part.column is not None and on_column(part.column, part.tests) is not None
    return told and all(isinstance(test, Equal) for test in part.tests)


def _values(part: Some) -> list[Any]:
    return list(dict.fromkeys(test.value for test in part.tests if isinstance(test, Equal)))
