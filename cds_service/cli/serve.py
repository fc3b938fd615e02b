"""`igrt-cds serve`: the service on waitress (docs/decisions/0004)."""

from __future__ import annotations

import ipaddress
import logging
import socket
from pathlib import Path
from typing import Annotated

import typer
from waitress.server import create_server

from cds_service.app import create_app
from cds_service.books import library_with, standard_library
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.environment import read_settings
from cds_service.store.keeping import open_keeping

_TRIES = 20


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; the next free one is taken when it is in use.")] = 8080,
    pages: Annotated[
        bool | None,
        typer.Option(
            "--pages/--no-pages", help="Start page and CORS for any origin; on by default on loopback only."
        ),
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Imported CMS edits to apply; those that IGRT_CDS_CATALOGUE names if left out."),
    ] = None,
) -> int:
    """Serve the CDS Hooks services, and on loopback the start page with the synthetic fixtures."""
    loopback = _is_loopback(host)
    development = loopback if pages is None else pages
    settings = read_settings(development=development)
    library = library_with(catalogue) if catalogue else standard_library()
    keeping = open_keeping(settings)
    app = create_app(settings, library, keeping)
    bound = _bind(host, port)
    if bound is None:
        console_error(
            f"No port from {port} to {port + _TRIES - 1} is free on {host}. Name another with --port."
        )
        return CODE_UNREADABLE
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    # A page load asks for a score of small files at once; that they wait a moment is no warning.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{bound.getsockname()[1]}"
    console.print(f"igrt-cds listens on {address}", style="bold", soft_wrap=True)
    if development:
        console.print(f"  start page        {address}/", soft_wrap=True)
    console.print(f"  discovery         {address}/cds-services", soft_wrap=True)
    console.print(f"  kept in           {keeping.store.shown}", soft_wrap=True)
    editions = library.knowledge.edits.quarters
    if editions:
        console.print(f"  CMS edit files    {', '.join(editions)}", soft_wrap=True)
    if development:
        console.print(
            "  Development mode: no client authentication, any web page may call. Synthetic data only."
        )
    if not loopback:
        console.print(
            "  WARNING: callers are not authenticated. Put this behind a gateway that does, with TLS.",
            style="bold red",
        )
    # Slow clients hold a connection, not a thread: waitress reads a request before a thread sees it.
    server = create_server(
        app,
        sockets=[bound],
        threads=settings.threads,
        connection_limit=1000,
        channel_timeout=60,
        ident=None,
        # Twice what is read: up to there the refusal is our OperationOutcome, beyond it waitress hangs up.
        max_request_body_size=2 * settings.max_body,
    )
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    finally:
        keeping.close()
    return 0


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + _TRIES) if port else (0,):
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
            bound.listen(1024)
        except OSError:
            bound.close()
            continue
        return bound
    return None
