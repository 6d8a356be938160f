"""A usage is stored once for each key that its sender gave it."""

import pytest

from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.calling import Api
from tmfusage.access.models import SenderKey
from usage.models import Usage

pytestmark = pytest.mark.django_db


def identified(*keys: str, **members) -> dict:
    return call_of(externalIdentifier=[{"owner": "mediation", "id": key} for key in keys], **members)


def test_the_same_content_again_is_the_same_usage(api):
    first, second = (api.post("usage", identified("cdr-1")) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert Usage.objects.count() == 1


def test_other_content_is_a_duplicate_and_says_of_what(api):
    first = api.post("usage", identified("cdr-1"))
    answer = api.post("usage", identified("cdr-1", duration=61))
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicateUsage")
    assert answer.json()["referenceError"] == first.json()["href"]
    assert Usage.objects.count() == 1


def test_one_of_several_keys_is_enough(api):
    api.post("usage", identified("cdr-1", "cdr-2"))
    assert api.post("usage", identified("cdr-2", "cdr-3")).status_code == 409
    assert api.post("usage", identified("cdr-3")).status_code == 201


def test_owner_and_kind_belong_to_a_key(api):
    api.post("usage", identified("cdr-1"))
    assert api.post("usage", call_of(externalIdentifier=[{"owner": "partner", "id": "cdr-1"}])).status_code == 201
    kind = {"owner": "mediation", "externalIdentifierType": "file", "id": "cdr-1"}
    assert api.post("usage", call_of(externalIdentifier=[kind])).status_code == 201


def test_keys_of_clients_are_their_own(api):
    api.post("usage", identified("cdr-1"))
    assert Api(make_client()[1]).post("usage", identified("cdr-1", duration=61)).status_code == 201


def test_usages_without_a_key_are_never_duplicates(api):
    assert [api.post("usage", call_of()).status_code for _ in range(2)] == [201, 201]
    assert not SenderKey.objects.exists()


def test_a_refused_usage_takes_no_key(api):
    assert api.post("usage", identified("cdr-1", usageDate="soon")).status_code == 400
    assert api.post("usage", identified("cdr-1", status="billed")).status_code == 409
    assert api.post("usage", identified("cdr-1")).status_code == 201


def test_a_patch_moves_the_keys(api):
    usage = api.post("usage", identified("cdr-1")).json()
    api.post("usage", identified("cdr-2"))
    path = f"usage/{usage['id']}"
    taken = api.patch(path, {"externalIdentifier": [{"owner": "mediation", "id": "cdr-2"}]})
    assert (taken.status_code, taken.json()["code"]) == (409, "duplicateUsage")
    assert api.get(path).json() == usage
    assert api.patch(path, {"externalIdentifier": [{"owner": "mediation", "id": "cdr-3"}]}).status_code == 200
    assert api.post("usage", identified("cdr-1")).status_code == 201
    assert api.post("usage", identified("cdr-3", duration=7)).status_code == 409


def test_another_change_keeps_the_keys(api):
    usage = api.post("usage", identified("cdr-1")).json()
    api.patch(f"usage/{usage['id']}", {"description": "changed"})
    again = api.post("usage", identified("cdr-1"))
    assert (again.status_code, again.json()["description"]) == (200, "changed")


def test_a_deleted_usage_gives_its_keys_back(api):
    usage = api.post("usage", identified("cdr-1")).json()
    assert api.delete(f"usage/{usage['id']}").status_code == 204
    assert api.post("usage", identified("cdr-1", duration=7)).status_code == 201
