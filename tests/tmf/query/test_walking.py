"""Pages that are read by one walk for each value are those that one condition finds."""

import re

import pytest

from tests.usage.factories import make_usage
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.walking import walk_of

NOTHING = ("TRUE", [])


@pytest.mark.parametrize(
    ("query", "columns", "walks"),
    [
        ("usageType=a", ("usage_type", "status"), 7),
        ("usageType=a,b,a&status=rated", ("usage_type", "status"), 2),
        ("status=rated,billed", ("status",), 2),
        ("usageSpecification.id=a,b&description.ne=x", ("specification_id",), 2),
        ("filter=$[?(@.usageType=='a')]", ("usage_type", "status"), 7),
    ],
)
def test_values_of_a_column_are_walked(usage_attributes, query, columns, walks):
    walk = walk_of(parse(query).tree, usage_attributes, NOTHING)
    assert (walk.columns, len(walk.combinations)) == (columns, walks)


@pytest.mark.parametrize(
    "query",
    [
        "status=rated",
        "usageType=a&usageSpecification.id=x",
        "usageType=a&relatedParty.id=x",
        "usageType.ne=a",
        "usageType.gt=a",
        "usageType=",
        "usageType=a;status=rated",
        "usageType=" + ",".join(map(str, range(10))),
    ],
)
def test_what_the_planner_knows_is_left_to_it(usage_attributes, query):
    assert walk_of(parse(query).tree, usage_attributes, NOTHING) is None


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["usageType=a,b", "usageType=a,b&sort=id", "usageType=a,b&description.ne=3"])
def test_walks_are_merged_into_pages(api, query):
    statuses = ("received", "guided")
    made = [make_usage(usageType="abc"[n % 3], status=statuses[n % 2], description=str(n)) for n in range(9)]
    expected = [each.pk for n, each in enumerate(made) if n % 3 < 2 and not (n == 3 and "ne" in query)]
    if "sort" not in query:
        expected.reverse()
    forth, page = [], api.get(f"usage?{query}&limit=2")
    while page:
        forth += [each["id"] for each in page.json()]
        following = re.search('<([^>]+)>; rel="next"', page.get("Link", ""))
        page = api.get(following[1]) if following else None
    assert forth == expected
    assert [each["id"] for each in api.get(f"usage?{query}&offset=1&limit=3").json()] == expected[1:4]
