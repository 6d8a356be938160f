"""A query is answered by a real worker, through a real broker."""

import time

import pytest

from consumption import query_tasks
from tests.consumption.factories import NUMBER, make_bucket
from tests.hub.workers import running, worker
from tests.other_process import environment

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 40


def state_within(api, href: str, seconds: float) -> str:
    end = time.monotonic() + seconds
    while (state := api.get(href).json()["state"]) != "done" and time.monotonic() < end:
        time.sleep(0.1)
    return state


def test_a_worker_answers(v5, tmp_path):
    make_bucket()
    with running(worker(tmp_path / "worker.log", environment(), concurrency=1, name="answering")):
        body = {"searchCriteria": {"logicalResource": [{"id": NUMBER}]}}
        waiting = v5.post("queryUsageConsumption", body, Prefer="respond-async").json()
        assert state_within(v5, waiting["href"], SECONDS) == "done"
    assert v5.get(waiting["href"]).json()["usageConsumption"]


def test_nothing_is_lost_without_a_broker(v5, monkeypatch):
    def unreachable(*_args, **_kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(query_tasks.answer, "apply_async", unreachable)
    answer = v5.post("queryUsageConsumption", {"relatedParty": [{"id": "ada"}]}, Prefer="respond-async")
    assert (answer.status_code, answer.json()["state"]) == (202, "acknowledged")
    assert query_tasks.answer(answer.json()["id"])
    assert v5.get(answer["Location"]).json()["state"] == "done"
