"""Subscribers with five buckets each: the first is made by the product's own code, the others are copied from it.

A copy has a phone number, ids and balances of its own. Each subscriber's buckets lie apart in the table, as those of
real ones do who were sold one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

FIRST = 96_890_000_000
BATCH, TELL = 20_000, 100_000
# name, usage type, amount, unit, and the steps in which it is used, in base units
KINDS = (
    ("Data 10 GB", "data", 10, "GB", Decimal(1_000)),
    ("Roaming 500 MB", "roamingData", 500, "MB", Decimal(1_000)),
    ("Minutes to all networks", "voice", 1_000, "minutes", Decimal(6)),
    ("Messages", "sms", 500, "messages", Decimal(1)),
    ("Credit", "credit", 50, "EUR", Decimal("0.01")),
)
_STEP = "CASE b.unit " + " ".join(f"WHEN '{unit}' THEN {step}" for *_, unit, step in KINDS) + " END"
_ID = "right({}, 8) || '-0000-7000-8000-' || lpad(to_hex(s.n), 12, '0')"
_OWN = f"replace({{}}, '{FIRST}', s.digits)"
_BUCKET_ID = _ID.format("b.id")
# Up to three quarters of what was granted, so that no threshold is crossed; nearly each amount is another one.
_SHARE = "(hashtext(b.id || s.digits) & 16777215) / 16777216.0"
_USED = f"({_STEP} * (1 + floor(b.granted * 0.75 / {_STEP} * {_SHARE})))"
_WHO = {"bucket_id": _BUCKET_ID, "user_id": _OWN.format("t.user_id"), "product_id": _OWN.format("t.product_id")}
# What a copy has of its own, in the order in which rows are needed by others.
CHANGED: dict[str, dict[str, str]] = {
    "bucket": {
        "id": _BUCKET_ID,
        "party_ids": _OWN.format("t.party_ids::text") + "::text[]",
        "document": _OWN.format("t.document::text") + "::json",
        "remaining": f"b.granted - {_USED}",
    },
    "owner": {"bucket_id": _BUCKET_ID, "key": _OWN.format("t.key")},
    "bucketcounter": {**_WHO, "id": _ID.format("t.id"), "value": _USED},
    "ledgerentry": {
        **_WHO,
        "amount": f"CASE t.kind WHEN 'debit' THEN -{_USED} ELSE t.amount END",
        "resulting_remaining": f"b.granted - CASE t.kind WHEN 'debit' THEN {_USED} ELSE 0 END",
    },
}
TABLES = tuple(CHANGED)
_FIRST = """
    CREATE TEMP TABLE first_{name} ON COMMIT DROP AS SELECT t.* FROM consumption_{name} t WHERE t.{key} IN
        (SELECT bucket_id FROM consumption_owner WHERE key = '{first}' AND kind = 'resource')
"""
# Each foreign key, unique constraint and index beside the keys: its table, how to drop it and how to make it.
_BESIDE = """
    SELECT conrelid::regclass::text, contype = 'f',
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('f', 'u')
    UNION ALL
    SELECT indrelid::regclass::text, false, format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = ANY(%(tables)s::regclass[])
        AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('u', 'p'))
