"""What `igrt-cds doctor` looks at. Each check says what it sees and what to do; none changes anything."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date

from cds_service.books import POLICIES, document_types_of, load_library
from cds_service.cli import doctor_database, doctor_threads, doctor_trust
from cds_service.cli.doctor_rows import refused
from cds_service.clock import today
from cds_service.cms_files.letters import EditFilesError
from cds_service.cms_files.store import edits_of
from cds_service.engine.letters import PolicyError
from cds_service.facts.edits import NO_EDITS
from cds_service.fhir_client.authorities import authorities_of
from cds_service.files import why_no_file
from cds_service.health import Check, Checks, Health
from cds_service.production import missing
from cds_service.request.services import services
from cds_service.settings import SettingError, Settings
from cds_service.store.keeping import sealer_of
from cds_service.tracing import require_tracing
from cds_service.trust.registry import TrustError, load_registry

_OLDEST_CLOCK = date(2026, 1, 1)
_SHOWN = 4


def checks_of(settings: Settings, checks: Checks) -> None:
    """Add all checks of these settings. A part with checks of its own adds them to `checks` too."""
    table: dict[str, Callable[[Settings], Health]] = {
        "clock": _clock,
        "user": _user,
        "policies": _policies,
        "CMS edit files": _editions,
        "database": doctor_database.database,
        "inputs": _inputs,
        "write access": _write_access,
        "threads": _threads,
        "trust": _trust,
        "keys": doctor_trust.keys,
        "authorities": _authorities,
        "origins": doctor_trust.origins,
        "address": _address,
        "proxy": _proxy,
        "traces": _traces,
    }
    for name, check in table.items():
        checks.add(name, _bound(check, settings))


def _bound(check: Callable[[Settings], Health], settings: Settings) -> Check:
    return lambda: check(settings)


def _clock(_: Settings) -> Health:
    zone = time.strftime("%Z (UTC%z)")
    if today() < _OLDEST_CLOCK:
        return Health(
            "fail", f"The clock says {today()}, which is past.", "Set the clock; tokens depend on it."
        )
    return Health("ok", f"{today()}, {zone}. Orders without a date are judged by this day.")


def _user(settings: Settings) -> Health:
    if os.getuid() != 0:
        return Health("ok", f"Not root (user {os.getuid()}).")
    return Health("warn", "Runs as root.", "Start it as a user without rights, as the image does.")


def _policies(settings: Settings) -> Health:
    try:
        types = document_types_of(settings.document_types)
        folders = (POLICIES, *settings.policy_path)
        book = load_library(folders, settings.lcd_in_force, document_types=types).engine.book
    except (PolicyError, SettingError) as error:
        lines = [line.strip() for line in str(error).splitlines()]
        return Health("fail", " ".join(lines[:_SHOWN]), "See `igrt-cds policies check`.", public=False)
    return Health("ok", f"Book {book.fingerprint}: {len(book.policies)} policies, {len(book.rules)} rules.")


def _editions(settings: Settings) -> Health:
    now = today()
    current = f"{now.year}Q{(now.month + 2) // 3}"
    try:
        quarters = (edits_of(settings.catalogue) if settings.catalogue else NO_EDITS).quarters
    except EditFilesError as error:
        return Health("fail", " ".join(error.lines()), "Import it anew: docs/cms-files.md.", public=False)
    if not quarters:
        remedy = "Optional: docs/cms-files.md imports them, IGRT_CDS_CATALOGUE names them."
        return Health("ok", "None imported; the package's own edits apply.", remedy)
    if quarters[0] < current:
        remedy = "Import the current quarter: docs/cms-files.md."
        return Health("warn", f"The newest is {quarters[0]}, the current one {current}.", remedy)
    return Health("ok", ", ".join(quarters))


def _inputs(settings: Settings) -> Health:
    try:
        sealer = sealer_of(settings)
    except SettingError as error:
        return refused(str(error))
    if sealer is None:
        return Health("ok", "Inputs of calls are not kept; IGRT_CDS_INPUT_KEY would encrypt them for replay.")
    return Health("ok", f"Inputs of calls are kept encrypted, for {settings.input_days} day(s).")


def _write_access(settings: Settings) -> Health:
    try:
        with tempfile.TemporaryFile():
            return Health("ok", f"{tempfile.gettempdir()} can be written.")
    except OSError as error:
        what = f"No folder for temporary files can be written ({type(error).__name__})."
        return Health("fail", what, "Mount a tmpfs on /tmp: the metrics of the workers are added up there.")


def _threads(settings: Settings) -> Health:
    if not settings.production:
        return Health("ok", "One process; `serve --production` needs more: ask with --production.")
    return doctor_threads.threads(settings)


def _trust(settings: Settings) -> Health:
    if settings.trust is None:
        if settings.production:
            return Health("fail", *_letter(settings, "IGRT_CDS_TRUST"))
        return Health(
            "warn", "No trust registry: nobody is authenticated.", "For development on loopback only."
        )
    if why := why_no_file(settings.trust):
        what = f"{settings.trust} {why}."
        return Health("fail", what, "Check IGRT_CDS_TRUST and the file's rights.", public=False)
    try:
        clients = load_registry(settings.trust, development=settings.development).clients
    except TrustError as error:
        return Health("fail", str(error), "Correct it (docs/trust.md).", public=False)
    return Health("ok", f"{settings.trust} registers {len(clients)} client(s).", public=False)


def _authorities(settings: Settings) -> Health:
    try:
        file = authorities_of(settings)
    except SettingError as error:
        return Health("fail", str(error), "Correct IGRT_CDS_FHIR_CA_FILE.", public=False)
    if not file:
        return Health("ok", "FHIR servers and key sets are believed by the usual authorities alone.")
    return Health("ok", f"{file} and the usual authorities.", public=False)


def _address(settings: Settings) -> Health:
    url = settings.public_url
    if url is None or (settings.production and not url.startswith("https://")):
        return Health("fail" if settings.production else "warn", *_letter(settings, "IGRT_CDS_PUBLIC_URL"))
    named = [f"{url}/cds-services/{service}" for service in services(settings.claim_hook)]
    return Health("ok", f"Tokens have to name in `aud` what they call: {', '.join(named)}")


def _proxy(settings: Settings) -> Health:
    if settings.production and settings.proxies == 0:
        what = "IGRT_CDS_PROXIES is 0: every caller seems to have the proxy's address."
        return Health("warn", what, "Set it to the number of proxies in front, 1 in compose.yaml.")
    return Health("ok", f"{settings.proxies} in front are believed.")


def _traces(settings: Settings) -> Health:
    try:
        require_tracing(settings)
    except SettingError as error:
        return refused(str(error))
    if not settings.otel_endpoint:
        return Health("ok", "None are made; IGRT_CDS_OTEL_ENDPOINT would name a collector.")
    return Health("ok", f"They go to {settings.otel_endpoint}.", public=False)


def _letter(settings: Settings, variable: str) -> tuple[str, str]:
    """What is missing and what to do, in the words of `serve --production`."""
    (text,) = (line for line in missing(settings) if line.startswith(variable))
    what, _, remedy = text.partition(". ")
    return f"{what}.", remedy
