"""Lists of specifications, buckets, actions and queries: what is documented as indexed reads no table."""

import pytest
from django.db import connection

from consumption.models import BalanceAction, Bucket, BucketSpecification, QueryUsageConsumption
from specs.models import UsageSpecification
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.api.conftest import BALANCES, SCOPES, V5
from tests.consumption.factories import make_kind
from tests.tmf.query.explaining import assert_indexed, filled

ROWS = 50_000
# A row as a pattern, and what differs from row to row.
COPIES = """
INSERT INTO {0} SELECT copy.* FROM {0} r, generate_series(1, %s) n,
    jsonb_populate_record(r, jsonb_build_object('id', 'id-' || n, {1})) copy
"""
OWNERS = """
INSERT INTO consumption_owner (bucket_id, kind, key)
SELECT 'id-' || n, kind, kind || '-' || n / 5
FROM generate_series(1, %s) n, unnest(ARRAY['account', 'product', 'resource', 'service']) kind
"""
PARTIES = "'party_ids', jsonb_build_array('party-' || n / 50)"
PATTERNS = {
    UsageSpecification: f"'name', 'name-' || n / 500, 'lifecycle_status', 'step-' || n / 5000, {PARTIES}",
    Bucket: f"'specification_id', 'kind-' || n / 1000, {PARTIES}",
    BalanceAction: "'bucket_ids', jsonb_build_array('id-' || n / 10)",
    QueryUsageConsumption: PARTIES,
}
SPECIFICATIONS, ACTIONS, QUERIES = (
    "specs_usagespecification",
    "consumption_balanceaction",
    "consumption_queryusageconsumption",
)
BUCKETS = "consumption_bucket"
ELSEWHERE = [
    (SPECIFICATIONS, "usageSpecification?id=id-7"),
    (SPECIFICATIONS, "usageSpecification?name=name-7"),
    (SPECIFICATIONS, "usageSpecification?name=name-7,name-9"),
    (SPECIFICATIONS, "usageSpecification?lifecycleStatus=step-7"),
    (SPECIFICATIONS, "usageSpecification?lifecycleStatus=step-7,step-9"),
    (SPECIFICATIONS, "usageSpecification?relatedParty.id=party-7"),
    (BUCKETS, f"{BALANCES}/bucket?id=id-7"),
    (BUCKETS, f"{BALANCES}/bucket?bucketSpecification.id=kind-7"),
    (BUCKETS, f"{BALANCES}/bucket?bucketSpecification.id=kind-7,kind-9"),
    (BUCKETS, f"{BALANCES}/bucket?relatedParty.id=party-7&remainingValue.amount.gte=0"),
    (BUCKETS, f"{BALANCES}/bucket?partyAccount.id=account-7"),
    (BUCKETS, f"{BALANCES}/bucket?product.id=product-7"),
    (BUCKETS, f"{BALANCES}/bucket?service.id=service-7"),
    (BUCKETS, f"{BALANCES}/bucket?logicalResource.id=resource-7"),
    (BUCKETS, f"{BALANCES}/bucket?logicalResource.value=resource-7&bucketSpecification.id=kind-0,kind-1"),
    (ACTIONS, f"{BALANCES}/topupBalance?id=id-7"),
    (ACTIONS, f"{BALANCES}/topupBalance?bucket.id=id-7"),
    (ACTIONS, f"{BALANCES}/topupBalance?sort=-id"),
    (QUERIES, f"{V5}/queryUsageConsumption?id=id-7"),
]


def pattern_of(model) -> None:
    kinds = {UsageSpecification: {"name": "x"}, BalanceAction: {"action": "topupBalance"}}
    row = model(id="pattern", type="Pattern", created_by="tests", **kinds.get(model, {}))
    row.skip_history_when_saving = True
    row.save(force_insert=True)


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """Many of each; all gone afterwards."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for number in range(ROWS // 1_000 + 1):
            make_kind(id=f"kind-{number}")
        for model, differing in PATTERNS.items():
            pattern_of(model)
            filled(model._meta.db_table, COPIES.format(model._meta.db_table, differing), ROWS)
        filled("consumption_owner", OWNERS, ROWS)
        yield
        for model in (*PATTERNS, BucketSpecification):
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "path"), ELSEWHERE)
def test_what_is_indexed_does_not_read_the_table(many, table, path):
    api = Api(make_client(scopes=["spec:read", *SCOPES])[1])
    assert_indexed(api, path, table, frequent="sort=" in path)
