"""Scopes: which request needs which."""

import pytest

from tests.access.factories import make_client
from tests.access.probe import Probe, knock, request, says
from tmfusage.access.principals import Principal
from tmfusage.access.scopes import KNOWN_SCOPES, needed

pytestmark = pytest.mark.django_db

NEEDS = [
    ("usage", "GET", "usage:read"),
    ("usage", "HEAD", "usage:read"),
    ("usage", "OPTIONS", "usage:read"),
    ("usage", "POST", "usage:write"),
    ("usage", "PATCH", "usage:write"),
    ("usage", "DELETE", "usage:write"),
    ("spec", "GET", "spec:read"),
    ("spec", "POST", "spec:write"),
    ("consumption", "GET", "consumption:read"),
    ("consumption", "POST", "consumption:write"),
    ("hub", "GET", "hub"),
    ("hub", "POST", "hub"),
]


@pytest.mark.parametrize(("family", "method", "scope"), NEEDS)
def test_a_request_needs_one_scope(family, method, scope):
    assert needed(family, method) == scope


@pytest.mark.parametrize(("family", "method", "scope"), [need for need in NEEDS if need[1] in {"GET", "POST"}])
def test_that_scope_alone_opens(family, method, scope):
    _client, key = make_client(scopes=[scope])
    assert knock(key, method, scope=family).status_code == 200


@pytest.mark.parametrize(("family", "method", "scope"), [need for need in NEEDS if need[1] in {"GET", "POST"}])
def test_all_the_others_together_do_not(family, method, scope):
    _client, key = make_client(scopes=KNOWN_SCOPES - {scope})
    refused = knock(key, method, scope=family)
    assert refused.status_code == 403
    assert scope in says(refused)
    assert f'error="insufficient_scope", scope="{scope}"' in refused["WWW-Authenticate"]


def test_a_view_that_names_no_scope_is_closed():
    _client, key = make_client()
    assert knock(key, scope="").status_code == 403


def test_nobody_is_401_even_at_a_view_without_a_scope():
    assert Probe.as_view(scope="")(request(None)).status_code == 401


def test_a_principal_passes_for_a_user():
    principal = Principal("42", "client:x", frozenset({"usage:read"}), "acme")
    assert (str(principal), principal.pk, principal.is_authenticated) == ("client:x", "42", True)
    assert principal.may("usage:read")
    assert not principal.may("usage:write")


def test_the_party_of_the_client_is_the_principals():
    _client, key = make_client(party="acme")
    http = request(f"Bearer {key}")
    Probe.as_view()(http)
    assert http.user.party == "acme"
