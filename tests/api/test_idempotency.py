"""Requests that come twice are done once."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.benchmarks import database
from tests.calling import Api
from tests.conformance.serving import granian
from tests.hub.making import make_hub
from tests.other_process import environment
from tmfusage.access.models import IdempotencyKey
from tmfusage.access.tasks import purge_idempotency_keys
from tmfusage.hub.models import Event
from usage.models import Usage

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "a-key 1"}
MERGE = "application/merge-patch+json"
USAGES = "/tmf-api/usageManagement/v4/usage"


def same(first, second) -> bool:
    kept = ("Location", "ETag", "Content-Type")
    return (first.status_code, first.content) == (second.status_code, second.content) and all(
        first.get(name) == second.get(name) for name in kept
    )


def test_a_repeated_post_is_answered_and_not_done_again(api):
    first, second = (api.post("usage", call_of(), **KEY) for _ in range(2))
    assert same(first, second)
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert Usage.objects.count() == 1


def test_the_order_and_spelling_of_the_body_do_not_matter(api):
    body = call_of()
    first = api.post("usage", body, **KEY)
    turned = json.dumps(dict(reversed(body.items())), indent=2)
    assert same(first, api.post("usage", turned, **KEY))


def test_a_repeated_patch_changes_once(api):
    usage = api.post("usage", call_of()).json()
    first, second = (api.patch(f"usage/{usage['id']}", {"description": "once"}, **KEY) for _ in range(2))
    assert same(first, second)
    assert (first["ETag"], Usage.objects.get().revision) == ('"2"', 2)


@pytest.mark.parametrize(
    ("path", "body"),
    [("usage", call_of(duration=61)), ("usage?fields=none", call_of()), ("usageSpecification", call_of())],
)
def test_a_key_for_another_request_is_a_conflict(api, path, body):
    api.post("usage", call_of(), **KEY)
    answer = api.post(path, {"name": "x", **body}, **KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Usage.objects.count() == 1


def test_a_refusal_is_not_kept(api):
    assert api.post("usage", call_of(usageDate="soon"), **KEY).status_code == 400
    assert api.post("usage", call_of(), **KEY).status_code == 201
    assert IdempotencyKey.objects.count() == 1


def test_keys_of_clients_are_their_own(api):
    other = Api(make_client()[1])
    assert api.post("usage", call_of(), **KEY).json() != other.post("usage", call_of(), **KEY).json()
    assert Usage.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a\tb", "ä", "x" * 256])
def test_a_malformed_key_is_refused(api, key):
    answer = api.post("usage", call_of(), **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidHeader")


def test_a_request_without_a_key_costs_nothing_more(api):
    api.post("usage", call_of())
    with CaptureQueriesContext(connection) as captured:
        assert api.post("usage", call_of()).status_code == 201
    assert not [query["sql"] for query in captured if "access_" in query["sql"] or "SAVEPOINT" in query["sql"]]
    assert not IdempotencyKey.objects.exists()


def test_old_keys_are_forgotten(api, settings):
    api.post("usage", call_of(), **KEY)
    assert purge_idempotency_keys() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=settings.IDEMPOTENCY_RETENTION_DAYS + 1))
    assert purge_idempotency_keys() == 1
    assert api.post("usage", call_of(), **KEY).status_code == 201
    assert Usage.objects.count() == 2


@pytest.fixture
def address(transactional_db, tmp_path):
    """The product as another process serves it, with several threads."""
    with granian("tmfusage.wsgi:application", environment(), tmp_path / "log", workers=2, threads=4) as served:
        yield urlsplit(served).netloc


def fifty(address: str, method: str, path: str, body: str, headers: dict[str, str]) -> list[tuple[int, bytes, str]]:
    """Status, body, and Location or else ETag of fifty equal requests at once."""

    def send(_number: int) -> tuple[int, bytes, str]:
        sender = http.client.HTTPConnection(address, timeout=60)
        sender.request(method, path, body, headers)
        answer = sender.getresponse()
        return answer.status, answer.read(), answer.headers["Location"] or answer.headers["ETag"]

    with ThreadPoolExecutor(25) as senders:
        return list(senders.map(send, range(50)))


@pytest.mark.timeout(180)
def test_fifty_patches_at_once_change_once_and_tell_once(address):
    usage = Usage.receive(call_of(), "tests")
    make_hub(api="usageManagement")
    with database.client_key() as key:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": MERGE, "Idempotency-Key": "fifty"}
        answers = fifty(address, "PATCH", f"{USAGES}/{usage.pk}", json.dumps({"description": "once"}), headers)
    assert {(status, tag) for status, _body, tag in answers} == {(200, '"2"')}
    assert len({body for _status, body, _tag in answers}) == 1
    assert Usage.objects.get().revision == 2
    assert Event.objects.filter(event_type="UsageAttributeValueChangeEvent").count() == 1


@pytest.mark.timeout(180)
@pytest.mark.parametrize("by", ["key", "identifier"])
def test_fifty_at_once_store_one_and_get_the_same_answer(address, by):
    """Either by the header, or by the key of the sender's system."""
    body = json.dumps(call_of(**({"externalIdentifier": [{"id": "cdr-1"}]} if by == "identifier" else {})))
    with database.client_key() as key:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": "fifty"} if by == "key" else {}

        answers = fifty(address, "POST", USAGES, body, headers)
    assert Usage.objects.count() == 1
    assert len({(body, location) for _status, body, location in answers}) == 1
    statuses = sorted(status for status, _body, _location in answers)
    assert statuses == ([201] * 50 if by == "key" else [200] * 49 + [201])
