"""`igrt-cds policies diff OLD NEW`: what a change of policies changes, in words."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cds_service.books import POLICIES, load_library
from cds_service.cli.terminal import console
from cds_service.engine.changes import Change
from cds_service.engine.diff import changes_between
from cds_service.engine.rule_words import span_words
from cds_service.engine.rules import Book

CODE_CHANGED = 1
_MOST_CODES = 8
_STYLES = {"added": "green", "removed": "red", "renamed": "cyan"}


def diff(
    old: Annotated[Path, typer.Argument(help="Folder with payers, as it was.")],
    new: Annotated[Path, typer.Argument(help="Folder with payers, as it is.")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> int:
    """What changes from OLD to NEW, by payer, rule, code and date: exit 0 nothing, 1 changes, 3 not readable.

    A folder that holds a payer or society of the package, such as cds_service/policies of another version,
    is read by itself; any other is read beside the package's policies.
    """
    changes = changes_between(_book(old), _book(new))
    if as_json:
        typer.echo(json.dumps({"changes": [change.as_json() for change in changes]}, indent=2))
        return CODE_CHANGED if changes else 0
    for who, group in groupby(changes, key=lambda change: change.who):
        console.print(Text(who, style="bold"))
        for change in group:
            _show(change)
        console.print()
    total = "1 change." if len(changes) == 1 else f"{len(changes)} changes."
    console.print(total if changes else "No change.", style="bold")
    return CODE_CHANGED if changes else 0


def _book(folder: Path) -> Book:
    packaged = {path.name for path in POLICIES.iterdir() if path.is_dir()}
    alone = folder.is_dir() and any(path.name in packaged for path in folder.iterdir() if path.is_dir())
    return load_library((folder,) if alone else (POLICIES, folder)).engine.book


def _show(change: Change) -> None:
    codes = ", ".join(change.codes[:_MOST_CODES]) + (" …" if len(change.codes) > _MOST_CODES else "")
    word = "dates changed" if change.change == "dates" else change.change
    head = Text.assemble(
        "  ",
        (f"{change.what} ", "dim"),
        (change.name, "bold"),
        (f"  {word}", _STYLES.get(change.change, "yellow")),
        (f"  {codes}", "dim"),
    )
    console.print(head)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, width=2)
    table.add_column(overflow="fold")
    for detail in change.details:
        if detail.days is not None and change.change != "dates":
            table.add_row("", Text(f"{span_words(detail.days)}:", style="italic"))
        for said in detail.says:
            table.add_row("", Text(f"  {said}"))
    console.print(table)
