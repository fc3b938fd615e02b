"""`igrt-cds trust …`: who may call, and why a token is refused."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.cli.trust_token import explain_token
from cds_service.environment import setting
from cds_service.fhir_client.authorities import authorities_of
from cds_service.settings import SettingError, Settings
from cds_service.trust.model import Registry
from cds_service.trust.presets import PRESETS, Preset
from cds_service.trust.reachable import keys_of
from cds_service.trust.registry import VARIABLE, TrustError, load_registry
from cds_service.trust.urls import url_fault
from cds_service.trust.writing import add_client

app = typer.Typer(help="Who may call the service (docs/trust.md).", no_args_is_help=True)
app.command("test")(explain_token)

File = Annotated[Path | None, typer.Option(help=f"The registry; the file that {VARIABLE} names if left out.")]
Profile = Enum("Profile", {name: name for name in PRESETS}, type=str)  # type: ignore[misc]
Several = list[str] | None


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A name of your own for it, such as lakeside-epic.")],
    profile: Annotated[Profile, typer.Option(help="The kind of client.")],
    issuer: Annotated[str, typer.Option(help="The exact `iss` of its tokens.")] = "",
    jwks_url: Annotated[
        str, typer.Option(help="The https address of its key set, as in the `jku` of its tokens.")
    ] = "",
    keys_file: Annotated[
        str, typer.Option(help="A file with its key set, when it has no address for it.")
    ] = "",
    tenant: Annotated[Several, typer.Option(help="A `tenant` claim of its own; may be repeated.")] = None,
    audience: Annotated[
        Several, typer.Option(help="An `aud` to accept besides the address that is called; may be repeated.")
    ] = None,
    fhir_base: Annotated[
        Several,
        typer.Option(
            help="Base URL of a FHIR server of its own, with Epic besides the issuer; may be repeated."
        ),
    ] = None,
    origin: Annotated[
        Several, typer.Option(help="A web origin whose pages may call; may be repeated.")
    ] = None,
    file: File = None,
) -> int:
    """Register a client, and say what to type at its end."""
    path = _path(file)
    preset = PRESETS[profile.value]
    issuer = issuer or preset.issuer
    jwks_url = jwks_url or preset.jwks_url.format(issuer=issuer)
    if not issuer:
        console_error(f"--issuer: it is missing. For {preset.title} it is {preset.issuer_from}.")
        return CODE_UNREADABLE
    if not jwks_url and not keys_file:
        console_error(f"--jwks-url: it is missing. For {preset.title} it is {preset.jwks_from}.")
        return CODE_UNREADABLE
    entry = {
        "name": name,
        "profile": profile.value,
        "issuer": issuer,
        "jwks_url": jwks_url,
        "keys_file": keys_file,
        "keys": [] if keys_file else list(preset.keys),
        "algorithms": list(preset.algorithms),
        "tenants": list(tenant or []),
        "audiences": list(audience or []),
        "fhir_bases": _fhir_bases(issuer, preset, fhir_base or []),
        "origins": list(origin or []),
    }
    try:
        written = add_client(path, entry, development=profile.value == "sandbox")
    except OSError as error:
        console_error(f"{path}: it cannot be written ({error.strerror}). Name another with --file.")
        return CODE_UNREADABLE
    except UnicodeDecodeError:
        console_error(f"{path}: what stands there is no UTF-8 text. Name another with --file.")
        return CODE_UNREADABLE
    console.print(Text(f"{path}:\n{written}"), soft_wrap=True)
    _say_what_to_type(issuer, preset.notes)
    return 0


def _fhir_bases(issuer: str, preset: Preset, given: list[str]) -> list[str]:
    """The issuer first, where this kind of client signs with the address of its FHIR server, then those that are given.

    An issuer that is no such address is left out where others are given, and refused with a letter where none are.
    """
    if not preset.issuer_is_fhir_base or (given and url_fault(issuer)[0]):
        return given
    return [issuer, *(base for base in given if base.rstrip("/") != issuer.rstrip("/"))]


def _say_what_to_type(issuer: str, notes: tuple[str, ...]) -> None:
    base = setting("public_url") or "https://YOUR-SERVICE"
    rows = [
        ("discovery", f"{base}/cds-services"),
        (
            "aud of a call",
            f"{base}/cds-services/SERVICE-ID: the exact address of the endpoint that is called",
        ),
        ("iss", issuer),
    ]
    console.print("At the client:", style="bold")
    for label, value in rows:
        console.print(Text(f"  {label:<16}{value}"), soft_wrap=True)
    for note in notes:
        console.print(Text(f"  {note}"), soft_wrap=True)


@app.command("list")
def list_clients(file: File = None) -> int:
    """The clients that may call."""
    table = Table("name", "profile", "issuer", "keys", "tenants", "FHIR servers")
    for client in _load(file).clients:
        keys = (
            f"{len((client.keys or {}).get('keys', ()))} in the file"
            if client.keys
            else client.jwks_url or ""
        )
        cells = (
            client.name,
            client.profile,
            client.issuer,
            keys,
            ", ".join(sorted(client.tenants)),
            ", ".join(client.fhir_bases),
        )
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    return 0


@app.command("check")
def check(
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Whether to fetch the key sets.")] = True,
    file: File = None,
) -> int:
    """Read the registry, and fetch each key set as the service would."""
    failed = 0
    ca_file = authorities_of(Settings(fhir_ca_file=setting("fhir_ca_file"))) if fetch else ""
    for client in _load(file).clients:
        seen = keys_of(client, fetch, ca_file)
        line = " ".join(part for part in (f"{client.name}: {seen.said}", seen.remedy) if part)
        console.print(Text(line, style="" if seen.good else "red"), soft_wrap=True)
        failed += not seen.good
    try:
        load_registry(_path(file))
    except TrustError as error:
        console_error(f"Outside development the service refuses this registry.\n{error}")
        failed += 1
    return 1 if failed else 0


def _path(file: Path | None) -> Path:
    path: Path | None = file or setting("trust")
    if path is None:
        raise SettingError(f"{VARIABLE}: it names no registry. Set it, or name the file with --file.")
    return path


def _load(file: Path | None) -> Registry:
    return load_registry(_path(file), development=True)
