"""`igrt-cds serve`: the service on waitress (docs/decisions/0004), with `--production` on gunicorn (0011)."""

from __future__ import annotations

import atexit
import errno
import ipaddress
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from waitress.server import create_server

from cds_service.books import Library, library_with, standard_library
from cds_service.cli.servers import Production, counted_together, run_until_stopped, tokens_together
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.environment import read_settings
from cds_service.fhir_client.authorities import authorities_of
from cds_service.logs import configure
from cds_service.memory import keep_what_is_loaded
from cds_service.production import require_production
from cds_service.settings import SettingError, Settings
from cds_service.store.database import Store
from cds_service.store.keeping import open_keeping, sealer_of, store_of
from cds_service.store.migrate import prepare
from cds_service.store.token_files import TokenFiles
from cds_service.tracing import require_tracing
from cds_service.trust.model import Registry
from cds_service.trust.registry import VARIABLE, registry_of
from cds_service.trust.sandbox import names_sandbox

_TRIES = 20
_LAST_PORT = 65535
_NEVER = 2**40


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port; the next free one is taken when it is in use.", min=0, max=_LAST_PORT)
    ] = 8080,
    pages: Annotated[
        bool | None,
        typer.Option(
            "--pages/--no-pages", help="Start page and CORS for any origin; on by default on loopback only."
        ),
    ] = None,
    production: Annotated[
        bool,
        typer.Option(
            "--production",
            help="Worker processes for a buffering proxy; refuses to start with anything open.",
        ),
    ] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Imported CMS edits to apply; those that IGRT_CDS_CATALOGUE names if left out."),
    ] = None,
) -> int:
    """Serve the CDS Hooks services, and on loopback the start page with the synthetic fixtures."""
    development = pages if pages is not None else _is_loopback(host) and not production
    settings = read_settings(development=development, production=production)
    if production:
        require_production(settings)
    # Asked here, and not in each worker when it has started: one letter, and nothing that was begun.
    require_tracing(settings)
    sealer_of(settings)
    authorities_of(settings)
    registry = registry_of(settings)
    if registry is None and not _is_loopback(host):
        raise SettingError(
            f"{VARIABLE}: no clients are registered, and --pages without them is for this machine's own addresses. "
            "Make a registry with `igrt-cds trust add` (docs/trust.md), or leave out --host."
        )
    library = library_with(catalogue) if catalogue else standard_library()
    store = store_of(settings)
    trouble = prepare(store)
    bound = _bind(host, port, 1 if production else _TRIES)
    if bound is None:
        last = min(port + _TRIES - 1, _LAST_PORT)
        ports = f"Port {port} is not" if production or last == port else f"No port from {port} to {last} is"
        console_error(f"{ports} free on {host}. Name another with --port.")
        return CODE_UNREADABLE
    shown = f"[{host}]" if ":" in host else host
    with suppress(OSError):  # a full disk under the log keeps nobody from getting cards
        _announce(f"http://{shown}:{bound.getsockname()[1]}", settings, library, registry)
        console.print(f"  kept in           {store.shown}", soft_wrap=True)
    if trouble:
        with suppress(OSError):
            console_error(trouble)
    configure(settings.log_level)
    (_run_workers if production else _run_one)(bound, settings, library, store)
    return 0


def _announce(address: str, settings: Settings, library: Library, registry: Registry | None) -> None:
    console.print(f"igrt-cds listens on {address}", style="bold", soft_wrap=True)
    if settings.development:
        console.print(f"  start page        {address}/", soft_wrap=True)
    console.print(f"  discovery         {address}/cds-services", soft_wrap=True)
    editions = library.knowledge.edits.quarters
    if editions:
        console.print(f"  CMS edit files    {', '.join(editions)}", soft_wrap=True)
    if registry is not None:
        names = ", ".join(client.name for client in registry.clients)
        console.print(f"  clients           {names}", soft_wrap=True)
    if registry is None:
        console.print(
            "  Development mode: no client authentication, any web page may call. Synthetic data only.",
            style="bold red",
            soft_wrap=True,
        )
    elif settings.development:
        console.print(
            "  Development mode: calls need a token, any web page may call. Synthetic data only.",
            style="bold red",
            soft_wrap=True,
        )
    if registry is not None and any(names_sandbox(client.issuer) for client in registry.clients):
        console.print(
            "  The public CDS Hooks sandbox is trusted: its private key is public, so anybody can sign as it.",
            style="bold red",
            soft_wrap=True,
        )


def _run_one(bound: socket.socket, settings: Settings, library: Library, store: Store) -> None:
    # Imported late: prometheus-client decides when it is first imported whether processes count together.
    from cds_service.app import create_app

    # Slow clients hold a connection, not a thread: waitress reads a request before a thread sees it.
    keeping = open_keeping(settings, store)
    app = create_app(settings, library, keeping=keeping)
    keep_what_is_loaded()
    server = create_server(
        app,
        sockets=[bound],
        threads=settings.threads,
        connection_limit=1000,
        channel_timeout=60,
        ident=None,
        # Twice what is read: up to there the refusal is our OperationOutcome, beyond it waitress hangs up.
        max_request_body_size=2 * settings.max_body,
        # Requests and answers stay in memory: no patient data in a temporary file.
        inbuf_overflow=4 * settings.max_body,
        outbuf_overflow=_NEVER,
        outbuf_high_watermark=_NEVER,
    )
    run_until_stopped(server, settings.drain)
    keeping.close()


def _run_workers(bound: socket.socket, settings: Settings, library: Library, store: Store) -> None:
    store.close()  # no connection crosses the fork
    os.set_inheritable(bound.fileno(), True)
    with counted_together(), tokens_together() as used:

        def make() -> object:
            from cds_service.app import create_app

            keeping = open_keeping(settings, store, TokenFiles(used))
            atexit.register(keeping.close)
            app = create_app(settings, library, keeping=keeping)
            keep_what_is_loaded()
            return app

        Production(make, bound, settings).run()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int, tries: int) -> socket.socket | None:
    """The first port that is free; None when none is.

    Raises:
        SettingError: the host is at fault, so that no port would do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    barred = 0
    candidates = range(port, min(port + tries, _LAST_PORT + 1)) if port else (0,)
    for candidate in candidates:
        bound: socket.socket | None = None
        try:
            bound = socket.socket(family, socket.SOCK_STREAM)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, candidate))
            bound.listen(1024)
        except (OSError, UnicodeError) as error:
            if bound is not None:
                bound.close()
            if what := _fault_of_host(error):
                remedy = (
                    "Name an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for all of them."
                )
                raise SettingError(f"--host: {host} {what}. {remedy}") from None
            barred += isinstance(error, PermissionError)
            continue
        return bound
    if barred == len(candidates):
        raise SettingError(f"--port: this user may not take {port}. Name one from 1024 on, such as 8080.")
    return None


def _fault_of_host(error: Exception) -> str:
    """Why no port of a host would do, as the end of a sentence; empty where another port might."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return "is no address, and no name that is known here"
    if isinstance(error, OSError) and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "is no address of this machine"
    return ""
