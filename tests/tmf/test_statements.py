"""Statements of every request are planned once per connection."""

import pytest
from django.db import DataError, connection

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


@pytest.mark.parametrize(
    "texts", [[], [""], ["", ""], ["a,b", "{c}"], ['say "so"', "back\\slash", "NULL", "null"], ["ü", "\n", " "]]
)
def test_an_array_of_texts_arrives_as_it_is(texts):
    assert fetch_one("SELECT %s::text[]", [texts]) == (texts,)


@pytest.mark.parametrize("values", [[None], ["a", None], [1, 2]])
def test_other_arrays_arrive_as_they_are(values):
    assert fetch_one("SELECT %s::text[]", [values]) == ([each if each is None else str(each) for each in values],)


@pytest.mark.parametrize("texts", [["a\x00b"], ["\x00"], ["a", "\x00", "b"]])
def test_a_text_with_nul_is_refused_and_never_becomes_two(texts):
    with pytest.raises(DataError):
        fetch_one("SELECT %s::text[]", [texts])
