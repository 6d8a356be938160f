"""Every list and search of usages walks an index: the planner shows how."""

import re

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from tests.specs.factories import make_specification
from usage import admin_search
from usage.models import Usage

pytestmark = pytest.mark.django_db
FILL = """
INSERT INTO usage_usage (id, type, revision, created_at, created_by, last_update, party_ids, document, status,
                         usage_date, usage_type, specification_id, product_ids, external_ids, numbers)
SELECT '0190' || lpad(to_hex(n), 8, '0') || '-7000', 'Usage', 1, now(), 'tests', now(), ARRAY['party-' || n %% 500],
       '{"ratedProductUsage":[{}]}', (ARRAY['received', 'guided', 'rated', 'rejected'])[n %% 4 + 1],
       timestamptz '2026-03-01Z' + n * interval '1 minute', (ARRAY['voice', 'sms', 'data'])[n %% 3 + 1],
       CASE n %% 5 WHEN 0 THEN %s ELSE 'spec-' || n %% 50 END, ARRAY['product-' || n %% 300], ARRAY['cdr-' || n],
       ARRAY[(15550100000 + n %% 700)::text]
FROM generate_series(1, 5000) n
"""
ADDRESSES = [
    "",
    "?status__exact=rejected",
    "?usage_type=voice",
    "?usage_type=voice&status__exact=rated",
    "?date_from=2026-03-02&date_to=2026-03-02",
    "?usage_type=sms&date_from=2026-03-02&date_to=2026-03-02",
    "?q=0190000003e8-7000",
    "?q=%2B1+555+010+0042",
    "?q=party-17",
    "?q=cdr-4711",
    "?q=product-9",
    "?q=Voice",
    "?q=party-17&status__exact=guided",
    "?after=0190000003e8-7000",
    "?before=0190000003e8-7000",
    "?date_from=2026-03-01&after=2026-03-02T00:00:00Z,0190000003e8-7000",
]


@pytest.fixture
def _thousands(db):
    specification = make_specification()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tmfusage.import = 'on'")
        cursor.execute(FILL, [specification.pk])
        cursor.execute("ANALYZE usage_usage")
        # A table this small is read as a whole for the asking; what is tested is that an index can serve.
        cursor.execute("SET LOCAL enable_seqscan = off")


def statements(address: str) -> list[str]:
    """What the list asks of the table of usages."""
    request = RequestFactory().get(f"/admin/usage/usage/{address}")
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    with CaptureQueriesContext(connection) as captured:
        shown = site.get_model_admin(Usage).get_changelist_instance(request)
    assert shown.result_list
    return [query["sql"] for query in captured if '"usage_usage"' in query["sql"]]


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"), ())
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.usefixtures("_thousands")
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_of_the_list_walks_indexes_only(address):
    for sql in statements(address):
        assert "LIKE" not in sql.upper()
        assert "Seq Scan on usage_usage" not in plan(sql), plan(sql)


@pytest.mark.usefixtures("_thousands")
@pytest.mark.parametrize(
    ("address", "index"),
    [
        ("?q=party-17", "usage_keys"),
        ("?q=Voice", "usage_spec"),
        ("?usage_type=voice", "usage_type_status"),
        ("?date_from=2026-03-02&date_to=2026-03-02", "usage_date"),
    ],
)
def test_each_key_is_served_by_its_index(address, index):
    assert any(index in plan(sql) for sql in statements(address))


@pytest.mark.usefixtures("_thousands")
@pytest.mark.parametrize("address", ["?q=cdr-4711", "?q=party-17", "?q=product-9", "?q=15550100042"])
def test_a_rare_key_is_never_looked_for_by_reading_the_table_from_its_end(address):
    for sql in statements(address):
        assert not re.search(r"Filter: .*(@>|&&)", plan(sql)), plan(sql)


@pytest.mark.usefixtures("_thousands")
def test_a_key_of_many_usages_is_paged_by_the_database(monkeypatch):
    monkeypatch.setattr(admin_search, "MOST_RARE", 5)
    probe, *others = statements("?q=party-17")
    assert "LIMIT 6" in probe
    assert any("@>" in sql and "ORDER BY" in sql for sql in others)


@pytest.mark.usefixtures("_thousands")
def test_the_order_by_date_comes_out_of_the_index_without_sorting():
    shown = plan(statements("?date_from=2026-03-02&date_to=2026-03-03")[0])
    assert re.search(r"Index (Only )?Scan Backward using usage_date", shown)
    assert "Sort" not in shown


@pytest.mark.usefixtures("_thousands")
def test_the_types_are_found_by_jumping_through_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    types = site.get_model_admin(Usage).list_filter[1]
    with CaptureQueriesContext(connection) as captured:
        request = RequestFactory().get("/")
        assert len(types(request, {}, Usage, site.get_model_admin(Usage)).lookup_choices) == 3
    (query,) = [each["sql"] for each in captured if "usage_usage" in each["sql"]]
    assert "Seq Scan on usage_usage" not in plan(query)
