"""Who may do what over the API: scopes and the party restriction."""

import pytest

from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.calling import Api

pytestmark = pytest.mark.django_db


def test_nobody_comes_in_without_a_key():
    refused = Api().get("usage")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert refused.json()["code"] == "missingCredentials"


def test_a_wrong_key_is_told_so():
    refused = Api("tmfu_abcdefgh_" + "x" * 43).get("usage")
    assert refused.status_code == 401
    assert "invalid_token" in refused["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["usage:read"], "get", "usage", 200),
        (["usage:write"], "get", "usage", 403),
        (["usage:read"], "get", "usageSpecification", 403),
        (["spec:read"], "get", "usageSpecification", 200),
    ],
)
def test_a_scope_opens_its_own_door_only(scopes, method, path, status):
    api = Api(make_client(scopes=scopes)[1])
    assert getattr(api, method)(path).status_code == status


def test_reading_does_not_allow_writing():
    refused = Api(make_client(scopes=["usage:read"])[1]).post("usage", call_of())
    assert refused.status_code == 403
    assert "usage:write" in refused.json()["reason"]


def test_a_partner_sees_its_own_usages_only(api, partner):
    own = api.post("usage", call_of()).json()
    other = api.post("usage", call_of(relatedParty=[{"id": "zeta"}])).json()
    assert [each["id"] for each in partner.get("usage").json()] == [own["id"]]
    assert partner.get("usage")["X-Total-Count"] == "1"
    assert partner.get(f"usage?id={other['id']}").json() == []
    assert partner.get(f"usage/{own['id']}").status_code == 200
    assert partner.get(f"usage/{other['id']}").status_code == 404


def test_a_partner_cannot_touch_what_it_cannot_see(api, partner):
    other = api.post("usage", call_of(relatedParty=[{"id": "zeta"}])).json()
    assert partner.patch(f"usage/{other['id']}", {"description": "x"}).status_code == 404
    assert partner.delete(f"usage/{other['id']}").status_code == 404
    assert api.get(f"usage/{other['id']}").status_code == 200


def test_a_partner_writes_for_itself_only(partner):
    assert partner.post("usage", call_of()).status_code == 201
    assert partner.post("usage", call_of(relatedParty=[{"id": "zeta"}])).status_code == 403
    assert partner.post("usage", call_of(relatedParty=None)).status_code == 403


def test_a_partner_cannot_give_a_usage_away(partner):
    own = partner.post("usage", call_of()).json()
    assert partner.patch(own["href"], {"relatedParty": [{"id": "zeta"}]}).status_code == 403
    assert partner.get(own["href"]).json()["relatedParty"][0]["id"] == "acme"
