"""Signatures that any implementation of Standard Webhooks verifies, and no others."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from tests.hub.delivery.hostile import OK, answering, hostile
from tests.hub.delivery.sending import BODY, MESSAGE, SECRET, send
from tmfusage.hub.signing import SignatureRefused, key_of, sign, signature_headers, verify
from tmfusage.hub.vault import new_secret

OTHER = new_secret()


def signed(*secrets: str, body: bytes = BODY, timestamp: int | None = None) -> dict[str, str]:
    timestamp = timestamp or int(time.time())
    signature = sign(secrets or (SECRET,), "evt", timestamp, body)
    return {"webhook-id": "evt", "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


def received() -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a delivery as they travelled."""
    with hostile(answering(OK)) as listener:
        send(listener.url)
    head, _, body = listener.requests[0].partition(b"\r\n\r\n")
    return body, dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])


def test_the_example_of_the_specification_has_its_signature():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_package_standardwebhooks_verifies_a_delivery():
    body, headers = received()
    assert Webhook(SECRET).verify(body, headers)["event"]["usage"]["id"] == "42"
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)


def test_one_flipped_bit_fails_there_and_here():
    body, headers = received()
    for bit in range(len(body) * 8):
        # The package decodes the body as text first.
        if flipped(body, bit).isascii():
            with pytest.raises(WebhookVerificationError):
                Webhook(SECRET).verify(flipped(body, bit), headers)
        with pytest.raises(SignatureRefused):
            verify(SECRET, headers, flipped(body, bit))


def test_one_flipped_bit_of_the_signature_fails():
    headers = signed()
    signature = base64.b64decode(headers["webhook-signature"].removeprefix("v1,"))
    for bit in range(len(signature) * 8):
        changed = "v1," + base64.b64encode(flipped(signature, bit)).decode()
        with pytest.raises(SignatureRefused):
            verify(SECRET, {**headers, "webhook-signature": changed}, BODY)


def test_what_the_package_signs_is_verified_here():
    now = time.time()
    signature = Webhook(SECRET).sign("evt", datetime.fromtimestamp(now, UTC), BODY.decode())
    headers = {"Webhook-Id": "evt", "Webhook-Timestamp": str(int(now)), "Webhook-Signature": signature}
    verify(SECRET, headers, BODY)


@hypothesis_settings(deadline=None)
@given(st.binary(max_size=200), st.binary(min_size=1, max_size=64))
def test_what_is_signed_verifies_and_nothing_else_does(body, key):
    secret = "whsec_" + base64.b64encode(key).decode()
    verify(secret, signed(secret, body=body), body)
    with pytest.raises(SignatureRefused):
        verify(secret, signed(secret, body=body), body + b"x")


def test_either_secret_verifies_during_a_rotation():
    headers = signed(SECRET, OTHER)
    verify(SECRET, headers, BODY)
    verify(OTHER, headers, BODY)
    assert Webhook(OTHER).verify(BODY, headers)
    with pytest.raises(SignatureRefused):
        verify(new_secret(), headers, BODY)


@pytest.mark.parametrize("away", [-400, 400])
def test_an_old_or_future_delivery_is_refused(away):
    with pytest.raises(SignatureRefused, match="seconds away"):
        verify(SECRET, signed(timestamp=int(time.time()) + away), BODY)
    verify(SECRET, signed(timestamp=int(time.time()) + away), BODY, tolerance=1000)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "other"),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "soon"),
        ("webhook-timestamp", "1e9"),
        ("webhook-timestamp", "٣"),
        ("webhook-timestamp", "9" * 40),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v2,AAAA v1a,AAAA ,"),
    ],
)
def test_damaged_headers_are_refused(header, value):
    with pytest.raises(SignatureRefused):
        verify(SECRET, {**signed(), header: value}, BODY)


def test_a_refusal_and_a_bad_secret_do_not_show_the_secret():
    with pytest.raises(ValueError, match="whsec_ and base64") as refused:
        key_of("whsec_not base64!")
    assert "not base64!" not in str(refused.value)


def test_the_timestamp_is_this_attempts():
    headers = signature_headers((SECRET,), MESSAGE.event_id, BODY)
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 5
    assert headers["webhook-id"] == MESSAGE.event_id
