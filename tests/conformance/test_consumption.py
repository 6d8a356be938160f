"""The product passes the suites of TMF677 over real HTTP, behind its real server, without and with buckets."""

from datetime import UTC, datetime

import pytest

from consumption.models import Bucket, LedgerEntry, QueryUsageConsumption
from tests.access.factories import make_client
from tests.conformance import report
from tests.conformance.client import Client, base_url
from tests.conformance.runner import run
from tests.conformance.tmf677 import NOBODY, SUITE, SUITE_V5
from tmfusage.access.models import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]
SUITES = pytest.mark.parametrize("suite", [SUITE, SUITE_V5], ids=["v4", "v5"])


@pytest.fixture(scope="module")
def key(committed):
    client, made = make_client(scopes=["consumption:read", "consumption:write"], name="conformance of consumption")
    yield made
    ApiClient.objects.filter(pk=client.pk).delete()


@pytest.fixture(scope="module")
def bucket(committed):
    """A bucket of the party that the suites ask for, which holds no amount: it leaves no ledger behind."""
    made = Bucket.receive({"name": "State", "relatedParty": [{"id": NOBODY}], "usageType": "data"}, "tests")
    yield made
    made.delete()


def result_at(server: str, key: str, suite) -> report.Result:
    base = base_url(server, suite.api_path)
    return report.Result(suite, base, tuple(run(suite, Client(base, key))), datetime.now(UTC))


@SUITES
def test_the_suite_passes(server, key, suite):
    result = result_at(server, key, suite)
    assert result.passed, "\n".join(line for line in report.terminal(result) if "FAIL" in line or "found" in line)
    assert result.kit.assertions > 40
    assert not LedgerEntry.objects.exists()
    assert not QueryUsageConsumption.objects.exists()


@SUITES
def test_the_suite_passes_when_there_is_something_to_find(server, key, bucket, suite):
    result = result_at(server, key, suite)
    assert result.passed
    answers = [outcome.exchange.json for outcome in result.outcomes if outcome.request.keep == "query"]
    assert [len(answer["usageConsumption"]) for answer in answers] == [1]
