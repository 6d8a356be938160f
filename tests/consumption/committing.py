"""Which operation committed when: triggers for the tests, which write it down at the moment of the commit.

A constraint trigger that is deferred runs when a transaction commits, while all its rows are still locked. So of two
transactions that touched the same bucket, usage or total, the one with the lower ticket came first. Another trigger
ends the connection itself at the n-th row that an operation changes: a crash in the middle of it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import Error, connection
from django.db.backends.signals import connection_created

_TABLES = {
    "consumption_bucket": "UPDATE",
    "consumption_ledgerentry": "INSERT",
    "consumption_posting": "INSERT OR UPDATE",
    "consumption_runningtotal": "INSERT OR UPDATE",
    "usage_usage": "INSERT OR UPDATE OR DELETE",
}
# Of a bucket only that it ended or renewed: entries tell of its balance, and a sweep that failed is put off.
_WHEN = {"consumption_bucket": "WHEN ((OLD.status, OLD.valid_from) IS DISTINCT FROM (NEW.status, NEW.valid_from))"}
_SETUP = """
CREATE TABLE tests_commit (ticket bigserial, operation text, tx xid8, bucket text);
CREATE FUNCTION tests_crash() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rows int := coalesce(nullif(current_setting('tests.crash', true), ''), '0')::int;
BEGIN
    PERFORM set_config('tests.crash', (rows - 1)::text, false);
    IF rows = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION tests_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tests_commit (operation, tx, bucket) VALUES (
        coalesce(current_setting('tests.operation', true), ''), pg_current_xact_id(),
        CASE TG_TABLE_NAME WHEN 'consumption_bucket' THEN to_jsonb(NEW) ->> 'id' END);
    RETURN NULL;
END $$;
"""
_COMMITTED = """
SELECT operation, max(bucket) FROM tests_commit WHERE operation <> '' GROUP BY operation, tx ORDER BY min(ticket)
"""
_SAY = "SELECT set_config('tests.operation', %s, false), set_config('tests.crash', %s, false)"
_doing = threading.local()


class Commit(NamedTuple):
    """A transaction of an operation, and a bucket that it changed."""

    operation: str
    bucket: str


@contextmanager
def watched() -> Iterator[None]:
    """Lets the database write down what commits."""
    with connection.cursor() as cursor:
        cursor.execute(_SETUP)
        for table, events in _TABLES.items():
            cursor.execute(
                f"CREATE CONSTRAINT TRIGGER tests_commit AFTER {events} ON {table} DEFERRABLE INITIALLY DEFERRED"
                f" FOR EACH ROW {_WHEN.get(table, '')} EXECUTE FUNCTION tests_commit();"
                f"CREATE TRIGGER tests_crash AFTER {events} ON {table} FOR EACH ROW EXECUTE FUNCTION tests_crash();"
                # After tests_commit by name: it may also crash at the commit, when all is written.
                f"CREATE CONSTRAINT TRIGGER tests_crash_late AFTER {events} ON {table} DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION tests_crash();"
            )
    connection_created.connect(_say_again)
    try:
        yield
    finally:
        connection_created.disconnect(_say_again)
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION tests_crash, tests_commit CASCADE; DROP TABLE tests_commit")


def begin(operation: str, crash: int = 0) -> None:
    """This thread does the operation from now on; its connection is to end at so many changed rows."""
    _doing.operation = operation
    with connection.cursor() as cursor:
        cursor.execute(_SAY, [operation, str(crash)])


def committed() -> list[Commit]:
    """Everything that operations committed, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_COMMITTED)
        return [Commit(operation, bucket or "") for operation, bucket in cursor.fetchall()]


def empty() -> None:
    """Forget all rows of an example."""
    tables = ", ".join(["tests_commit", *(table for table in _TABLES if table != "consumption_ledgerentry")])
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")


def crashed(problem: Error) -> bool:
    """Whether that is because this thread's connection was ended."""
    gone = connection.connection is None or connection.connection.closed
    return gone or getattr(problem.__cause__, "sqlstate", None) == "57P01"


def _say_again(connection, **_more) -> None:
    if operation := getattr(_doing, "operation", ""):
        with connection.cursor() as cursor:
            cursor.execute(_SAY, [operation, "0"])
