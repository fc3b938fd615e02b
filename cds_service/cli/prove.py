"""`igrt-cds policies prove`: enumerate what the rules can tell apart and show what holds at every point."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cds_service.books import load_library
from cds_service.cli.folders import Folders, all_folders
from cds_service.cli.progress import Bar
from cds_service.cli.terminal import console
from cds_service.engine.letters import did_you_mean
from cds_service.engine.rules import Book
from cds_service.proof.report import as_json, letter, verdict
from cds_service.proof.run import Options, Proof, prove
from cds_service.proof.statement import dimension_rows, not_varied, size_rows

CODE_FAULTS, CODE_INCOMPLETE = 1, 3
"""Exit codes: 0 the whole space was covered without a fault, 1 faults, 3 the time ended before the space."""

_MOST_PROCESSES = 1024


def prove_policies(
    minutes: Annotated[float, typer.Option(help="Longest time to take.", min=0.1)] = 20.0,
    processes: Annotated[int, typer.Option(help="Processes to use.", min=1, max=_MOST_PROCESSES)] = 2,
    seed: Annotated[int, typer.Option(help="Order of the work, and which value stands for its class.")] = 0,
    rule: Annotated[
        list[str] | None, typer.Option(help="Only around this rule; may be given several times.")
    ] = None,
    as_machine: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    policies: Folders = None,
) -> int:
    """Prove the rulebook: nothing raises, no rule is dead, no contradictory remedies, every suggestion is sound."""
    folders = all_folders(policies)
    library = load_library(folders)
    book = library.engine.book
    active = {name for r in book.rules if r.status == "active" for name in r.called}
    unknown = sorted(set(rule or ()) - active)
    if unknown:
        hint = did_you_mean(unknown[0], active, "`igrt-cds policies coverage` lists all rules.")
        raise typer.BadParameter(f"there is no active rule {', '.join(unknown)}. {hint}")
    options = Options(minutes, processes, seed, frozenset(rule or ()))
    say = None if as_machine else lambda made: show_space(made, book)
    with Bar() as bar:
        made = prove(library, folders, options, bar, say)
    if as_machine:
        sys.stdout.write(json.dumps(as_json(made, book), indent=2, ensure_ascii=False) + "\n")
    else:
        show_end(made, book)
    if made.faults:
        return CODE_FAULTS
    return 0 if made.complete else CODE_INCOMPLETE


def show_space(made: Proof, book: Book) -> None:
    """How large the space is and how it was partitioned, before it is gone through."""
    title = f"The space of {len(made.space.rules)} rule versions, book {book.fingerprint}"
    table = Table("dimension", title=title, title_justify="left", expand=False)
    table.add_column("values", justify="right")
    table.add_column("classes", justify="right")
    table.add_column("told apart", overflow="fold")
    for row in dimension_rows(made.space, book):
        counts = (f"{row.values:,}", f"{row.classes:,}") if row.values else ("", "")
        table.add_row(row.name, *counts, Text(row.how))
    console.print(table)
    table = Table("part", title="Points before and after the partition", title_justify="left", expand=False)
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    table.add_column("how", overflow="fold")
    for row in size_rows(made.space, made.plans):
        table.add_row(row.name, f"{row.values:,}", f"{row.classes:,}", Text(row.how))
    table.add_row("all", "", f"{made.planned:,}", "")
    console.print(table)
    for said in not_varied(made.plans):
        console.print(Text(f"Not varied: {said}."), soft_wrap=True)


def show_end(made: Proof, book: Book) -> None:
    """The faults and the verdict."""
    for fault in made.faults:
        console.print(Text(letter(fault, book)), soft_wrap=True)
        console.print()
    for line in verdict(made):
        console.print(Text(line), style="red" if made.faults else "", soft_wrap=True)
