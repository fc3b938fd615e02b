"""Headers of every answer, errors too: security headers, and CORS for the origins of the trust registry (T18)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from flask import Flask, Response, request
from flask_cors import CORS

from cds_service.settings import SettingError, Settings
from cds_service.store.keeping import DECISION_HEADER
from cds_service.web.watch import HEADER

_SERVICES: Final = "/cds-services"
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[1-9][0-9]{0,4})?")
_ANY: Final = frozenset({"*"})

SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
"""A page of ours that needs more than `default-src 'none'` sets its own policy."""
HSTS: Final = "max-age=31536000"


def always_sent(settings: Settings) -> Mapping[str, str]:
    """Security headers that every answer has."""
    secure = (settings.public_url or "").startswith("https://")
    return SECURITY | ({"Strict-Transport-Security": HSTS} if secure else {})


def register_headers(app: Flask, settings: Settings, origins: Collection[str] = ()) -> None:
    """Set the headers. `origins` may call from a browser; any may in development, where `origins` is not asked.

    Raises:
        SettingError: an origin is none, or would be read as a pattern.
    """
    always = always_sent(settings)

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        there = {name.lower() for name, _ in headers}
        for name, value in always.items():
            if name.lower() not in there:
                headers.add(name, value)
        if request.path.startswith(_SERVICES):
            response.vary.add("Origin")
        return response

    allowed = _ANY if settings.development else frozenset(origins)
    if not settings.development:
        # flask-cors takes an entry with signs like * for a pattern: nothing but a plain origin gets that far.
        for origin in sorted(allowed):
            if not _ORIGIN.fullmatch(origin):
                remedy = "Write https://HOST or https://HOST:PORT in the trust registry, in small letters."
                raise SettingError(f"origins: {origin!r} is not the origin of a web page. {remedy}")
    if allowed:
        CORS(
            app,
            resources={rf"{_SERVICES}.*": {"origins": sorted(allowed)}},
            methods=["GET", "POST", "OPTIONS"],
            allow_headers=["Authorization", "Content-Type", HEADER] if not settings.development else "*",
            expose_headers=[HEADER, DECISION_HEADER, "Retry-After"],
            supports_credentials=False,
            always_send=False,
            max_age=600,
        )
        _only_for_browsers(app)


def _only_for_browsers(app: Flask) -> None:
    """Let flask-cors look at answers to web pages alone: without an Origin it has nothing to say."""
    of_all = app.after_request_funcs[None]
    look = of_all.pop()

    @app.after_request
    def cors(response: Response) -> Response:
        return look(response) if "HTTP_ORIGIN" in request.environ else response  # type: ignore[return-value]
