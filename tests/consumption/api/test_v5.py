"""TMF677 v5: its words, its reports, and each answer against the figures of the official file."""

import json

import pytest
import yaml

from consumption.models import Bucket
from tests.conformance.figures import FIGURES, OFFICIAL, complaints, figures_of, recorded
from tests.consumption.factories import NUMBER, make_bucket, make_used_bucket
from tests.contract import linked

QUERY, REPORT = "queryUsageConsumption", "usageConsumptionReport"
LINE = {"logicalResource": [{"@type": "LogicalResourceRef", "id": NUMBER}]}
CRITERIA = {"@type": "QueryUsageConsumption", "searchCriteria": {"@type": "UsageConsumptionReport", **LINE}}


@pytest.fixture
def used(db) -> Bucket:
    """A bucket with everything that a report can tell, a quarter of it used."""
    return make_used_bucket()


def made(api, path: str = QUERY, status: int = 201, **members):
    response = api.post(path, members or CRITERIA)
    assert response.status_code == status, response.content
    return response.json()


def test_an_answer_keeps_to_the_figures(v5, used):
    answer = made(v5)
    assert complaints(answer, "QueryUsageConsumption") == []
    (report,) = answer["usageConsumption"]
    (bucket,) = report["bucket"]
    assert bucket["@type"] == "Bucket"
    assert bucket["remainingValue"] == {"amount": 0.75, "units": "GB"}
    assert [counter["level"] for counter in bucket["bucketCounter"]] == ["global", *["detailed by user"] * 2]
    assert bucket["relatedParty"][1]["partyOrPartyRole"]["@type"] == "PartyRoleRef"
    assert (answer["state"], report["@type"]) == ("done", "UsageConsumptionReport")


def test_every_way_of_reading_keeps_to_the_figures(v5, used):
    answer = made(v5)
    assert v5.get(answer["href"]).json() == answer
    assert complaints(v5.get(QUERY).json(), "QueryUsageConsumption[]") == []
    assert complaints(v5.get(f"{REPORT}?logicalResource.value={NUMBER[1:]}").json(), "UsageConsumptionReport[]") == []
    assert complaints(made(v5, REPORT, **LINE), "UsageConsumptionReport") == []
    assert complaints(v5.get(f"{QUERY}/none").json(), "Error") == []


def test_a_query_of_one_version_is_read_in_the_other(v4, v5, used):
    v4.client.defaults = v5.client.defaults
    asked = {"relatedParty": [{"id": "ada", "role": "customer", "@referredType": "Individual"}]}
    first = made(v4, **asked)
    second = v5.get(f"{QUERY}/{first['id']}").json()
    assert second["relatedParty"][0]["partyOrPartyRole"]["id"] == "ada"
    assert second["creationDate"] == first["queryUsageConsumptionDate"]
    assert second["usageConsumption"][0]["bucket"][0]["id"] == used.pk


@pytest.mark.parametrize("name", ["logicalResource", "product", "service"])
def test_characteristics_of_who_is_asked_for_have_their_class(v5, used, name):
    asked = [
        {"id": "line-1", "characteristic": [{"name": "MSISDN", "value": NUMBER}, {"name": "PRIO", "value": [1, 2]}]}
    ]
    answer = made(v5, searchCriteria={name: asked})
    assert complaints(answer, "QueryUsageConsumption") == []
    told = answer["searchCriteria"][name][0]["characteristic"]
    assert [each["@type"] for each in told] == ["StringCharacteristic", "IntegerArrayCharacteristic"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("bucket.id={0}&bucket.status=active", 1),
        ("bucket.id={0},none&bucket.usageType=data", 1),
        ("bucket.id={0}&bucket.status=suspended", 0),
        ("bucket.id=none&bucket.status=active&logicalResource.value=" + NUMBER[1:], 0),
    ],
)
def test_filters_on_buckets_hold_of_the_same_one(v5, used, query, told):
    assert len(v5.get(f"{REPORT}?{query.format(used.pk)}").json()) == told


def test_more_combinations_of_filters_than_ids_are_allowed_are_refused(v5, settings):
    settings.CONSUMPTION_MAX_IDS = 5
    answer = v5.get(f"{REPORT}?bucket.id=a,b,c&bucket.status=active,expired")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")


@pytest.mark.parametrize(
    "party",
    [
        {"role": "customer", "partyOrPartyRole": {"id": "ada", "@type": "PartyRef", "@referredType": "Individual"}},
        {"id": "ada", "role": "customer", "@referredType": "Individual"},
    ],
)
def test_a_party_is_understood_in_either_form(v5, used, party):
    answer = made(v5, relatedParty=[party])
    assert [report["bucket"][0]["id"] for report in answer["usageConsumption"]] == [used.pk]
    assert answer["relatedParty"][0]["partyOrPartyRole"]["@type"] == "PartyRef"


