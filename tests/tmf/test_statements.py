"""Statements of every request are planned once per connection."""

import pytest
from django.db import connection

from tmfusage.tmf.statements import execute, fetch_one

pytestmark = pytest.mark.django_db
ONE = "SELECT count(*) FROM specs_usagespecification WHERE id = %s"


def prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {row[0] for row in cursor.fetchall()}


def test_a_statement_that_comes_again_and_again_is_prepared():
    for number in range(6):
        assert fetch_one(ONE, [f"none {number}"]) == (0,)
    assert prepared() == {ONE.replace("%s", "$1")}


def test_a_statement_that_comes_once_and_those_of_django_are_not():
    execute("SELECT 'only once' = %s", ["once"])
    with connection.cursor() as cursor:
        for number in range(10):
            cursor.execute(ONE, [f"none {number}"])
    assert not any("only once" in statement or "none" in statement for statement in prepared())


def test_it_is_not_where_the_operator_says_so(monkeypatch):
    fetch_one("SELECT 1", [])
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    statement = ONE.replace("count", "max").replace("*", "id")
    for number in range(10):
        fetch_one(statement, [f"none {number}"])
    assert not any("max" in each for each in prepared())
