"""The product passes the suite over real HTTP, behind its real server: empty, and with 2,000 usages."""

from datetime import UTC, datetime

import pytest
from django.apps import apps

from tests.benchmarks import database, records
from tests.conformance import report
from tests.conformance.client import Client, base_url
from tests.conformance.runner import run
from tests.conformance.tmf635 import SUITE

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]
ALREADY_THERE = 2_000


@pytest.fixture(scope="module")
def key(committed):
    with database.client_key() as made:
        yield made


@pytest.fixture(scope="module")
def many_usages(committed):
    """2,000 usages of one specification."""
    specification = apps.get_model("specs", "UsageSpecification").receive(records.specification(), by="tests")
    return database.copy_usages(ALREADY_THERE, specification.pk)


def result_at(server: str, key: str) -> report.Result:
    base = base_url(server, SUITE.api_path)
    return report.Result(SUITE, base, tuple(run(SUITE, Client(base, key))), datetime.now(UTC))


def failures(result: report.Result) -> str:
    return "\n".join(line for line in report.terminal(result) if "FAIL" in line or "found" in line)


def listed(server: str, key: str) -> int:
    return int(Client(base_url(server, SUITE.api_path), key).send("GET", "/usage?limit=0").header("X-Total-Count"))


def test_the_suite_passes_on_an_empty_database(server, key):
    assert listed(server, key) == 0
    result = result_at(server, key)
    assert result.passed, failures(result)
    assert (len(result.kit.rows), result.kit.assertions) == (15, 73)
    assert listed(server, key) == 0


def test_the_suite_passes_on_a_full_database(server, key, many_usages):
    result = result_at(server, key)
    assert result.passed, failures(result)
    assert result.kit.assertions > 300
    assert listed(server, key) == len(many_usages)
