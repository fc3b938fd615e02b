"""`igrt-cds store`: the tables, keys for inputs, and what has been kept long enough."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.clock import now
from cds_service.environment import read_settings
from cds_service.store.causes import cause_in
from cds_service.store.database import Store, StoreUnavailable
from cds_service.store.keeping import store_of
from cds_service.store.migrate import make_ready
from cds_service.store.migrate import upgrade as upgrade_tables
from cds_service.store.purge import purge as purge_rows
from cds_service.store.sealing import new_key

app = typer.Typer(help="What the service keeps: tables, keys, retention.", no_args_is_help=True)

_HUNDRED_YEARS = 36_500


@app.command()
def upgrade() -> int:
    """Bring the tables of the database to the form that this version needs. SQLite does it by itself on serve."""
    store = store_of(read_settings())
    try:
        before, after = upgrade_tables(store)
    except StoreUnavailable as error:
        return unavailable(store, error)
    finally:
        store.close()
    said = "was up to date already" if before == after else f"upgraded from {before or 'nothing'}"
    console.print(f"{store.shown}: {said}, migration {after}.", soft_wrap=True)
    return 0


@app.command()
def purge(
    older_than: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=_HUNDRED_YEARS,
            help="Days; also delete decisions, cards and feedback that are older than that.",
        ),
    ] = None,
) -> int:
    """Delete inputs and tokens whose time is over, and what is older than --older-than days."""
    store, instant = store_of(read_settings()), now()
    try:
        make_ready(store)
        done = purge_rows(store, instant, instant - timedelta(days=older_than) if older_than else None)
    except StoreUnavailable as error:
        return unavailable(store, error)
    finally:
        store.close()
    console.print(
        f"Deleted: {done.inputs} inputs, {done.tokens} tokens, {done.decisions} decisions, "
        f"{done.cards} cards with their feedback."
    )
    return 0


@app.command("new-key")
def make_key(file: Annotated[Path, typer.Argument(help="File to write; it must not exist yet.")]) -> int:
    """Make a key that encrypts inputs for replay, readable by its owner alone."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        console_error(f"{file}: the key cannot be written ({error.strerror}). {_elsewhere(error)}")
        return CODE_UNREADABLE
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(new_key() + "\n")
    console.print(f"Key written. Set IGRT_CDS_INPUT_KEY_FILE={file}", soft_wrap=True)
    console.print("Without the key the inputs cannot be read: keep a copy apart from the database.")
    return 0


def _elsewhere(error: OSError) -> str:
    """Where to write instead."""
    if isinstance(error, FileExistsError | IsADirectoryError):
        return "Name a file that does not exist yet."
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "Make its folder first, or name a file in one that exists."
    return "Name a file in a folder that this user may write."


def unavailable(store: Store, error: StoreUnavailable) -> int:
    """Say that the database does not answer, or never will; returns the exit code."""
    what, remedy = cause_in(store, error)
    console_error(f"{store.shown}: the database {what} ({error}). {remedy}")
    return CODE_UNREADABLE
