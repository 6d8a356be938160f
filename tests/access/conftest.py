"""Fresh memories for each test, and an identity provider that really answers."""

import pytest

from tests.access.provider import IdentityProvider
from tmfusage.access import jwks, jwt
from tmfusage.access.lookup import lookup


@pytest.fixture(autouse=True)
def _nothing_remembered():
    lookup.clear()
    jwt.lookup.clear()


@pytest.fixture
def provider(settings, monkeypatch):
    """An identity provider whose tokens are accepted; its keys may be asked for without a pause."""
    monkeypatch.setattr(jwks, "RETRY_AFTER", 0.0)
    with IdentityProvider() as started:
        settings.JWT_JWKS = started.url("/jwks")
        settings.JWT_ISSUER = started.issuer
        settings.JWT_AUDIENCE = "tmfusage"
        settings.JWT_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
        settings.JWT_LEEWAY = 0
        yield started
