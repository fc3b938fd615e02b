"""`igrt-cds policies …`: check, test, coverage, explain, facts and new-payer for policy analysts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cds_service.books import load_library, policy_folders, run_policy_cases, standard_library
from cds_service.cli.inputs import read_input, review_input
from cds_service.cli.new_payer_files import write_new_payer
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.clock import today
from cds_service.engine.account import account_of
from cds_service.engine.conditions import MANUAL
from cds_service.engine.explain import explain_case
from cds_service.facts.vocabulary import VOCABULARY
from cds_service.request.errors import Refusal
from cds_service.settings import lcd_in_force

app = typer.Typer(help="Tools for policy analysts.", no_args_is_help=True)

Folders = Annotated[
    list[Path] | None,
    typer.Option("--policies", help="Further folder with payers; may be given several times."),
]


def _folders(extra: list[Path] | None) -> tuple[Path, ...]:
    folders = (*policy_folders(), *(extra or ()))
    return tuple({folder.resolve(): folder for folder in folders}.values())  # named twice, read once


@app.command("check")
def check_policies(policies: Folders = None) -> int:
    """Read and cross-check every policy file; all problems at once."""
    library = load_library(_folders(policies))
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
def run_cases(policies: Folders = None) -> int:
    """Run the cases beside the policies, and say which rule versions lack one."""
    folders = _folders(policies)
    report = run_policy_cases(load_library(folders), folders)
    for problem in report.problems:
        console_error(str(problem))
    console.print(
        f"{report.ran} case runs, {len(report.problems)} problem(s).",
        style="red" if report.problems else "green",
    )
    return 1 if report.problems else 0


@app.command("coverage")
def coverage(policies: Folders = None) -> int:
    """Account of every registered statement: the rules that implement it, or why none does."""
    book = load_library(_folders(policies)).engine.book
    open_ones = 0
    for document in account_of(book):
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


@app.command("explain")
def explain(
    file: Annotated[Path, typer.Argument(help="Hook request, Claim, ServiceRequest or Bundle (JSON).")],
    all_rules: Annotated[bool, typer.Option("--all", help="Silent rules too.")] = False,
    rule: Annotated[str, typer.Option(help="Only this rule, whether it spoke or not.")] = "",
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"])] = None,
    policies: Folders = None,
) -> int:
    """The path from fact to finding: each condition with the value it met."""
    library = load_library(_folders(policies), lcd_in_force())
    try:
        reviewed = review_input(read_input(file), library, as_of.date() if as_of else today())
    except Refusal as refusal:
        console_error(f"{file}: {refusal}")
        return CODE_UNREADABLE
    shown = 0
    for entry in explain_case(library.engine, reviewed.view):
        if (rule and entry["rule"] != rule) or not (rule or all_rules or entry["spoke"]):
            continue
        shown += 1
        word = "speaks" if entry["spoke"] else "silent"
        where = f"{entry['unit']} {entry['line']}".strip()
        console.print(
            Text.assemble((f"{entry['rule']}", "bold"), f" ({', '.join(entry['cites'])}) {word} on {where}")
        )
        for step in entry["conditions"]:
            mark = {"true": "✓", "false": "✗", "unknown": "?"}[step["truth"]]
            value = f"   [{step['value']}]" if step["value"] else ""
            console.print(Text("    " + "  " * step["depth"] + f"{mark} {step['text']}{value}"))
    if not shown:
        console.print("No rule spoke. Add --all to see every rule that was asked.")
    return 0


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
    try:
        written = write_new_payer(slug, folder, {p["payer"] for p in standard_library().engine.book.payers})
    except ValueError as error:
        console_error(str(error))
        return CODE_UNREADABLE
    for path in written:
        console.print(f"wrote {path}", soft_wrap=True)
    console.print(
        f"Next: edit them, then `igrt-cds policies test --policies {folder}`. docs/add-a-payer.md explains each line.",
        soft_wrap=True,
    )
    return 0
