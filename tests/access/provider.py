"""A small identity provider on the loopback: keys, tokens, and what OpenID Connect asks for."""

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

_MAKE: dict[str, Callable[[], Any]] = {
    "RS": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "PS": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed": ed25519.Ed25519PrivateKey.generate,
}


class Signer:
    """A key pair of the provider."""

    def __init__(self, kid: str, algorithm: str = "ES256"):
        self.kid, self.algorithm = kid, algorithm
        self.private = (_MAKE.get(algorithm) or _MAKE[algorithm[:2]])()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as it stands in a JWKS."""
        public = json.loads(get_default_algorithms()[self.algorithm].to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers={"kid": self.kid})


class IdentityProvider:
    """Serves `answers` (path: status and JSON) until it is closed; counts what it is asked."""

    def __init__(self) -> None:
        self.signer = Signer("first")
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.publish(self.signer)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "IdentityProvider":
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        """The provider's own name."""
        return self.url("")

    def url(self, path: str) -> str:
        """Where a path is served."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def publish(self, *signers: Signer) -> None:
        """Serve the public keys of these signers, and no others."""
        self.answers["/jwks"] = 200, {"keys": [signer.jwk for signer in signers]}

    def fail(self) -> None:
        """From now on answer everything with 500."""
        self.answers = {}

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Claims that are accepted, with some replaced; None leaves one out."""
        usual = {
            "iss": self.issuer,
            "aud": "tmfusage",
            "exp": int(time.time()) + 300,
            "azp": "selfcare",
            "sub": "4711",
            "scope": "openid usage:read profile",
        }
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}

    def token(self, signer: Signer | None = None, **claims: Any) -> str:
        """A token of this provider."""
        return (signer or self.signer).sign(self.claims(**claims))


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers from the provider's table."""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            provider.asked.append(path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = provider.answers.get(path, (500, {}))
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_args: object) -> None:
            """Tests have their own output."""

    return Handler