"""
Execute = Callable[..., Any]


def digits_of(number: int) -> str:
    """The phone number of a subscriber, without its plus; the first is number 0."""
    return str(FIRST + number)


def fill(subscribers: int, told: Callable[[str], None]) -> None:
    """So many subscribers, with their ledger, in the (migrated) database that Django is configured for."""
    _make_first()
    with transaction.atomic(), connection.cursor() as cursor:
        multiply(cursor.execute, range(1, subscribers), told, TABLES)


def prepare() -> None:
    """The tables."""
    call_command("migrate", verbosity=0)


@contextmanager
def grown(server: str, few: str, subscribers: range, told: Callable[[str], None]) -> Iterator[str]:
    """The URL of a copy of the database, which has these subscribers as well; dropped at the end.

    What is added has no ledger: a query does not read it. Nobody may be connected to the database.
    """
    parts = urlsplit(few)
    names = [sql.Identifier(f"{parts.path.strip('/')}{ending}") for ending in ("_many", "")]
    url, drop = urlunsplit(parts._replace(path=f"{parts.path}_many")), "DROP DATABASE IF EXISTS {} WITH (FORCE)"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("SET statement_timeout = 0")
        admin.execute(sql.SQL(drop).format(names[0]))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        try:
            _grow(url, subscribers, told)
            yield url
        finally:
            admin.execute(sql.SQL(drop).format(names[0]))


def _grow(url: str, subscribers: range, told: Callable[[str], None]) -> None:
    """Add the subscribers table by table, all at once; foreign keys and secondary indexes are made anew afterwards."""
    tables = {name: f"consumption_{name}" for name in TABLES[:-1]}
    with psycopg.connect(url, autocommit=True) as large:
        beside = large.execute(_BESIDE, {"tables": [*tables.values()]}).fetchall()
        for *_, drop, _ in beside:
            large.execute(drop)

        def grow(name: str) -> None:
            with psycopg.connect(url) as own:
                multiply(own.execute, subscribers, told, [name])
                own.execute("SET LOCAL maintenance_work_mem = '512MB'")
                for table, foreign, _, make in beside:
                    if table == tables[name] and not foreign:
                        own.execute(make)

        with ThreadPoolExecutor() as pool:
            list(pool.map(grow, tables))
        for _, foreign, _, make in beside:
            if foreign:
                large.execute(make)
        large.execute("VACUUM ANALYZE")


def multiply(execute: Execute, subscribers: range, told: Callable[[str], None], tables: Sequence[str]) -> None:
    """Copy the first subscriber's rows of these tables to each of these subscribers, within a transaction."""
    execute("SET LOCAL statement_timeout = 0")
    for name in dict.fromkeys(["bucket", *tables]):
        execute(_FIRST.format(name=name, key=_key(name), first=FIRST))
    for start in range(subscribers.start, subscribers.stop, BATCH):
        last = min(start + BATCH, subscribers.stop) - 1
        for name in tables:
            execute(_copy(name), [start, last])
        if "owner" in tables and (last + 1) // TELL > start // TELL:
            told(f"{last + 1:,} subscribers …")
    for name in tables:
        execute(f"ANALYZE consumption_{name}")


def _key(name: str) -> str:
    """The column that tells the bucket."""
    return "id" if name == "bucket" else "bucket_id"


def _copy(name: str) -> str:
    """Copies of the first subscriber's rows, which differ in some columns; numbered ids follow by themselves."""
    model, changed = apps.get_model("consumption", name), CHANGED[name]
    automatic = () if "id" in changed else ("id",)
    columns = [field.column for field in model._meta.concrete_fields if field.column not in automatic]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
    return f"""
        INSERT INTO {model._meta.db_table} ({names}) SELECT {values}
        FROM (SELECT n, ({FIRST} + n)::text AS digits FROM generate_series(%s::int, %s::int) n) s,
             first_{name} t JOIN first_bucket b ON b.id = t.{_key(name)}
        ORDER BY b.created_at, s.n, t.id
    """


def _make_first() -> None:
    """The first subscriber's buckets, a little of each used by one usage."""
    charging = import_module("consumption.charging")
    digits = digits_of(0)
    for kind in KINDS:
        make_bucket(digits, *kind[:4])
    demands = tuple(
        charging.Demand(step, unit, usage_type, ("resource", (digits,))) for _, usage_type, _, unit, step in KINDS
    )
    charging.debit(charge("first", digits, demands), "benchmark")


def charge(usage_id: str, digits: str, demands: tuple[Any, ...]) -> Any:
    """What a usage of the subscriber takes now."""
    of = import_module("consumption.charging").Charge
    return of(usage_id, timezone.now(), demands, user_id=f"party-{digits}", product_id=f"product-{digits}")


def make_bucket(digits: str, name: str, usage_type: str, amount: int, unit: str) -> None:
    """A bucket of the subscriber, as a provisioning system would have it made, valid for a month."""
    now = timezone.now().replace(microsecond=0)
    ends = {"startDateTime": now - timedelta(days=10), "endDateTime": now + timedelta(days=20)}
    members = {
        "name": name,
        "usageType": usage_type,
        "isShared": False,
        "bucketSpecification": {"id": f"kind-{usage_type}", "name": name, "@referredType": "BucketSpecification"},
        "logicalResource": [{"id": digits, "value": f"+{digits}", "@referredType": "LogicalResource"}],
        "product": [{"id": f"product-{digits}", "name": "Mobile", "@referredType": "Product"}],
        "partyAccount": {"id": f"account-{digits}", "name": "Account", "@referredType": "PartyAccount"},
        "relatedParty": [{"id": f"party-{digits}", "name": "Ada", "role": "customer", "@referredType": "Individual"}],
        "validFor": {end: moment.isoformat() for end, moment in ends.items()},
        "remainingValue": {"amount": amount, "units": unit},
    }
    apps.get_model("consumption", "Bucket").receive(members, "benchmark")
