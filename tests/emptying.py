"""Emptying the database after a test that has committed: only the tables in which it left something.

Django would truncate every table, make content types and permissions anew and grant them to the roles: most of the time
of a short test. What `migrate` fills is left alone here as long as nobody has changed it.
"""

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import TransactionTestCase

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_filled: dict[str, str] = {}


def remember() -> None:
    """Note what `migrate` left, in the database as it is now; from now on tests are followed by the short way."""
    _filled.update(_contents(_not_empty(_tables())))
    TransactionTestCase._fixture_teardown = lambda _case: empty()


def empty() -> None:
    """Leave the database as `migrate` left it."""
    tables = _tables()
    if _contents(list(_filled)) != _filled:
        call_command("flush", verbosity=0, interactive=False, database=DEFAULT_DB_ALIAS)
        # Made anew, with other numbers.
        _filled.update(_contents(list(_filled)))
    elif used := [table for table in _not_empty(tables) if table not in _filled]:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(map(_quoted, used))} CASCADE")


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for (name,) in cursor.fetchall()]


def _not_empty(tables: list[str]) -> list[str]:
    asked = " UNION ALL ".join(f"(SELECT '{name}' FROM {_quoted(name)} LIMIT 1)" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [name for (name,) in cursor.fetchall()]


def _contents(tables: list[str]) -> dict[str, str]:
    """A digest of all rows of each of these."""
    found = {}
    with connection.cursor() as cursor:
        for name in tables:
            cursor.execute(f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {_quoted(name)} t")
            (found[name],) = cursor.fetchone()
    return found


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
