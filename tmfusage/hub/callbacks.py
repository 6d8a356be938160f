"""What a listener may register: a clear refusal now instead of failing deliveries later.

This is courtesy; the guarantee is `connecting.py`, where the address is checked that a delivery really goes to.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address

from django.conf import settings

from tmfusage.hub.addresses import allowed_networks, permitted
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.violations import Violation

MAX_CALLBACK = 2000
MAX_HEADERS, MAX_HEADER_NAME, MAX_HEADER_VALUE = 10, 100, 2000
DEFAULT_PORTS = {"https": 443, "http": 80}

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?]*)(?P<rest>[/?].*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]+))?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# As URL parsers do: a name whose last label is a number, in any notation, is an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
# What belongs to the delivery itself or to the connection it travels on.
RESERVED_HEADERS = frozenset(
    (
        *("host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade"),
        *(
            "expect",
            "accept",
            "accept-encoding",
            "user-agent",
            "traceparent",
            "tracestate",
            "cookie",
            "forwarded",
            "via",
        ),
    )
)
RESERVED_PREFIXES = ("content-", "webhook-", "proxy-", "x-forwarded-", "sec-")


def check_callback(url: str) -> str:
    """The callback as it was given, if deliveries can go there; else the 400 that says what is wrong with it."""
    if problem := problem_of(url):
        raise refused("$.callback", problem)
    return url


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers every delivery to a listener is to carry, such as Authorization, if they may stand there."""
    if not isinstance(headers, Mapping):
        raise refused("$.headers", "An object of names and values.")
    if len(headers) > MAX_HEADERS:
        raise refused("$.headers", f"At most {MAX_HEADERS} headers.")
    found = {name: _header_problem(name, value) for name, value in headers.items()}
    if len({name.lower() for name in headers}) < len(headers):
        raise refused("$.headers", "Each header once, whatever its case.")
    broken_rules = [Violation("$.headers", "invalidValue", problem) for problem in found.values() if problem]
    if broken_rules:
        raise broken(broken_rules)
    return dict(headers)


def refused(path: str, message: str) -> TmfError:
    """The 400 for one broken rule."""
    return broken([Violation(path, "invalidValue", message)])


def problem_of(url: str) -> str:
    """What is wrong with a callback, in one sentence; empty when nothing is."""
    if not isinstance(url, str) or len(url) > MAX_CALLBACK:
        return f"A text of at most {MAX_CALLBACK} characters."
    if not (url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        return "Only printable ASCII characters without spaces and backslashes; write others percent-encoded."
    if "#" in url:
        return "A callback has no fragment."
    parts = _URL.fullmatch(url)
    if not parts:
        return "This is not a URL; expected something like https://listener.example.com/usage."
    return _scheme_problem(parts["scheme"].lower()) or _authority_problem(parts["scheme"].lower(), parts["authority"])


def _scheme_problem(scheme: str) -> str:
    if scheme == "https" or (scheme == "http" and settings.HUB_ALLOW_HTTP):
        return ""
    return "The scheme must be https or http." if settings.HUB_ALLOW_HTTP else "The scheme must be https."


def _authority_problem(scheme: str, authority: str) -> str:
    if "@" in authority:
        return "A callback holds no user name or password; use headers."
    parts = _AUTHORITY.fullmatch(authority)
    if not parts:
        return "Host and port cannot be understood."
    return _port_problem(int(parts["port"] or DEFAULT_PORTS[scheme])) or host_problem(parts["host"])


def _port_problem(port: int) -> str:
    allowed = [*settings.HUB_ALLOWED_PORTS, *(["80"] if settings.HUB_ALLOW_HTTP else [])]
    if not 0 < port < 65536:
        return "A port is a number from 1 to 65535."
    if "*" in allowed or str(port) in allowed:
        return ""
    return f"Port {port} is not among the allowed ones: {', '.join(allowed)}."


def host_problem(host: str) -> str:
    """What is wrong with the host of a callback; empty when nothing is."""
    labels = host.split(".")
    if host.startswith("[") or _NUMBER.fullmatch(labels[-1]):
        return _literal_problem(host)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "The host must be a name of letters, digits, hyphens and dots."
    # A single label is a name of the operator's own network, such as that of a neighbouring container.
    if len(labels) < 2 and not allowed_networks():
        return "The host must be a full name such as listener.example.com."
    if host.lower() in {name.lower() for name in settings.ALLOWED_HOSTS}:
        return "A callback must not lead back to this portal."
    return ""


def _literal_problem(host: str) -> str:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return "The host must be a name; this is no address in its usual notation."
    listed = any(address in network for network in allowed_networks())
    return "" if listed and permitted(address) else "The host must be a name, not an address."


def _header_problem(name: str, value: str) -> str:
    if not (isinstance(value, str) and _HEADER_NAME.fullmatch(name)) or len(name) > MAX_HEADER_NAME:
        return "The name of a header is a token of letters, digits and hyphens; its value is a string."
    if name.lower() in RESERVED_HEADERS or name.lower().startswith(RESERVED_PREFIXES):
        return f"{name} is set by the delivery itself."
    # The value may be a credential: it is never repeated.
    if len(value) > MAX_HEADER_VALUE or not _HEADER_VALUE.fullmatch(value):
        return f"The value of {name} must be 1 to {MAX_HEADER_VALUE} printable ASCII characters, no line breaks."
    return ""
