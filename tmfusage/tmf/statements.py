"""Statements that run for every request: values bound by the server, prepared per connection when they come again."""

from collections.abc import Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import Format


def fetch_one(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row; errors are Django's."""
    return _run(sql, values).fetchone()


def fetch_all(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows; errors are Django's."""
    return _run(sql, values).fetchall()


def execute(sql: str, values: Sequence[Any]) -> int:
    """Run a statement; how many rows it touched. Errors are Django's."""
    return _run(sql, values).rowcount


def _run(sql: str, values: Sequence[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run it with a cursor that binds on the server, on Django's connection, whose own cursors do not."""
    database = connections[DEFAULT_DB_ALIAS]
    database.validate_no_broken_transaction()
    database.ensure_connection()
    with database.wrap_database_errors:
        return _Cursor(database.connection).execute(sql, values)


class _Cursor(psycopg.Cursor[tuple[Any, ...]]):
    """Binds on the server, and reads moments by psycopg's own means instead of Django's, which are slower."""

    @property
    def adapters(self) -> AdaptersMap:
        """Those of the connection but for moments; made once for each connection."""
        known = _ADAPTERS.get(self.connection)
        if known is None:
            known = _ADAPTERS[self.connection] = AdaptersMap(self.connection.adapters)
            known.register_loader("timestamptz", _MOMENTS)
        return known


_ADAPTERS: WeakKeyDictionary[psycopg.Connection[Any], AdaptersMap] = WeakKeyDictionary()
_MOMENTS = cast(type[Loader], psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT))
