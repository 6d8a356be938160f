"""The check where the connection is made: names that lead elsewhere, and names that change."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from tests.hub.delivery.hostile import OK, answering, hostile, never_answers
from tests.hub.delivery.sending import MESSAGE, Names, send, send_all, target
from tmfusage.hub.connecting import BlockedAddress, CheckedConnector
from tmfusage.hub.delivery import Courier

ALLOWED, FORBIDDEN = "127.0.0.1", "127.0.0.2"


@pytest.fixture(autouse=True)
def one_exception(settings):
    settings.HUB_ALLOWED_NETWORKS = [ALLOWED]


@pytest.fixture
def victim():
    with hostile(answering(OK), FORBIDDEN) as listener:
        yield listener


@pytest.fixture
def listener(victim):
    with hostile(answering(OK), ALLOWED, victim.port) as listener:
        yield listener


class Unchecked(AbstractResolver):
    """A resolver that says whatever it is told to say."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        known = {"hostname": host, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [{**known, "host": address} for address in self._addresses]

    async def close(self):
        """Nothing is held here."""


def connect(url: str, resolver: AbstractResolver) -> int:
    """The status that a bare session gets through the connector."""

    async def work() -> int:
        async with aiohttp.ClientSession(connector=CheckedConnector(resolver)) as session, session.get(url) as response:
            return response.status

    return asyncio.run(work())


def test_a_name_that_leads_to_a_forbidden_address_is_not_connected_to(victim):
    outcome = send(f"http://evil.test:{victim.port}/", lookup=Names(evil_test=[[FORBIDDEN]]))
    assert (outcome.error, outcome.peer, victim.connections) == ("blockedAddress", "", 0)


@pytest.mark.parametrize(
    "answers", [[ALLOWED, FORBIDDEN], [FORBIDDEN, ALLOWED], [ALLOWED, "::1"], ["8.8.8.8", ALLOWED, "::"]]
)
def test_one_forbidden_answer_forbids_the_name(answers, listener, victim):
    outcome = send(f"http://evil.test:{victim.port}/", lookup=Names(evil_test=[answers]))
    assert outcome.error == "blockedAddress"
    assert listener.connections == victim.connections == 0


def test_a_name_that_changes_between_check_and_connect_gains_nothing(listener, victim):
    names = Names(flips_test=[[ALLOWED], [FORBIDDEN]])
    outcome = send(f"http://flips.test:{victim.port}/", lookup=names)
    assert (outcome.delivered, outcome.peer) == (True, ALLOWED)
    assert names.asked == 1
    assert send(f"http://flips.test:{victim.port}/", lookup=names).error == "blockedAddress"
    assert victim.connections == 0


def test_a_name_that_changes_at_every_question_never_reaches_the_forbidden_address(listener, victim):
    url = f"http://flips.test:{victim.port}/"
    for _ in range(10):
        send_all([target(url)] * 3, lookup=Names(flips_test=[[ALLOWED], [FORBIDDEN], [ALLOWED, FORBIDDEN]] * 3))
    assert victim.connections == 0


@pytest.mark.parametrize("host", [FORBIDDEN, "0x7f000002", "2130706434", "127.2", "[::ffff:127.0.0.2]", "evil.test"])
def test_the_socket_itself_is_refused_whatever_was_resolved(host, victim):
    with pytest.raises((aiohttp.ClientConnectorError, aiohttp.InvalidURL)):
        connect(f"http://{host}:{victim.port}/", Unchecked(FORBIDDEN))
    assert victim.connections == 0


def test_of_several_addresses_no_forbidden_one_gets_a_socket(listener, victim):
    assert connect(f"http://evil.test:{victim.port}/", Unchecked(FORBIDDEN, ALLOWED)) == 200
    assert victim.connections == 0


def test_a_kept_connection_is_checked_again(listener, settings):
    async def work() -> list[str]:
        async with Courier() as courier:
            first = await courier.send(target(listener.url), MESSAGE)
            settings.HUB_ALLOWED_NETWORKS = ["10.0.0.0/8"]
            return [first.error, (await courier.send(target(listener.url), MESSAGE)).error]

    assert asyncio.run(work()) == ["", "blockedAddress"]
    assert len(listener.requests) == 1


def test_a_name_without_an_address_is_a_matter_of_dns():
    assert send("http://nobody.invalid/").error == "dns"
    assert send("http://empty.test/", lookup=Names(empty_test=[[]])).error == "dns"


def test_a_name_server_that_does_not_answer_ends_at_the_deadline(settings):
    settings.HUB_DEADLINE = 0.5

    async def silent(host, port):
        await asyncio.Event().wait()

    assert send("http://slow.test/", lookup=silent).error == "timeout"


def test_the_environment_names_no_proxy(listener, monkeypatch):
    with hostile(never_answers) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert send(listener.url).delivered
        assert proxy.connections == 0


def test_a_blocked_address_says_what_it_was():
    assert "127.0.0.2" in str(BlockedAddress("127.0.0.2"))
