"""Statements that run for every request: values bound by the server, prepared per connection when they come again."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


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
        return psycopg.Cursor(database.connection).execute(sql, values)
