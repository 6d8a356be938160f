"""Every way in which an attempt fails has a class, and the machine's own troubles are not the listener's."""

import errno
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from tmfusage.hub.connecting import BlockedAddress
from tmfusage.hub.failures import error_class

KEY = ConnectionKey("a.test", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("problem", "found"),
    [
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "x")), "refused"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.EHOSTUNREACH, "x")), "unreachable"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.EPERM, "x")), "unreachable"),
        (aiohttp.ClientConnectorError(KEY, OSError("Multiple exceptions: …")), "unreachable"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ETIMEDOUT, "x")), "timeout"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNRESET, "x")), "reset"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.EMFILE, "x")), "aborted"),
        (aiohttp.ClientConnectorError(KEY, BlockedAddress("10.0.0.1")), "blockedAddress"),
        (aiohttp.ClientConnectorDNSError(KEY, BlockedAddress("a.test")), "blockedAddress"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "x")), "dns"),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "x")), "tls"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(1, "x")), "tls"),
        (aiohttp.ClientOSError(errno.EPIPE, "x"), "reset"),
        (aiohttp.ServerDisconnectedError(), "reset"),
        (aiohttp.ConnectionTimeoutError(), "timeout"),
        (TimeoutError(), "timeout"),
        (BlockedAddress("http"), "blockedAddress"),
        (aiohttp.InvalidURL("127.1"), "blockedAddress"),
        (RuntimeError("anything"), "aborted"),
    ],
)
def test_a_failure_has_its_class(problem, found):
    assert error_class(problem) == found
