"""What the database itself refuses of a usage: how it may begin, and columns of what is billed."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from tests.usage.factories import RATING, make_usage
from tests.usage.test_lifecycle import run, sqlstate
from tmfusage.tmf import exact
from usage import lifecycle
from usage.importing import importing
from usage.models import Usage

pytestmark = pytest.mark.django_db

LATER = sorted(set(lifecycle.NEXT) - set(lifecycle.INITIAL))
BORN = """
INSERT INTO usage_usage (id, type, revision, created_at, created_by, last_update, party_ids, document, status,
    usage_type, product_ids, external_ids, numbers)
VALUES ('born', 'Usage', 1, now(), 'psql', now(), '{}', %s, %s, '', '{}', '{}', '{}')
"""
DOCUMENT = exact.dumps({"ratedProductUsage": RATING}).decode()
COLUMNS = {
    "id": "'other'",
    "type": "'Other'",
    "specification_id": "'elsewhere'",
    "usage_date": "usage_date + interval '1 day'",
    "usage_type": "'data'",
    "party_ids": "ARRAY['mallory']",
    "product_ids": "ARRAY['cheap']",
    "external_ids": "ARRAY['again']",
    "numbers": "'{}'",
}


@pytest.mark.parametrize("status", LATER)
def test_the_database_lets_no_usage_begin_in_a_later_status(status):
    assert sqlstate(BORN, DOCUMENT, status) == "TMF01"
    assert not Usage.objects.exists()


@pytest.mark.parametrize("status", lifecycle.INITIAL)
def test_the_database_lets_a_usage_begin_as_the_model_does(status):
    assert sqlstate(BORN, DOCUMENT, status) is None


@pytest.mark.parametrize("status", LATER)
def test_an_import_takes_a_usage_in_any_status(status):
    with importing():
        run(BORN, DOCUMENT, status)
    assert Usage.objects.get().status == status


def test_after_an_import_all_is_as_before():
    with importing():
        run(BORN, DOCUMENT, "billed")
    assert sqlstate(BORN.replace("'born'", "'next'"), DOCUMENT, "billed") == "TMF01"


def test_a_failed_import_leaves_no_door_open():
    with pytest.raises(RuntimeError), importing():
        raise RuntimeError
    assert sqlstate(BORN, DOCUMENT, "billed") == "TMF01"


def copy_in(status: str) -> None:
    """A usage as a loader would COPY it."""
    usage = Usage(type="Usage", status=status, document=DOCUMENT, created_by="psql")
    fields = Usage._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor, cursor.copy(f"COPY usage_usage ({columns}) FROM STDIN") as copy:
        copy.write_row([getattr(usage, field.attname) for field in fields])


def test_copy_is_held_to_it_too():
    copy_in("rated")
    with pytest.raises(psycopg.DatabaseError, match="cannot arrive as recycled"), transaction.atomic():
        copy_in("recycled")


@pytest.mark.parametrize("column", COLUMNS)
def test_the_columns_of_a_billed_usage_follow_its_document_only(column):
    usage = make_usage("billed")
    change = f"UPDATE usage_usage SET {column} = {COLUMNS[column]} WHERE id = %s"
    if column == "id":
        run("DELETE FROM usage_statuschange")
    assert sqlstate(change, usage.pk) == "TMF01"
    assert sqlstate(change, make_usage("rated").pk) is None


def test_every_column_that_is_derived_is_kept():
    kept_otherwise = {"revision", "created_at", "created_by", "last_update", "document", "status"}
    assert set(COLUMNS) == {field.column for field in Usage._meta.concrete_fields} - kept_otherwise


def test_revision_and_time_of_a_billed_usage_may_change():
    usage = make_usage("billed")
    change = "UPDATE usage_usage SET revision = revision + 1, last_update = now() WHERE id = %s"
    assert sqlstate(change, usage.pk) is None


def test_a_billed_usage_is_described_although_other_names_are_numbers_today(settings):
    usage = make_usage("billed")
    settings.USAGE_NUMBER_CHARACTERISTICS = ["somethingElse"]
    usage.amend({**usage.shown, "description": "checked"}, "tests")
    again = Usage.objects.get(pk=usage.pk)
    assert (again.members["description"], again.numbers) == ("checked", ["15550100001"])


def test_the_rules_can_be_taken_back_and_put_in_again():
    executor = MigrationExecutor(connection)
    executor.migrate([("usage", "0003_one_index_on_ids")])
    assert sqlstate(BORN, DOCUMENT, "recycled") is None
    run("DELETE FROM usage_usage")
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("usage"))
    assert sqlstate(BORN, DOCUMENT, "recycled") == "TMF01"
