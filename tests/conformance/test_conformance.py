"""The product passes the suite over real HTTP, behind its real server: empty, and with 2,000 usages."""

import os
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.apps import apps
from django.db import connection

from tests.benchmarks import database, records
from tests.conformance import report
from tests.conformance.client import Client, base_url
from tests.conformance.runner import run
from tests.conformance.serving import granian
from tests.conformance.tmf635 import SUITE

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]
ALREADY_THERE = 2_000


@pytest.fixture(scope="module")
def committed(django_db_setup, django_db_blocker):
    """Lets this module write what another process can read; each fixture removes what it wrote.

    Fixtures of the module come before the transaction of a test, so what they write is there for others.
    """
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture(scope="module")
def key(committed):
    with database.client_key() as made:
        yield made


@pytest.fixture(scope="module")
def server(key, tmp_path_factory):
    """The product on the test database, as another process serves it."""
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))
    env = {"DATABASE_URL": url, "TMFUSAGE_ENV": "test", "DJANGO_SETTINGS_MODULE": "tmfusage.settings"}
    with granian("tmfusage.wsgi:application", env, tmp_path_factory.mktemp("server") / "granian.log") as served:
        yield served


@pytest.fixture(scope="module")
def many_usages(committed):
    """2,000 usages of one specification."""
    specification = apps.get_model("specs", "UsageSpecification").receive(records.specification(), by="tests")
    ids = database.copy_usages(ALREADY_THERE, specification.pk)
    yield ids
    database.remove_usages(specification.pk)


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
