"""Deliveries over TLS: the certificate must be valid, trusted, and for the registered name."""

import datetime
import ssl

import pytest

from tests.hub.delivery.authority import Authority
from tests.hub.delivery.hostile import OK, answering, hostile
from tests.hub.delivery.sending import Names, send

HOST = "listener.test"
NAMES = {"listener_test": [["127.0.0.1"]]}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def trusted(settings, authority):
    settings.HUB_CA_FILE, settings.HUB_CONNECT_TIMEOUT = str(authority.file), 1.0


def deliver_to(context: ssl.SSLContext):
    """The outcome of a delivery to this name, and what the listener read."""
    with hostile(answering(OK), context=context) as listener:
        outcome = send(f"https://{HOST}:{listener.port}/listener", lookup=Names(**NAMES))
        return outcome, listener.requests


def test_a_valid_certificate_of_a_trusted_authority_is_accepted(authority):
    outcome, requests = deliver_to(authority.server(HOST))
    assert (outcome.status, outcome.error, outcome.peer) == (200, "", "127.0.0.1")
    assert requests[0].startswith(b"POST /listener HTTP/1.1\r\nHost: listener.test:")


def test_an_expired_certificate_is_refused(authority):
    outcome, requests = deliver_to(authority.server(HOST, datetime.timedelta(days=-1)))
    assert (outcome.status, outcome.error, requests) == (None, "tls", [])


def test_a_certificate_for_another_name_is_refused(authority):
    outcome, requests = deliver_to(authority.server("other.test"))
    assert (outcome.status, outcome.error, requests) == (None, "tls", [])


def test_an_authority_that_nobody_trusts_is_refused(authority, settings):
    settings.HUB_CA_FILE = ""
    outcome, requests = deliver_to(authority.server(HOST))
    assert (outcome.status, outcome.error, requests) == (None, "tls", [])


def test_an_outdated_version_of_tls_is_refused(authority):
    context = authority.server(HOST)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    outcome, requests = deliver_to(context)
    assert (outcome.status, outcome.error, requests) == (None, "tls", [])


def test_a_listener_that_speaks_no_tls_is_told_apart():
    with hostile(answering(OK)) as listener:
        outcome = send(f"https://{HOST}:{listener.port}/listener", lookup=Names(**NAMES))
    assert outcome.status is None
    assert outcome.error in {"tls", "timeout"}
