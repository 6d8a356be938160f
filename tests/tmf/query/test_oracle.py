"""Queries at random on resources at random: the API finds what a naive reading of its answers finds."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from consumption.api.shapes_v4 import Bucket as BucketV4
from consumption.models import Bucket
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.api.conftest import BALANCES, SCOPES
from tests.tmf.query import asked, buckets
from tests.tmf.query.naive import Naive
from tests.tmf.query.stored import stored, usages
from tmfusage.tmf import exact
from tmfusage.tmf.query.binding import bind
from tmfusage.tmf.query.matching import holds
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.resolving import Attributes, attributes_of
from usage.importing import importing
from usage.models import Usage

# Thousands of requests: on a busy machine they take their time.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
ROWS, QUERIES = 150, 1_000
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}
OPERATORS = ["", ".eq", ".ne", ".gt", ".gte", ".lt", ".lte"]


def made(strategy, make, number=ROWS) -> list:
    """What `make` makes of examples, but for those that it refuses."""
    found = []

    @settings(max_examples=number, phases=[Phase.generate], **QUIET)
    @given(strategy)
    def run(example):
        found.append(make(example))

    run()
    return [each for each in found if each]


class Judged:
    """A collection whose answers are read naively; `shown` are all resources as a GET answers them."""

    def __init__(self, api: Api, path: str, naive: Naive, attributes: Attributes, defaults: dict):
        self.api, self.path, self.naive, self.attributes = api, path, naive, attributes
        self.shown = [{**defaults, **each} for each in exact.loads(api.get(f"{path}?limit=1000").content)]
        self.answered: list[int] = []
        self.refused = 0

    def agree(self, query: str) -> None:
        """Whatever is not refused is found."""
        answer = self.api.get(f"{self.path}?{query}&fields=none&limit=1000")
        if answer.status_code in (400, 501):
            self.refused += 1
            return
        tree = parse(query.encode().decode("latin-1")).tree  # as a server hands it over
        expected = {each["id"] for each in self.shown if self.naive.holds(tree, each)}
        assert {each["id"] for each in answer.json()} == expected, query
        if "regex" not in query:
            # As it is evaluated for events and patches.
            bound = bind(tree, self.attributes)
            assert {each["id"] for each in self.shown if holds(bound, each)} == expected, query
        self.answered.append(len(expected))

    def told_apart(self) -> bool:
        """Most queries were answered, and half of them by some resources only."""
        some = sum(1 for found in self.answered if 0 < found < len(self.shown))
        return len(self.answered) > 9 * self.refused and some > 0.5 * len(self.answered)


@pytest.fixture
def judged_usages(db, usage_attributes) -> Judged:
    """Stored usages of every shape."""
    with importing():
        Usage.objects.bulk_create(made(usages, stored))
    api = Api(make_client()[1])
    return Judged(api, "usage", Naive(asked.KINDS, asked.OLDER), usage_attributes, {})


@pytest.fixture
def judged_buckets(db) -> Judged:
    """Stored buckets of every kind of balance."""
    made(buckets.buckets, buckets.stored, 100)
    api = Api(make_client(scopes=SCOPES)[1], BALANCES)
    attributes = attributes_of(BucketV4, Bucket)
    # What is not said to be unlimited is not.
    return Judged(api, "bucket", Naive(buckets.KINDS, {}), attributes, {"isUnlimited": False})


@pytest.mark.parametrize(("fixture", "words"), [("judged_usages", asked.VALUES), ("judged_buckets", buckets.VALUES)])
def test_every_attribute_is_compared_with_every_value(request, fixture, words):
    judged = request.getfixturevalue(fixture)
    for name, values in words.items():
        for value in values:
            judged.agree(f"{name}={quote(value)}")
        for op in OPERATORS:
            judged.agree(f"{name}{op}={quote(values[0])}")
    assert judged.answered


@pytest.mark.parametrize(
    ("fixture", "queries", "number"),
    [("judged_usages", asked.queries, QUERIES), ("judged_buckets", buckets.queries, QUERIES // 2)],
)
def test_what_is_asked_for_is_found(request, fixture, queries, number):
    judged = request.getfixturevalue(fixture)

    @settings(max_examples=number, **QUIET)
    @given(queries)
    def agree(query):
        judged.agree(query)

    agree()
    assert judged.told_apart()
