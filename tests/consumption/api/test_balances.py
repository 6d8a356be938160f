"""TMF654: buckets and the actions on them, over HTTP."""

import pytest

from consumption.models import BalanceAction
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.api.conftest import BALANCES, SCOPES
from tests.consumption.factories import assert_sound, make_bucket, now


@pytest.fixture
def ada(db) -> Api:
    """An integrator who acts for the party "ada" only."""
    return Api(make_client(scopes=SCOPES, party="ada")[1], BALANCES)


def act(api: Api, action: str, bucket, amount, units: str = "MB", status: int = 201, **members):
    body = {"bucket": {"id": bucket.pk}, "amount": {"amount": amount, "units": units}, **members}
    response = api.post(action, body)
    assert response.status_code == status, response.content
    return response.json()


def remaining(api: Api, bucket):
    return api.get(f"bucket/{bucket.pk}").json()["remainingValue"]["amount"]


def test_a_bucket_is_made_read_changed_and_deleted(balances):
    body = {"id": "DATA.1", "usageType": "data", "remainingValue": {"amount": 5, "units": "GB"}, "name": "Data"}
    made = balances.post("bucket", body)
    assert made.status_code == 201
    assert made["Location"].endswith("/bucket/DATA.1")
    assert balances.get("bucket/DATA.1").json() == made.json()
    assert made.json()["remainingValueName"] == "5 GB"
    changed = balances.patch("bucket/DATA.1", {"name": "More data", "status": "suspended"})
    assert (changed.json()["name"], changed.json()["status"]) == ("More data", "suspended")
    assert balances.patch("bucket/DATA.1", {"remainingValue": {"amount": 9, "units": "GB"}}).status_code == 409
    assert balances.delete("bucket/DATA.1").status_code == 409
    assert_sound()


