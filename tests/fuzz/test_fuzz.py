"""A few hundred generated requests in every run; `make fuzz` sends twenty thousand."""

import pytest
from django.conf import settings as configured
from django.db import connection, connections

from tests.benchmarks import database
from tests.fuzz.documents import DOCUMENTS
from tests.fuzz.fuzzing import Fuzzer
from tmfusage.wsgi import Application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture
def fuzzer(monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    assert configured.TMFUSAGE_ENV == "test"
    with database.client_key() as key:
        yield Fuzzer(Application(), key, 635)
    connection.close()


def test_generated_requests_are_answered_as_the_document_says(fuzzer):
    report = fuzzer.run(DOCUMENTS, requests=400, seconds=90)
    assert report.requests > 100
    assert not report.faults, "\n".join(report.lines())


def test_chains_along_the_links_find_what_they_made(fuzzer):
    report = fuzzer.follow(DOCUMENTS[:1], requests=60, seconds=15)
    # No id is guessed: what is found behind a link is what the POST before it made.
    linked = {name: told for name, told in report.answers.items() if "{id} (linked)" in name}
    assert any(told[200] or told[204] for told in linked.values()), "\n".join(report.lines())
    assert not report.faults, "\n".join(report.lines())
