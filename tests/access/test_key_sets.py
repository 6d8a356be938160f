"""The identity provider's keys: fetched rarely, followed when they change, kept while the provider is away."""

import json
import socket
import time
from threading import Thread

import pytest

from tests.access.probe import knock, says
from tests.access.provider import Signer
from tmfusage.access import jwks
from tmfusage.access.jwks import KeySet, KeysUnavailable, read_source


def test_keys_are_fetched_once_for_many_tokens(provider):
    statuses = {knock(provider.token(jti=str(number))).status_code for number in range(5)}
    assert statuses == {200}
    assert provider.asked == ["/jwks"]


def test_a_verified_token_is_not_verified_again(provider):
    token = provider.token()
    knock(token)
    provider.publish(Signer("other"))
    assert knock(token).status_code == 200


def test_a_new_key_is_followed_at_once(provider):
    knock(provider.token())
    second = Signer("second", "EdDSA")
    provider.publish(provider.signer, second)
    assert knock(provider.token(second)).status_code == 200
    assert provider.asked == ["/jwks", "/jwks"]


def test_unknown_keys_ask_the_provider_once_in_ten_seconds(provider, monkeypatch):
    monkeypatch.setattr(jwks, "RETRY_AFTER", 10.0)
    knock(provider.token())
    statuses = {knock(provider.token(Signer(f"unknown-{number}"))).status_code for number in range(5)}
    assert statuses == {401}
    assert provider.asked == ["/jwks"]


def test_a_withdrawn_key_stops_after_the_cache_time(provider, settings):
    settings.JWT_JWKS_CACHE_SECONDS = settings.API_KEY_CACHE_SECONDS = 0
    token = provider.token()
    assert knock(token).status_code == 200
    provider.publish(Signer("second"))
    assert knock(token).status_code == 401


def test_known_keys_go_on_while_the_provider_is_away(provider, settings):
    settings.JWT_JWKS_CACHE_SECONDS = 0
    assert knock(provider.token()).status_code == 200
    provider.fail()
    assert knock(provider.token(jti="2")).status_code == 200
    assert len(provider.asked) > 1


def test_without_any_key_yet_the_caller_shall_try_again(provider):
    provider.fail()
    refused = knock(provider.token())
    assert refused.status_code == 503
    assert "identity provider" in says(refused)
    provider.publish(provider.signer)
    assert knock(provider.token()).status_code == 200


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b"[" * 200_000, b" " * (1 << 20) + b"{}"]
)
def test_an_answer_that_is_no_key_set_is_no_key(provider, answer):
    provider.answers["/jwks"] = 200, answer
    with pytest.raises(KeysUnavailable):
        KeySet(provider.url("/jwks")).find("first", "ES256")


def test_odd_keys_do_not_hide_the_good_one(provider):
    odd = [
        7,
        None,
        {},
        {"kty": "EC"},
        {"kty": "RSA", "kid": "first", "n": "!", "e": "AQAB"},
        {"kty": ["x"], "kid": "first"},
    ]
    provider.answers["/jwks"] = 200, {"keys": [*odd, provider.signer.jwk]}
    assert knock(provider.token()).status_code == 200


def test_a_redirect_is_not_followed(provider):
    provider.answers["/jwks"] = 302, {"keys": [provider.signer.jwk]}
    assert knock(provider.token()).status_code == 503


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_keys_may_come_from_a_file(provider, settings, tmp_path, form):
    path = tmp_path / "our keys.json"
    path.write_text(json.dumps({"keys": [provider.signer.jwk]}))
    settings.JWT_JWKS = form.format(path)
    assert knock(provider.token()).status_code == 200
    assert provider.asked == []


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/jwks", "gopher://127.0.0.1/", "data:,{}"])
def test_no_other_way_leads_to_keys(source):
    with pytest.raises(ValueError, match="http"):
        read_source(source)


def test_a_provider_that_drips_does_not_hold_the_caller(monkeypatch):
    monkeypatch.setattr(jwks, "FETCH_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = Thread(target=drip, args=(server,), daemon=True)
        dripping.start()
        started = time.monotonic()
        with pytest.raises(KeysUnavailable):
            KeySet(f"http://127.0.0.1:{server.getsockname()[1]}/").find("k", "ES256")
        assert time.monotonic() - started < 8
    dripping.join()


def drip(server: socket.socket) -> None:
    """Answer one byte every 0.1 s until the caller gives up."""
    connection, _address = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.1)
        except OSError:
            return