def test_an_id_is_given_once(balances):
    assert balances.post("bucket", {"id": "LOAN", "status": "active"}).status_code == 201
    refused = balances.post("bucket", {"id": "LOAN", "status": "active"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "The id is taken.")
    assert balances.delete("bucket/LOAN").status_code == 204


def test_buckets_are_filtered(balances):
    data = make_bucket()
    make_bucket(usageType="voice", remainingValue={"amount": 10, "units": "minutes"})
    assert [each["id"] for each in balances.get("bucket?usageType=data&relatedParty.id=ada").json()] == [data.pk]
    assert balances.get("bucket?fields=remainingValue&usageType=data").json()[0]["remainingValue"]["amount"] == 100


def test_a_top_up_adds(balances):
    bucket = make_bucket(100, "MB")
    done = act(balances, "topupBalance", bucket, 1, "GB", reason="voucher")
    assert (done["status"], done["amount"]) == ("completed", {"amount": 1, "units": "GB"})
    assert remaining(balances, bucket) == 1100
    assert balances.get(done["href"]).json() == done
    assert_sound()


def test_an_adjustment_goes_either_way(balances):
    bucket = make_bucket(100, "MB")
    act(balances, "adjustBalance", bucket, -40)
    act(balances, "adjustBalance", bucket, 15)
    assert remaining(balances, bucket) == 75


def test_a_transfer_moves(balances):
    giver, receiver = make_bucket(100, "MB"), make_bucket(1, "MB")
    act(balances, "transferBalance", giver, 30, receiverBucket={"id": receiver.pk})
    assert (remaining(balances, giver), remaining(balances, receiver)) == (70, 31)
    assert_sound()


def test_a_reservation_is_held_and_given_back(balances):
    bucket = make_bucket(100, "MB")
    held = act(balances, "reserveBalance", bucket, 60)
    assert balances.get(f"bucket/{bucket.pk}").json()["reservedValue"] == {"amount": 60, "units": "MB"}
    cancelled = balances.patch(held["href"], {"status": "cancelled", "reason": "not needed"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert balances.patch(held["href"], {"status": "cancelled"}).status_code == 200
    assert remaining(balances, bucket) == 100
    assert_sound()


@pytest.mark.parametrize(
    ("action", "amount", "more"),
    [
        ("topupBalance", {"amount": 1, "units": "minutes"}, {}),
        ("topupBalance", {"amount": -1, "units": "MB"}, {}),
        ("topupBalance", {"amount": 0, "units": "MB"}, {}),
        ("transferBalance", {"amount": 1, "units": "EUR"}, {"receiverBucket": {"id": "none"}}),
        ("transferBalance", {"amount": 1, "units": "MB"}, {"receiverBucket": {"id": "none"}}),
        ("transferBalance", {"amount": 1, "units": "MB"}, {}),
        ("adjustBalance", None, {}),
    ],
)
def test_what_cannot_be_meant_is_400(balances, action, amount, more):
    bucket = make_bucket(100, "MB")
    refused = balances.post(action, {"bucket": {"id": bucket.pk}, "amount": amount, **more})
    assert (refused.status_code, remaining(balances, bucket)) == (400, 100)
    assert not BalanceAction.objects.exists()


def test_what_the_ledger_refuses_is_409(balances):
    bucket, other = make_bucket(100, "MB"), make_bucket(5, "minutes")
    refused = act(balances, "transferBalance", bucket, 101, status=409, receiverBucket={"id": make_bucket().pk})
    assert (refused["code"], refused["message"]) == ("insufficientBalance", "100 MB remains.")
    assert act(balances, "reserveBalance", bucket, 101, status=409)["code"] == "insufficientBalance"
    assert act(balances, "adjustBalance", bucket, -101, status=409)["code"] == "insufficientBalance"
    assert act(balances, "transferBalance", bucket, 1, status=409, receiverBucket={"id": other.pk})
    assert act(balances, "topupBalance", make_bucket(None), 1, "", status=409)["code"] == "bucketUnmeasured"


def test_the_same_external_identifier_is_the_same_action(balances):
    bucket = make_bucket(100, "MB")
    key = {"externalIdentifier": [{"owner": "shop", "id": "order-1"}]}
    first = act(balances, "topupBalance", bucket, 10, **key)
    assert act(balances, "topupBalance", bucket, 10, **key) == first
    assert act(balances, "topupBalance", bucket, 11, status=409, **key)["code"] == "keyReused"
    assert now(bucket).entries.count() == 2


@pytest.mark.parametrize(
    ("amount", "units", "status"), [(0.01, "GB", 201), (10, "mb", 201), (-10, "MB", 409), (10_000_001, "B", 409)]
)
def test_it_is_the_same_action_in_other_words(balances, amount, units, status):
    bucket = make_bucket(100, "MB")
    key = {"externalIdentifier": [{"owner": "shop", "id": "order-1"}]}
    act(balances, "adjustBalance", bucket, 10, **key)
    again = act(balances, "adjustBalance", bucket, amount, units, status=status, name="Other", **key)
    assert again.get("code") == ("keyReused" if status == 409 else None)
    assert "topupBalance:" not in again.get("message", "")
    assert remaining(balances, bucket) == 110


@pytest.mark.django_db(transaction=True)
def test_the_same_external_identifier_for_another_bucket_is_refused(balances):
    key = {"externalIdentifier": [{"owner": "shop", "id": "order-1"}]}
    act(balances, "topupBalance", make_bucket(100, "MB"), 10, **key)
    other = make_bucket(100, "MB")
    refused = act(balances, "topupBalance", other, 10, status=409, **key)
    assert refused["message"] == '"shop/order-1" stands for another one.'
    assert remaining(balances, other) == 100


def test_a_missing_amount_is_one_and_is_told(balances):
    bucket = make_bucket(1, "GB")
    done = balances.post("topupBalance", {"bucket": {"id": bucket.pk}, "amount": {"units": "GB"}}).json()
    assert (done["amount"], remaining(balances, bucket)) == ({"amount": 1, "units": "GB"}, 2)


def test_the_same_idempotency_key_is_the_same_action(balances):
    bucket = make_bucket(100, "MB")
    body = {"bucket": {"id": bucket.pk}, "amount": {"amount": 10, "units": "MB"}}
    first, again = (balances.post("topupBalance", body, **{"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert remaining(balances, bucket) == 110


def test_a_repeated_reservation_is_released_once(balances):
    bucket = make_bucket(100, "MB")
    key = {"externalIdentifier": [{"id": "hold-1"}]}
    held = act(balances, "reserveBalance", bucket, 10, **key)
    assert act(balances, "reserveBalance", bucket, 10, **key) == held
    balances.patch(held["href"], {"status": "cancelled"})
    assert remaining(balances, bucket) == 100


def test_a_client_of_one_party_moves_its_own_balances_only(ada):
    own, foreign = make_bucket(100), make_bucket(100, relatedParty=[{"id": "bob"}])
    act(ada, "topupBalance", own, 1)
    act(ada, "topupBalance", foreign, 1, status=400)
    act(ada, "transferBalance", own, 1, status=400, receiverBucket={"id": foreign.pk})
    assert ada.get(f"bucket/{foreign.pk}").status_code == 404
    assert [each["bucket"]["id"] for each in ada.get("topupBalance").json()] == [own.pk]


def test_actions_are_found_by_their_bucket_and_kind(balances):
    bucket = make_bucket()
    act(balances, "topupBalance", bucket, 1)
    act(balances, "adjustBalance", bucket, 1)
    act(balances, "topupBalance", make_bucket(), 1)
    assert len(balances.get(f"topupBalance?bucket.id={bucket.pk}").json()) == 1
    assert len(balances.get("topupBalance").json()) == 2


def test_actions_are_neither_changed_nor_deleted(balances):
    done = act(balances, "topupBalance", make_bucket(), 1)
    assert balances.patch(done["href"], {"reason": "x"}).status_code == 405
    refused = balances.delete(done["href"])
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "another action" in refused.json()["reason"]


def test_reading_needs_the_scope(db):
    assert Api(make_client(scopes=["usage:read"])[1], BALANCES).get("bucket").status_code == 403
    reader = Api(make_client(scopes=["consumption:read"])[1], BALANCES)
    assert reader.get("bucket").status_code == 200
    assert reader.post("bucket", {}).status_code == 403
