"""Where deliveries may go: every spelling of an address, and the exceptions of an operator's network."""

import socket

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.hub.delivery.hostile import OK, answering, hostile
from tests.hub.delivery.sending import send
from tmfusage.hub.addresses import permitted
from tmfusage.hub.callbacks import problem_of

DENIED = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255"),
    *("169.254.1.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "100.100.100.200", "168.63.129.16"),
    *(
        "::",
        "::1",
        "::127.0.0.1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:10.0.0.1",
        "0:0:0:0:0:0:0:1",
    ),
    *("::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "3fff::1", "3ffe::1", "4000::1", "5f00::1", "fc00::1", "fd00::1"),
    *("fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%eth0", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1"),
    *("127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0", "localhost", "", "1.2.3.4.5", "٠.٠.٠.٠", "１２７.0.0.1"),
]
PERMITTED = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1"),
    *(
        "192.0.1.1",
        "192.167.1.1",
        "198.17.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860::8888",
    ),
    *("::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860::8888"),
]
# What the system's resolver takes for loopback or for all of this machine.
LOOPBACK_SPELLINGS = [
    *(
        "127.1",
        "127.0.1",
        "0x7f000001",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0x0",
        "127.000.000.001",
    ),
    *(
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ),
    *("[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1.", "[::1%lo]"),
    "[::ffff:127.0.0.1]",
]


@pytest.fixture(autouse=True)
def no_exceptions(settings):
    settings.HUB_ALLOWED_NETWORKS = []


@pytest.mark.parametrize("address", DENIED)
def test_no_delivery_may_go(address):
    assert not permitted(address)


@pytest.mark.parametrize("address", PERMITTED)
def test_a_delivery_may_go(address):
    assert permitted(address)


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_no_spelling_reaches_loopback(spelling):
    with hostile(answering(OK)) as victim:
        outcome = send(f"http://{spelling}:{victim.port}/")
        assert outcome.error == "blockedAddress"
        assert victim.connections == 0


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_no_spelling_of_loopback_can_be_registered(spelling):
    assert problem_of(f"http://{spelling}:9000/")


@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_an_exception_for_the_operators_network_does_not_open_loopback(spelling, settings):
    settings.HUB_ALLOWED_NETWORKS = ["10.0.0.0/8", "0.0.0.0/0", "::/0"]
    with hostile(answering(OK)) as victim:
        assert not send(f"http://{spelling}:{victim.port}/").delivered
        assert victim.connections == 0


@pytest.mark.parametrize("address", ["10.20.0.7", "::ffff:10.20.0.7", "64:ff9b::10.20.0.7"])
def test_an_exception_opens_its_network_only(address, settings):
    settings.HUB_ALLOWED_NETWORKS = ["10.20.0.0/16"]
    assert permitted(address)
    assert not permitted("10.21.0.7")


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("0.0.0.0/0", "127.0.0.1"),
        ("0.0.0.0/0", "169.254.169.254"),
        ("169.254.0.0/16", "169.254.169.254"),
        ("100.64.0.0/10", "100.100.100.200"),
        ("::/0", "::1"),
        ("::/0", "2002:7f00:1::"),
        ("::/0", "::127.0.0.1"),
        ("fd00::/8", "fd00:ec2::254"),
        ("126.0.0.0/7", "127.0.0.1"),
    ],
)
def test_what_needs_an_entry_of_its_own_is_not_opened_by_a_larger_one(network, address, settings):
    settings.HUB_ALLOWED_NETWORKS = [network]
    assert not permitted(address)


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("169.254.7.0/24", "169.254.7.1"),
        ("169.254.169.254/32", "169.254.169.254"),
        ("fc00::/7", "fd12::1"),
        ("0.0.0.0/0", "192.168.1.1"),
    ],
)
def test_an_entry_of_its_own_opens_an_address(network, address, settings):
    settings.HUB_ALLOWED_NETWORKS = [network]
    assert permitted(address)


def test_a_mistaken_exception_is_told(settings):
    settings.HUB_ALLOWED_NETWORKS = ["10.20.0.1/16"]
    with pytest.raises(ImproperlyConfigured, match="HUB_ALLOWED_NETWORKS"):
        permitted("8.8.8.8")


@hypothesis_settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_wrapping_an_ipv4_address_in_ipv6_changes_nothing(address):
    assert permitted(f"::ffff:{address}") == permitted(f"64:ff9b::{address}") == permitted(str(address))


@hypothesis_settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_ipv6_outside_global_unicast_is_never_permitted(address):
    if permitted(str(address)) and not address.ipv4_mapped:
        assert str(address).startswith("64:ff9b::") or int(address) >> 125 == 1


@hypothesis_settings(deadline=None)
@given(st.text("0123456789abcdefx.:%[]", max_size=24))
def test_what_the_system_takes_for_loopback_is_never_permitted(text):
    try:
        found = {item[4][0] for item in socket.getaddrinfo(text, 80, flags=socket.AI_NUMERICHOST)}
    except (OSError, UnicodeError):
        found = set()
    if any(str(address).startswith("127.") for address in found):
        assert not permitted(text)