@pytest.mark.parametrize(
    "query",
    [
        "logicalResource.id=line-1",
        "relatedParty.partyOrPartyRole.id=ada",
        "product.id=mobile-1&bucket.usageType=data",
        "partyAccount.id=account-1,account-2",
        "logicalResource.id=line-1&validPeriod.startDateTime.gte=2020-01-01",
    ],
)
def test_a_get_with_filters_computes_without_storing(v5, used, query):
    response = v5.get(f"{REPORT}?{query}")
    (report,) = response.json()
    assert (report["bucket"][0]["id"], response["X-Total-Count"]) == (used.pk, "1")
    assert v5.get(REPORT).json() == []


def test_criteria_and_other_filters_do_not_mix(v5, used):
    assert v5.get(f"{REPORT}?product.id=mobile-1&name=x").status_code == 400
    assert v5.get(f"{REPORT}?product.id=mobile-1;product.id=b").status_code == 400
    assert v5.get(f"{REPORT}?product.id=mobile-1&validPeriod.endDateTime=soon").status_code == 400


def test_a_snapshot_stays_as_it_was(v5, balances, used):
    report = made(v5, REPORT, **LINE, name="June")
    top_up = {"bucket": {"id": used.pk}, "amount": {"amount": 1, "units": "GB"}}
    assert balances.post("topupBalance", top_up).status_code == 201
    kept = v5.get(report["href"]).json()
    assert (kept["name"], kept["bucket"][0]["remainingValue"]["amount"]) == ("June", 0.75)
    assert v5.get(f"{REPORT}?name=June").json() == [kept]
    assert v5.delete(report["href"]).status_code == 204
    assert v5.get(report["href"]).status_code == 404


def test_filters_speak_v5(v5, used):
    answer = made(v5, relatedParty=[{"role": "customer", "partyOrPartyRole": {"id": "ada"}}])
    made(v5)
    for query in (
        "relatedParty.partyOrPartyRole.id=ada",
        f"creationDate={answer['creationDate']}",
        f"id={answer['id']}&state=done",
        "usageConsumption.bucket.usageType=data&relatedParty.role=customer",
        "filter=relatedParty[?(@.partyOrPartyRole.id=='ada')]",
    ):
        assert [each["id"] for each in v5.get(f"{QUERY}?{query}").json()] == [answer["id"]], query
    assert v5.get(f"{QUERY}?sort=-creationDate").json()[-1]["id"] == answer["id"]


def test_selected_members_come_with_what_the_kits_want(v5, used):
    made(v5)
    (found,) = v5.get(f"{QUERY}?fields=state").json()
    assert set(found) == {"id", "href", "@type", "creationDate", "state"}


def test_ids_of_buckets_may_be_left_out_for_strict_validators(v5, used, settings):
    settings.CONSUMPTION_BUCKET_IDS = False
    (report,) = made(v5)["usageConsumption"]
    assert "id" not in report["bucket"][0]


def test_a_missing_type_and_what_the_server_gives_are_tolerated(v5, used):
    answer = made(v5, searchCriteria=LINE, id="mine", href="x", creationDate="2020-01-01T00:00:00Z", state="done")
    assert answer["id"] != "mine"
    assert answer["creationDate"] > "2026"
    assert answer["@type"] == "QueryUsageConsumption"


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official file is not beside the project")
def test_the_figures_are_those_of_the_official_file():
    found = figures_of(yaml.safe_load(OFFICIAL.read_text()))
    assert json.loads(json.dumps(found)) == recorded(), f"differs from {FIGURES.name}"


def test_reports_that_are_computed_come_in_pages_by_offset(v5, db):
    for line in ("line-1", "line-2", "line-3"):
        make_bucket(logicalResource=[{"id": line}])
    asked = f"{REPORT}?logicalResource.id=line-1,line-2,line-3"
    whole = [each["logicalResource"] for each in v5.get(asked).json()]
    page = v5.get(f"{asked}&limit=2")
    assert (page.status_code, page["X-Total-Count"], page["X-Result-Count"]) == (206, "3", "2")
    assert set(linked(page)) == {"self", "first", "next", "last"}
    second = v5.get(linked(page)["next"])
    assert [each["logicalResource"] for each in [*page.json(), *second.json()]] == whole
    assert set(linked(second)) == {"self", "first", "prev", "last"}
    assert v5.get(linked(second)["prev"]).content.count(b"line-") == page.content.count(b"line-")
