"""ETags: nobody overwrites what he has not seen."""

import pytest

from tests.api.payloads import call_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def created(api):
    return api.post("usage", call_of())


def test_each_change_gives_a_new_etag(api, created):
    assert created["ETag"] == api.get(created["Location"])["ETag"] == '"1"'
    assert api.patch(created["Location"], {"status": "guided"})["ETag"] == '"2"'


def test_a_client_that_is_up_to_date_is_told_so(api, created):
    same = api.get(created["Location"], **{"If-None-Match": '"7", W/"1"'})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", '"1"')
    assert api.get(created["Location"], **{"If-None-Match": '"2"'}).status_code == 200
    assert api.get(created["Location"], **{"If-None-Match": "*"}).status_code == 304


@pytest.mark.parametrize(("header", "status"), [('"1"', 200), ('"9","1"', 200), ("*", 200), ('"2"', 412), ("1", 400)])
def test_a_patch_holds_only_for_the_revision_it_was_made_for(api, created, header, status):
    answer = api.patch(created["Location"], {"description": "x"}, **{"If-Match": header})
    assert answer.status_code == status, answer.content


def test_a_stale_delete_deletes_nothing(api, created):
    api.patch(created["Location"], {"status": "guided"})
    refused = api.call("DELETE", created["Location"], headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "preconditionFailed")
    assert api.get(created["Location"]).status_code == 200


def test_if_match_can_be_demanded(api, created, settings):
    settings.API_REQUIRE_IF_MATCH = True
    refused = api.patch(created["Location"], {"description": "x"})
    assert (refused.status_code, refused.json()["code"]) == (428, "preconditionRequired")
