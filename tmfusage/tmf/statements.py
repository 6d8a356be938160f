"""Statements that run for every request: values bound by the server, prepared per connection when they come again."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import Loader
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
        return _cursor(database).execute(_encoded(sql), [_bound(value) for value in values])


def _bound(value: Any) -> Any:
    """The value as it is sent: an array of texts as PostgreSQL's text of it, which costs less than a list does."""
    if type(value) is not list:
        return value
    try:
        text = "\x00".join(value)
    except TypeError:  # not of texts alone
        return value
    if text.count("\x00") >= max(1, len(value)):  # a text with NUL, which psycopg refuses
        return value
    if "\\" in text or '"' in text:
        text = text.replace("\\", r"\\").replace('"', r"\"")
    return '{"' + text.replace("\x00", '","') + '"}' if value else "{}"


# psycopg would encode the text of the statement anew each time, and could not know it again without reading it.
_encoded = lru_cache(1_024)(str.encode)


def _cursor(database: Any) -> "_Cursor":
    """The cursor of the connection: one is enough, for whatever it read is fetched before it is used again."""
    cursor = getattr(database, "server_side", None)
    if cursor is None or cursor.connection is not database.connection:
        cursor = database.server_side = _Cursor(database.connection)
    return cursor


class _Cursor(psycopg.Cursor[tuple[Any, ...]]):
    """Binds on the server, and reads moments by psycopg's own means instead of Django's, which are slower."""

    def __init__(self, connection: psycopg.Connection[Any]):
        super().__init__(connection)
        self.adapters.register_loader("timestamptz", _MOMENTS)


_MOMENTS = cast(type[Loader], psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT))
