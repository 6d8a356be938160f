"""How resources are read: one SQL statement, rows straight to bytes, no model instance in between."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from tmfusage.tmf import exact
from tmfusage.tmf.fields import Selection
from tmfusage.tmf.keyset import Position, stretches
from tmfusage.tmf.query.sql import Condition, all_of
from tmfusage.tmf.query.walking import Walk
from tmfusage.tmf.resources import Resource, path_id
from tmfusage.tmf.sorting import Order
from tmfusage.tmf.statements import fetch_one

Row = tuple[Any, ...]
REVISION = 1  # where a row holds it
_ESTIMATE = re.compile(r"rows=(\d+)")


@dataclass(frozen=True, slots=True)
class Count:
    """How many resources match, exactly or by the planner's estimate."""

    total: int
    estimated: bool = False


class Table:
    """The stored resources of one model, read as rows of id, type, revision, spliced columns and document."""

    def __init__(self, model: type[Resource]):
        self.name = model._meta.db_table
        self.members = [("@type", "type"), *model.spliced.items()]
        columns = ["id", "revision", *(column for _, column in self.members)]
        names = [name for name, _ in self.members]
        # Most are words that come again.
        self._spliced = lru_cache(4_096)(partial(_spliced, names))
        self.width = len(columns) + 1
        self.columns = ", ".join([f't."{column}"' for column in columns] + ["t.document::text"])
        self.by_id = f'SELECT {self.columns} FROM "{self.name}" t WHERE t."id" = %s AND '  # noqa: S608 (own names)

    def one(self, resource_id: str, condition: Condition) -> Row | None:
        """The row with the id, when the condition holds for it."""
        sql, values = condition
        return fetch_one(self.by_id + sql, [resource_id, *values])

    def row(self, resource: Resource) -> Row:
        """The row that a resource at hand would be read as."""
        spliced = (getattr(resource, column) for _, column in self.members)
        return (resource.id, resource.revision, *spliced, resource.document)

    def page(self, condition: Condition | Walk, order: Order, limit: int, offset: int = 0) -> list[Row]:
        """The rows of one page; behind the columns of each stand the sort keys but the id, as text."""
        columns, shown = self._select(order)
        if isinstance(condition, Walk):
            ids, values = condition.ids(self.name, order.sql, limit, offset)
            page = f'({ids}) p JOIN "{self.name}" t USING (id) ORDER BY {order.sql}'
            return self._rows(f"SELECT {columns} FROM {page}", values)  # noqa: S608 (own names, bound values)
        sql, values = condition
        source = f'"{self.name}" t WHERE {sql} ORDER BY {order.sql} LIMIT %s OFFSET %s'
        statement = f"SELECT {columns} FROM {source}"  # noqa: S608 (own names, bound values)
        if offset:
            # Late lookup: skip over ids in the index, then fetch the documents of one page only.
            ids = f'SELECT t."id" FROM {source}'  # noqa: S608
            page = f'({ids}) p JOIN "{self.name}" t USING (id) ORDER BY {order.sql}'
            statement = f"SELECT {columns} FROM {page}"  # noqa: S608
        return self._rows(statement, [*shown, *values, *order.values, limit, offset, *(order.values if offset else ())])

    @staticmethod
    def _rows(statement: str, parameters: list[Any]) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def behind(self, condition: Condition | Walk, order: Order, position: Position | None, limit: int) -> list[Row]:
        """The rows that follow the position in the order; without a position those at its beginning."""
        rows: list[Row] = []
        for stretch in [("TRUE", [])] if position is None else stretches(order, position):
            both = condition.within(stretch) if isinstance(condition, Walk) else all_of([stretch, condition])
            rows += self.page(both, order, limit - len(rows))
            if len(rows) >= limit:
                break
        return rows

    def position(self, row: Row, order: Order) -> Position:
        """Where a row stands in the order that it was read in."""
        return (*row[self.width :], row[0]) if len(order.keys) > 1 else (row[0],)

    def _select(self, order: Order) -> tuple[str, list[Any]]:
        keys = order.keys[:-1]
        if not keys:
            return self.columns, []
        shown = ", ".join(f"({key.sql})::text" for key in keys)
        return f"{self.columns}, {shown}", [value for key in keys for value in key.values]

    def count(self, condition: Condition) -> Count:
        """The number of matching rows: exact up to the bound, the planner's estimate above it."""
        sql, values = condition
        bound = settings.API_COUNT_BOUND
        source = f'FROM "{self.name}" t WHERE {sql}'
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT %s) bounded", [*values, bound + 1])  # noqa: S608
            (total,) = cursor.fetchone()
            if total <= bound:
                return Count(total)
            cursor.execute(f"EXPLAIN SELECT 1 {source}", values)
            (plan,) = cursor.fetchone()
        estimate = int(match.group(1)) if (match := _ESTIMATE.search(plan)) else total
        return Count(max(total, estimate), estimated=True)

    def render(self, row: Row, base: str) -> str:
        """The row as the JSON text of the complete resource; `base` is the collection's URL with a slash."""
        resource_id, document = row[0], row[self.width - 1]
        shown = self._spliced(row[REVISION + 1 : self.width - 1])
        rest = f",{document[1:]}" if document != "{}" else "}"
        return f'{{"id":"{resource_id}","href":"{base}{path_id(resource_id)}"{shown}{rest}'

    def select(self, row: Row, base: str, selection: Selection) -> str:
        """The row as JSON with the selected members only."""
        return exact.dumps(selection.pick(exact.loads(self.render(row, base).encode()))).decode()


def _spliced(names: list[str], values: tuple[Any, ...]) -> str:
    """The spliced members as they stand between the href and the document."""
    return "".join([f',"{name}":{orjson.dumps(value).decode()}' for name, value in zip(names, values, strict=True)])


@cache
def table_of(model: type[Resource]) -> Table:
    """The table of a model; made once for each."""
    return Table(model)
