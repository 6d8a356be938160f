"""The public keys of the operator's identity provider, fetched rarely and kept while it is away."""

import json
import logging
import time
import urllib.request
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.error import URLError
from urllib.parse import unquote, urlsplit

from django.conf import settings
from jwt import PyJWK, PyJWTError

log = logging.getLogger("tmfusage.access")

ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA"}
)
FETCH_TIMEOUT = 3.0
FETCH_LIMIT = 1 << 20
RETRY_AFTER = 10.0
MAX_KEYS = 100


class KeysUnavailable(Exception):
    """No key of the identity provider could be read yet."""


class _Opener(urllib.request.OpenerDirector):
    """HTTP and HTTPS only, no redirects: the operator named one address, and that is where we ask."""

    def __init__(self) -> None:
        super().__init__()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            self.add_handler(handler)


def read_source(source: str) -> bytes:
    """The text of a JWKS at an http(s) URL, a file URL or a path."""
    parts = urlsplit(source)
    if parts.scheme in {"http", "https"}:
        return _fetch(source)
    if parts.scheme not in {"", "file"}:
        raise ValueError("a JWKS is read over http(s) or from a file")
    path = Path(unquote(parts.path)) if parts.scheme else Path(source)
    with path.open("rb") as file:
        return _limited(file.read(FETCH_LIMIT + 1))


def _fetch(url: str) -> bytes:
    deadline = time.monotonic() + FETCH_TIMEOUT
    body = b""
    with _Opener().open(url, timeout=FETCH_TIMEOUT) as response:
        # read1 returns what has come so far: a server that drips cannot hold the thread.
        while chunk := response.read1(65_536):
            body = _limited(body + chunk)
            if time.monotonic() > deadline:
                raise TimeoutError("the JWKS came too slowly")
    return body


def _limited(body: bytes) -> bytes:
    if len(body) > FETCH_LIMIT:
        raise ValueError("the JWKS is too large")
    return body


class SigningKey:
    """One key of the set, made usable for an algorithm when it is first asked for."""

    def __init__(self, members: dict[str, Any]):
        self.id = members.get("kid")
        self._members = members
        self._made: dict[str, PyJWK | None] = {}

    @cached_property
    def signs(self) -> bool:
        """Whether the key is meant for signatures; a shared secret never is."""
        operations = self._members.get("key_ops", ["verify"])
        return (
            self._members.get("kty") != "oct"
            and self._members.get("use", "sig") == "sig"
            and isinstance(operations, list)
            and "verify" in operations
        )

    def made_for(self, algorithm: str) -> PyJWK | None:
        """The key for the algorithm, or None when it is a key of another kind."""
        if algorithm not in self._made:
            self._made[algorithm] = self._make(algorithm)
        return self._made[algorithm]

    def _make(self, algorithm: str) -> PyJWK | None:
        if not self.signs or self._members.get("alg", algorithm) != algorithm or not self._of_kind(algorithm):
            return None
        try:
            return PyJWK(self._members, algorithm)
        except (PyJWTError, ValueError, TypeError, KeyError):
            return None

    def _of_kind(self, algorithm: str) -> bool:
        kinds = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
        return kinds.get(algorithm[:2]) == self._members.get("kty")


class KeySet:
    """The keys at one source: asked again after JWT_JWKS_CACHE_SECONDS, or when a token names a new key."""

    def __init__(self, source: str):
        self.source = source
        self._keys: list[SigningKey] | None = None
        self._fetched = self._tried = -RETRY_AFTER
        self._lock = Lock()

    def find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """The key that a token names, or the only one that fits when it names none."""
        if self._keys is None or time.monotonic() - self._fetched > settings.JWT_JWKS_CACHE_SECONDS:
            self._refresh()
        found = self._look(key_id, algorithm)
        if found is None and self._refresh():
            found = self._look(key_id, algorithm)
        return found

    def _look(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        if self._keys is None:
            raise KeysUnavailable
        named = [key for key in self._keys if key_id is None or key.id == key_id]
        fitting = [made for key in named if (made := key.made_for(algorithm))]
        return fitting[0] if len(fitting) == 1 else None

    def _refresh(self) -> bool:
        """Read the source, once in ten seconds at most; others go on with the keys they have meanwhile."""
        if not self._lock.acquire(blocking=self._keys is None):
            return False
        try:
            if time.monotonic() - self._tried < RETRY_AFTER:
                return False
            self._tried = time.monotonic()
            self._keys = self._read()
            self._fetched = self._tried
            return True
        except (OSError, ValueError, RecursionError, URLError) as error:
            log.warning("the keys of the identity provider could not be read: %s", type(error).__name__)
            return False
        finally:
            self._lock.release()

    def _read(self) -> list[SigningKey]:
        parsed = json.loads(read_source(self.source))
        members = parsed.get("keys") if isinstance(parsed, dict) else None
        if not isinstance(members, list):
            raise ValueError("a JWKS is an object with a list of keys")
        return [SigningKey(each) for each in members[:MAX_KEYS] if isinstance(each, dict)]
