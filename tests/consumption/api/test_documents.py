"""The OpenAPI documents of consumption and balances: valid, served, and kept by what is answered."""

import pytest
from django.test import Client
from openapi_spec_validator import validate

from consumption import query_tasks
from consumption.api.mounting import DOCUMENTS
from tests.consumption.api.conftest import BALANCES, V4, V5
from tests.consumption.api.omantel import BUCKETS, NUMBER
from tests.consumption.factories import make_bucket
from tests.openapi.agreement import Agreement

QUERY, REPORT = "queryUsageConsumption", "usageConsumptionReport"
BODY = {"searchCriteria": {"logicalResource": [{"id": NUMBER}]}}


class At(Agreement):
    """Judges the answers of one API."""

    def __init__(self, root: str):
        super().__init__(Client().get(f"{root}/openapi.json").json())
        self.root = root

    def described(self, response):
        """The response object for the answer."""
        request = response.wsgi_request
        operations = self.document["paths"][self._template(request.path_info.removeprefix(self.root))]
        operation = operations.get(request.method.lower()) or next(iter(operations.values()))
        return self._resolved(operation["responses"][str(response.status_code)])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_the_documents_are_valid_and_served(document):
    served = Client().get(document.url)
    assert served.status_code == 200
    validate(served.json())
    assert served.json()["info"]["version"] == document.version


def test_the_documents_are_shown(client):
    page = client.get("/docs/swagger/?api=usageConsumption-v5").content.decode()
    assert all(document.name in page for document in DOCUMENTS)


@pytest.mark.parametrize(("root", "later"), [(V4, 201), (V5, 202)])
def test_queries_answer_as_described(v4, balances, monkeypatch, root, later):
    monkeypatch.setattr(query_tasks, "wake", lambda _id: None)
    for bucket in BUCKETS:
        balances.post("bucket", {**bucket, "logicalResource": [{"id": NUMBER}]})
    v4.root, agreement = root, At(root)
    made = v4.post(QUERY, BODY)
    agreement.check(made, 201)
    agreement.check(v4.post(QUERY, BODY, Prefer="return=minimal"), 200)
    agreement.check(v4.post(QUERY, BODY, Prefer="respond-async"), later)
    agreement.check(v4.post(QUERY, {}), 400)
    agreement.check(v4.get(QUERY), 200)
    agreement.check(v4.get(f"{QUERY}?limit=1&fields=id"), 206)
    agreement.check(v4.get(made["Location"]), 200)
    agreement.check(v4.patch(made["Location"], {}), 405)
    agreement.check(v4.delete(made["Location"]), 204)
    agreement.check(v4.delete(made["Location"]), 404)


def test_reports_answer_as_described(v5):
    agreement = At(V5)
    make_bucket(logicalResource=[{"id": NUMBER}])
    agreement.check(v5.get(f"{REPORT}?logicalResource.id={NUMBER}"), 200)
    made = v5.post(REPORT, BODY["searchCriteria"])
    agreement.check(made, 201)
    agreement.check(v5.get(REPORT), 200)
    agreement.check(v5.delete(made["Location"]), 204)


def test_balances_answer_as_described(balances):
    agreement = At(BALANCES)
    made = balances.post("bucket", {**BUCKETS[-1], "logicalResource": [{"id": NUMBER}]})
    agreement.check(made, 201)
    agreement.check(balances.get("bucket"), 200)
    agreement.check(balances.patch(made["Location"], {"name": "Calls"}), 200)
    agreement.check(balances.delete(made["Location"]), 409)
    other = make_bucket(1, "minutes")
    body = {"bucket": {"id": made.json()["id"]}, "amount": {"amount": 1, "units": "minutes"}}
    for action in ("topupBalance", "adjustBalance", "reserveBalance"):
        agreement.check(balances.post(action, body), 201)
        agreement.check(balances.get(action), 200)
    agreement.check(balances.post("transferBalance", {**body, "receiverBucket": {"id": other.pk}}), 201)
    held = balances.post("reserveBalance", body)
    agreement.check(balances.patch(held["Location"], {"status": "cancelled"}), 200)
    agreement.check(balances.patch(held["Location"], {"status": "completed"}), 400)
    agreement.check(balances.post("reserveBalance", {**body, "amount": {"amount": 10**6}}), 409)
