"""Emptying the database after a test that has committed: only the tables in which it left something.

Django would truncate every table, make content types and permissions anew and grant them to the roles: most of the time
of a short test. What `migrate` fills is left alone here as long as nobody has changed it.
"""

from collections.abc import Iterable
from typing import Any

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import TransactionTestCase

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# The tables that `migrate` filled, with a digest of their rows, and those that it left empty.
_filled: dict[str, str] = {}
_others: list[str] = []


def remember() -> None:
    """Note what `migrate` left, in the database as it is now; from now on tests are followed by the short way."""
    tables = [name for (name,) in _rows(_TABLES)]
    filled = _not_empty(tables)
    _filled.update(_contents(filled))
    _others.extend(name for name in tables if name not in filled)
    TransactionTestCase._fixture_teardown = lambda _case: empty()


def empty() -> None:
    """Leave the database as `migrate` left it."""
    if _contents(_filled) != _filled:
        call_command("flush", verbosity=0, interactive=False, database=DEFAULT_DB_ALIAS)
        # Made anew, with other numbers.
        _filled.update(_contents(_filled))
    elif used := _not_empty(_others):
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(map(_quoted, used))} CASCADE")


def _not_empty(tables: Iterable[str]) -> list[str]:
    return [name for (name,) in _rows(_of_each(tables, "(SELECT '{name}' FROM {table} LIMIT 1)"))]


def _contents(tables: Iterable[str]) -> dict[str, str]:
    """A digest of all rows of each of these."""
    digest = "SELECT '{name}', md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table} t"
    return dict(_rows(_of_each(tables, digest)))


def _of_each(tables: Iterable[str], query: str) -> str:
    """One query for all of these."""
    return " UNION ALL ".join(query.format(name=name, table=_quoted(name)) for name in tables)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
