"""`igrt-cds policies conflicts`: where documents differ, and what is in force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cds_service.books import load_library
from cds_service.cli.folders import Folders, all_folders
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.engine.conflict_report import Difference, Entry, conflict_report, entry_json


def conflicts(
    names: Annotated[
        list[str] | None, typer.Argument(help="Resolutions (C-04) or statements (AST-27); all when left out.")
    ] = None,
    brief: Annotated[bool, typer.Option("--brief", help="One line for each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    policies: Folders = None,
) -> int:
    """Where statements that speak of the same point differ, with both citations and the resolution in force."""
    book = load_library(all_folders(policies)).engine.book
    entries = conflict_report(book)
    wanted = {name.upper() for name in names or ()}
    for name in sorted(wanted - {known for entry in entries for known in entry.names()}):
        console_error(
            f"{name}: no resolution and no statement in conflict has this name. Leave it out to see all."
        )
        return CODE_UNREADABLE
    chosen = [entry for entry in entries if not wanted or entry.names() & wanted]
    if as_json:
        typer.echo(json.dumps({"conflicts": [entry_json(entry, book) for entry in chosen]}, indent=2))
        return 0
    for entry in chosen:
        console.print(_line(entry) if brief else _view(entry))
    pairs = sum(len(entry.conflicts) for entry in chosen)
    console.print(
        f"{_counted(len(chosen), 'conflict')} between {_counted(pairs, 'pair')} of statements, all resolved.",
        style="bold",
    )
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(entry: Entry) -> Text:
    statements = ", ".join(entry.resolution.statements)
    return Text.assemble(
        (f"{entry.resolution.id:<6}", "bold"), entry.resolution.about, (f" ({statements})", "dim")
    )


def _view(entry: Entry) -> RenderableType:
    resolution = entry.resolution
    head = Text.assemble((resolution.id, "bold cyan"), "  ", (resolution.about, "bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=8)
    table.add_column(overflow="fold")
    for difference in entry.differences:
        for label, cell in _difference(difference):
            table.add_row(label, cell)
    table.add_row("resolved", resolution.resolved)
    for carrier in entry.carriers:
        cell = Text.assemble(carrier.rule, (f"  {', '.join(carrier.severities)}", "dim"))
        table.add_row("rule", cell)
    if resolution.no_rule:
        table.add_row("no rule", resolution.no_rule)
    return Padding(Group(head, Padding(table, (0, 0, 0, 2))), (0, 0, 1, 0))


def _difference(difference: Difference) -> Iterator[tuple[str, RenderableType]]:
    yield "question", Text(difference.question, style="italic")
    for side in difference.sides:
        source = side.source
        place = f"{source.label}: {source.section} ({source.edition})"
        said = Text.assemble((f"{side.stance}. ", "yellow"), side.says, "\n", (place, "dim"))
        yield source.statement, said
    for words, pairs in difference.meetings:
        met = ", ".join(f"{one}/{other}" for one, other in pairs)
        yield "where", Text.assemble(words, (f"  ({met})", "dim"))
