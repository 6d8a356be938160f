"""The events of queries, reports, actions and thresholds."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from consumption import query_tasks
from consumption.charging import Charge, Demand, debit
from tests.consumption.factories import NUMBER, make_bucket
from tests.hub.making import make_hub
from tmfusage.hub.envelopes import envelope
from tmfusage.hub.models import Event
from tmfusage.hub.topics import events_of

QUERY = "queryUsageConsumption"
BODY = {"searchCriteria": {"logicalResource": [{"id": NUMBER}]}}


@pytest.fixture
def listening(db) -> None:
    """Somebody wants to hear of everything."""
    for api in ("usageConsumption", "prepayBalanceManagement"):
        make_hub(api=api)


def told() -> list[str]:
    return list(Event.objects.order_by("seq").values_list("event_type", flat=True))


def test_a_query_is_told_when_it_comes_and_goes(v4, listening):
    make_bucket()
    made = v4.post(QUERY, BODY).json()
    v4.delete(made["href"])
    assert told() == ["QueryUsageConsumptionCreateEvent", "QueryUsageConsumptionDeleteEvent"]
    resource = Event.objects.first().resource
    assert resource["usageConsumption"] == made["usageConsumption"]


def test_each_state_of_a_query_is_told(v5, listening, monkeypatch):
    monkeypatch.setattr(query_tasks, "wake", lambda _id: None)
    query_tasks.answer(v5.post(QUERY, BODY, Prefer="respond-async").json()["id"])
    assert told() == ["QueryUsageConsumptionCreateEvent", *["QueryUsageConsumptionStateChangeEvent"] * 2]
    assert [each.resource["state"] for each in Event.objects.order_by("seq")] == ["acknowledged", "inProgress", "done"]


def test_reports_are_told(v5, listening):
    made = v5.post("usageConsumptionReport", BODY["searchCriteria"])
    v5.delete(made["Location"])
    assert told() == ["UsageConsumptionReportCreateEvent", "UsageConsumptionReportDeleteEvent"]


def test_a_listener_of_v5_hears_v5(v5, listening):
    make_bucket()
    made = v5.post(QUERY, BODY).json()
    members = envelope(Event.objects.get(), "v5")
    assert (members["@type"], members["@baseType"]) == ("QueryUsageConsumptionCreateEvent", "Event")
    assert members["timeOccurred"] == members["eventTime"]
    assert members["event"]["queryUsageConsumption"]["usageConsumption"] == made["usageConsumption"]


def test_actions_are_told(balances, listening):
    body = {"bucket": {"id": make_bucket().pk}, "amount": {"amount": 1, "units": "MB"}}
    balances.post("topupBalance", body)
    held = balances.post("reserveBalance", body).json()
    balances.patch(held["href"], {"status": "cancelled"})
    assert told() == ["TopupBalanceCreateEvent", "ReserveBalanceCreateEvent", "ReserveBalanceCancelEvent"]


def test_an_action_that_is_refused_is_not_told(balances, listening):
    body = {"bucket": {"id": make_bucket().pk}, "amount": {"amount": 101, "units": "MB"}}
    assert balances.post("reserveBalance", body).status_code == 409
    assert told() == []


def test_a_threshold_is_told_once_with_what_is_left(listening):
    bucket = make_bucket(100, "MB")
    for usage in ("u1", "u2"):
        charge = Charge(usage, timezone.now(), (Demand(Decimal(85_000_000), "B", bucket_id=bucket.pk),))
        debit(charge, "tests")
    assert told() == ["BucketThresholdCrossedEvent"] * 2
    first, second = (each.resource for each in Event.objects.order_by("seq"))
    assert (first["threshold"], first["remainingValue"]) == (80, {"amount": 15, "units": "MB"})
    assert (second["threshold"], second["remainingValue"]["amount"]) == (100, 0)


def test_only_what_can_be_taken_back_has_an_event_of_that():
    told = [event for event in events_of("prepayBalanceManagement") if event.endswith("CancelEvent")]
    assert told == ["ReserveBalanceCancelEvent"]


def test_the_page_about_events_lists_those_that_there_are():
    page = (Path(__file__).resolve().parents[3] / "docs" / "events.md").read_text()
    (row,) = re.findall(r"^\| prepayBalanceManagement \|(.*)$", page, re.MULTILINE)
    assert set(re.findall(r"`(\w+Event)`", row)) == set(events_of("prepayBalanceManagement"))
