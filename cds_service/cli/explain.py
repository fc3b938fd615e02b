"""`igrt-cds policies explain FILE`: the path from fact to finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cds_service.books import imported_edits, lcd_in_force, load_library
from cds_service.cli.folders import Folders, all_folders
from cds_service.cli.inputs import read_input, review_input
from cds_service.cli.terminal import CODE_UNREADABLE, console, console_error
from cds_service.clock import today
from cds_service.request.errors import Refusal

DOUBT = "said more mildly; without what is in doubt"
_MARKS = {"true": "✓", "false": "✗", "unknown": "?"}


def explain(
    file: Annotated[Path, typer.Argument(help="Hook request, Claim, ServiceRequest or Bundle (JSON).")],
    all_rules: Annotated[bool, typer.Option("--all", help="Silent rules too.")] = False,
    rule: Annotated[
        str, typer.Option(help="Only this rule, whether it spoke or not, and why it was not asked.")
    ] = "",
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"])] = None,
    policies: Folders = None,
) -> int:
    """The path from fact to finding: each condition with the value it met, and what settling made of it."""
    library = load_library(all_folders(policies), lcd_in_force(), imported_edits())
    known = {name for each in library.engine.book.rules for name in each.called}
    if rule and rule not in known:
        console_error(
            f"{rule}: no policy holds a rule of this id. `igrt-cds policies coverage` lists all rules."
        )
        return CODE_UNREADABLE
    try:
        reviewed = review_input(read_input(file), library, as_of.date() if as_of else today())
    except Refusal as refusal:
        console_error(f"{file}: " + " ".join(refusal.letters()))
        return CODE_UNREADABLE
    entries = [
        entry
        for entry in library.explain(reviewed.view, rule)
        if rule or all_rules or entry["spoke"] or "doubt" in entry
    ]
    for entry in entries:
        for line in _lines(entry):
            console.print(line, soft_wrap=True)
    if not entries:
        console.print(
            "There is no line or claim to ask the rule of."
            if rule
            else "No rule spoke. Add --all to see every rule that was asked."
        )
    return 0


def _lines(entry: Mapping[str, Any]) -> Iterator[Text]:
    word = "speaks" if entry["spoke"] else "silent"
    where = f"{entry['unit']} {entry['line']}".strip()
    yield Text.assemble((entry["rule"], "bold"), f" ({', '.join(entry['cites'])}) {word} on {where}")
    yield Text(f"    of {entry['policy']}, in force {entry['in_force']}", style="dim")
    if "not_asked" in entry:
        yield Text(f"    not asked: it {entry['not_asked']}")
    if "applies" in entry:
        yield from _rows("applies", entry["applies"])
    yield from _rows("when", entry["conditions"])
    if entry["spoke"]:
        yield from _ladder("severity", entry["severity"])
        yield from _ladder("remedies", entry["remedies"])
        settled = entry["settled"]
        shown = f": {settled['finding']}" if "finding" in settled else ""
        yield Text.assemble("    settled  ", (settled["says"], "bold"), shown)
    if "doubt" in entry:
        yield Text.assemble("    doubt    ", (DOUBT, "bold"), f": {entry['doubt']}")


def _rows(head: str, rows: list[Mapping[str, Any]], indent: int = 4) -> Iterator[Text]:
    yield Text(" " * indent + head, style="dim")
    for row in rows:
        value = f"   [{row['value']}]" if row["value"] else ""
        yield Text(" " * (indent + 2) + "  " * row["depth"] + f"{_MARKS[row['truth']]} {row['text']}{value}")


def _ladder(head: str, ladder: Mapping[str, Any]) -> Iterator[Text]:
    why = f"  ({ladder['why']})" if ladder["why"] else ""
    yield Text.assemble(f"    {head} ", (ladder["said"], "bold"), (why, "dim"))
    for step in (*ladder["steps"], *ladder.get("caps", ())):
        yield from _rows(f"{_MARKS[step['truth']]} {step['then']} when", step["conditions"], 6)
