"""Bearer authentication: an API key or a JWT in, a Principal out."""

import re

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tmfusage.access import jwt, keys
from tmfusage.access.lookup import lookup
from tmfusage.access.principals import Principal
from tmfusage.access.refusing import Refused

REALM = 'Bearer realm="tmfusage"'
MAX_TOKEN = 8_192
_REFUSED = "bearer_refused"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API key or JWT>`; without it nobody is authenticated."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        """The principal; None without bearer credentials; AuthenticationFailed when they are refused."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            return principal_of(token), None
        except Refused as refusal:
            setattr(request, _REFUSED, True)
            raise AuthenticationFailed(str(refusal)) from None

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401; it says so when a token was sent and refused (RFC 6750)."""
        return f'{REALM}, error="invalid_token"' if getattr(request, _REFUSED, False) else REALM


def principal_of(token: str) -> Principal:
    """The principal of a key or token; raises Refused."""
    if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise Refused("The bearer token is malformed.")
    if token.startswith(keys.MARK):
        return lookup.principal_of(token)
    if not jwt.accepted():
        raise Refused("This is not an API key.")
    return jwt.lookup.principal_of(token)
