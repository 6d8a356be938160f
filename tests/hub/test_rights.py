"""A listener never outlives the rights of its API client."""

from collections.abc import Iterable

import pytest
from django.db import connection

from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.calling import Api
from tests.hub.making import CREATED, SECRET, happen, make_hub
from tests.usage.conftest import logged_in
from tmfusage.access import roles
from tmfusage.access.models import ApiClient
from tmfusage.hub import hubs
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import catch_up, fan_out
from tmfusage.hub.models import Delivery, Hub
from tmfusage.tmf.refusals import TmfError

pytestmark = pytest.mark.django_db(transaction=True)


def hub_of(callback: str, party: str = "", scopes: Iterable[str] = ("usage:read",)) -> tuple[Hub, ApiClient]:
    """A listener as an API client registers it."""
    client, _key = make_client(["hub", *scopes], party)
    return make_hub(callback, client_id=client.pk, party=party, scopes=list(scopes), by=client.label), client


def switch_off(client: ApiClient) -> None:
    client.is_active = False
    client.save()


def change_party(client: ApiClient) -> None:
    client.party = "p1"
    client.save()


LOSSES = {
    "switched off": switch_off,
    "deleted": lambda client: client.delete(),
    "lost the scope hub": lambda client: ApiClient.objects.update(scopes=["usage:read"]),
    "lost a scope to read": lambda client: ApiClient.objects.update(scopes=["hub"]),
    "another party": change_party,
}


@pytest.mark.parametrize("reason", LOSSES)
def test_with_the_rights_of_its_client_a_listener_is_disabled(listener, reason):
    hub, client = hub_of(listener.url, "p0")
    happen("before", parties=("p0",))
    fan_out()
    LOSSES[reason](client)
    for party in ("p0", "p1"):
        happen("after", parties=("p0", "p1", party))
    assert Drain().run() == 0
    hub.refresh_from_db()
    assert (hub.state, listener.received) == (Hub.State.DISABLED, [])
    assert reason in hub.stopped_reason
    assert set(hub.deliveries.values_list("state", flat=True)) == {Delivery.State.CANCELLED}


def test_it_happens_over_the_api_as_well(listener):
    client, key = make_client(party="acme")
    assert Api(key).post("hub", {"callback": listener.url}).status_code == 201
    switch_off(client)
    Api(make_client()[1]).post("usage", call_of())
    Drain().run()
    assert listener.received == []
    assert Hub.objects.get().state == Hub.State.DISABLED


def test_while_it_is_being_drained_a_listener_gets_no_more(listener):
    hub, client = hub_of(listener.url)

    def answer(_received) -> int:
        switch_off(client)
        connection.close()
        return 204

    listener.answer = answer
    for number in range(300):
        happen(str(number))
    hub.rate = 100
    hub.save()
    Drain().run(seconds=5)
    assert len(listener.received) < 300
    assert Hub.objects.get().state == Hub.State.DISABLED


def test_staff_see_why_and_cannot_resume_it(listener):
    hub, client = hub_of(listener.url)
    switch_off(client)
    fan_out()
    operator = logged_in(roles.OPERATOR)
    assert "its API client was switched off" in operator.get(f"/admin/hub/hub/{hub.pk}/change/").content.decode()
    refused = operator.post(f"/admin/hub/hub/{hub.pk}/do/resume/", {"since": ""}, follow=True)
    assert "must not get events" in refused.content.decode()
    assert Hub.objects.get().state == Hub.State.DISABLED


def test_with_its_rights_back_a_listener_gets_what_was_cancelled(listener):
    hub, client = hub_of(listener.url)
    happen("one")
    fan_out()
    switch_off(client)
    happen("two")
    fan_out()
    ApiClient.objects.update(is_active=True)
    assert hub.resume() == 2
    Drain().run()
    assert [each.resource_id for each in listener.received] == ["one", "two"]


def test_of_another_party_a_listener_gets_that_partys_events_only(listener):
    hub, client = hub_of(listener.url, "p0")
    happen("of p0", parties=("p0",))
    fan_out()
    change_party(client)
    fan_out()
    happen("of p1", parties=("p1",))
    happen("of p0 again", parties=("p0",))
    fan_out()
    assert hub.resume() == 1
    assert hub.replay(hub.created_at) == 0
    Drain().run()
    assert [each.resource_id for each in listener.received] == ["of p1"]


def test_a_delivered_event_of_another_party_is_not_delivered_again(listener):
    hub, client = hub_of(listener.url, "p0")
    happen("one", parties=("p0",))
    Drain().run()
    change_party(client)
    fan_out()
    hub.resume()
    assert (hub.replay(hub.created_at), hub.replay_dead()) == (0, 0)


def test_with_fewer_scopes_a_listener_can_go_on_with_less(listener):
    hub, _client = hub_of(listener.url, scopes=("usage:read", "spec:read"))
    ApiClient.objects.update(scopes=["hub", "usage:read"])
    fan_out()
    hub.resume()
    happen("one", SECRET)
    happen("two")
    Drain().run()
    assert listener.types == [CREATED]


def test_other_changes_of_a_client_stop_nothing(listener):
    hub_of(listener.url)
    ApiClient.objects.update(name="other", scopes=["hub", "usage:read", "usage:write"])
    happen()
    Drain().run()
    assert len(listener.received) == 1
    assert Hub.objects.get().state == Hub.State.ACTIVE


def test_the_rights_of_a_token_are_those_of_the_registration(listener):
    make_hub(listener.url, client_id="x" * 100, scopes=["usage:read"], by="token:mediation", party="p0")
    happen("one", parties=("p0",))
    happen("two", parties=("p1",))
    happen("three", SECRET, parties=("p0",))
    Drain().run()
    assert [each.resource_id for each in listener.received] == ["one"]


def test_very_many_deliveries_are_cancelled_in_parts(listener, monkeypatch):
    monkeypatch.setattr(hubs, "MOST_CANCELLED", 4)
    hub, client = hub_of(listener.url)
    for number in range(10):
        happen(str(number))
    fan_out()
    switch_off(client)
    fan_out()
    assert hub.deliveries.pending().count() == 2
    ApiClient.objects.update(is_active=True)
    with pytest.raises(TmfError, match="being cancelled"):
        hub.resume()
    fan_out()
    assert hub.resume() == 10
    assert not catch_up()
