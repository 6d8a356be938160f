"""HTTP as the suite needs it: one bounded request at a time, and everything worth reporting about it."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

MAX_BODY = 64 * 1024 * 1024
SCHEMES = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}


@dataclass(frozen=True)
class Exchange:
    """One request and what came back; `error` says why nothing did, `status` is then 0."""

    method: str
    url: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    milliseconds: float = 0.0
    error: str = ""

    @property
    def json(self) -> Any:
        """The parsed body, or None where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def items(self) -> list[dict[str, Any]]:
        """The resources in the body: a list's items, or the one object."""
        body = self.json
        found = body if isinstance(body, list) else [body]
        return [item for item in found if isinstance(item, dict)]

    def header(self, name: str) -> str:
        """The header's value, whatever its case; empty where it is missing."""
        return self.headers.get(name.lower(), "")


def base_url(given: str, api_path: str) -> str:
    """The API's base URL: what was given, with the API's own path added where only a host was given."""
    given = given.strip()
    parts = urlsplit(given if "://" in given else f"http://{given}")
    if parts.scheme not in SCHEMES or not parts.hostname or not given:
        raise ValueError(f"{given!r} is not an http or https URL")
    path = parts.path.rstrip("/") or api_path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


class Client:
    """Sends requests to one API, with its key."""

    def __init__(self, base: str, api_key: str = "", timeout: float = 30.0):
        self.base = base
        self.api_key = api_key
        self.timeout = timeout
        parts = urlsplit(base)
        self._connect, self._netloc, self._path = SCHEMES[parts.scheme], parts.netloc, parts.path

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        anonymous: bool = False,
    ) -> Exchange:
        """The exchange for a request to `path` below the base URL; never raises for what the server does."""
        payload = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        merged = {"Accept": "application/json", "User-Agent": "tmfusage-conformance"}
        if payload is not None:
            merged["Content-Type"] = "application/json"
        if self.api_key and not anonymous:
            merged["Authorization"] = f"Bearer {self.api_key}"
        return self._exchange(method, path, payload, {**merged, **(headers or {})})

    def _exchange(self, method: str, path: str, payload: bytes | None, headers: dict[str, str]) -> Exchange:
        url, started = self.base + path, time.perf_counter()
        connection = self._connect(self._netloc, timeout=self.timeout)
        try:
            connection.request(method, self._path + path, payload, headers)
            response = connection.getresponse()
            content = response.read(MAX_BODY)
        except (OSError, http.client.HTTPException) as problem:
            return Exchange(method, url, milliseconds=_since(started), error=f"{type(problem).__name__}: {problem}")
        finally:
            connection.close()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Exchange(method, url, response.status, received, content, _since(started))


def escaped(value: Any) -> str:
    """A value as it may stand in a path or query string."""
    return quote(str(value), safe="")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
