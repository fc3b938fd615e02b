"""Who calls: the token of each request below /cds-services (threats T4 to T6); everybody else gets the same 401."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from flask import Flask, Response, g, request

from cds_service.fhir_client.authorities import authorities_of
from cds_service.logs import log_clock_ahead, log_refused_token
from cds_service.request.errors import Problem, operation_outcome
from cds_service.settings import SettingError, Settings
from cds_service.trust.fetch import fetch_key_set
from cds_service.trust.keys import KeyRing
from cds_service.trust.model import DEVELOPMENT, Client, Registry
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.registry import VARIABLE
from cds_service.trust.replay import Ledger, LedgerUnavailable, MemoryLedger
from cds_service.trust.urls import is_loopback
from cds_service.trust.verify import Verifier
from cds_service.web.watch import current_call, handed

Recognise = Callable[[str, Sequence[str], str, str], Client]
"""From address, values of the header Authorization, base URL and path to the client, or TokenRefused."""

_GUARDED = "/cds-services"
_FEEDBACK = "/feedback"
_BEARER = re.compile(r"Bearer +([^ ,]+) *", re.I)
_RETRY_AFTER = 5
_is_here = lru_cache(maxsize=64)(is_loopback)
_NOTABLE = 5
"""Seconds by which a caller's clock has to be ahead before the log says so."""


def register_authentication(
    app: Flask,
    settings: Settings,
    registry: Registry | None,
    ledger: Ledger | None = None,
    keys: KeyRing | None = None,
) -> Recognise:
    """Let only registered clients through to /cds-services, and put the Client on `flask.g.client`.

    Returns what tells the client of a call, for callers that come before Flask.

    Preflights (OPTIONS) carry no token and pass. Without a registry, in development, callers of this machine pass
    as `DEVELOPMENT`.

    Args:
        app: the application.
        settings: `public_url` is the address that tokens are made out to; outside development it has to be set.
        registry: the clients; None in development alone.
        ledger: tokens seen; one of this process when left out.
        keys: the clients' keys; fetched from where the registry says when left out.

    Raises:
        SettingError: `public_url` is missing, there is no registry outside development, or the site's own authorities
            cannot be read.
    """
    if registry is None and not settings.development:
        raise SettingError(f"{VARIABLE}: no clients are registered, so nobody may call.")
    if registry is not None and settings.public_url is None and not settings.development:
        raise SettingError(
            "IGRT_CDS_PUBLIC_URL: it is not set, so no token can be told to be for this service. "
            "Set it to the address under which clients reach the service, such as https://cds.example.org."
        )
    verifier = None
    if registry is not None:
        verifier = Verifier(
            registry,
            keys or KeyRing(partial(fetch_key_set, ca_file=authorities_of(settings))),
            ledger or MemoryLedger(),
            leeway=settings.token_leeway,
            lifetime=settings.token_lifetime,
        )

    def recognise(address: str, tokens: Sequence[str], base: str, path: str) -> Client:
        return _caller(verifier, address, tokens, settings.public_url or base, path)

    @app.before_request
    def authenticate() -> Response | None:
        if not _guarded() or request.method == "OPTIONS":
            return None
        if settings.open_discovery and request.method in ("GET", "HEAD") and _path() == _GUARDED:
            return None
        begun = handed()
        try:
            if begun is not None:
                g.client = begun.client
                raise begun.error
            tokens = request.headers.getlist("Authorization")
            g.client = recognise(request.remote_addr or "", tokens, request.url_root.rstrip("/"), _path())
            current_call().client = g.client.name
        except TokenRefused as refused:
            log_refused_token(refused.client, refused.reason.code)
            return _unauthorised()
        except LedgerUnavailable:
            return _unavailable()
        return None

    return recognise


def caller() -> Client | None:
    """Who makes this request; None where no token is asked for."""
    client: Client | None = g.get("client")
    return client


def _guarded() -> bool:
    """By address and by route, so that no spelling of an address leads past."""
    route = request.url_rule.rule if request.url_rule else ""
    return request.path.startswith(_GUARDED) or route.startswith(_GUARDED)


def _path() -> str:
    return request.path.rstrip("/")


def _caller(verifier: Verifier | None, address: str, tokens: Sequence[str], base: str, path: str) -> Client:
    if verifier is None:
        if not _is_here(address):
            raise TokenRefused(Reason.elsewhere)
        return DEVELOPMENT
    bearer = _BEARER.fullmatch(tokens[0]) if len(tokens) == 1 else None
    if bearer is None:
        raise TokenRefused(Reason.missing)
    urls = [base + path]
    if path.endswith(_FEEDBACK):  # CDS Hooks leaves open which of the two it is
        urls.append(base + path.removesuffix(_FEEDBACK))
    accepted = verifier.verify(bearer[1], urls)
    if accepted.ahead >= _NOTABLE:
        log_clock_ahead(accepted.client.name, accepted.ahead)
    return accepted.client


def _unauthorised() -> Response:
    problem = Problem("", "The call is not authenticated.", "")
    response = _answer(401, problem, "login")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _unavailable() -> Response:
    what = "Who calls cannot be told at the moment."
    response = _answer(503, Problem("", what, "Try again with a new token."), "transient")
    response.headers["Retry-After"] = str(_RETRY_AFTER)
    return response


def _answer(status: int, problem: Problem, code: str) -> Response:
    body = json.dumps(operation_outcome([problem], code))
    return Response(body, status=status, mimetype="application/json")
