"""From a JWT of the operator's identity provider to a principal."""

import hashlib
import re
import time
from typing import Any

import jwt
from django.conf import settings

from tmfusage.access.jwks import ASYMMETRIC, KeySet, KeysUnavailable
from tmfusage.access.principals import Principal
from tmfusage.access.refusing import Refused
from tmfusage.access.remembering import Memory
from tmfusage.access.scopes import KNOWN_SCOPES
from tmfusage.tmf.refusals import TmfError

REQUIRED = ["exp", "iss", "aud"]
CLIENT_CLAIMS = ("azp", "client_id", "sub")
_NAME = re.compile(r"[\x21-\x7e]{1,200}")
_REASONS: list[tuple[type[Exception], str]] = [
    (jwt.ExpiredSignatureError, "The token has expired."),
    (jwt.ImmatureSignatureError, "The token is not valid yet."),
    (jwt.InvalidAudienceError, "The token is for another audience."),
    (jwt.InvalidIssuerError, "The token comes from another issuer."),
    (jwt.MissingRequiredClaimError, "The token lacks exp, iss or aud."),
    (jwt.InvalidSignatureError, "The token's signature is wrong."),
]
# What PyJWT and json raise for input that is no token at all.
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


def accepted() -> bool:
    """Whether JWTs are accepted here: only with keys, an issuer and an audience."""
    return bool(settings.JWT_JWKS and settings.JWT_ISSUER and settings.JWT_AUDIENCE)


def algorithms() -> frozenset[str]:
    """The accepted algorithms; symmetric ones are never among them, whatever the setting says."""
    return ASYMMETRIC & frozenset(settings.JWT_ALGORITHMS)


class TokenLookup:
    """Finds who calls with a JWT; a verified one is kept for API_KEY_CACHE_SECONDS, its expiry checked each time."""

    def __init__(self, size: int = 10_000):
        self._verified: Memory[tuple[Principal, float]] = Memory(size)
        self._keys: KeySet | None = None

    def principal_of(self, token: str) -> Principal:
        """The principal of a valid token; raises Refused for any other."""
        known_as = f"{settings.JWT_JWKS} {hashlib.sha256(token.encode()).hexdigest()}"
        until = time.monotonic() + settings.API_KEY_CACHE_SECONDS
        known = self._verified.recall(known_as)
        if known is None:
            claims = self._claims(token)
            known = principal(claims), float(claims["exp"])
            self._verified.keep(known_as, known, until)
        if known[1] <= time.time() - settings.JWT_LEEWAY:
            raise Refused("The token has expired.")
        return known[0]

    def clear(self) -> None:
        """Forget tokens and keys."""
        self._verified.clear()
        self._keys = None

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = self._key(header)
            return jwt.decode(
                token,
                key,
                algorithms=sorted(algorithms()),
                audience=settings.JWT_AUDIENCE,
                issuer=settings.JWT_ISSUER,
                leeway=settings.JWT_LEEWAY,
                options={"require": REQUIRED, "enforce_minimum_key_length": True},
            )
        except _UNREADABLE as error:
            raise Refused(_reason(error)) from None

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in algorithms():
            raise Refused("The token's algorithm is not accepted.")
        if self._keys is None or self._keys.source != settings.JWT_JWKS:
            self._keys = KeySet(settings.JWT_JWKS)
        try:
            key = self._keys.find(header.get("kid"), algorithm)
        except KeysUnavailable:
            # Nobody's fault but ours, and over soon: a 401 would make clients throw good tokens away.
            reason = "Tokens cannot be verified now: the identity provider does not answer."
            raise TmfError(503, "serviceUnavailable", reason) from None
        if key is None:
            raise Refused("The token is signed with an unknown key.")
        return key


def principal(claims: dict[str, Any]) -> Principal:
    """The principal that verified claims describe."""
    client = next((claims[name] for name in CLIENT_CLAIMS if claims.get(name)), None)
    if not isinstance(client, str) or not _NAME.fullmatch(client):
        raise Refused("The token does not name its client.")
    return Principal(client, f"token:{client}", _scopes(claims.get(settings.JWT_SCOPE_CLAIM)), _party(claims))


def _scopes(claim: object) -> frozenset[str]:
    named = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return KNOWN_SCOPES & {each for each in named if isinstance(each, str)}


def _party(claims: dict[str, Any]) -> str | None:
    """The party of the token; a claim that is there but unclear must not lift the restriction."""
    if settings.JWT_PARTY_CLAIM not in claims:
        return None
    party = claims[settings.JWT_PARTY_CLAIM]
    if isinstance(party, int) and not isinstance(party, bool):
        return str(party)
    if not isinstance(party, str) or not party or "\x00" in party or len(party) > 255:
        raise Refused("The token's party cannot be understood.")
    return party


def _reason(error: Exception) -> str:
    return next((text for kind, text in _REASONS if isinstance(error, kind)), "The token cannot be read.")


lookup = TokenLookup()
