"""A JSON Web Key Set as public keys that may verify, or the reason why it is refused (RFC 7517, threat T2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from cds_service.trust.sandbox import is_sandbox_key

MOST_BYTES = 256 * 1024
MOST_KEYS = 100
MOST_CHARACTERS_OF_A_KID = 512
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
"""What a registry may allow: asymmetric ones only. Each ES algorithm has its own curve (RFC 7518 section 3.4)."""

_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_RSA_BITS = range(2048, 8193)
"""Shorter ones can be broken, longer ones cost the verifier too much."""

Keys = Mapping[tuple[str, str], PyJWK]
"""(kid, algorithm) -> key."""


class BadKeySet(ValueError):
    """A key set that is refused as a whole; the text says why and holds nothing of it."""


def read_key_set(text: bytes, algorithms: Iterable[str], *, sandbox: bool = False) -> Keys:
    """The keys of a JWKS document that may verify tokens of these algorithms.

    Keys of other kinds, for encryption, too short, without `kid` or private are left out: a set may well hold
    them. Of two keys with one `kid` the first counts. `sandbox` admits the public key of the CDS Hooks sandbox.

    Raises:
        BadKeySet: the text is too long, no JWKS, or has too many keys.
    """
    if len(text) > MOST_BYTES:
        raise BadKeySet(f"It is longer than {MOST_BYTES // 1024} KiB.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadKeySet("It is not JSON.") from None
    return usable_keys(data, algorithms, sandbox=sandbox)


def usable_keys(data: Any, algorithms: Iterable[str], *, sandbox: bool = False) -> Keys:
    """As `read_key_set`, from the parsed document."""
    listed = data.get("keys") if isinstance(data, Mapping) else None
    if not isinstance(listed, list):
        raise BadKeySet("It is no key set: the member `keys` with a list is missing.")
    if len(listed) > MOST_KEYS:
        raise BadKeySet(f"It holds more than {MOST_KEYS} keys.")
    allowed = tuple(algorithms)
    found: dict[tuple[str, str], PyJWK] = {}
    for jwk in listed:
        if isinstance(jwk, Mapping) and _may_verify(jwk):
            for algorithm in allowed:
                made = _key(jwk, algorithm)
                if made is not None and (sandbox or not is_sandbox_key(made.key)):
                    found.setdefault((jwk["kid"], algorithm), made)
    return found


def _may_verify(jwk: Mapping[str, Any]) -> bool:
    kid, operations = jwk.get("kid"), jwk.get("key_ops")
    return (
        isinstance(kid, str)
        and 0 < len(kid) <= MOST_CHARACTERS_OF_A_KID
        and jwk.get("use", "sig") == "sig"
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
        and not {"d", "k"} & set(jwk)  # a private key that lies open, or a shared secret, proves nothing
    )


def _key(jwk: Mapping[str, Any], algorithm: str) -> PyJWK | None:
    """The key if it is one for this algorithm."""
    kind = "EC" if algorithm.startswith("ES") else "RSA"
    if jwk.get("kty") != kind or jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        made = PyJWK(dict(jwk), algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    if isinstance(made.key, EllipticCurvePublicKey):
        return made if made.key.curve.name == _CURVES.get(algorithm) else None
    return made if isinstance(made.key, RSAPublicKey) and made.key.key_size in _RSA_BITS else None
