"""A few hundred generated requests in every run; `make fuzz` sends twenty thousand."""

import pytest
from django.conf import settings as configured
from django.db import connection, connections

from tests.benchmarks import database
from tests.fuzz.documents import DOCUMENTS
from tests.fuzz.fuzzing import Fuzzer
from tmfusage.wsgi import Application


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_generated_requests_are_answered_as_the_document_says(monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    assert configured.TMFUSAGE_ENV == "test"
    with database.client_key() as key:
        report = Fuzzer(Application(), key, 635).run(DOCUMENTS, requests=400, seconds=25)
    connection.close()
    assert report.requests > 100
    assert not report.faults, "\n".join(report.lines())
