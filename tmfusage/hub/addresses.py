"""Which addresses a delivery may connect to.

`ipaddress.is_global` is no such answer: it says yes to multicast, to NAT64, 6to4 and IPv4-compatible spellings of
loopback, to site-local addresses and to the IETF's own block. So the networks are listed here, after the IANA
special-purpose registries (RFC 6890), and HUB_ALLOWED_NETWORKS names the exceptions of an operator's own network.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# An exception may cover these as a part of something larger: 10.0.0.0/8, fc00::/7, even 0.0.0.0/0.
DENIED = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
        *("192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Of IPv6 only 2000::/3 is global unicast, and not all of it.
        *("::/3", "4000::/2", "8000::/1"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20"),
    )
)
# These need an exception of their own: this machine, its links, the metadata services of clouds, and IPv6 that wraps
# an IPv4 address (compatible, Teredo, 6to4).
DENIED_UNLESS_EXACT = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "255.255.255.255/32", "fe80::/10"),
        *("::/96", "::/128", "::1/128", "2001::/32", "2002::/16"),
        *("169.254.169.254/32", "169.254.170.2/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
        *("fd00:ec2::254/128", "fd20:ce::254/128"),
    )
)
# A network with DNS64 answers so for every IPv4 listener; what counts is the address inside (RFC 6052).
NAT64 = ip_network("64:ff9b::/96")


def permitted(address: str | Address) -> bool:
    """Whether a delivery may connect there, whatever the spelling."""
    try:
        return _permitted(_canonical(address), allowed_networks())
    except ValueError:
        return False


def allowed_networks() -> tuple[Network, ...]:
    """HUB_ALLOWED_NETWORKS as networks; a mistake in it is told at the start, not at a delivery."""
    return _networks(tuple(settings.HUB_ALLOWED_NETWORKS))


def all_permitted(addresses: Iterable[str]) -> bool:
    """Whether a name with these answers may be used: one forbidden answer forbids the name."""
    return all(permitted(address) for address in addresses)


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(text.strip()) for text in texts if text.strip())
    except ValueError as problem:
        raise ImproperlyConfigured(f"HUB_ALLOWED_NETWORKS: {problem}") from None


def _canonical(address: str | Address) -> Address:
    """The address that a connection really goes to: without a zone, IPv4 where IPv6 only wraps it."""
    if isinstance(address, str):
        address = ip_address(address.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


@lru_cache(maxsize=4096)
def _permitted(address: Address, allowed: tuple[Network, ...]) -> bool:
    exceptions = [network for network in allowed if address in network]
    exact = _containing(address, DENIED_UNLESS_EXACT)
    if exact:
        narrowest = max(exact, key=lambda network: network.prefixlen)
        return any(_within(exception, narrowest) for exception in exceptions)
    return bool(exceptions) or not _containing(address, DENIED)


def _containing(address: Address, networks: Iterable[Network]) -> list[Network]:
    return [network for network in networks if address in network]


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
