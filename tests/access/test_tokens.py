"""JWTs of the operator's identity provider, signed with real keys and checked against a real server."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.access.probe import Probe, knock, request, says
from tests.access.provider import Signer
from tmfusage.access.checks import check_tokens
from tmfusage.access.jwt import lookup


def caller(token: str):
    """The principal of an accepted token."""
    http = request(f"Bearer {token}")
    assert Probe.as_view()(http).status_code == 200
    return http.user


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
def test_a_token_opens_with_any_accepted_algorithm(provider, algorithm):
    signer = Signer("k", algorithm)
    provider.publish(signer)
    assert says(knock(provider.token(signer))) == "token:selfcare"


def test_claims_become_rights(provider):
    principal = caller(provider.token(party_id="acme", scope="usage:read hub unknown:scope"))
    assert (principal.client_id, principal.party) == ("selfcare", "acme")
    assert principal.scopes == {"usage:read", "hub"}


def test_scopes_may_be_a_list_under_another_name(provider, settings):
    settings.JWT_SCOPE_CLAIM, settings.JWT_PARTY_CLAIM = "scp", "customer"
    principal = caller(provider.token(scp=["usage:read", 7, "nonsense"], customer=12345))
    assert principal.scopes == {"usage:read"}
    assert principal.party == "12345"


@pytest.mark.parametrize(
    ("claims", "client"),
    [({}, "selfcare"), ({"azp": None, "client_id": "app"}, "app"), ({"azp": None}, "4711")],
)
def test_the_client_is_azp_client_id_or_sub(provider, claims, client):
    assert caller(provider.token(**claims)).client_id == client


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": None}, "exp, iss or aud"),
        ({"iss": None}, "exp, iss or aud"),
        ({"aud": None}, "exp, iss or aud"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"nbf": 30_000_000_000}, "not valid yet"),
        ({"exp": "soon"}, "cannot be read"),
        ({"exp": 1e400}, "cannot be read"),
        ({"azp": None, "sub": None}, "does not name its client"),
        ({"azp": "a\nb"}, "does not name its client"),
        ({"party_id": ""}, "party"),
        ({"party_id": ["acme"]}, "party"),
        ({"party_id": "a\x00b"}, "party"),
        ({"party_id": True}, "party"),
    ],
    ids=str,
)
def test_a_token_with_wrong_claims_is_refused(provider, claims, reason):
    refused = knock(provider.token(**claims))
    assert refused.status_code == 401
    assert "invalid_token" in refused["WWW-Authenticate"]
    assert reason in json.loads(refused.content)["reason"]


def test_an_empty_party_claim_does_not_lift_the_restriction(provider):
    token = provider.signer.sign({**provider.claims(), "party_id": None})
    assert knock(token).status_code == 401


def test_a_token_without_scopes_opens_nothing(provider):
    assert knock(provider.token(scope=None)).status_code == 403


def test_clocks_may_differ_by_the_leeway(provider, settings):
    settings.JWT_LEEWAY = 30
    assert knock(provider.token(exp=int(time.time()) - 10)).status_code == 200


def test_a_remembered_token_stops_at_its_expiry(provider, settings):
    settings.API_KEY_CACHE_SECONDS = 60
    token = provider.token(exp=int(time.time()) + 4)
    assert knock(token).status_code == 200
    time.sleep(4.1)
    assert knock(token).status_code == 401


def test_a_token_of_another_key_is_refused(provider):
    assert knock(provider.token(Signer("first"))).status_code == 401


def test_a_changed_token_is_refused(provider):
    head, _claims, signature = provider.token().split(".")
    more = segment(provider.claims(scope="usage:write spec:write hub"))
    assert knock(f"{head}.{more}.{signature}").status_code == 401


def test_the_public_key_is_no_shared_secret(provider, settings):
    """The classic confusion: HS256 with the public key's text as the secret, even where a setting lists HS256."""
    signer = Signer("k", "RS256")
    provider.publish(signer)
    settings.JWT_ALGORITHMS = ["HS256", "RS256"]
    public = signer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = segment({"alg": "HS256", "typ": "JWT", "kid": "k"}) + "." + segment(provider.claims())
    signature = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    assert knock(signed + "." + base64.urlsafe_b64encode(signature).decode().rstrip("=")).status_code == 401
    assert knock(provider.token(signer)).status_code == 200


def test_a_shared_secret_in_the_key_set_is_never_used(provider, settings):
    secret = b"s" * 64
    provider.answers["/jwks"] = (
        200,
        {"keys": [{"kty": "oct", "kid": "s", "k": base64.urlsafe_b64encode(secret).decode()}]},
    )
    settings.JWT_ALGORITHMS = ["HS256"]
    assert knock(jwt.encode(provider.claims(), secret, "HS256", headers={"kid": "s"})).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, ["ES256"]])
def test_an_unsigned_token_is_refused(provider, settings, algorithm):
    settings.JWT_ALGORITHMS = ["none", "ES256"]
    head = segment({"alg": algorithm, "kid": "first"})
    assert knock(f"{head}.{segment(provider.claims())}.").status_code == 401


@pytest.mark.parametrize(
    "header", ["[" * 3_000, "1" * 5_000, '{"alg":', "null", '"ES256"', '{"alg":"ES256","kid":[1]}']
)
def test_a_header_that_is_no_header_is_refused(provider, header):
    head = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=")
    assert knock(f"{head}.{segment(provider.claims())}.AAAA").status_code == 401


def test_a_weak_key_is_refused(provider):
    signer = Signer("weak", "RS256")
    signer.private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    provider.publish(signer)
    assert knock(provider.token(signer)).status_code == 401


def test_a_key_for_encryption_does_not_sign(provider):
    provider.answers["/jwks"] = 200, {"keys": [{**provider.signer.jwk, "use": "enc"}]}
    assert knock(provider.token()).status_code == 401


def test_a_token_without_a_key_id_needs_a_single_fitting_key(provider):
    token = jwt.encode(provider.claims(), provider.signer.private, "ES256")
    assert knock(token).status_code == 200
    provider.publish(provider.signer, Signer("second"))
    lookup.clear()
    again = jwt.encode(provider.claims(jti="2"), provider.signer.private, "ES256")
    assert knock(again).status_code == 401


def test_without_the_setting_no_token_is_accepted(provider, settings):
    token = provider.token()
    settings.JWT_JWKS = ""
    assert knock(token).status_code == 401
    assert provider.asked == []


@pytest.mark.parametrize("name", ["JWT_ISSUER", "JWT_AUDIENCE"])
def test_without_issuer_or_audience_no_token_is_accepted(provider, settings, name):
    token = provider.token(iss="", aud="")
    setattr(settings, name, "")
    assert knock(token).status_code == 401
    assert [message.id for message in check_tokens(None)] == ["access.E001"]


def test_symmetric_algorithms_in_the_settings_are_pointed_out(provider, settings):
    settings.JWT_ALGORITHMS = ["HS256"]
    assert {message.id for message in check_tokens(None)} == {"access.E003", "access.W004"}


def segment(value: object) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
