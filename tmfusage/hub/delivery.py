"""One attempt to deliver an event: signed, bounded in time and size, and only to where it may go."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import aiohttp
from django.conf import settings
from yarl import URL

from tmfusage import __version__
from tmfusage.hub import failures
from tmfusage.hub.answers import instruction_of, read_answer, retry_after_of
from tmfusage.hub.callbacks import problem_of
from tmfusage.hub.connecting import (
    CheckedConnector,
    CheckedResolver,
    Lookup,
    SystemLookup,
    kept_connection,
    peer_of_attempt,
    unused_wanted,
)
from tmfusage.hub.signing import signature_headers

USER_AGENT = f"tmfusage/{__version__}"
MAX_HEADERS, MAX_HEADER_BYTES = 100, 8190
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to deliver: the callback, and the secrets to sign with, the current one first."""

    callback: str
    secrets: tuple[str, ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    append_listener_path: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What to deliver: the same bytes under the same id at every attempt."""

    event_id: str
    event_type: str
    body: bytes = field(repr=False)
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `error` is empty or one of the classes in `failures.py`."""

    status: int | None
    error: str
    started_at: datetime
    milliseconds: int
    answer: bytes = field(default=b"", repr=False)
    peer: str = ""
    retry_after: float | None = None
    instruction: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the listener has the event: any 2xx says so."""
        return self.status is not None and 200 <= self.status <= 299


class Courier:
    """Delivers messages, many at once, over connections that it keeps for a moment.

    Use it as `async with Courier() as courier`. No redirects, no cookies, no proxies from the environment, no
    decompression; at most 4 KiB of an answer are read.
    """

    def __init__(self, lookup: Lookup | None = None) -> None:
        self._own_lookup = None if lookup else SystemLookup()
        self._lookup: Lookup = lookup or self._own_lookup  # type: ignore[assignment]

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=CheckedConnector(CheckedResolver(self._lookup)),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.HUB_CONNECT_TIMEOUT),
            headers={"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
            auto_decompress=False,
            trust_env=False,
            read_bufsize=4096,
            max_headers=MAX_HEADERS,
            max_field_size=MAX_HEADER_BYTES,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()
        if self._own_lookup:
            self._own_lookup.close()

    async def send(self, target: Target, message: Message) -> Outcome:
        """What became of one attempt; whatever the listener does, this ends by HUB_DEADLINE and raises nothing."""
        started_at, start = datetime.now(UTC), time.monotonic()
        peer_of_attempt.set("")

        def outcome(status: int | None, error: str, **more: object) -> Outcome:
            took = round((time.monotonic() - start) * 1000)
            return Outcome(status, error, started_at, took, peer=peer_of_attempt.get(), **more)  # type: ignore[arg-type]

        try:
            end = asyncio.get_running_loop().time() + settings.HUB_DEADLINE
            async with asyncio.timeout_at(end):
                response = await self._post(target, message)
        except Exception as problem:
            return outcome(None, failures.error_class(problem))
        answer = await read_answer(response, end)
        return outcome(
            response.status,
            "" if 200 <= response.status <= 299 else failures.HTTP,
            answer=answer,
            retry_after=retry_after_of(response.headers),
            instruction=instruction_of(response.headers),
        )

    async def _post(self, target: Target, message: Message) -> aiohttp.ClientResponse:
        """The head of the answer.

        A kept connection may have been closed at the other end just before it was used again: when nothing came over
        it, the message is sent once more, over a new one.
        """
        try:
            return await self._ask(target, message, unused=False)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            kept = kept_connection.get()
            if kept is None or not kept.silent:
                raise
        return await self._ask(target, message, unused=True)

    async def _ask(self, target: Target, message: Message, unused: bool) -> aiohttp.ClientResponse:
        kept_connection.set(None)
        unused_wanted.set(unused)
        url, headers = url_of(target, message), headers_of(target, message)
        return await self._session.post(url, data=message.body, headers=headers, allow_redirects=False)


def url_of(target: Target, message: Message) -> URL:
    """The registered callback, character by character, or TM Forum's path for the event below it."""
    callback = target.callback
    # The settings may have become stricter since the registration.
    if problem_of(callback):
        raise failures.BlockedAddress(callback.partition("://")[0])
    if target.append_listener_path:
        path, mark, query = callback.partition("?")
        name = message.event_type[:1].lower() + message.event_type[1:]
        callback = f"{path.rstrip('/')}/listener/{name}{mark}{query}"
    return URL(callback, encoded=True)


def headers_of(target: Target, message: Message) -> dict[str, str]:
    """The listener's own headers, and over them what belongs to the delivery."""
    headers = {
        **target.headers,
        "Content-Type": "application/json",
        **signature_headers(target.secrets, message.event_id, message.body),
    }
    if _TRACEPARENT.fullmatch(message.correlation_id):
        headers["traceparent"] = message.correlation_id
    return headers
