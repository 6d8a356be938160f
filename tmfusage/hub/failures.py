"""The class of a failed attempt: all that users of the API are told, for details belong to staff."""

import errno
import logging
import ssl

import aiohttp

from tmfusage.hub.connecting import BlockedAddress

log = logging.getLogger("tmfusage.hub")

TIMEOUT = "timeout"
DNS = "dns"
BLOCKED = "blockedAddress"
TLS = "tls"
REFUSED = "refused"
UNREACHABLE = "unreachable"
RESET = "reset"
HTTP = "http"
TOO_MANY_HEADERS = "tooManyHeaders"
INVALID_ANSWER = "invalidAnswer"
ABORTED = "aborted"

_CLASSES = {
    REFUSED: (errno.ECONNREFUSED,),
    TIMEOUT: (errno.ETIMEDOUT,),
    RESET: (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ENOTCONN, errno.ESHUTDOWN),
    # A packet filter of this machine says no with EPERM or EACCES.
    UNREACHABLE: (
        *(errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EPERM, errno.EACCES),
    ),
}
_BY_NUMBER = {number: name for name, numbers in _CLASSES.items() for number in numbers}


def error_class(problem: Exception) -> str:
    """Why an attempt has no status."""
    cause = getattr(problem, "os_error", problem)
    match problem, cause:
        case _, BlockedAddress():
            return BLOCKED
        case aiohttp.ClientConnectorDNSError(), _:
            return DNS
        case TimeoutError(), _:
            return TIMEOUT
        case (aiohttp.ClientSSLError() | ssl.SSLError(), _) | (_, ssl.SSLError()):
            return TLS
        # Numbers that look like an address, such as 127.1.
        case aiohttp.InvalidURL(), _:
            return BLOCKED
        case aiohttp.ClientResponseError(), _:
            return TOO_MANY_HEADERS if "header" in problem.message.lower() else INVALID_ANSWER
        case ((aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | OSError()), _):
            number = getattr(cause, "errno", None)
            # Without a number: several addresses failed in several ways, or the other side just hung up.
            several = UNREACHABLE if isinstance(problem, aiohttp.ClientConnectorError) else RESET
            found = _BY_NUMBER.get(number, "") if number else several
            if found:
                return found
    # The message may quote what was sent, credentials included; its class tells enough.
    log.error("A delivery failed by %s.", type(problem).__name__)
    return ABORTED
