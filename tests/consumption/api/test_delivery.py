"""What listeners of TMF677 are sent: the events in the words of the version that they registered with."""

import pytest

from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.api.conftest import BALANCES, SCOPES, V4, V5
from tests.consumption.factories import make_used_bucket
from tests.hub.listening import listening
from tmfusage.hub import nudging
from tmfusage.hub.draining import Drain

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    V4: {"time": "timeOcurred", "date": "queryUsageConsumptionDate", "bucket": "bucketRefOrValue", "typed": False},
    V5: {"time": "timeOccurred", "date": "creationDate", "bucket": "bucket", "typed": True},
}
TOLD = ["QueryUsageConsumptionCreateEvent", "QueryUsageConsumptionDeleteEvent"]


@pytest.fixture(autouse=True)
def _no_nudges(monkeypatch):
    monkeypatch.setattr(nudging.Nudger, "__call__", lambda _self: None)


@pytest.fixture
def key() -> str:
    return make_client(scopes=[*SCOPES, "hub"])[1]


@pytest.fixture
def listener():
    with listening() as one:
        yield one


@pytest.mark.parametrize("asked", [V4, V5])
@pytest.mark.parametrize("heard", [V4, V5])
def test_a_query_of_either_version_is_told_in_the_words_of_the_listener(key, listener, heard, asked):
    bucket, words = make_used_bucket(), WORDS[heard]
    assert Api(key, heard).post("hub", {"callback": listener.url}).status_code == 201
    made = Api(key, asked).post("queryUsageConsumption", {"relatedParty": [{"id": "ada"}]})
    assert Api(key, asked).delete(made["Location"]).status_code == 204
    Drain().run()
    assert listener.types == TOLD
    for event in (each.event for each in listener.received):
        query = event["event"]["queryUsageConsumption"]
        (told,) = query["usageConsumption"][0][words["bucket"]]
        assert (told["id"], told["remainingValue"]) == (bucket.pk, {"amount": 0.75, "units": "GB"})
        assert event[words["time"]] == event["eventTime"]
        assert ("@type" in event, "partyOrPartyRole" in query["relatedParty"][0]) == (words["typed"], words["typed"])
        others = {WORDS[each]["date"] for each in WORDS} - {words["date"]}
        assert words["date"] in query
        assert not others & query.keys()


def test_a_query_that_is_answered_later_is_told_state_by_state_in_v4_s_words(key, listener, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    v4 = Api(key, V4)
    v4.post("hub", {"callback": listener.url, "query": "eventType=QueryUsageConsumptionStateChangeEvent"})
    make_used_bucket()
    v4.post("queryUsageConsumption", {"relatedParty": [{"id": "ada"}]}, Prefer="respond-async")
    Drain().run()
    states = [each.event["event"]["queryUsageConsumption"] for each in listener.received]
    assert [each["state"] for each in states] == ["inProgress", "done"]
    assert [len(each["usageConsumption"]) for each in states] == [0, 1]
    assert "bucketRefOrValue" in states[1]["usageConsumption"][0]


def test_a_report_is_told_in_the_version_that_has_reports_only(key, listener):
    make_used_bucket()
    for version in (V4, V5):
        Api(key, version).post("hub", {"callback": listener.url})
    Api(key, V5).post("usageConsumptionReport", {"relatedParty": [{"id": "ada"}]})
    Drain().run()
    assert listener.types == ["UsageConsumptionReportCreateEvent"]
    assert listener.received[0].event["@type"] == "UsageConsumptionReportCreateEvent"


def test_an_action_on_a_balance_is_delivered(key, listener):
    balances, bucket = Api(key, BALANCES), make_used_bucket()
    balances.post("hub", {"callback": listener.url})
    balances.post("topupBalance", {"bucket": {"id": bucket.pk}, "amount": {"amount": 1, "units": "GB"}})
    Drain().run()
    (told,) = (each.event for each in listener.received)
    assert (told["eventType"], told["event"]["topupBalance"]["amount"]["amount"]) == ("TopupBalanceCreateEvent", 1)
