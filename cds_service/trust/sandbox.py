"""The public CDS Hooks sandbox signs with a private key that everybody can download (threat T6)."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from jwt.utils import base64url_decode

ISSUER = "https://sandbox.cds-hooks.org"
JWKS_URL = f"{ISSUER}/.well-known/jwks.json"
PUBLIC_KEY = {
    "kty": "EC",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "use": "sig",
    "alg": "ES384",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
}
"""The public half. https://github.com/cds-hooks/sandbox holds both."""

_X = int.from_bytes(base64url_decode(PUBLIC_KEY["x"]), "big")
_HOST = "sandbox.cds-hooks.org"
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})


def names_sandbox(text: str) -> bool:
    """Whether an issuer or address means the sandbox, however it is spelt: case, port, trailing dot, `%2E`, user
    part, blanks, full-width letters."""
    plain = unicodedata.normalize("NFKC", unquote(unquote(text))).translate(_DOTS).casefold()
    return _HOST in "".join(char for char in plain if char.isprintable() and not char.isspace())


def is_sandbox_key(key: object) -> bool:
    """Whether a public key is the sandbox's, or its mirror image (same `x`), under whatever id."""
    return isinstance(key, EllipticCurvePublicKey) and key.public_numbers().x == _X
