"""queryUsageConsumption in v4: what is found, by what, and what is refused."""

import pytest

from tests.consumption.factories import NUMBER, make_bucket

QUERY = "queryUsageConsumption"


def asked(api, status: int = 201, **members):
    response = api.post(QUERY, members)
    assert response.status_code == status, response.content
    return response.json()


def found(answer) -> list[str]:
    return [bucket["id"] for report in answer["usageConsumption"] for bucket in report["bucketRefOrValue"]]


def by_number(number: str = NUMBER):
    return {"logicalResource": [{"id": number}]}


def test_a_number_is_told_what_is_left(v4):
    bucket = make_bucket(512, "MB")
    answer = asked(v4, searchCriteria=by_number())
    (report,) = answer["usageConsumption"]
    (told,) = report["bucketRefOrValue"]
    assert told["id"] == bucket.pk
    assert told["remainingValue"] == {"amount": 512, "units": "MB"}
    assert (told["remainingValueName"], told["status"]) == ("512 MB", "active")


@pytest.mark.parametrize(
    "criteria",
    [
        {"searchCriteria": {"logicalResource": [{"id": "line-1"}]}},
        {"searchCriteria": {"logicalResource": [{"value": "0015550100001"}]}},
        {"searchCriteria": {"logicalResource": [{"id": "1 555 010-0001"}]}},
        {"searchCriteria": {"product": [{"id": "mobile-1"}]}},
        {"searchCriteria": {"service": [{"id": "voice-1"}]}},
        {"searchCriteria": {"partyAccount": [{"id": "account-1"}]}},
        {"searchCriteria": {"relatedParty": [{"id": "ada"}]}},
        {"relatedParty": [{"id": "ada", "role": "customer", "@referredType": "Individual"}]},
        {"partyAccount": [{"id": "account-1"}]},
        {"searchCriteria": {**by_number(), "bucket": [{"usageType": "data"}]}},
        {"searchCriteria": {**by_number(), "bucketRefOrValue": [{"usageType": "data"}, {"usageType": "sms"}]}},
        {"relatedParty": [{"id": "ada"}], "searchCriteria": by_number()},
        {"relatedParty": [{"id": "someone", "role": "agent"}], "searchCriteria": by_number()},
    ],
)
def test_a_bucket_is_found_by_any_of_its_owners(v4, criteria):
    bucket = make_bucket(service=[{"id": "voice-1"}], partyAccount={"id": "account-1"})
    make_bucket(logicalResource=[{"id": "other"}], relatedParty=[{"id": "bob"}], product=None)
    assert found(asked(v4, **criteria)) == [bucket.pk]


@pytest.mark.parametrize(
    "criteria",
    [
        {"searchCriteria": by_number("+15550109999")},
        {"relatedParty": [{"id": "nobody"}]},
        {"relatedParty": [{"id": "bob"}], "searchCriteria": by_number()},
        {"searchCriteria": {**by_number(), "bucket": [{"usageType": "voice"}]}},
    ],
)
def test_nothing_found_is_an_empty_array(v4, criteria):
    make_bucket()
    assert asked(v4, **criteria)["usageConsumption"] == []


@pytest.mark.parametrize("criteria", [{}, {"searchCriteria": {}}, {"searchCriteria": {"bucket": [{"usageType": "a"}]}}])
def test_a_query_for_nothing_is_refused(v4, criteria):
    assert asked(v4, status=400, **criteria)["code"] == "missingProperty"


def test_a_bucket_is_found_by_its_id(v4):
    bucket = make_bucket()
    make_bucket()
    assert found(asked(v4, searchCriteria={"bucket": [{"id": bucket.pk}]})) == [bucket.pk]


def test_two_subscribers_get_a_report_each(v4):
    make_bucket()
    make_bucket(logicalResource=[{"id": "line-2", "value": "+15550100002"}])
    numbers = [{"id": NUMBER}, {"id": "+15550100002"}, {"id": "+15550100003"}]
    reports = asked(v4, searchCriteria={"logicalResource": numbers})["usageConsumption"]
    assert [report["logicalResource"][0]["value"] for report in reports] == [NUMBER, "+15550100002"]


def test_more_ids_than_the_limit_are_refused(v4, settings):
    settings.CONSUMPTION_MAX_IDS = 2
    parties = [{"id": str(each)} for each in range(3)]
    assert "limit is 2" in asked(v4, status=400, relatedParty=parties)["message"]


def test_a_period_finds_the_buckets_that_were_valid_in_it(v4):
    old = make_bucket(validFor={"startDateTime": "2024-01-01T00:00:00Z", "endDateTime": "2024-02-01T00:00:00Z"})
    make_bucket(validFor={"startDateTime": "2025-01-01T00:00:00Z"})
    period = {"startDateTime": "2024-01-10T00:00:00Z", "endDateTime": "2024-01-20T00:00:00Z"}
    assert found(asked(v4, searchCriteria={**by_number(), "validPeriod": period})) == [old.pk]


def test_the_answer_is_stored_and_read_again(v4):
    make_bucket()
    response = v4.post(QUERY, {"searchCriteria": by_number()})
    stored = v4.get(response["Location"])
    assert stored.json() == response.json()
    assert v4.get(QUERY).json() == [response.json()]
    assert v4.delete(response["Location"]).status_code == 204
    assert v4.get(response["Location"]).status_code == 404


def test_a_query_is_not_changed(v4):
    made = asked(v4, relatedParty=[{"id": "ada"}])
    assert v4.patch(made["href"], {"name": "x"}).status_code == 405


def test_selected_members_only(v4):
    make_bucket()
    answer = v4.post(f"{QUERY}?fields=usageConsumption", {"searchCriteria": by_number()}).json()
    assert set(answer) == {"id", "href", "@type", "usageConsumption"}
