"""Connections of the courier: only to addresses that were checked, and checked where the socket is made.

A name is looked up once for a connection, every answer is judged, and the socket goes to an answer that was judged:
a name that changes between check and connect gains nothing.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from django.conf import settings

from tmfusage.hub.addresses import all_permitted, permitted
from tmfusage.hub.answers import BoundedAnswer

LOOKUPS_AT_ONCE = 32
LOOKUP_CACHE_SECONDS = 10
# Shorter than what servers grant an idle connection (Node 5 s), so that they seldom close it under a delivery.
KEEP_ALIVE_SECONDS = 2

# What the connector found for the attempt of this task: the address, and the connection if it had been used before.
peer_of_attempt: ContextVar[str] = ContextVar("peer_of_attempt", default="")
kept_connection: ContextVar[BoundedAnswer | None] = ContextVar("kept_connection", default=None)
# What this task sends next goes over a connection of its own.
unused_wanted: ContextVar[bool] = ContextVar("unused_wanted", default=False)

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


class BlockedAddress(OSError):
    """A listener that leads where deliveries must not go."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{address} is not in a network that deliveries may reach")


class SystemLookup:
    """The system's resolver, on threads of its own: a slow name server holds up lookups, never the loop's end."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="hub-lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of the name."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _getaddrinfo, host, port)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        """Forget what is still being looked up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _getaddrinfo(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class CheckedResolver(AbstractResolver):
    """Answers only for names all of whose addresses are permitted."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses in the order of the answer."""
        addresses = await self._lookup(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NODATA, "no address")
        if not all_permitted(addresses):
            raise BlockedAddress(host)
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is held here."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


class CheckedConnector(aiohttp.TCPConnector):
    """Connects only to permitted addresses, and tells to which one it did."""

    def __init__(self, resolver: AbstractResolver) -> None:
        super().__init__(
            resolver=resolver,
            socket_factory=checked_socket,
            ssl=tls_context(settings.HUB_CA_FILE),
            limit=0,
            ttl_dns_cache=LOOKUP_CACHE_SECONDS,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
        # aiohttp has no option for it; TCPConnector makes each connection's protocol with this.
        self._factory = partial(BoundedAnswer, loop=asyncio.get_running_loop())  # type: ignore[assignment]
        self._known: WeakSet[Any] = WeakSet()

    async def connect(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Connection:
        """A connection whose other end, as the system sees it, is a permitted address."""
        connection = await super().connect(req, traces, timeout)
        name = connection.transport.get_extra_info("peername") if connection.transport else None
        peer = str(name[0]) if name else ""
        peer_of_attempt.set(peer)
        if not permitted(peer):
            connection.close()
            raise BlockedAddress(peer)
        protocol: Any = connection.protocol
        kept_connection.set(protocol if protocol in self._known else None)
        self._known.add(protocol)
        protocol.begin()
        return connection

    async def _get(self, key: Any, traces: Any) -> Connection | None:
        """A kept connection; aiohttp has no option for leaving them alone."""
        return None if unused_wanted.get() else await super()._get(key, traces)


def checked_socket(info: Any) -> socket.socket:
    """A socket for an address that may be reached: the last check, which literal addresses pass as well."""
    family, kind, protocol, _, address = info
    if not permitted(str(address[0])):
        raise BlockedAddress(str(address[0]))
    return socket.socket(family, kind, protocol)


@lru_cache(maxsize=2)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Full verification against the system's authorities, and those of an operator's own network."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
