"""Writes report.html beside the findings of an audit. Nothing in it comes from outside, and it runs no script."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import jinja2
import msgspec

from cds_service.audit.rows import Row, decode
from cds_service.audit_report.page import context
from cds_service.audit_report.run import read_run
from cds_service.audit_report.tally import Tally

FINDINGS, MANIFEST, REPORT = "findings.ndjson", "run.json", "report.html"


def write_report(output: Path, with_patients: bool | None = None) -> Path:
    """Read the findings and the manifest in `output` and write the report there; returns its path.

    The findings are read as a stream: memory grows with the rules, payers, months and sites, not with them. With
    `with_patients` the samples name the patient and the dates of service; None: as the audit was asked to.

    Raises:
        OSError: the findings cannot be read, or the report not be written.
    """
    tally = tally_of(output / FINDINGS)
    report = output / REPORT
    unfinished = output / f"{REPORT}.part"
    unfinished.write_text(page(tally, output, with_patients), encoding="utf-8")
    unfinished.replace(report)
    return report


def tally_of(findings: Path) -> Tally:
    """The findings added up, claim by claim."""
    tally = Tally()
    claim: list[Row] = []
    for row in _rows(findings, tally):
        if claim and (row.claim != claim[0].claim or row.number == 1):
            tally.add_claim(claim)
            claim = []
        claim.append(row)
    if claim:
        tally.add_claim(claim)
    return tally


def _rows(findings: Path, tally: Tally) -> Iterator[Row]:
    with findings.open("rb") as lines:
        for line in lines:
            if line.isspace():
                continue
            try:
                yield decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                tally.unreadable += 1


def page(tally: Tally, output: Path, with_patients: bool | None = None) -> str:
    """The whole page as text."""
    run = read_run(output / MANIFEST)
    here = files("cds_service.audit_report")
    style = here.joinpath("report.css").read_text("utf-8")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(here.joinpath("report.html.j2").read_text("utf-8"))
    return template.render(
        style=style,
        style_hash=f"sha256-{digest}",
        **context(tally, run, run.with_patients if with_patients is None else with_patients),
    )
