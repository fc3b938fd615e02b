"""Signs tokens as an EHR does, with keys made for the test: for test clients and for `requests` sessions."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from requests.auth import AuthBase
from werkzeug.datastructures import Headers

from cds_service.app import create_app
from cds_service.books import Library
from cds_service.settings import Settings
from cds_service.trust.model import Client, Registry

ISSUER = "https://ehr.example.org"
JWKS_URL = f"{ISSUER}/jwks.json"
PUBLIC_URL = "https://cds.example.org"
CURVES: dict[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}


@dataclass(frozen=True)
class Key:
    """A private key with its `kid`."""

    kid: str
    algorithm: str
    private: Any

    def jwk(self, **more: Any) -> dict[str, Any]:
        """The public half."""
        kind: Any = ECAlgorithm if self.algorithm.startswith("ES") else RSAAlgorithm
        public = json.loads(kind.to_jwk(self.private.public_key()))
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm, **more}


@cache
def key(kid: str = "one", algorithm: str = "ES384", bits: int = 2048) -> Key:
    """A key of this algorithm; the same for the same arguments within a run."""
    if algorithm.startswith("ES"):
        return Key(kid, algorithm, ec.generate_private_key(CURVES[algorithm]))
    return Key(kid, algorithm, rsa.generate_private_key(public_exponent=65537, key_size=bits))


def key_set(*keys: Key) -> dict[str, Any]:
    """A JWKS of their public halves."""
    return {"keys": [one.jwk() for one in keys]}


def token(
    audience: Any = f"{PUBLIC_URL}/cds-services",
    *,
    signer: Key | None = None,
    header: dict[str, Any] | None = None,
    without: tuple[str, ...] = (),
    **claims: Any,
) -> str:
    """A signed token. `header` and `claims` go before the usual ones; `without` leaves out members of both."""
    signer = signer or key()
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
    body = {name: value for name, value in {**usual, **claims}.items() if name not in without}
    head = {"kid": signer.kid, "typ": "JWT", **(header or {})}
    # The library writes a `typ` of its own unless it is told that there is none.
    head = {name: None if name in without else value for name, value in head.items()}
    head = {name: value for name, value in head.items() if value is not None or name == "typ"}
    return jwt.encode(body, signer.private, signer.algorithm, headers=head)


def client(name: str = "example-ehr", **more: Any) -> Client:
    """A client whose keys are known without a fetch."""
    return Client(name, more.pop("issuer", ISSUER), keys=more.pop("keys", key_set(key())), **more)


def registry(*clients: Client) -> Registry:
    """A registry; of the one usual client when none is named."""
    return Registry.of(clients or (client(),))


def settings(**more: Any) -> Settings:
    """Settings of a service that asks for tokens."""
    return Settings(**{"public_url": PUBLIC_URL, **more})


def bearer(path: str = "/cds-services", **more: Any) -> dict[str, str]:
    """The header of one call to this path; every call needs a new one."""
    return {"Authorization": f"Bearer {token(PUBLIC_URL + path, **more)}"}


@dataclass
class Signs(AuthBase):
    """Signs each request of a `requests` session for its own path: `session.auth = Signs()`."""

    base: str = PUBLIC_URL
    more: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        path = unquote(request.path_url.partition("?")[0]).rstrip("/")
        request.headers["Authorization"] = f"Bearer {token(self.base + path, **self.more)}"
        return request


EVERYWHERE = "urn:igrt-cds:test"
"""An audience that `signing_app` takes on every endpoint."""


def write_registry(path: Path) -> None:
    """A registry of the one usual client, its key in it; JSON is YAML too."""
    entry = {"name": "example-ehr", "profile": "generic", "issuer": ISSUER, "keys": [key().jwk()]}
    path.write_text(json.dumps({"clients": [entry]}))


class SigningClient(FlaskClient):
    """A test client that signs each call that brings no header `Authorization` of its own."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """As the test client's; the path has to be the first argument."""
        headers = Headers(kwargs.pop("headers", None) or {})
        headers.setdefault("Authorization", f"Bearer {token(EVERYWHERE)}")
        return super().open(*args, headers=headers, **kwargs)


def signing_app(library: Library | None = None, **more: Any) -> Flask:
    """The application outside development; its test clients are a registered client's, and sign each call."""
    known = registry(client(audiences=frozenset({EVERYWHERE})))
    app = create_app(settings(**more), library, known)
    app.test_client_class = SigningClient
    return app
