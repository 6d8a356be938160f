"""A report reads what it tells, not what else there is: by index, whoever asks by what."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consumption import counting, report
from consumption.criteria import criteria_of
from consumption.models import Bucket
from tests.consumption.factories import make_bucket

SUBSCRIBERS = 700
FILL = """
INSERT INTO consumption_bucket
SELECT (jsonb_populate_record(b, jsonb_build_object('id', 'b-' || n || '-' || m, 'document', '{}'::json,
       'party_ids', ARRAY['party-' || n]))).*
FROM consumption_bucket b, generate_series(1, %s) n, generate_series(1, 5) m;
INSERT INTO consumption_owner (bucket_id, kind, key)
SELECT 'b-' || n || '-' || m, kind, kind || '-' || n
FROM generate_series(1, %s) n, generate_series(1, 5) m, unnest(ARRAY['party', 'account', 'product', 'resource']) kind;
INSERT INTO consumption_bucketcounter (id, bucket_id, counter_type, user_id, product_id, value, characteristic)
SELECT gen_random_uuid()::text, 'b-' || n || '-' || m, 'used', 'party-' || n, '', 7, '[]'
FROM generate_series(1, %s) n, generate_series(1, 5) m;
ANALYZE consumption_bucket; ANALYZE consumption_owner; ANALYZE consumption_bucketcounter;
"""
CRITERIA = {
    "logicalResource": {"searchCriteria": {"logicalResource": [{"id": "resource-77"}]}},
    "several": {"searchCriteria": {"logicalResource": [{"id": f"resource-{n}"} for n in range(100, 110)]}},
    "product": {"searchCriteria": {"product": [{"id": "product-77"}]}},
    "partyAccount": {"partyAccount": [{"id": "account-77"}]},
    "relatedParty": {"relatedParty": [{"id": "party-77"}]},
    "two": {"relatedParty": [{"id": "party-77"}], "searchCriteria": {"product": [{"id": "product-77"}]}},
    "bucket": {"searchCriteria": {"bucketRefOrValue": [{"id": "b-77-1"}]}},
}


@pytest.fixture
def many(db) -> None:
    """Five buckets, each with a counter, of each of many subscribers."""
    make_bucket()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(FILL, [SUBSCRIBERS] * 3)


def plans(monkeypatch, criteria) -> list[dict]:
    """The plans of the statements of a report, with how many rows each step read."""
    found: list[dict] = []

    def explained(fetch):
        def fetch_all(sql, values):
            (plan,) = fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)[0]
            found.append(plan[0] if isinstance(plan, list) else json.loads(plan)[0])
            return fetch(sql, values)

        return fetch_all

    for module in (report, counting):
        monkeypatch.setattr(module, "fetch_all", explained(module.fetch_all))
    report.compute(criteria_of(criteria), 10_000)
    return [each["Plan"] for each in found]


def steps(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from steps(inner)


@pytest.mark.parametrize("name", CRITERIA)
def test_a_report_reads_nothing_in_vain(many, monkeypatch, name):
    bound = 5 * 10 * 3 if name == "several" else 60
    read = [
        (step["Node Type"], step.get("Relation Name"), rows)
        for plan in plans(monkeypatch, CRITERIA[name])
        for step in steps(plan)
        if (rows := (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]) > bound
    ]
    assert read == []


@pytest.mark.parametrize("query", ["product.id=mobile-1", "logicalResource.value=%2B15550100001&usageType=data"])
def test_a_list_of_buckets_finds_owners_by_their_index(many, balances, query):
    (bucket,) = Bucket.objects.exclude(pk__startswith="b-")
    with CaptureQueriesContext(connection) as caught:
        assert [each["id"] for each in balances.get(f"bucket?{query}").json()] == [bucket.pk]
    with connection.cursor() as cursor:
        for each in caught:
            cursor.execute(f"EXPLAIN {each['sql']}")
            assert "Seq Scan on consumption_bucket" not in str(cursor.fetchall())
