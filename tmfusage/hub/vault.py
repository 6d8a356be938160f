"""Secrets of listeners, sealed before they reach the database and opened only to sign."""

import base64
import secrets
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tmfusage.hub.signing import PREFIX

SECRET_BYTES = 32


class Sealed(Exception):
    """What none of the keys opens: HUB_SECRET_KEYS (or SECRET_KEY) no longer holds the key that sealed it."""


def new_secret() -> str:
    """A secret for a listener to verify with, as Standard Webhooks writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(text: str) -> str:
    """The text encrypted and authenticated, safe to store."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Sealed("This was sealed with a key that HUB_SECRET_KEYS does not hold.") from None


def _box() -> MultiFernet:
    # SECRET_KEY comes last, so that what it sealed still opens after HUB_SECRET_KEYS is set.
    return _box_of((*settings.HUB_SECRET_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"tmfusage hub secrets").derive(key.encode())
