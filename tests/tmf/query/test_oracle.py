"""Queries at random on usages at random: PostgreSQL and the evaluator in Python find the same."""

from urllib.parse import quote

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings

from tests.tmf.query.asked import OPERATORS, VALUES, queries
from tests.tmf.query.stored import stored, usages
from tmfusage.tmf.query.binding import bind
from tmfusage.tmf.query.matching import holds
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.sql import compile_tree
from tmfusage.tmf.refusals import TmfError
from usage.importing import importing
from usage.models import Usage

ROWS, QUERIES = 300, 1_500
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}


@pytest.fixture
def rows(db) -> list[Usage]:
    """Stored usages of every shape."""
    made: list[Usage] = []

    @settings(max_examples=ROWS, phases=[Phase.generate], **QUIET)
    @given(usages)
    def make(members):
        if usage := stored(members):
            made.append(usage)

    make()
    with importing():
        return Usage.objects.bulk_create(made)


def found_by_sql(condition) -> set[str]:
    sql, values = condition
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM usage_usage t WHERE {sql}", values)
        return {each for (each,) in cursor.fetchall()}


def test_every_attribute_is_compared_with_every_value(rows, usage_attributes):
    documents = [(usage.id, usage.shown) for usage in rows]
    plain = [f"{name}={quote(value)}" for name, values in VALUES.items() for value in values]
    others = [f"{name}{op}={quote(values[0])}" for name, values in VALUES.items() for op in OPERATORS]
    for query in plain + others:
        tree = parse(query).tree
        bound = bind(tree, usage_attributes)
        expected = {key for key, document in documents if holds(bound, document)}
        assert found_by_sql(compile_tree(tree, usage_attributes)) == expected, query


def test_the_database_finds_what_the_evaluator_finds(rows, usage_attributes):
    documents = [(usage.id, usage.shown) for usage in rows]
    asked, answered = [], []

    @settings(max_examples=QUERIES, **QUIET)
    @given(queries)
    def agree(query):
        asked.append(query)
        try:
            tree = parse(query).tree
            bound = bind(tree, usage_attributes)
        except TmfError:
            return
        expected = {key for key, document in documents if holds(bound, document)}
        answered.append(expected)
        assert found_by_sql(compile_tree(tree, usage_attributes)) == expected, query

    agree()
    assert len(answered) > 0.9 * len(asked)
    assert sum(1 for found in answered if 0 < len(found) < len(rows)) > 0.5 * len(answered)
