"""Checks the token of a call, in the order that CDS Hooks recommends: iss, aud, exp, tenant, signature, jti (T4)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from cds_service.trust.jwks import ALGORITHMS, MOST_CHARACTERS_OF_A_KID
from cds_service.trust.keys import KeyRing
from cds_service.trust.model import Client, Registry
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.replay import Ledger
from cds_service.trust.urls import in_one_case

LEEWAY = 60
LIFETIME = 900
"""Seconds from `iat` to `exp`; Epic signs for 900."""
_LONGEST = 8 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_JTI = re.compile(r"[!-~]{1,255}")
_NEVER = ("jwk", "x5u", "x5c", "crit", "b64")
"""Header members that bring a key along or ask for what is not understood (RFC 7515 sections 4.1.3 to 4.1.11)."""
_REQUIRED = ("iss", "aud", "exp", "iat", "jti")
_JWT = jwt.PyJWT()


@dataclass(frozen=True, slots=True)
class Accepted:
    """Who calls, and by how many seconds the caller's clock is ahead of ours at least, 0 when it isn't."""

    client: Client
    ahead: int


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def audiences(self) -> frozenset[str]:
        aud = self.claims["aud"]
        return frozenset([aud] if isinstance(aud, str) else aud)

    def is_for(self, addresses: Iterable[str]) -> bool:
        """Whether `aud` names one of these, to the letter but for the case of scheme and host."""
        return not {in_one_case(aud) for aud in self.audiences}.isdisjoint(map(in_one_case, addresses))


class Verifier:
    """Verifies tokens against a registry. Safe to share between threads."""

    def __init__(
        self,
        registry: Registry,
        keys: KeyRing,
        ledger: Ledger,
        *,
        leeway: int = LEEWAY,
        lifetime: int = LIFETIME,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`leeway` and `lifetime` are seconds: by how much clocks may differ, and how long a token may live."""
        self._registry, self._keys, self._ledger = registry, keys, ledger
        self._leeway, self._lifetime, self._clock = leeway, lifetime, clock

    def verify(self, text: str, urls: Collection[str]) -> Accepted:
        """The client that a token speaks for.

        Args:
            text: the token, without the word Bearer.
            urls: the addresses of the endpoint that is called; `aud` must name one of them.

        Raises:
            TokenRefused: with the first reason found.
            LedgerUnavailable: whether it was used before cannot be told now.
        """
        token = _read(text)
        candidates = self._registry.by_issuer.get(token.claims["iss"])
        if not candidates:
            raise TokenRefused(Reason.issuer)
        name = candidates[0].name if len(candidates) == 1 else ""
        registered = frozenset().union(*(client.audiences for client in candidates))
        if not token.is_for(registered | set(urls)):
            raise TokenRefused(Reason.audience, name)
        ahead = self._times(token.claims, name)
        client = _of_tenant(candidates, token.claims)
        if not token.is_for(client.audiences | set(urls)):
            raise TokenRefused(Reason.audience, client.name)
        self._signature(token, client)
        expires = math.ceil(token.claims["exp"]) + self._leeway
        if not self._ledger.first_use(client.issuer, token.claims["jti"], expires):
            raise TokenRefused(Reason.replay, client.name)
        return Accepted(client, ahead)

    def _times(self, claims: Mapping[str, Any], name: str) -> int:
        now = self._clock()
        issued, expires, not_before = claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])
        if now >= expires + self._leeway:
            raise TokenRefused(Reason.expired, name)
        if max(issued, not_before) > now + self._leeway:
            raise TokenRefused(Reason.future, name)
        if not 0 < expires - issued <= self._lifetime:
            raise TokenRefused(Reason.lifetime, name)
        return max(0, math.floor(float(issued) - now))

    def _signature(self, token: _Token, client: Client) -> None:
        algorithm = token.header.get("alg")
        if algorithm not in client.algorithms or algorithm not in ALGORITHMS:
            raise TokenRefused(Reason.algorithm, client.name)
        if "jku" in token.header and token.header["jku"] != client.jwks_url:
            raise TokenRefused(Reason.jku, client.name)
        key = self._keys.key(client, token.header["kid"], algorithm)
        try:
            # The times were checked above, by the same clock; the rest is checked again by the library.
            proven = _JWT.decode(
                token.text,
                key,
                algorithms=[algorithm],
                issuer=client.issuer,
                audience=token.audiences,
                options={
                    "require": list(_REQUIRED),
                    "enforce_minimum_key_length": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenRefused(Reason.signature, client.name) from None
        if proven != token.claims:
            raise TokenRefused(Reason.signature, client.name)


def _read(text: str) -> _Token:
    """Header and claims, not proven yet, once their shape is right.

    Raises:
        TokenRefused: `malformed`, `header` or `claims`.
    """
    if len(text) > _LONGEST or not _TOKEN.fullmatch(text):
        raise TokenRefused(Reason.malformed)
    try:
        parts = _JWT.decode_complete(text, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenRefused(Reason.malformed) from None
    header, claims = parts["header"], parts["payload"]
    kid, kind = header.get("kid"), header.get("typ")
    if any(name in header for name in _NEVER):
        raise TokenRefused(Reason.header)
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise TokenRefused(Reason.header)
    if not isinstance(kid, str) or not 0 < len(kid) <= MOST_CHARACTERS_OF_A_KID:
        raise TokenRefused(Reason.header)
    if not _well_formed(claims):
        raise TokenRefused(Reason.claims)
    return _Token(text, header, claims)


def _well_formed(claims: Mapping[str, Any]) -> bool:
    aud, jti = claims.get("aud"), claims.get("jti")
    several = isinstance(aud, list) and bool(aud) and all(isinstance(one, str) for one in aud)
    return (
        isinstance(claims.get("iss"), str)
        and (isinstance(aud, str) or several)
        and isinstance(jti, str)
        and bool(_JTI.fullmatch(jti))
        and all(_is_time(claims.get(name)) for name in ("exp", "iat"))
        and ("nbf" not in claims or _is_time(claims["nbf"]))
        and isinstance(claims.get("tenant", ""), str)
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12


def _of_tenant(candidates: tuple[Client, ...], claims: Mapping[str, Any]) -> Client:
    """The client that the tenant belongs to. One without tenants takes tokens without a tenant, and no others."""
    tenant = claims.get("tenant")
    for client in candidates:
        if tenant in client.tenants or (tenant is None and not client.tenants):
            return client
    raise TokenRefused(Reason.tenant, candidates[0].name if len(candidates) == 1 else "")
