"""Filters that are documented as indexed: on 200,000 usages none of them reads the table, or much in vain."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.tmf.query.explaining import assert_indexed, filled
from tests.tmf.query.test_indexes_elsewhere import ELSEWHERE
from tmfusage.tmf.query.narrowing import narrowed
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.sql import compile_keyed, compile_tree
from usage.importing import importing

ROWS = 200_000
TABLE = "usage_usage"
DOCUMENTED = Path(__file__).parents[3] / "docs" / "tmf630.md"
FILL = """
INSERT INTO usage_usage (id, type, revision, created_at, created_by, last_update, party_ids, document, status,
    usage_date, usage_type, specification_id, product_ids, external_ids, numbers)
SELECT 'id-' || n, 'Usage', 1, now(), 'tests', now(), ARRAY['party-' || n / 100],
    json_build_object('description', 'call ' || n, 'usageCharacteristic', json_build_array(
        json_build_object('name', 'cell', 'value', 'cell-' || n / 50),
        json_build_object('name', 'duration', 'value', n / 20))),
    (ARRAY['received', 'guided', 'rejected', 'recycled'])[1 + (n %% 400 = 0)::int + (n %% 900 = 0)::int],
    timestamptz '2026-01-01Z' + n * interval '1 minute', 'type-' || n / 2000, 'spec-' || n / 1000,
    ARRAY['product-' || n / 100], ARRAY['key-' || n], ARRAY[]::text[]
FROM generate_series(1, %s) n
"""
INDEXED = [
    "id=id-7",
    "href=https://example.com/usage/id-7",
    "status=recycled",
    "status=recycled,rejected",
    "status=billed",
    "filter=$[?(@.status=='recycled')]",
    "usageDate=2026-01-31",
    "usageDate.gt=2027-01-01",
    "usageDate.gte=2026-05-01T00:00:00Z&usageDate.lt=2026-05-02T00:00:00Z",
    "filter=$[?(@.usageDate>='2026-05-01' %26%26 @.usageDate<'2026-05-02')]",
    "usageType=type-7",
    "usageType=nothing",
    "usageType=type-7,type-9",
    "usageType=type-7,type-9&offset=150&limit=10",
    "usageType=type-7&description.ne=call 15000",
    "usageType=type-7&sort=id",
    "filter=$[?(@.usageType=='type-7')]",
    "usageType=type-7&status=received",
    "usageType=type-7,type-9&status=received,guided",
    "usageSpecification.id=spec-7",
    "usageSpecification.id=spec-7,spec-9",
    "filter=$[?(@.usageSpecification.id=='spec-7')]",
    "relatedParty.id=party-7",
    "relatedParty.id=party-7,party-8",
    "relatedParty.id=party-7&sort=-usageDate",
    "relatedParty[?(@.role=='customer')].id=party-7",
    "relatedParty[?(@referredType==Individual)].id=party-7",
    "filter=relatedParty[?(@.id=='party-7' %26%26 @.role=='customer')]",
    "ratedProductUsage.productRef.id=product-7",
    "externalIdentifier.id=key-7",
    "status=recycled;relatedParty.id=party-7",
    "usageCharacteristic.value=cell-7",
    "usageCharacteristic.name=duration&usageCharacteristic.value=7",
    "filter=usageCharacteristic[?(@.name=='cell' %26%26 @.value=='cell-7')]",
    "filter=usageCharacteristic[?(@.value=='cell-7' %26%26 @.name=~'^c')]",
    "filter=usageCharacteristic[?(@.name=='nothing' %26%26 @.value>10)]",
    "filter=$[?(@.usageCharacteristic[?(@.name=='duration' %26%26 @.value==7)])]",
    "description=call 7",
]
# Read in order, so that the first rows are the page; the count is bounded.
FREQUENT = [
    "status=received",
    "usageCharacteristic.name=cell",
    "filter=usageCharacteristic[?(@.name=='cell' %26%26 @.value!='x')]",
    *("sort=usageDate", "sort=-usageDate", "sort=-usageDate,-id", "sort=id", "sort=-id"),
]


def plan(query: str, attributes) -> str:
    sql, values = compile_tree(parse(query).tree, attributes)
    return run(f"SELECT id FROM usage_usage t WHERE {sql}", values)


def run(statement: str, values) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """Many usages, characteristics and descriptions indexed; all gone afterwards."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        with importing():
            filled(TABLE, FILL, ROWS)
        call_command("index_documents", "usageCharacteristic", "description", verbosity=0)
        yield
        call_command("index_documents", "usageCharacteristic", "description", "--drop", verbosity=0)
        cursor.execute("TRUNCATE usage_usage CASCADE")


