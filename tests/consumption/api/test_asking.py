"""How a query is answered: at once, later, unstored; to whom; and how it is forgotten."""

from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from consumption import query_tasks, querying
from consumption.models import QueryUsageConsumption, UsageConsumptionReport
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.api.conftest import V4, V5
from tests.consumption.factories import NUMBER, make_bucket
from tmfusage.tmf import exact

QUERY = "queryUsageConsumption"
BODY = {"searchCriteria": {"logicalResource": [{"id": NUMBER}]}}
LATER = {"Prefer": "respond-async"}


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The ids of queries that workers were woken for."""
    woken: list[str] = []
    monkeypatch.setattr(query_tasks, "wake", woken.append)
    return woken


def test_a_query_answered_later_tells_its_state(v4, sent, django_capture_on_commit_callbacks):
    bucket = make_bucket()
    with django_capture_on_commit_callbacks(execute=True):
        response = v4.post(QUERY, BODY, **LATER)
    waiting = response.json()
    assert (response.status_code, response["Preference-Applied"]) == (201, "respond-async")
    assert (waiting["state"], waiting["usageConsumption"], sent) == ("acknowledged", [], [waiting["id"]])
    assert query_tasks.answer(waiting["id"])
    done = v4.get(response["Location"]).json()
    assert (done["state"], done["usageConsumption"][0]["bucketRefOrValue"][0]["id"]) == ("done", bucket.pk)
    assert not query_tasks.answer(waiting["id"])


def test_v5_answers_202_with_where_to_look(v5, sent):
    response = v5.post(QUERY, BODY, **LATER)
    assert (response.status_code, response.json()["state"]) == (202, "acknowledged")
    assert response["Location"] == response.json()["href"]


def test_a_query_for_very_much_is_answered_later_by_itself(v4, sent, settings):
    settings.CONSUMPTION_MAX_BUCKETS = 1
    make_bucket()
    make_bucket()
    waiting = v4.post(QUERY, BODY).json()
    assert waiting["state"] == "acknowledged"
    assert query_tasks.answer(waiting["id"])
    assert len(v4.get(waiting["href"]).json()["usageConsumption"][0]["bucketRefOrValue"]) == 2


def test_a_query_for_too_much_fails_and_says_why(v5, sent, settings):
    settings.CONSUMPTION_MAX_BUCKETS = settings.CONSUMPTION_MAX_BUCKETS_LATER = 1
    make_bucket()
    make_bucket()
    waiting = v5.post(QUERY, BODY).json()
    query_tasks.answer(waiting["id"])
    failed = v5.get(waiting["href"]).json()
    assert (failed["state"], failed["usageConsumption"]) == ("terminatedWithError", [])
    (message,) = failed["errorMessage"]
    assert (message["@type"], message["status"], message["message"]) == (
        "ErrorMessage",
        "400",
        "More than 1 buckets match.",
    )


def test_a_task_that_was_lost_is_done_by_the_sweep(v4, sent):
    waiting = v4.post(QUERY, BODY, **LATER).json()
    assert query_tasks.answer_waiting() == 0
    QueryUsageConsumption.objects.update(created_at=timezone.now() - timedelta(minutes=2), state="inProgress")
    assert query_tasks.answer_waiting() == 1
    assert v4.get(waiting["href"]).json()["state"] == "done"


def test_a_query_that_kills_its_workers_is_given_up(v5, sent, monkeypatch):
    def killed(*_args):
        raise SystemExit

    monkeypatch.setattr(querying, "compute", killed)
    waiting = v5.post(QUERY, BODY, **LATER).json()
    for _ in range(querying.ATTEMPTS):
        with pytest.raises(SystemExit):
            query_tasks.answer(waiting["id"])
    assert query_tasks.answer(waiting["id"])
    failed = v5.get(waiting["href"]).json()
    assert failed["state"] == "terminatedWithError"
    assert failed["errorMessage"][0]["reason"] == "The query was given up after 3 attempts."
    assert not query_tasks.answer(waiting["id"])


def test_queries_that_nobody_has_tried_come_first(v5, sent):
    hard, fresh = (v5.post(QUERY, BODY, **LATER).json()["id"] for _ in range(2))
    QueryUsageConsumption.objects.filter(pk=hard).update(attempts=2)
    assert querying.waiting(0) == [fresh, hard]


@pytest.mark.parametrize("stored", [True, False])
def test_an_answer_need_not_be_stored(v4, settings, stored):
    make_bucket()
    settings.CONSUMPTION_STORE_QUERIES = stored
    response = v4.post(QUERY, BODY, **({"Prefer": "return=minimal"} if stored else {}))
    assert response.status_code == 200
    assert response.json()["usageConsumption"][0]["bucketRefOrValue"]
    assert "Location" not in response
    assert not QueryUsageConsumption.objects.exists()


def test_old_queries_and_reports_are_forgotten(v4, v5):
    v4.post(QUERY, BODY)
    v5.post("usageConsumptionReport", BODY["searchCriteria"])
    assert query_tasks.forget() == 0
    past = timezone.now() - timedelta(days=31)
    QueryUsageConsumption.objects.update(created_at=past)
    UsageConsumptionReport.objects.update(created_at=past)
    assert query_tasks.forget() == 2
    assert v4.get(QUERY).json() == []


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """The statements that are sent to the database, as they are."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(self, query, *args, **kwargs):
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return sent


