"""A database of the benchmark's own, filled with the measured usages by COPY and dropped at the end."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from tests.benchmarks import records

KNOWN_IDS = 10_000
PLAIN = """
    CREATE TABLE bench_plain_usage AS
        SELECT id::text, type::text, status::text, usage_type::text, usage_date,
            document->>'description' AS description,
            (document->'ratedProductUsage')::jsonb AS rated_product_usage,
            (document->'relatedParty')::jsonb AS related_party,
            (document->'usageCharacteristic')::jsonb AS usage_characteristic,
            (document->'usageSpecification')::jsonb AS usage_specification
        FROM usage_usage;
    ALTER TABLE bench_plain_usage ADD PRIMARY KEY (id);
    CREATE INDEX plain_type_status ON bench_plain_usage (usage_type, status, id DESC);
    CREATE INDEX plain_status ON bench_plain_usage (status, id DESC);
    CREATE INDEX plain_date ON bench_plain_usage (usage_date, id);
    CREATE TABLE bench_plain_specification AS
        SELECT id::text, (document->'specCharacteristic')::jsonb AS characteristics FROM specs_usagespecification;
    ALTER TABLE bench_plain_specification ADD PRIMARY KEY (id);
"""


@dataclass(frozen=True)
class Filled:
    """What the load generator has to know of the filled database."""

    ids: list[str]
    specification_id: str
    server: str


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """The URL of a fresh database on the server; whatever an earlier run left there is dropped."""
    parts = urlsplit(server_url)
    name = f"{parts.path.strip('/') or 'tmfusage'}_bench"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(drop)


def fill(rows: int) -> Filled:
    """The database Django is configured for, migrated and filled with this many usages, twice."""
    call_command("migrate", verbosity=0)
    specification = apps.get_model("specs", "UsageSpecification").receive(records.specification(), by="benchmark")
    ids = copy_usages(rows, specification.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(PLAIN)
        cursor.execute("VACUUM ANALYZE")
        server = told_of_server(cursor)
    connection.close()
    known = random.Random(records.SEED).sample(ids, min(KNOWN_IDS, len(ids)))
    return Filled(known, specification.pk, server)


def told_of_server(cursor) -> str:
    """Version of the database server, and whether it keeps what it confirms: without that a POST costs less."""
    cursor.execute("SELECT current_setting('server_version'), current_setting('fsync') = 'on'")
    version, durable = cursor.fetchone()
    return f"{version}, {'durable' if durable else 'NOT durable (fsync is off)'}"


@contextmanager
def client_key() -> Iterator[str]:
    """The key of an API client that may do everything; the client goes at the end."""
    model = apps.get_model("access", "ApiClient")
    name = "measuring and conformance"
    scopes = ["spec:read", "spec:write", "usage:read", "usage:write", "consumption:read", "consumption:write", "hub"]
    client = model.objects.create(name=name, scopes=scopes)
    try:
        yield client.issue_key(by="tests")[1]
    finally:
        client.delete()


def copy_usages(count: int, specification_id: str) -> list[str]:
    """The ids of this many usages, copied in the shape that the model gives them."""
    model = apps.get_model("usage", "Usage")
    fields = model._meta.concrete_fields
    ids = []
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL tmfusage.import = 'on'")
        with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
            for members in records.usages(count, specification_id):
                usage = model(type="Usage", status=members["status"], created_by="benchmark")
                usage.members = members
                ids.append(usage.pk)
                copy.write_row([getattr(usage, field.attname) for field in fields])
    return ids
