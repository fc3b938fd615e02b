"""Why a token is refused. The caller never learns it (threat T4); our log and `igrt-cds trust test` do."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """One reason: its code stands in the log, the sentences in docs/trust.md and in `trust test`."""

    missing = (
        "missing",
        "The call has no header `Authorization: Bearer …`, or two of them.",
        "Switch on the signing of calls for this service at the EHR.",
    )
    malformed = (
        "malformed",
        "The token is no signed JWT of three parts in base64url, or is longer than 8 KiB.",
        "Send a JWS in compact form after the word Bearer.",
    )
    header = (
        "header",
        "The token's header lacks `kid` or `typ: JWT`, or carries keys of its own (jwk, x5u, x5c) or `crit`.",
        "Set `typ` to JWT and `kid` to the id of the key; send no key with the token.",
    )
    claims = (
        "claims",
        "One of the claims iss, aud, exp, iat and jti is missing or of the wrong type.",
        "Have the EHR send all five: texts for iss and jti (jti at most 255 printable ASCII characters), "
        "numbers of seconds since 1970 for exp and iat.",
    )
    issuer = (
        "issuer",
        "No client with this `iss` is registered.",
        "Compare the `iss` typed at the EHR with the registry, to the last slash; add the client if it is new.",
    )
    audience = (
        "audience",
        "`aud` is not the address of the endpoint that was called.",
        "Type the exact address at the EHR, or register what it sends under `audiences`.",
    )
    expired = (
        "expired",
        "The token's `exp` has passed.",
        "Compare the clocks of both machines; each call needs a new token.",
    )
    future = (
        "future",
        "The token's `iat` or `nbf` lies in the future.",
        "Compare the clocks of both machines.",
    )
    lifetime = (
        "lifetime",
        "More time lies between `iat` and `exp` than a token may live.",
        "Shorten the lifetime at the EHR, or raise IGRT_CDS_TOKEN_LIFETIME.",
    )
    tenant = (
        "tenant",
        "The `tenant` is not registered for this issuer, or the token has none although it should.",
        "Register the tenant under `tenants` of the client that it belongs to.",
    )
    algorithm = (
        "algorithm",
        "`alg` is not one that this client may sign with.",
        "Set ES384 or RS384 at the EHR. `none` and the HS algorithms are never taken.",
    )
    jku = (
        "jku",
        "The token's `jku` is not the registered `jwks_url`.",
        "If the EHR's key address has changed, correct `jwks_url`; never because a token says so.",
    )
    key = (
        "key",
        "The client's key set has no usable key of this `kid` and `alg`.",
        "See that the EHR publishes the key it signs with (RSA of 2048 bits or more, P-384 for ES384). A new key "
        "is found within a minute.",
    )
    keys_unavailable = (
        "keys-unavailable",
        "The client's keys could not be fetched, or what came is no acceptable key set.",
        "Try `igrt-cds trust check`: it fetches the keys and says what is wrong.",
    )
    signature = (
        "signature",
        "The signature does not fit the key.",
        "The EHR signs with another key than it publishes under this `kid`, or the token was altered on its way.",
    )
    replay = (
        "replay",
        "The token was used before.",
        "Each call needs a token with a `jti` of its own, a repeated call too.",
    )
    elsewhere = (
        "elsewhere",
        "Development mode takes calls without a token from this machine alone.",
        "Register clients, and name the file in IGRT_CDS_TRUST.",
    )

    def __init__(self, code: str, meaning: str, remedy: str) -> None:
        self.code, self.meaning, self.remedy = code, meaning, remedy


class TokenRefused(Exception):
    """A token is not accepted. `client` is the registered name that its issuer has, empty when it has none."""

    def __init__(self, reason: Reason, client: str = "") -> None:
        super().__init__(reason.code)
        self.reason, self.client = reason, client
