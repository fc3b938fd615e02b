"""`igrt-cds trust test`: which check a token fails, and what to do about it. The token is never shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import jwt
import typer
from rich.text import Text

from cds_service.cli.terminal import CODE_UNREADABLE, CODE_WARNING, console, console_error
from cds_service.environment import read_settings
from cds_service.fhir_client.authorities import authorities_of
from cds_service.settings import SettingError
from cds_service.trust.fetch import fetch_key_set
from cds_service.trust.keys import KeyRing
from cds_service.trust.model import Registry
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.registry import VARIABLE, load_registry
from cds_service.trust.replay import MemoryLedger
from cds_service.trust.verify import Verifier

_STANDARD_INPUT = "-"
_MOST = 64 * 1024


def explain_token(
    token: Annotated[
        str, typer.Argument(help="`-` reads it from standard input, which no process list shows.")
    ],
    url: Annotated[
        str, typer.Option(help="The address that was called; a wrong `aud` is not looked for if left out.")
    ] = "",
    file: Annotated[Path | None, typer.Option(help="The registry.")] = None,
) -> int:
    """Check a token as the service would, and say in words which check fails."""
    settings = read_settings(development=True)
    path = file or settings.trust
    if path is None:
        raise SettingError(f"{VARIABLE}: it names no registry. Set it, or name the file with --file.")
    registry = load_registry(path, development=True)
    text = sys.stdin.read(_MOST) if token == _STANDARD_INPUT else token
    text = text.strip().removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    claims = _claims(text)
    urls = [url] if url else _all(claims.get("aud"))
    verifier = Verifier(
        registry,
        KeyRing(partial(fetch_key_set, ca_file=authorities_of(settings))),
        MemoryLedger(),
        leeway=settings.token_leeway,
        lifetime=settings.token_lifetime,
    )
    try:
        accepted = verifier.verify(text, urls)
    except TokenRefused as refused:
        console_error(f"Refused ({refused.reason.code}). {refused.reason.meaning}")
        for line in _compared(refused.reason, claims, registry, url):
            console_error(f"  {line}")
        console_error(f"What to do: {refused.reason.remedy}")
        return CODE_WARNING
    except ValueError as error:
        console_error(f"The token cannot be checked ({type(error).__name__}).")
        return CODE_UNREADABLE
    console.print(Text(f"Accepted: {accepted.client.name}.", style="green"))
    if not url:
        console.print("`aud` was not compared: give the address that was called with --url.")
    console.print("Whether it was used before only the service knows.")
    return 0


def _claims(text: str) -> Mapping[str, Any]:
    """The claims for the comparison below; none when they cannot be read."""
    try:
        return dict(jwt.decode(text, options={"verify_signature": False}))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return {}


def _all(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _compared(reason: Reason, claims: Mapping[str, Any], registry: Registry, url: str) -> list[str]:
    """What the token says beside what is registered, for the members that an EHR's analyst types."""
    of_issuer = registry.by_issuer.get(str(claims.get("iss")), ())
    if reason is Reason.issuer:
        known = [f"registered        {issuer}" for issuer in registry.by_issuer]
        return [f"iss of the token  {_shown(claims.get('iss'))}", *known]
    if reason is Reason.audience:
        taken = sorted({url} - {""} | {a for client in of_issuer for a in client.audiences})
        said = [f"aud of the token  {_shown(one)}" for one in _all(claims.get("aud"))]
        return [*said, *(f"taken here        {one}" for one in taken)]
    if reason is Reason.tenant:
        tenants = sorted({t for client in of_issuer for t in client.tenants}) or ["none"]
        said = [f"tenant of the token  {_shown(claims.get('tenant', 'none'))}"]
        return [*said, *(f"registered           {one}" for one in tenants)]
    if reason in (Reason.expired, Reason.future, Reason.lifetime):
        now = datetime.now(UTC).timestamp()
        stamps = [(name, claims[name]) for name in ("iat", "nbf", "exp") if name in claims]
        return [*(f"{name}  {_time(value)}" for name, value in stamps), f"now  {_time(now)}"]
    return []


def _shown(value: object) -> str:
    text = "".join(char if char.isprintable() else "?" for char in str(value))
    return text if len(text) <= 200 else text[:200] + "…"


def _time(value: float) -> str:
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError, TypeError):
        return "no time"
