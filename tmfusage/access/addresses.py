"""The address a request comes from, for the lock after failed logins."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address; behind trusted proxies the one that the outermost of them saw."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_FORWARDED:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        # Each proxy appends the address it saw; what stands further left is the client's own claim.
        proxies = max(1, getattr(settings, "TRUSTED_PROXY_COUNT", 1))
        address = hops[-min(proxies, len(hops))] if hops else address
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