@pytest.mark.parametrize("size", [1, 30])
def test_a_report_takes_two_statements_however_long_it_is(db, statements, size):
    for _ in range(size):
        make_bucket()
    statements.clear()
    (report,) = querying.look(querying.criteria_of(BODY))
    assert exact.dumps(report).count(b"remainingValueName") == size
    assert [each.split()[0] for each in statements] == ["SELECT", "SELECT"]


def test_a_query_takes_three_statements(v4, statements):
    make_bucket()
    v4.post(QUERY, BODY)
    statements.clear()
    v4.post(QUERY, BODY)
    assert len(statements) == 3


def test_a_client_of_one_party_sees_its_own_buckets_only(v4, partner):
    own = make_bucket()
    make_bucket(relatedParty=[{"id": "bob"}])
    answer = partner.post(QUERY, BODY).json()
    assert [bucket["id"] for bucket in answer["usageConsumption"][0]["bucketRefOrValue"]] == [own.pk]
    assert partner.get(answer["href"]).json() == answer
    assert partner.post(QUERY, {"relatedParty": [{"id": "bob"}]}).json()["usageConsumption"] == []


def test_a_client_of_one_party_does_not_read_what_others_asked(v4, partner):
    make_bucket()
    foreign = v4.post(QUERY, BODY).json()
    both = v4.post(QUERY, {"relatedParty": [{"id": "ada"}, {"id": "bob"}]}).json()
    about = v4.post(QUERY, {"relatedParty": [{"id": "ada"}]}).json()
    assert partner.get(foreign["href"]).status_code == 404
    assert partner.get(both["href"]).status_code == 404
    assert [each["id"] for each in partner.get(QUERY).json()] == [about["id"]]


def test_an_answer_for_later_keeps_to_the_party_of_the_asker(partner, sent):
    make_bucket(relatedParty=[{"id": "bob"}])
    waiting = partner.post(QUERY, BODY, **LATER).json()
    query_tasks.answer(waiting["id"])
    assert partner.get(waiting["href"]).json()["usageConsumption"] == []


def test_asking_needs_a_scope(db):
    reader = Api(make_client(scopes=["consumption:read"])[1], V4)
    assert reader.post(QUERY, BODY).status_code == 403
    assert reader.get(QUERY).status_code == 200
    assert Api(make_client(scopes=["usage:read"])[1], V5).get(QUERY).status_code == 403


def test_queries_are_paged_sorted_and_filtered(v4):
    made = [v4.post(QUERY, {"relatedParty": [{"id": each, "role": "customer"}]}).json()["id"] for each in "aba"]
    first = v4.get(f"{QUERY}?limit=2&sort=queryUsageConsumptionDate")
    assert (first.status_code, first["X-Total-Count"]) == (206, "3")
    assert [each["id"] for each in first.json()] == made[:2]
    assert {each["id"] for each in v4.get(f"{QUERY}?relatedParty.id=a").json()} == {made[0], made[2]}
    assert v4.get(f"{QUERY}?filter=$[?(@.relatedParty[*].id=='b')]").json()[0]["id"] == made[1]
    assert v4.get(f"{QUERY}?nothing=1").status_code == 400


def test_what_the_user_guide_prints_is_understood(v4):
    made = v4.post(QUERY, {"relatedParty": [{"id": "USER11333", "@referredType": "Individual"}]}).json()
    found = v4.get(f"{QUERY}?relatedParty[?(@referredType==Individual)].id=USER11333").json()
    assert [each["id"] for each in found] == [made["id"]]
