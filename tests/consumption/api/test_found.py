"""Whatever an answer shows can be filtered by, or the filter is refused: nothing is silently not found."""

from urllib.parse import quote

import pytest

from tests.consumption.api.test_balances import act
from tests.consumption.api.test_v5 import CRITERIA, used
from tests.consumption.factories import make_bucket
from tests.contract_shown import scalars

__all__ = ["used"]
V4_QUERY = {"searchCriteria": {"logicalResource": [{"value": "+15550100001"}]}}
# What only a filter of stored reports would find: these compute new ones.
LIVE = ["bucket", "relatedParty", "partyAccount", "product", "logicalResource", "service"]


def unfound(api, collection, shown, sure=()):
    """The scalars of an answer that no filter finds."""
    asked = [(name, f"{collection}?{name}.eq={quote(text, safe='')}") for name, text in scalars(shown)]
    answers = {name: api.get(query) for name, query in asked if name.partition(".")[0] not in sure}
    assert all(answer.status_code in (200, 501) for answer in answers.values())
    return [name for name, answer in answers.items() if answer.status_code == 200 and not answer.json()]


@pytest.mark.parametrize("holds", [{"isUnlimited": True}, {"remainingValue": {"amount": 1.5, "units": "GB"}}, {}])
def test_of_a_bucket(balances, holds):
    valid = {"startDateTime": "2026-01-01T00:00:00.5Z"}
    shown = balances.post("bucket", {"usageType": "data", "validFor": valid, **holds})
    assert unfound(balances, "bucket", shown.json()) == []


@pytest.mark.parametrize(
    "query", ["isUnlimited=true", "remainingValueName=Unlimited", "filter=$[?(!@.remainingValue)]"]
)
def test_of_one_without_a_limit_only(balances, query):
    make_bucket(1, "GB")
    unlimited = balances.post("bucket", {"usageType": "data", "isUnlimited": True}).json()
    assert [each["id"] for each in balances.get(f"bucket?{query}").json()] == [unlimited["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "remainingValue.amount.gt=0.5&remainingValue.units=GB",
        "remainingValueName.regex=^0.9 GB$",
        "filter=$[?(@.reservedValue.amount==0.1)]",
        "filter=reservedValue[?(@.units=='GB')]",
        "filter=validFor",
        "validFor.startDateTime.regex=^2026",
        "isUnlimited=false&reservedValue.amount.lte=100",
    ],
)
def test_of_what_is_reserved(balances, query):
    bucket = make_bucket(1, "GB", validFor={"startDateTime": "2026-01-01T00:00:00Z"})
    act(balances, "reserveBalance", bucket, 100)
    shown = balances.get("bucket").json()
    assert unfound(balances, "bucket", shown[0]) == []
    assert balances.get(f"bucket?{query}").json() == shown


def test_buckets_are_sorted_by_what_remains(balances):
    made = [make_bucket(amount, "MB").pk for amount in (20, 3, 100, None)]
    found = [each["id"] for each in balances.get("bucket?sort=remainingValue.amount").json()]
    assert found == [made[1], made[0], made[2], made[3]]


@pytest.mark.parametrize(
    "query", ["status=expired", "remainingValue.amount=0", "status.ne=active&remainingValueName=0 GB"]
)
def test_what_is_over_is_found_so_before_the_sweep(balances, query):
    over = make_bucket(5, "GB", validFor={"endDateTime": "2026-01-01T00:00:00Z"})
    make_bucket(5, "GB")
    assert [each["id"] for each in balances.get(f"bucket?{query}").json()] == [over.pk]
    assert unfound(balances, "bucket", balances.get(f"bucket/{over.pk}").json()) == []


def test_of_actions(balances):
    bucket, other = make_bucket(5, "GB"), make_bucket(1, "GB")
    for action, members in (("topupBalance", {}), ("transferBalance", {"receiverBucket": {"id": other.pk}})):
        assert unfound(balances, action, act(balances, action, bucket, 1, reason="r", **members)) == []


def test_of_queries(v4, v5, used):
    asked = v4.post("queryUsageConsumption", V4_QUERY).json()
    assert unfound(v4, "queryUsageConsumption", asked) == []
    assert unfound(v5, "queryUsageConsumption", v5.get(f"queryUsageConsumption/{asked['id']}").json()) == []


def test_of_reports(v5, used):
    kept = v5.post("usageConsumptionReport", CRITERIA["searchCriteria"]).json()
    assert unfound(v5, "usageConsumptionReport", kept, sure=LIVE) == []
