"""The product passes the suites of TMF677 over real HTTP, behind its real server, without and with what was used."""

from datetime import UTC, datetime

import pytest

from consumption.models import LedgerEntry, QueryUsageConsumption
from tests.access.factories import make_client
from tests.conformance import report
from tests.conformance.client import Client, Exchange, base_url
from tests.conformance.figures import keeps_to_figures
from tests.conformance.runner import run
from tests.conformance.tmf677 import NOBODY, SUITE, SUITE_V5
from tests.consumption.factories import make_used_bucket
from tmfusage.hub.models import Hub

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]
SUITES = pytest.mark.parametrize("suite", [SUITE, SUITE_V5], ids=["v4", "v5"])


SCOPES = ["consumption:read", "consumption:write"]


@pytest.fixture(scope="module")
def key(committed):
    return make_client(scopes=[*SCOPES, "hub"], name="conformance of consumption")[1]


@pytest.fixture(scope="module")
def key_without_hub(committed):
    return make_client(scopes=SCOPES, name="conformance without hub")[1]


@pytest.fixture(scope="module")
def bucket(committed):
    """A bucket of the party that the suites ask for, a quarter of it used by two."""
    return make_used_bucket(NOBODY)


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (200, '{"@type": "QueryUsageConsumption", "usageConsumption": [{}]}', "$.usageConsumption[0]"),
        (200, '[{"@type": "QueryUsageConsumption", "state": "ready"}]', "$[0].state"),
        (200, '{"@type": "QueryUsageConsumption", "creationDate": "today"}', "$.creationDate is no moment"),
        (404, '{"@type": "Error", "reason": "x"}', "$.code is missing"),
    ],
)
def test_an_answer_that_is_not_as_the_openapi_file_says_is_caught(status, body, complaint):
    exchange = Exchange("GET", "http://x", status, {}, body.encode())
    (made,) = keeps_to_figures("QueryUsageConsumption")(exchange, {})
    assert not made.passed
    assert complaint in made.found


def result_at(server: str, key: str, suite) -> report.Result:
    base = base_url(server, suite.api_path)
    return report.Result(suite, base, tuple(run(suite, Client(base, key))), datetime.now(UTC))


def failures(result: report.Result) -> str:
    return "\n".join(line for line in report.terminal(result) if "FAIL" in line or "found" in line)


@SUITES
def test_the_suite_passes(server, key, suite):
    result = result_at(server, key, suite)
    assert result.passed, failures(result)
    assert result.kit.assertions > 40
    assert not any(outcome.skipped for outcome in result.outcomes)
    assert not LedgerEntry.objects.exists()
    assert not QueryUsageConsumption.objects.exists()
    assert not Hub.objects.standing().exists()


@SUITES
def test_what_a_key_has_no_scope_for_is_skipped_and_said_so(server, key_without_hub, suite):
    result = result_at(server, key_without_hub, suite)
    assert result.passed, failures(result)
    skipped = [line for line in report.terminal(result) if line.startswith("  skip")]
    assert len(skipped) == 9
    assert all(line.endswith("the key has no scope hub") for line in skipped)


@SUITES
def test_the_suite_passes_when_there_is_something_to_find(server, key, bucket, suite):
    result = result_at(server, key, suite)
    assert result.passed, failures(result)
    (answer,) = (outcome.exchange.json for outcome in result.outcomes if outcome.request.keep == "query")
    (report_,) = answer["usageConsumption"]
    (told,) = report_.get("bucket") or report_["bucketRefOrValue"]
    assert told["remainingValue"] == {"amount": 0.75, "units": "GB"}
    assert [each["value"]["amount"] for each in told["bucketCounter"]] == [0.25, 0.125, 0.125]
    assert {"startDateTime", "endDateTime"} == set(told["validFor"])
