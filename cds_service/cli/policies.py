"""`igrt-cds policies …`: the tools for policy analysts; larger ones stand in modules of their own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cds_service.books import load_library, run_own_cases, run_policy_cases, standard_library
from cds_service.cli import conflicts, diff, explain, prove
from cds_service.cli.folders import Folders, all_folders
from cds_service.cli.new_payer_files import known_so_far, write_new_payer
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.engine.account import account_of
from cds_service.engine.conditions import MANUAL
from cds_service.facts.vocabulary import VOCABULARY

app = typer.Typer(help="Tools for policy analysts.", no_args_is_help=True)
app.command("conflicts")(conflicts.conflicts)
app.command("diff")(diff.diff)
app.command("explain")(explain.explain)
app.command("prove")(prove.prove_policies)


@app.command("check")
def check_policies(policies: Folders = None) -> int:
    """Read and cross-check every policy file; all problems at once."""
    library = load_library(all_folders(policies))
    book = library.engine.book
    statements = sum(len(d.statements) for d in book.documents.values())
    console.print(
        f"{len(book.policies)} policies with {len(book.rules)} rule versions, {len(book.documents)} documents "
        f"with {statements} statements: no problem. Book {book.fingerprint}.",
        style="green",
        soft_wrap=True,
    )
    return 0


@app.command("test")
def run_cases(
    mine: Annotated[
        bool, typer.Option("--mine", help="Only the cases of the folders named with --policies.")
    ] = False,
    policies: Folders = None,
) -> int:
    """Run the cases beside the policies, and say which rule versions lack one."""
    if mine and not policies:
        console_error("--mine: no folder is named. Name yours with --policies.")
        return CODE_UNREADABLE
    folders = all_folders(policies)
    library = load_library(folders)
    report = run_own_cases(library, policies or ()) if mine else run_policy_cases(library, folders)
    for problem in report.problems:
        console_error(str(problem))
    console.print(
        f"{report.ran} case runs, {len(report.problems)} problem(s).",
        style="red" if report.problems else "green",
    )
    return 1 if report.problems else 0


@app.command("coverage")
def coverage(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents by their id; all when left out.")
    ] = None,
    policies: Folders = None,
) -> int:
    """Account of every registered statement: the rules that implement it, or why none does."""
    book = load_library(all_folders(policies)).engine.book
    unknown = sorted(set(documents or ()) - set(book.documents))
    if unknown:
        console_error(f"{unknown[0]}: no register holds this document. Known: {', '.join(book.documents)}.")
        return CODE_UNREADABLE
    open_ones = 0
    for document in account_of(book):
        if documents and document.id not in documents:
            continue
        table = Table(title=Text(f"{document.title} ({document.id})"), title_justify="left", expand=False)
        table.add_column("statement", no_wrap=True)
        table.add_column("implemented by, or why not", overflow="fold")
        for row in document.rows:
            done = ", ".join(row.rules) if row.rules else row.reason
            table.add_row(
                row.statement, Text(done or "NEITHER RULE NOR REASON", style="" if done else "bold red")
            )
        console.print(table)
        open_ones += document.open
        console.print(
            f"{document.total} statements: {document.implemented} with rules, {document.reasoned} with a reason, "
            f"{document.open} open.\n",
            soft_wrap=True,
        )
    return 1 if open_ones else 0


@app.command("facts")
def facts() -> int:
    """Every fact and operator that a condition may use."""
    table = Table("fact", "about a", "type", "answers", "meaning")
    for fact in VOCABULARY.values():
        table.add_row(fact.name, fact.scope, fact.type, ", ".join(fact.values), fact.about)
    console.print(table)
    table = Table("operator", "meaning")
    for name, meaning in MANUAL.items():
        table.add_row(name, meaning)
    console.print(table)
    return 0


@app.command("new-payer")
def new_payer(
    slug: Annotated[str, typer.Argument(help="Name of the folder, e.g. sunshine-health.")],
    folder: Annotated[Path, typer.Option(help="Where your payers live; created when missing.")] = Path(
        "policies"
    ),
) -> int:
    """Write the files of a new payer, with one rule and its cases, ready to be changed."""
    library = standard_library()
    book = library.engine.book
    try:
        written = write_new_payer(
            slug, folder, book.payers, (s.id for d in book.documents.values() for s in d.statements)
        )
    except ValueError as error:
        console_error(str(error))
        return CODE_UNREADABLE
    except OSError as error:
        console_error(
            f"{folder}: the files cannot be written there ({error.strerror}). Name another folder with --folder."
        )
        return CODE_UNREADABLE
    for path in written:
        console.print(f"wrote {path}", soft_wrap=True)
    before = library.knowledge.payers.recognise((), (slug.replace("-", " "),))
    if known := known_so_far(slug, before, book.payers, book.payer_entries):
        console.print(known, soft_wrap=True)
    test = f"igrt-cds policies test --policies {shlex.quote(str(folder))}"
    console.print(f"Next: edit them, then `{test}`. docs/add-a-payer.md explains each line.", soft_wrap=True)
    return 0
