"""publish(): with the change or not at all, and only when somebody could want it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from tests.access.factories import make_client
from tests.calling import Api
from tests.hub.making import API, CHANGED, CREATED, SECRET, happen, last_event, make_hub, make_thing
from tmfusage.hub import publishing
from tmfusage.hub.models import Event, Hub
from tmfusage.hub.publishing import OutsideTransactionError, publish, publish_all
from tmfusage.hub.topics import events_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_outside_a_transaction_nothing_can_be_published():
    make_hub()
    with pytest.raises(OutsideTransactionError):
        publish(CREATED, make_thing())


def test_what_is_rolled_back_did_not_happen():
    make_hub()
    with transaction.atomic():
        assert publish(CREATED, make_thing())
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_without_a_listener_an_event_costs_no_row():
    assert not happen()
    assert not Event.objects.exists()


def test_an_event_is_kept_as_it_was():
    make_hub()
    assert happen("one", amount="12.50", parties=("acme",))
    event = last_event()
    assert (event.event_type, event.resource_type, event.resource_id) == (CREATED, "thing", "one")
    assert event.resource == {"id": "one", "@type": "Thing", "amount": "12.50"}
    assert event.party_ids == ["acme"]


def test_a_resource_without_members_is_kept_as_well():
    make_hub()
    happen("bare")
    assert last_event().resource == {"id": "bare", "@type": "Thing"}


@pytest.mark.parametrize(
    ("registration", "wanted"),
    [
        ({"query": f"eventType={CREATED}"}, True),
        ({"query": f"eventType={CHANGED}"}, False),
        ({"query": f"eventType={CHANGED},{CREATED}"}, True),
        ({"query": f"eventType={CHANGED};eventType={CREATED}"}, True),
        ({"query": f"eventType={CHANGED};event.thing.size=1"}, True),
        ({"query": "event.thing.size=1"}, True),
        ({"party": "acme"}, True),
        ({"party": "other"}, False),
        ({"api": "otherManagement"}, False),
    ],
)
def test_only_what_a_listener_could_want_becomes_a_row(registration, wanted):
    make_hub(**registration)
    assert happen(parties=("acme",)) is wanted


def test_a_paused_listener_may_want_it_later():
    make_hub().pause()
    assert happen()


def test_nobody_wants_anything_after_the_last_listener_was_removed():
    make_hub().remove()
    assert not happen()


def test_a_registration_waits_for_changes_that_did_not_see_it():
    """An event that commits after the registration has returned is never missed."""
    published, may_commit, order = threading.Event(), threading.Event(), []

    def change() -> None:
        with transaction.atomic():
            publish(CREATED, make_thing())
            published.set()
            may_commit.wait(10)
            order.append("committed")
        connection.close()

    def register() -> None:
        make_hub()
        order.append("registered")
        connection.close()

    writer, registrar = threading.Thread(target=change), threading.Thread(target=register)
    writer.start()
    assert published.wait(10)
    registrar.start()
    registrar.join(0.3)
    assert order == []
    may_commit.set()
    writer.join()
    registrar.join()
    assert order == ["committed", "registered"]
    assert happen()


@contextmanager
def another_transaction(work: Callable[[], object]) -> Iterator[None]:
    """Somebody else's transaction that has done this and stays open."""
    begun, may_end = threading.Event(), threading.Event()

    def run() -> None:
        with transaction.atomic():
            work()
            begun.set()
            may_end.wait(20)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def test_a_registration_that_a_change_holds_up_is_undone(monkeypatch):
    """What the change tells would be missed, so the client is asked to come again."""
    monkeypatch.setattr(publishing, "WAIT_SECONDS", 0.1)
    client, key = make_client()
    with another_transaction(lambda: publish(CREATED, make_thing())):
        answer = Api(key).post("hub", {"callback": "http://127.0.0.1:9/x"})
        assert (answer.status_code, answer.json()["code"]) == (503, "serviceUnavailable")
        assert int(answer["Retry-After"]) > 0
        assert not Hub.objects.exists()
    assert Api(key).post("hub", {"callback": "http://127.0.0.1:9/x"}).status_code == 201
    assert Hub.objects.get().client_id == client.pk


@pytest.mark.parametrize(
    ("work", "status"),
    [
        (lambda: publish_all(CREATED, []), 503),
        (lambda: list(Hub.objects.all()) + list(Event.objects.all()), 201),
    ],
)
def test_only_who_publishes_holds_up_a_registration(monkeypatch, work, status):
    """Not a backup, which reads everything for hours."""
    monkeypatch.setattr(publishing, "WAIT_SECONDS", 0.1)
    with another_transaction(work):
        assert Api(make_client()[1]).post("hub", {"callback": "http://127.0.0.1:9/x"}).status_code == status


def test_the_topics_of_an_api_can_be_listed():
    assert events_of(API) == [CREATED, CHANGED, SECRET]
