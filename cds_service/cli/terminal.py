"""How findings look on a terminal: colour and word for the severity, line, remedy and source."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule as Divider
from rich.table import Table
from rich.text import Text

from cards.escape import plain
from cards.wording import fill, remedy_words
from cds_service.engine.model import Finding, LineRef, Severity

CODE_WARNING, CODE_CRITICAL, CODE_UNREADABLE = 1, 2, 3
"""Exit codes: 0 nothing above info, 1 warning, 2 critical, 3 a file or the call itself could not be read."""

_STYLES = {
    Severity.critical: "bold white on red",
    Severity.warning: "bold black on yellow",
    Severity.info: "bold black on cyan",
}
_SHOWN_DATES = 8

# A pipe or file has no width: there long lines serve better than lines cut for a terminal of 80 columns.
_PIPE_WIDTH = 200
console = Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
_errors = Console(stderr=True, highlight=False)


def console_error(text: str) -> None:
    """A letter on standard error."""
    _errors.print(Text(text), soft_wrap=True)


def show_file(name: str, findings: Sequence[Finding], judged: int) -> None:
    """The findings of one file, in which so many orders and claims were judged."""
    console.print(Divider(Text(name, style="bold"), align="left", style="dim"))
    if not findings and not judged:
        console.print(
            "  Nothing to judge: no order or claim is left. Cancelled, void and replaced ones are not judged.\n",
            style="yellow",
        )
        return
    if not findings:
        console.print("  Nothing to say: no rule applies.\n", style="green")
        return
    for finding in sorted(findings, key=lambda f: (-f.severity, f.kind, f.rules)):
        console.print(_finding(finding))


def show_cards(name: str, cards: Sequence[Mapping[str, Any]]) -> None:
    """The cards that a running service answered with."""
    console.print(Divider(Text(name, style="bold"), align="left", style="dim"))
    if not cards:
        console.print("  No card: no rule applies.\n", style="green")
    for card in cards:
        severity = Severity[card["indicator"]]
        head = Text.assemble(
            (f" {severity.name.upper()} ", _STYLES[severity]), " ", (plain(card["summary"]), "bold")
        )
        source = Text(f"   source    {plain(card['source']['label'])}", style="dim")
        console.print(Padding(Group(head, source), (0, 0, 1, 1)))


def show_refusal(name: str, status: int, outcome: Mapping[str, Any]) -> None:
    """The letters of a request that a running service refuses, or would: it was not judged, which is no silence."""
    console.print(Divider(Text(name, style="bold"), align="left", style="dim"))
    console.print(f"  Refused with status {status}: nothing was judged.", style="yellow")
    for issue in outcome.get("issue", ()):
        letter = " ".join([*issue.get("expression", ()), issue.get("diagnostics", "")])
        console.print(Text(f"  {plain(letter)}"), soft_wrap=True)
    console.print()


def show_total(findings: Sequence[Finding], files: int, unread: int = 0) -> None:
    """One closing line with the counts: of files checked, of findings, and of files that could not be read."""
    counts = {s: sum(1 for f in findings if f.severity is s) for s in reversed(Severity)}
    said = ", ".join(f"{count} {severity.name}" for severity, count in counts.items() if count)
    noun = "file" if files == 1 else "files"
    left = f" {unread} could not be read." if unread else ""
    console.print(Text(f"{files} {noun} checked: {said or 'no findings'}.{left}", style="bold"))
    console.print(Text("Advisory only: the final decision is the clinician's or coder's.", style="dim"))


def exit_code(findings: Sequence[Finding]) -> int:
    """0, 1 or 2 by the strictest severity."""
    worst = max((f.severity for f in findings), default=Severity.info)
    return {Severity.info: 0, Severity.warning: CODE_WARNING, Severity.critical: CODE_CRITICAL}[worst]


def _finding(finding: Finding) -> Padding:
    head = Text.assemble(
        (f" {finding.severity.name.upper()} ", _STYLES[finding.severity]),
        " ",
        (fill(finding.summary), "bold"),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=8)
    table.add_column(overflow="fold")
    if finding.lines:
        table.add_row("lines", _lines(finding.lines))
    for text in finding.because:
        table.add_row("why", fill(text))
    joiner = "all of" if finding.all_of else "one of"
    words = [remedy_words(remedy) for remedy in finding.remedies]
    if finding.advice is not None:
        words = [fill(finding.advice)]
    if len(words) > 1:
        table.add_row("remedy", f"{joiner}:")
        for word in words:
            table.add_row("", f"• {word}")
    elif words:
        table.add_row("remedy", words[0])
    for text in finding.notes:
        table.add_row("note", fill(text))
    if finding.missing:
        table.add_row("unknown", ", ".join(finding.missing))
    for source in finding.sources[:3]:
        place = ", ".join(part for part in (source.section, source.edition) if part)
        table.add_row("source", Text(f"{source.statement}  {source.title} ({place})".strip(), style="dim"))
    if len(finding.sources) > 3:
        more = ", ".join(source.statement for source in finding.sources[3:])
        table.add_row("", Text(f"also {more}", style="dim"))
    return Padding(Group(head, Padding(table, (0, 0, 0, 2))), (0, 0, 1, 1))


def _lines(lines: Sequence[LineRef]) -> str:
    parts = []
    for label, group in groupby(sorted(lines, key=lambda o: (o.label, o.date)), key=lambda o: o.label):
        members = list(group)
        numbers = [f"line {m.sequence}" for m in members if m.sequence is not None]
        dates = list(dict.fromkeys(m.date for m in members))
        shown = ", ".join(dates[:_SHOWN_DATES])
        more = f" and {len(dates) - _SHOWN_DATES} more dates" if len(dates) > _SHOWN_DATES else ""
        where = f" ({numbers[0]})" if len(numbers) == 1 else ""
        parts.append(f"{label}{where} on {shown}{more}")
    return "; ".join(parts)
