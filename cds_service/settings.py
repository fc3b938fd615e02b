"""Settings of the service: one table. A new setting is one line in `Settings`; docs/settings.md is made from it.

The environment is read by `cds_service.environment`; the command line fills the rest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from cds_service.request.services import CLAIM_HOOK

PREFIX = "IGRT_CDS_"
LCD_IN_FORCE = f"{PREFIX}LCD_IN_FORCE"
"""Environment variable: first and last day, FIRST/LAST, for which the site has confirmed the Florida LCD text."""

DOCUMENT_TYPES = f"{PREFIX}DOCUMENT_TYPES"
"""Environment variable: a YAML file that maps the site's codes of documents to document types of ours."""


class SettingError(ValueError):
    """A setting cannot be used; the text is a letter: where, what, what to do."""


class Secret:
    """A setting that no log, error or `repr` shows. Its variable may end in `_FILE` and name a file instead."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def _said(
    text: str,
    *,
    form: str = "",
    parse: Callable[[str], Any] | None = None,
    remedy: str = "",
    environment: bool = True,
    **bounds: Any,
) -> msgspec.Meta:
    """What a setting is: a sentence for the manual, how its text is written, what to do about a wrong one (the
    sentence, if left out), whether the environment may give it, and its bounds."""
    extra = {"form": form, "parse": parse, "remedy": remedy or text, "environment": environment}
    return msgspec.Meta(description=text, extra=extra, **bounds)


def period(text: str) -> tuple[date, date]:
    """First and last day of FIRST/LAST, both included.

    Raises:
        ValueError: the text is anything but two days in their order.
    """
    first, last = (date.fromisoformat(part.strip()) for part in text.split("/"))
    if last < first:
        raise ValueError(text)
    return first, last


def folders(text: str) -> tuple[Path, ...]:
    """Folders, separated as in PATH."""
    return tuple(Path(part) for part in text.split(os.pathsep) if part)


def base_url(text: str) -> str:
    """An absolute http(s) URL without user, query and fragment; scheme and host in small letters, which they are the
    same as (RFC 3986, section 6.2.2.1); a slash at its end is dropped.

    Raises:
        ValueError: the text is anything else.
    """
    parts = urlsplit(text)
    plain = parts.scheme in {"http", "https"} and parts.hostname and not set(text) & set("?#%")
    odd = parts.port == 0 or parts.netloc.endswith(":") or any(sign.isspace() for sign in text)
    if not plain or odd or "@" in parts.netloc:
        raise ValueError(text)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}".rstrip("/")


def own_hook(text: str) -> str:
    """The name of a hook of one's own, which begins with a domain, turned round (CDS Hooks 2.0, Hooks).

    Raises:
        ValueError: the text is anything else, such as the name of a standard hook.
    """
    if not _OWN_HOOK.fullmatch(text):
        raise ValueError(text)
    return text


_OWN_HOOK = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")
_URL = "address that begins with http:// or https://"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the service runs. `IGRT_CDS_` and the name in capitals is the variable of each setting.

    Built in code, it takes its values as they are; `cds_service.environment` checks what it reads.
    """

    development: Annotated[
        bool, _said("Start page, CORS for any page and callers without a token.", environment=False)
    ] = False
    production: Annotated[
        bool, _said("What `serve --production` sets: nothing open, nothing by default.", environment=False)
    ] = False

    # Policies
    policy_path: Annotated[
        tuple[Path, ...],
        _said(
            "Folders with further payers, separated as in `PATH`.",
            form="list of folders",
            parse=folders,
        ),
    ] = ()
    catalogue: Annotated[
        Path | None, _said("Imported CMS edits (`igrt-cds catalogue import`) that the service applies.")
    ] = None
    lcd_in_force: Annotated[
        tuple[date, date] | None,
        _said(
            "Days for which the site has confirmed the Florida LCD text, such as `2016-11-07/2025-12-31`.",
            form="first and a last day",
            parse=period,
            remedy="Write them as 2016-11-07/2025-12-31, or leave it unset.",
        ),
    ] = None
    document_types: Annotated[
        Path | None, _said("YAML file that maps the site's codes of documents to the rules' document types.")
    ] = None
    claim_hook: Annotated[
        str,
        _said(
            "Name of the claim hook, which a site may put into its own domain.",
            form="name that begins with a reversed domain",
            parse=own_hook,
            remedy="Write it as org.example.claim-submit, or leave it unset.",
        ),
    ] = CLAIM_HOOK

    # Callers
    public_url: Annotated[
        str | None,
        _said(
            "Address under which clients reach the service; tokens are made out to it (`aud`).",
            form=_URL,
            parse=base_url,
        ),
    ] = None
    trust: Annotated[Path | None, _said("The trust registry: who may call (`igrt-cds trust`).")] = None
    open_discovery: Annotated[
        bool, _said("Whether `GET /cds-services` is answered without a token; it lists services, no data.")
    ] = False
    token_leeway: Annotated[
        int, _said("Seconds by which a client's clock may differ from ours.", ge=0, le=300)
    ] = 60
    token_lifetime: Annotated[
        int, _said("Longest life of a token in seconds; Epic signs for 900.", ge=60, le=3600)
    ] = 900
    proxies: Annotated[
        int,
        _said(
            "Proxies in front whose `X-Forwarded-For` and `-Proto` are believed; 1 in compose.yaml.",
            ge=0,
            le=5,
        ),
    ] = 0

    # Limits
    max_body: Annotated[
        int, _said("Largest request, in bytes; above it the answer is 413.", ge=1024, le=64 * 2**20)
    ] = 8 * 2**20
    rate_limit: Annotated[
        int,
        _said(
            "Calls a second that one client may make, over ten seconds and in each worker; else 429. 0: no limit.",
            ge=0,
            le=100_000,
        ),
    ] = 100
    max_concurrent: Annotated[
        int, _said("Calls under way at once in each worker; above it the answer is 503.", ge=1, le=1000)
    ] = 32
    fhir_budget: Annotated[
        float, _said("Seconds that a call may spend on reading from FHIR servers.", gt=0, le=30)
    ] = 2.0
    fhir_ca_file: Annotated[
        Path | None,
        _said(
            "Certificates (PEM) of authorities to trust for FHIR servers and key sets, beside the usual ones."
        ),
    ] = None

    # Processes
    workers: Annotated[
        int,
        _said(
            "Worker processes of `serve --production`. Each may need 240 threads: `pids_limit` in compose.yaml.",
            ge=1,
            le=64,
        ),
    ] = 2
    pin_workers: Annotated[
        bool,
        _said("Whether each worker stays on a core of its own, where there are as many cores as workers."),
    ] = True
    threads: Annotated[
        int,
        _said(
            "Threads of each worker; more than `MAX_CONCURRENT`, to refuse and to show health.", ge=2, le=1024
        ),
    ] = 40
    drain: Annotated[
        int, _said("Seconds that calls under way get to end when the service is stopped.", ge=0, le=300)
    ] = 20

    # What it keeps
    database_url: Annotated[
        Secret | None,
        _said(
            "SQLAlchemy URL of the store; a SQLite file of the user's own data when left out.", parse=Secret
        ),
    ] = None
    input_key: Annotated[
        Secret | None,
        _said(
            "Key that encrypts the inputs of calls, which are kept for `igrt-cds replay` then "
            "(`igrt-cds store new-key`).",
            parse=Secret,
        ),
    ] = None
    input_days: Annotated[int, _said("Days after which encrypted inputs are deleted.", ge=1, le=3650)] = 30

    # What it tells
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _said("Least severe log line that is written.")
    ] = "info"
    otel_endpoint: Annotated[
        str | None,
        _said(
            "OTLP/HTTP collector for traces (`pip install igrt-cds[otel]`); none are made when left out.",
            form=_URL,
            parse=base_url,
        ),
    ] = None