@pytest.mark.django_db
@pytest.mark.parametrize("query", INDEXED)
def test_what_is_indexed_does_not_read_the_table(many, api, query):
    assert_indexed(api, f"usage?fields=none&{query}", TABLE)


@pytest.mark.django_db
@pytest.mark.parametrize("query", FREQUENT)
def test_what_most_have_is_read_in_order(many, api, query):
    assert_indexed(api, f"usage?fields=none&{query}", TABLE, frequent=True)


@pytest.mark.django_db
def test_a_page_far_behind_is_read_from_its_place(many, api):
    following = re.search("<([^>]+)>; rel=.next", api.get("usage?usageType=type-7,type-9&limit=500")["Link"])
    assert_indexed(api, following[1].replace("http://testserver", ""), TABLE)


def test_all_that_is_documented_as_indexed_is_explained():
    table = DOCUMENTED.read_text().partition("### What it costs")[2].partition("\n## ")[0]
    rows = [row.replace("\\|", "").split("|") for row in table.splitlines() if re.search("index|b-tree|key", row)]
    names = {name for row in rows if len(row) > 2 for name in re.findall(r"`([\w.]+)=", row[1])}
    asked = " ".join([*INDEXED, *FREQUENT, *(path for _, path in ELSEWHERE)])
    assert [name for name in sorted(names) if f"{name}=" not in asked] == []


@pytest.mark.django_db
def test_what_is_documented_as_a_scan_is_one(many, usage_attributes):
    assert "Seq Scan on usage_usage" in plan("usageCharacteristic.value.gt=7", usage_attributes)


@pytest.mark.parametrize(
    ("query", "keyed"),
    [
        ("relatedParty.id=a", True),
        ("usageCharacteristic.value=a&status=rated", True),
        ("filter=relatedParty[?(@.id=='a' %26%26 @.name=='b')]", True),
        ("status=rated", False),
        ("usageCharacteristic.value.gt=1", False),
    ],
)
def test_filters_by_keys_are_told_apart(usage_attributes, query, keyed):
    assert compile_keyed(parse(query).tree, usage_attributes)[1] == keyed


def page(condition) -> str:
    sql, values = condition
    return run(f"SELECT id FROM usage_usage t WHERE {sql} ORDER BY id DESC LIMIT 100", values)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["externalIdentifier.id=key-7", "usageCharacteristic.value=cell-7"])
def test_the_newest_of_few_are_not_looked_for_from_the_end(many, usage_attributes, query):
    rare = narrowed("usage_usage", compile_tree(parse(query).tree, usage_attributes))
    assert rare[0] == 't."id" = ANY(%s)'
    assert 0 < len(rare[1][0]) <= 50
    assert "Index Cond: (id = ANY" in page(rare)


@pytest.mark.django_db
def test_what_many_have_stays_as_it_is(many, usage_attributes):
    frequent = compile_tree(parse("usageCharacteristic.name=cell").tree, usage_attributes)
    assert narrowed("usage_usage", frequent) == frequent
    assert "Index Scan Backward using usage_usage_pkey" in page(frequent)


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["a'b"], ["x", "--model", "usage.StatusChange"], ["x", "--model", "no.Model"]])
def test_only_members_of_resources_are_indexed(arguments):
    with pytest.raises(CommandError):
        call_command("index_documents", *arguments)
