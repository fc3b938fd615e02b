"""`igrt-cds check FILE…`: findings of orders and claims on the terminal."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cards.machine import finding_json
from cards.wording import fill
from cds_service.books import library_with, standard_library
from cds_service.cli.inputs import read_input, review_input
from cds_service.cli.remote import ask_service
from cds_service.cli.terminal import (
    CODE_CRITICAL,
    CODE_UNREADABLE,
    CODE_WARNING,
    console_error,
    exit_code,
    show_cards,
    show_file,
    show_total,
)
from cds_service.clock import today
from cds_service.engine.model import Finding
from cds_service.request.errors import Refusal
from cds_service.request.strict import require_valid

_CARD_CODES = {"warning": CODE_WARNING, "critical": CODE_CRITICAL}


def check(
    files: Annotated[
        list[Path], typer.Argument(help="Hook request, Claim, ServiceRequest or Bundle (JSON).")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable findings.")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the call; today if left out."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Validate all FHIR first, in full.")] = False,
    at: Annotated[str, typer.Option("--at", help="Ask the service running at this address instead.")] = "",
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Imported CMS edits to apply; those that IGRT_CDS_CATALOGUE names if left out."),
    ] = None,
) -> int:
    """Check files: exit 0 nothing above info, 1 a warning, 2 a critical finding, 3 a file could not be read."""
    if at:
        return _check_at(at, files, as_json)
    library = library_with(catalogue) if catalogue else standard_library()
    day = as_of.date() if as_of else today()
    found: list[Finding] = []
    report: list[dict[str, Any]] = []
    unread = 0
    for path in files:
        try:
            given = read_input(path)
            if strict:
                require_valid(given.body)
            reviewed = review_input(given, library, day)
        except Refusal as refusal:
            unread += 1
            letters = refusal.letters()
            report.append({"file": str(path), "error": letters})
            if not as_json:
                console_error(f"{path}: " + " ".join(letters))
            continue
        found += reviewed.findings
        judged = len(reviewed.case.units)
        if as_json:
            findings = [{"summary": fill(f.summary), **finding_json(f)} for f in reviewed.findings]
            report.append({"file": str(path), "judged": judged, "findings": findings})
        else:
            show_file(str(path), reviewed.findings, judged)
    if as_json:
        typer.echo(json.dumps({"files": report}, indent=2))
    else:
        show_total(found, len(files) - unread, unread)
    return CODE_UNREADABLE if unread else exit_code(found)


def _check_at(base: str, files: list[Path], as_json: bool) -> int:
    worst = 0
    report: list[dict[str, Any]] = []
    for path in files:
        try:
            cards = ask_service(base, read_input(path).body)
        except Refusal as refusal:
            worst = CODE_UNREADABLE
            letters = refusal.letters()
            report.append({"file": str(path), "error": letters})
            if not as_json:
                console_error(f"{path}: " + " ".join(letters))
            continue
        report.append({"file": str(path), "cards": cards})
        worst = max(worst, *(_CARD_CODES.get(card.get("indicator", ""), 0) for card in cards), 0)
        if not as_json:
            show_cards(str(path), cards)
    if as_json:
        typer.echo(json.dumps({"files": report}, indent=2))
    return worst
