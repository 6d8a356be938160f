"""Statements that run for every request: prepared once per connection, values bound by the server."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection


def fetch_one(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row; errors are Django's."""
    with _cursor() as cursor, connection.wrap_database_errors:
        return cursor.execute(sql, values, prepare=settings.DATABASE_PREPARE).fetchone()


def execute(sql: str, values: Sequence[Any]) -> None:
    """Run a statement that answers nothing; errors are Django's."""
    with _cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(sql, values, prepare=settings.DATABASE_PREPARE)


def _cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """A cursor on Django's connection that binds on the server, which Django's own does not."""
    connection.validate_no_broken_transaction()
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)
