"""`igrt-cds catalogue …`: import CMS's quarterly edit files, list what is imported, show what is known of a code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from os import environ
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, FileSizeColumn, Progress, TextColumn, TimeElapsedColumn

from cds_service.books import CATALOGUES
from cds_service.cli.catalogue_view import code_view, editions_view, imported_view
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.clock import today
from cds_service.cms_files.importing import Wanted, codes_of, read_files
from cds_service.cms_files.kinds import KINDS
from cds_service.cms_files.quarters import Quarter, quarter_of
from cds_service.cms_files.store import VARIABLE, default_file, edits_of, loaded, save
from cds_service.engine.catalogue import load_catalogue
from cds_service.facts.edits import NO_EDITS
from cds_service.zipped.limits import Progress as Report

app = typer.Typer(help="Codes, and CMS's quarterly edit files (pairs and unit limits).", no_args_is_help=True)

KindName = Enum("KindName", {name: name for name in KINDS}, type=str)  # type: ignore[misc]

File = Annotated[
    Path | None,
    typer.Option(
        "--catalogue", help=f"The catalogue file; {VARIABLE} or a place of your own data if left out."
    ),
]


def catalogue_file(option: Path | None) -> Path:
    """The catalogue that a command works on: the option's, the variable's, or the default one."""
    named = environ.get(VARIABLE, "")
    return option or (Path(named) if named else default_file())


def _quarter(text: str) -> Quarter:
    try:
        return quarter_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files as downloaded: .zip, .csv, .txt or .xlsx; all parts of a table."),
    ],
    edition: Annotated[
        Quarter | None,
        typer.Option(parser=_quarter, metavar="QUARTER", help="As 2026Q4, where the names do not tell it."),
    ] = None,
    kind: Annotated[
        KindName | None, typer.Option(help="Which table, where the files do not tell it.")
    ] = None,
    catalogue: File = None,
) -> int:
    """Import pair edits (PTP) and unit limits (MUE). Each table replaces the one of its kind and quarter; with a
    problem in any file nothing is imported."""
    path = catalogue_file(catalogue)
    codes = codes_of(load_catalogue(CATALOGUES))
    wanted = Wanted(edition, KINDS[kind.value] if kind else None)
    with _progress() as report:
        tables = read_files(files, wanted, codes, report)
    save(path, tables, today())
    console.print(imported_view(tables))
    console.print(f"In {path}", soft_wrap=True)
    if environ.get(VARIABLE, "") != str(path):
        console.print(f"For the service and `igrt-cds check`: {VARIABLE}={path}", style="dim", soft_wrap=True)
    return 0


@app.command("list")
def list_editions(catalogue: File = None) -> int:
    """The imported tables, with the days for which each one answers."""
    path = catalogue_file(catalogue)
    if catalogue is None and not environ.get(VARIABLE) and not path.exists():
        console.print("No CMS edit file is imported. See `igrt-cds catalogue import --help`.")
        return 0
    console.print(editions_view(loaded(path)))
    console.print(f"In {path}", soft_wrap=True)
    return 0


@app.command("show")
def show_code(
    code: Annotated[str, typer.Argument(help="A CPT or HCPCS code, as 77387.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of service; today if left out.")
    ] = None,
    catalogue: File = None,
) -> int:
    """A code's label and dates, and what the imported CMS edits say of it on a date."""
    entry = load_catalogue(CATALOGUES).code(code.strip().upper())
    if entry is None:
        console_error(f"{code}: is not among the radiotherapy codes that are known here. Check its spelling.")
        return CODE_UNREADABLE
    path = catalogue_file(catalogue)
    named = catalogue is not None or environ.get(VARIABLE)
    edits = edits_of(path) if named or path.exists() else NO_EDITS
    console.print(code_view(entry, load_catalogue(CATALOGUES), edits, on.date() if on else today()))
    return 0


@contextmanager
def _progress() -> Iterator[Report]:
    """How far the files are read, on standard error, when somebody is watching."""
    shown = Progress(
        TextColumn("reading"),
        BarColumn(bar_width=20),
        FileSizeColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with shown:
        task = shown.add_task("", total=None)
        yield lambda size: shown.advance(task, size)
