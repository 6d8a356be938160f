"""Whatever is sent, the answer says what is wrong with it, or answers it; nothing breaks."""

import pytest

from tests.consumption.factories import make_bucket

LINE = {"logicalResource": [{"id": "line-1"}]}
BODIES = [
    {"searchCriteria": []},
    {"searchCriteria": "x"},
    {"searchCriteria": {"logicalResource": [1]}},
    {"searchCriteria": {"logicalResource": [{}]}},
    {"searchCriteria": {"logicalResource": [{"id": 1}]}},
    {"searchCriteria": {"logicalResource": [{"id": "x" * 256}]}},
    {"searchCriteria": {"product": [{"id": ""}]}},
    {"searchCriteria": {**LINE, "bucketRefOrValue": [{"id": {}}]}},
    {"searchCriteria": {**LINE, "bucket": [{"id": "a"}], "bucketRefOrValue": [{"id": "b"}]}},
    {"searchCriteria": {**LINE, "bucket": [{"bucketRelationship": [{"id": "other"}]}]}},
    {"searchCriteria": {**LINE, "bucket": [{"bucketRelationship": [{"relationshipType": "aggregator"}]}]}},
    {"searchCriteria": {**LINE, "validPeriod": {"startDateTime": "soon"}}},
    {"searchCriteria": {**LINE, "validPeriod": {"startDateTime": "9999-12-31T23:59:59-14:00"}}},
    {"relatedParty": [{"id": "ada\u0000"}]},
]
ODD = [
    {**LINE, "validPeriod": {"startDateTime": "0001-01-01T00:00:00Z", "endDateTime": "9999-12-31T23:59:59Z"}},
    {**LINE, "validPeriod": {"startDateTime": "2030-01-01T00:00:00Z", "endDateTime": "2020-01-01T00:00:00Z"}},
    {**LINE, "validPeriod": {}},
    {**LINE, "name": "%s %(x)s {0}", "vendor": {"bucket": {"partyOrPartyRole": 1}}},
    {"logicalResource": [{"id": "line-1", "characteristic": [{"value": {"bucket": 1}}]}]},
    {"logicalResource": [{"id": "\N{GRINNING FACE}"}, {"id": "line-1"}]},
]


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_query_is_400(request, version, body):
    answer = request.getfixturevalue(version).post("queryUsageConsumption", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["reason"]


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize("search", ODD)
def test_what_is_odd_is_answered_and_echoed(request, db, version, search):
    relation = {"relationshipType": "aggregator", "bucketRefOrValue": "odd"}
    make_bucket(bucketRelationship=[relation, {**relation, "bucketRefOrValue": {"relatedParty": [{"@type": {}}]}}])
    api = request.getfixturevalue(version)
    answer = api.post("queryUsageConsumption", {"searchCriteria": search})
    assert answer.status_code == 201, answer.content
    assert api.get(answer["Location"]).json() == answer.json()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("logicalResource.id=%00", 400),
        ("logicalResource.id=", 400),
        (f"logicalResource.id={'9' * 2_000}", 200),
        ("logicalResource.id.regex=.*", 400),
        ("relatedParty.partyOrPartyRole=x", 400),
        ("partyOrPartyRole=x", 400),
        ("bucket=x", 400),
        ("filter=$[?(@.partyOrPartyRole.id=='x')]", 200),
        ("product.id=x&limit=0", 200),
        ("product.id=x&offset=7&fields=none", 200),
        ("product.id=x&sort=-name", 400),
        ("product.id=x&sort=nope", 400),
        ("product.id=x&after=junk", 400),
        ("product.id=x&before=junk", 400),
        ("product.id=x&offset=-1", 400),
        ("product.id=" + ",".join(map(str, range(101))), 400),
    ],
)
def test_every_filter_of_reports_is_answered_or_refused(v5, query, status):
    answer = v5.get(f"usageConsumptionReport?{query}")
    assert answer.status_code == status, answer.content
    assert status == 200 or answer.json()["code"] in {"invalidQuery", "invalidValue", "missingProperty"}


@pytest.mark.parametrize("amount", [None, "1", 1e300, 10**14, 0.0000001, True, [], {"amount": {}}])
@pytest.mark.parametrize("action", ["topupBalance", "adjustBalance", "reserveBalance"])
def test_amounts_that_are_none_are_400(balances, action, amount):
    bucket = make_bucket()
    body = {"bucket": {"id": bucket.pk}, "amount": {"amount": amount, "units": "MB"} if amount != [] else []}
    answer = balances.post(action, body)
    assert answer.status_code in (400, 409 if amount is None else 400, 201 if amount is None else 400), answer.content


@pytest.mark.parametrize(
    "member", ["id", "usageType", "validFor", "remainingValue", "isUnlimited", "logicalResource", "status"]
)
@pytest.mark.parametrize("value", [1, "\u0000", "x y/ü", [[]], {"startDateTime": 1}, {"amount": "x"}, "x" * 300])
def test_buckets_of_odd_members_are_400_or_stored(balances, member, value):
    answer = balances.post("bucket", {member: value})
    assert answer.status_code in (201, 400), answer.content
    if answer.status_code == 201:
        assert balances.get(answer["Location"]).json() == answer.json()
