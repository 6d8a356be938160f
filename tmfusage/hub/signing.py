"""Signatures of deliveries as Standard Webhooks defines them; https://www.standardwebhooks.com says how to verify."""

import base64
import binascii
import hmac
import time
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300


class SignatureRefused(ValueError):
    """A delivery that must not be believed, and why."""


def sign(secrets: Iterable[str], event_id: str, timestamp: int, body: bytes) -> str:
    """The header's value: one signature for each secret, so that either of two verifies during a rotation."""
    signed = b"%b.%d.%b" % (event_id.encode(), timestamp, body)
    return " ".join(f"v1,{base64.b64encode(_digest(secret, signed)).decode()}" for secret in secrets)


def signature_headers(secrets: Iterable[str], event_id: str, body: bytes) -> dict[str, str]:
    """The three headers of an attempt that is made now."""
    timestamp = int(time.time())
    return {ID: event_id, TIMESTAMP: str(timestamp), SIGNATURE: sign(secrets, event_id, timestamp, body)}


def verify(secret: str, headers: Mapping[str, str], body: bytes, tolerance: int = TOLERANCE) -> None:
    """Raise SignatureRefused unless the body was signed with the secret, now and not last week."""
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not given.get(name)]
    if missing:
        raise SignatureRefused(f"header {missing[0]} is missing")
    timestamp = _timestamp(given[TIMESTAMP], tolerance)
    expected = _digest(secret, b"%b.%d.%b" % (given[ID].encode(), timestamp, body))
    if not any(hmac.compare_digest(expected, one) for one in _signatures(given[SIGNATURE])):
        raise SignatureRefused("no signature matches")


def key_of(secret: str) -> bytes:
    """The bytes that a `whsec_…` text stands for."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        # Without the text: a secret never appears in a message.
        raise ValueError("a secret is whsec_ and base64") from None


def _digest(secret: str, signed: bytes) -> bytes:
    return hmac.digest(key_of(secret), signed, "sha256")


def _timestamp(text: str, tolerance: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise SignatureRefused(f"{TIMESTAMP} is not a number of seconds")
    if abs(time.time() - int(text)) > tolerance:
        raise SignatureRefused(f"{TIMESTAMP} is more than {tolerance} seconds away")
    return int(text)


def _signatures(header: str) -> Iterable[bytes]:
    for part in header.split(" "):
        version, _, encoded = part.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(encoded, validate=True)
            except ValueError:
                continue
