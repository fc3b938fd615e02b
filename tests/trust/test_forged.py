"""Forged tokens: whatever is wrong, on whatever endpoint, the answer is the same 401, byte for byte (threat T4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.verify import Verifier
from tests.trust import tokens
from tests.trust.tokens import ISSUER, JWKS_URL, PUBLIC_URL, Key, client, key, key_set, registry, token

ENDPOINTS = (
    ("GET", "/cds-services"),
    ("HEAD", "/cds-services"),
    ("GET", "/cds-services/"),
    ("POST", "/cds-services/igrt-order-sign"),
    ("POST", "/cds-services/igrt-order-select"),
    ("POST", "/cds-services/igrt-claim-review"),
    ("POST", "/cds-services/igrt-order-sign/feedback"),
    ("POST", "/cds-services/no-such-service"),
    ("PUT", "/cds-services/igrt-order-sign"),
    ("DELETE", "/cds-services"),
)
RSA = key("rsa", "RS384")
SHORT = key("short", "RS384", 1024)
P256 = key("p256", "ES256")
P521 = key("p521", "ES512")
FOREIGN = key("one-of-somebody-else", "ES384")
UNPUBLISHED = key("one", "ES384", 1)  # the kid of the real key, another key
ENCRYPTION = key("for-encryption", "ES384")
OTHER = "https://other-ehr.example.org"
LATE, EARLY = 9_999_999_999, 1_400_000_000


def now() -> int:
    """Not a constant: other tests may take their time before these run."""
    return int(time.time())


CLIENTS = (
    client(
        jwks_url=JWKS_URL,
        keys={
            "keys": [
                *key_set(key(), RSA, SHORT, P256, P521)["keys"],
                ENCRYPTION.jwk(use="enc"),
                {"kty": "oct", "kid": "shared", "k": "c2hhcmVkIHNlY3JldCBvZiBhdCBsZWFzdCAzMiBieXRlcyE"},
            ]
        },
    ),
    client("other-ehr", issuer=OTHER, keys=key_set(FOREIGN)),
    client(
        "north",
        issuer="https://cloud.example.org",
        tenants=frozenset({"north"}),
        audiences=frozenset({"https://north.example.org/cds"}),
    ),
    client(
        "south",
        issuer="https://cloud.example.org",
        tenants=frozenset({"south"}),
        audiences=frozenset({"https://south.example.org/cds"}),
    ),
)


def encode(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(url: str, **more: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "aud": url, "iat": now(), "exp": now() + 300, "jti": str(uuid.uuid4()), **more}


def unsigned(url: str, algorithm: str) -> str:
    return f"{encode({'alg': algorithm, 'typ': 'JWT', 'kid': 'one'})}.{encode(claims(url))}."


def with_secret(url: str, secret: bytes, algorithm: str = "HS384", kid: str = "one") -> str:
    """Signed with something public, taken as a shared secret."""
    text = f"{encode({'alg': algorithm, 'typ': 'JWT', 'kid': kid})}.{encode(claims(url))}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{text}.{encode(hmac.new(secret, text.encode(), digest).digest())}"


def pem(one: Key) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made: bytes = one.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


def altered(url: str, **more: Any) -> str:
    """A real token with other claims put in."""
    head, _, signature = token(url).split(".")
    return f"{head}.{encode(claims(url, **more))}.{signature}"


def signed_by(one: Key, url: str, **header: Any) -> str:
    return token(url, signer=one, header=header)


def raw(url: str, body: bytes) -> str:
    """Signed with the real key, whatever the body."""
    return jwt.api_jws.encode(body, key().private, "ES384", headers={"kid": "one", "typ": "JWT"})


Forge = Callable[[str], str]
FORGED: dict[str, tuple[Reason, Forge]] = {
    "none": (Reason.algorithm, lambda u: unsigned(u, "none") + "AA"),
    "none without a signature": (Reason.malformed, lambda u: unsigned(u, "none")),
    "None": (Reason.algorithm, lambda u: unsigned(u, "None") + "AA"),
    "NONE": (Reason.algorithm, lambda u: unsigned(u, "NONE") + "AA"),
    "empty alg": (Reason.algorithm, lambda u: unsigned(u, "") + "AA"),
    "HS256 with the public PEM": (Reason.algorithm, lambda u: with_secret(u, pem(RSA), "HS256", "rsa")),
    "HS384 with the public PEM": (Reason.algorithm, lambda u: with_secret(u, pem(RSA), "HS384", "rsa")),
    "HS512 with the public JWK": (
        Reason.algorithm,
        lambda u: with_secret(u, json.dumps(RSA.jwk()).encode(), "HS512", "rsa"),
    ),
    "HS384 with nothing": (Reason.algorithm, lambda u: with_secret(u, b"")),
    "HS384 with a symmetric key of the set": (
        Reason.algorithm,
        lambda u: with_secret(u, b"shared secret of at least 32 bytes!", "HS384", "shared"),
    ),
    "RS256": (Reason.algorithm, lambda u: token(u, signer=Key("rsa", "RS256", RSA.private))),
    "PS384": (Reason.algorithm, lambda u: token(u, signer=Key("rsa", "PS384", RSA.private))),
    "ES256": (Reason.algorithm, lambda u: signed_by(P256, u)),
    "ES512": (Reason.algorithm, lambda u: signed_by(P521, u)),
    "ES384 named with a P-256 key": (Reason.key, lambda u: signed_by(key(), u, kid="p256")),
    "RS384 of 1024 bits": (Reason.key, lambda u: _header(u, SHORT, kid="short")),
    "the kid of an RSA key with ES384": (Reason.key, lambda u: signed_by(key(), u, kid="rsa")),
    "a key for encryption": (Reason.key, lambda u: signed_by(ENCRYPTION, u)),
    "an unknown kid": (Reason.key, lambda u: signed_by(FOREIGN, u)),
    "the key of another issuer": (Reason.key, lambda u: token(u, signer=FOREIGN, iss=ISSUER)),
    "our key for another issuer": (Reason.key, lambda u: token(u, iss=OTHER)),
    "another key of the same kid": (Reason.signature, lambda u: signed_by(UNPUBLISHED, u)),
    "the key embedded as jwk": (Reason.header, lambda u: signed_by(UNPUBLISHED, u, jwk=UNPUBLISHED.jwk())),
    "x5u": (Reason.header, lambda u: signed_by(key(), u, x5u="https://evil.example/cert")),
    "x5c": (Reason.header, lambda u: signed_by(key(), u, x5c=["MIIB"])),
    "crit unknown": (Reason.malformed, lambda u: signed_by(key(), u, crit=["exp"], exp=1)),
    "crit that the library knows": (Reason.header, lambda u: _header(u, crit=["b64"], b64=True)),
    "jku elsewhere": (Reason.jku, lambda u: signed_by(key(), u, jku="https://evil.example/jwks.json")),
    "jku with a slash more": (Reason.jku, lambda u: signed_by(key(), u, jku=JWKS_URL + "/")),
    "jku that begins alike": (Reason.jku, lambda u: signed_by(key(), u, jku=JWKS_URL + ".evil.example")),
    "jku null": (Reason.jku, lambda u: _header(u, jku=None)),
    "jku as a list": (Reason.jku, lambda u: signed_by(key(), u, jku=[JWKS_URL])),
    "jku where none is registered": (
        Reason.jku,
        lambda u: token(u, signer=FOREIGN, iss=OTHER, header={"jku": f"{OTHER}/jwks.json"}),
    ),
    "no kid": (Reason.header, lambda u: token(u, without=("kid",))),
    "kid as a number": (Reason.malformed, lambda u: _header(u, kid=1)),
    "empty kid": (Reason.header, lambda u: signed_by(key(), u, kid="")),
    "a path as kid": (Reason.key, lambda u: signed_by(key(), u, kid="../../dev/null")),
    "no typ": (Reason.header, lambda u: token(u, without=("typ",))),
    "typ of an access token": (Reason.header, lambda u: signed_by(key(), u, typ="at+jwt")),
    "no iss": (Reason.claims, lambda u: token(u, without=("iss",))),
    "no aud": (Reason.claims, lambda u: token(u, without=("aud",))),
    "no exp": (Reason.claims, lambda u: token(u, without=("exp",))),
    "no iat": (Reason.claims, lambda u: token(u, without=("iat",))),
    "no jti": (Reason.claims, lambda u: token(u, without=("jti",))),
    "jti with NUL": (Reason.claims, lambda u: token(u, jti="a\0b")),
    "jti of 10 kB": (Reason.malformed, lambda u: token(u, jti="a" * 10_000)),
    "jti of 256": (Reason.claims, lambda u: token(u, jti="a" * 256)),
    "exp as a text": (Reason.claims, lambda u: token(u, exp=str(now() + 300))),
    "exp true": (Reason.claims, lambda u: token(u, exp=True)),
    "exp NaN": (Reason.claims, lambda u: raw(u, json.dumps(claims(u, exp=float("nan"))).encode())),
    "exp Infinity": (Reason.claims, lambda u: raw(u, json.dumps(claims(u, exp=float("inf"))).encode())),
    "aud as an object": (Reason.claims, lambda u: token(u, aud={"url": u})),
    "aud with a number in it": (Reason.claims, lambda u: token(u, aud=[u, 1])),
    "empty aud list": (Reason.claims, lambda u: token(u, aud=[])),
    "iss unknown": (Reason.issuer, lambda u: token(u, iss="https://evil.example")),
    "iss with a slash more": (Reason.issuer, lambda u: token(u, iss=ISSUER + "/")),
    "iss in capitals": (Reason.issuer, lambda u: token(u, iss=ISSUER.upper())),
    "iss as a list": (Reason.claims, lambda u: raw(u, json.dumps(claims(u, iss=[ISSUER])).encode())),
    "aud of another service": (
        Reason.audience,
        lambda u: token("https://other-cds.example.org/cds-services"),
    ),
    "aud of the whole server": (Reason.audience, lambda u: token(PUBLIC_URL)),
    "aud that begins alike": (Reason.audience, lambda u: token(u + ".evil.example")),
    "aud in http": (Reason.audience, lambda u: token(u.replace("https", "http"))),
    "aud with its path in capitals": (
        Reason.audience,
        lambda u: token(f"{PUBLIC_URL}{u.removeprefix(PUBLIC_URL).upper()}"),
    ),
    "aud with a user": (Reason.audience, lambda u: token(u.replace("https://", "https://u@"))),
    "aud of another endpoint": (Reason.audience, lambda u: token(f"{PUBLIC_URL}/cds-services/another")),
    "aud registered for another tenant of the issuer": (
        Reason.audience,
        lambda u: token("https://south.example.org/cds", iss="https://cloud.example.org", tenant="north"),
    ),
    "aud list of others": (Reason.audience, lambda u: token([PUBLIC_URL, "https://x.example"])),
    "expired": (Reason.expired, lambda u: token(u, iat=EARLY, exp=EARLY + 300)),
    "just expired": (Reason.expired, lambda u: token(u, iat=now() - 400, exp=now() - 100)),
    "iat in the future": (Reason.future, lambda u: token(u, iat=LATE, exp=LATE + 300)),
    "nbf in the future": (Reason.future, lambda u: token(u, nbf=LATE)),
    "a life of ten years": (Reason.lifetime, lambda u: token(u, exp=now() + 315_000_000)),
    "a life of 901 seconds": (Reason.lifetime, lambda u: token(u, iat=now(), exp=now() + 901)),
    "exp before iat": (Reason.lifetime, lambda u: token(u, iat=now() + 30, exp=now() + 20)),
    "no tenant where there are some": (Reason.tenant, lambda u: token(u, iss="https://cloud.example.org")),
    "an unknown tenant": (Reason.tenant, lambda u: token(u, iss="https://cloud.example.org", tenant="east")),
    "a tenant where there are none": (Reason.tenant, lambda u: token(u, tenant="north")),
    "tenant as a list": (
        Reason.claims,
        lambda u: token(u, iss="https://cloud.example.org", tenant=["north"]),
    ),
    "claims put into a real token": (Reason.signature, lambda u: altered(u, sub="somebody")),
    "signature cut": (Reason.signature, lambda u: token(u)[:-8]),
    "signature of zeros": (Reason.signature, lambda u: token(u).rpartition(".")[0] + "." + "A" * 128),
    "signature in padding": (Reason.malformed, lambda u: token(u) + "=="),
    "body is no object": (Reason.malformed, lambda u: raw(u, b'["iss"]')),
    "body is no JSON": (Reason.malformed, lambda u: raw(u, b"iss")),
    "body in UTF-16": (Reason.malformed, lambda u: raw(u, json.dumps(claims(u)).encode("utf-16-le")[:-1])),
    "body very deep": (Reason.malformed, lambda u: raw(u, b"[" * 4000)),
    "two parts": (Reason.malformed, lambda u: token(u).rpartition(".")[0]),
    "five parts": (Reason.malformed, lambda u: "a.b.c.d.e"),
    "100 kB": (Reason.malformed, lambda u: token(u) + "A" * 100_000),
    "no token at all": (Reason.malformed, lambda u: "x"),
}


def _header(url: str, signer: Key | None = None, **header: Any) -> str:
    """What the library would not write."""
    one = signer or key()
    text = f"{encode({'alg': one.algorithm, 'typ': 'JWT', 'kid': 'one', **header})}.{encode(claims(url))}"
    algorithm = jwt.get_algorithm_by_name(one.algorithm)
    return f"{text}.{encode(algorithm.sign(text.encode(), one.private))}"


@pytest.fixture(scope="module")
def site() -> FlaskClient:
    return create_app(tokens.settings(rate_limit=0), registry=registry(*CLIENTS)).test_client()


def ask(site: FlaskClient, method: str, path: str, header: str | None) -> tuple[int, bytes, list[Any]]:
    headers = {} if header is None else {"Authorization": header}
    answer = site.open(path, method=method, headers=headers, data=b"{}" if method == "POST" else None)
    shown = [(name, value) for name, value in answer.headers if name != "X-Request-ID"]
    return answer.status_code, answer.data, shown


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_every_forgery_gets_the_same_answer(site: FlaskClient, method: str, path: str) -> None:
    expected = ask(site, method, path, None)
    assert expected[0] == 401
    assert ("WWW-Authenticate", "Bearer") in expected[2]
    body = json.dumps(
        {
            "resourceType": "OperationOutcome",
            "issue": [
                {"severity": "error", "code": "login", "diagnostics": "The call is not authenticated."}
            ],
        }
    )
    assert expected[1].decode() == ("" if method == "HEAD" else body)
    assert len(FORGED) >= 40
    url = PUBLIC_URL + path.rstrip("/")
    for name, (_, forge) in FORGED.items():
        assert ask(site, method, path, f"Bearer {forge(url)}") == expected, name
    for header in ("", "Bearer", "Bearer ", f"Basic {token(url)}", token(url), f"Bearer {token(url)}, x"):
        assert ask(site, method, path, header) == expected, header


@pytest.mark.parametrize("name", FORGED)
def test_each_forgery_is_refused_for_its_own_reason(name: str) -> None:
    """Otherwise a forgery could be refused by chance, and the check that it is meant for be missing."""
    reason, forge = FORGED[name]
    url = f"{PUBLIC_URL}/cds-services"
    with pytest.raises(TokenRefused) as refused:
        verifier().verify(forge(url), [url])
    assert refused.value.reason is reason


def verifier(**more: Any) -> Verifier:
    from cds_service.trust.keys import KeyRing
    from cds_service.trust.replay import MemoryLedger

    return Verifier(registry(*CLIENTS), KeyRing(fetch=_nowhere), MemoryLedger(), **more)


def _nowhere(url: str) -> bytes:
    raise AssertionError(f"{url} was fetched")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("example-ehr", lambda u: token(u)),
        ("example-ehr", lambda u: token(u, signer=RSA)),
        ("example-ehr", lambda u: token([u, "https://x.example"])),
        ("example-ehr", lambda u: token(u, header={"jku": JWKS_URL}, sub="epic-client")),
        ("example-ehr", lambda u: token(u, iat=now(), exp=now() + 900, nbf=now() - 300)),
        ("example-ehr", lambda u: token(u, iat=time.time() + 0.5)),
        ("example-ehr", lambda u: token(u, header={"typ": "jwt", "cty": "x"})),
        ("other-ehr", lambda u: token(u, signer=FOREIGN, iss=OTHER)),
        ("north", lambda u: token(u, iss="https://cloud.example.org", tenant="north")),
        ("south", lambda u: token(u, iss="https://cloud.example.org", tenant="south")),
        (
            "south",
            lambda u: token("https://south.example.org/cds", iss="https://cloud.example.org", tenant="south"),
        ),
    ],
)
def test_the_real_ones_are_accepted(name: str, made: Forge) -> None:
    url = f"{PUBLIC_URL}/cds-services"
    assert verifier().verify(made(url), [url]).client.name == name


def test_a_token_for_one_service_opens_no_other(site: FlaskClient) -> None:
    for path in ("/cds-services", "/cds-services/igrt-order-sign", "/cds-services/igrt-claim-review"):
        for other in ("/cds-services", "/cds-services/igrt-order-sign", "/cds-services/igrt-claim-review"):
            status = ask(
                site,
                "GET" if other == "/cds-services" else "POST",
                other,
                f"Bearer {token(PUBLIC_URL + path)}",
            )[0]
            assert (status == 401) == (path != other)
