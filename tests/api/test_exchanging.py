"""Two requests at once that exchange keys of their usages: both end, and none with a 5xx."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import OperationalError, connection

from tests.access.factories import make_client
from tests.api.conftest import EVERYTHING
from tests.api.payloads import call_of
from tests.calling import Api
from tmfusage.access.models import SenderKey
from tmfusage.tmf.errors import exception_handler

KEYS = [[{"owner": "mediation", "id": key}] for key in ("a", "b")]


@pytest.mark.django_db(transaction=True)
def test_an_exchange_of_keys_is_refused_and_waits_for_nobody():
    api = Api(make_client(scopes=EVERYTHING)[1])
    hrefs = [api.post("usage", call_of(externalIdentifier=key)).json()["href"] for key in KEYS]
    together = Barrier(2)

    def exchange(number):
        statuses = []
        try:
            for turn in range(20):
                together.wait(30)
                wanted = KEYS[number if turn % 2 else 1 - number]
                statuses.append(api.patch(hrefs[number], {"externalIdentifier": wanted}).status_code)
        finally:
            connection.close()
        return statuses

    with ThreadPoolExecutor(2) as senders:
        statuses = [status for each in senders.map(exchange, (0, 1)) for status in each]
    assert set(statuses) == {200, 409}
    assert SenderKey.objects.count() == 2


@pytest.mark.django_db
def test_keys_are_added_kept_and_given_back(api):
    first = api.post("usage", call_of(externalIdentifier=KEYS[0])).json()
    api.patch(first["href"], {"externalIdentifier": [*KEYS[0], *KEYS[1]]})
    assert api.post("usage", call_of(externalIdentifier=KEYS[1])).status_code == 409
    api.patch(first["href"], {"externalIdentifier": KEYS[1]})
    assert api.post("usage", call_of(externalIdentifier=KEYS[0])).status_code == 201


@pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected(), psycopg.errors.SerializationFailure()])
def test_a_collision_is_a_conflict_that_passes(cause):
    collision = OperationalError()
    collision.__cause__ = cause
    answer = exception_handler(collision, {})
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
