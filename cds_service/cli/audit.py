"""`igrt-cds audit DIR|FILES --output DIR`: the claims of an export checked against the policies."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cds_service.audit import outputs
from cds_service.audit.errors import AuditError
from cds_service.audit.manifest import MANIFEST, Manifest
from cds_service.audit.merge import FINDINGS
from cds_service.audit.records import Tables
from cds_service.audit.run import Request
from cds_service.audit.run import audit as run_audit
from cds_service.audit.tally import ASIDE, CLEAN, FOUND, SILENT, UNKNOWN
from cds_service.audit.workbooks import save_as_csv
from cds_service.audit.workers import processors
from cds_service.audit_report.wording import unread_words, where_words
from cds_service.audit_spark.engine import on_spark
from cds_service.cli.progress import Bar
from cds_service.cli.terminal import console, console_error
from fhir_fixtures.bulk import PLANTED, write_export

CODE_FINDINGS, CODE_UNREAD = 1, 2
"""Exit codes: 0 nothing at warning or above, 1 findings, 2 some input could not be read."""

_WORDS = {
    FOUND: "with findings",
    CLEAN: "judged, nothing found",
    SILENT: "no rule speaks of them",
    UNKNOWN: "judged in part only: not enough information",
    ASIDE: "set aside (copies, cancelled, estimates)",
}
_SHOWN = 8
_MOST_PATIENTS = 10_000_000
_MOST_WORKERS = 1024


class Engine(StrEnum):
    """What does the work."""

    local = "local"
    spark = "spark"


class ClaimForm(StrEnum):
    """On which form claims are billed."""

    professional = "professional"
    institutional = "institutional"


class Form(StrEnum):
    """How the findings are written."""

    ndjson = "ndjson"
    csv = "csv"
    parquet = "parquet"


def audit(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            readable=False,  # not asked of the shell's words: what cannot be read is told like all that cannot
            help="Folder of a Bulk Data export, or files: NDJSON, claim lines (CSV, .xlsx), X12 837.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for what is found; made if need be.")
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="Findings also as a table of this form.")
    ] = Form.ndjson,
    engine: Annotated[
        Engine, typer.Option(help="Processes of this machine, or Apache Spark (docs/audit-spark.md).")
    ] = Engine.local,
    workers: Annotated[
        int, typer.Option(help="Processes; 0: one for each core.", min=0, max=_MOST_WORKERS)
    ] = 0,
    with_patient: Annotated[bool, typer.Option(help="Name the patient's reference in the rows.")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the audit; today if left out."),
    ] = None,
    no_chart: Annotated[
        bool, typer.Option("--no-chart", help="The documents in the input are not all: call none missing.")
    ] = False,
    claim_form: Annotated[
        ClaimForm | None, typer.Option(help="Form of the claims of a table that does not say.")
    ] = None,
    charges: Annotated[
        bool,
        typer.Option(
            "--charges", help="Tables without claim numbers are charges: claims by patient and month."
        ),
    ] = False,
    restart: Annotated[
        bool, typer.Option(help="Begin anew, whatever was done in the output folder.")
    ] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(help="Imported CMS edits to apply; those that IGRT_CDS_CATALOGUE names if left out."),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print a CSV of claim lines to fill, and do nothing else.")
    ] = False,
    sample: Annotated[
        Path | None, typer.Option(help="Write a made-up export with known faults here, and do nothing else.")
    ] = None,
    patients: Annotated[int, typer.Option(help="Patients of --sample.", min=1, max=_MOST_PATIENTS)] = 100,
    seed: Annotated[int, typer.Option(help="Another seed makes another --sample.")] = 0,
) -> int:
    """Audit claims: exit 0 nothing at warning or above, 1 findings, 2 some input could not be read.

    After an interruption the same command goes on where it stopped.
    """
    if template:
        typer.echo(outputs.template(), nl=False)
        return 0
    if sample:
        return _sample(sample, patients, seed)
    if not inputs or output is None:
        raise typer.BadParameter("name the folder or files to read, and --output DIR for what is found.")
    request = Request(
        given=tuple(inputs),
        output=output,
        workers=workers or processors(),
        form=form.value,
        as_of=as_of.date() if as_of else None,
        with_patient=with_patient,
        chart=not no_chart,
        tables=Tables(claim_form.value if claim_form else "", charges),
        restart=restart,
        catalogue=catalogue,
    )
    try:
        with Bar() as bar:
            manifest = run_audit(request, bar, on_spark if engine is Engine.spark else None)
    except AuditError as error:
        console_error(str(error))
        return CODE_UNREAD
    show(manifest, output)
    return exit_code(manifest)


def _sample(folder: Path, patients: int, seed: int) -> int:
    try:
        if folder.is_dir() and any(each.is_file() for each in folder.rglob("*")):
            console_error(f"{folder}: files lie here already. Name a new or an empty folder with --sample.")
            return CODE_UNREAD
        with Bar() as bar:
            bar.stage("making up", patients)
            write_export(folder, patients, seed, bar.advance)
    except OSError as error:
        console_error(
            f"{folder}: the sample cannot be written there ({error.strerror}). Name another folder with --sample."
        )
        return CODE_UNREAD
    console.print(
        f"{patients:,} made-up patients; the faults planted are in {folder / PLANTED}.", soft_wrap=True
    )
    beside = folder if folder.name and folder.name != ".." else folder.resolve()
    console.print(f"Try: igrt-cds audit {folder} --output {beside}-audited", soft_wrap=True)
    return 0


def exit_code(manifest: Manifest) -> int:
    """0, 1 or 2 as the contract has it (section 6)."""
    if manifest.bad_count:
        return CODE_UNREAD
    return CODE_FINDINGS if manifest.findings["critical"] or manifest.findings["warning"] else 0


def show(manifest: Manifest, output: Path) -> None:
    """What was found, in a few lines, and where the rest is."""
    claims = Table.grid(padding=(0, 2))
    claims.add_column(justify="right")
    claims.add_column()
    claims.add_row(Text(f"{sum(manifest.claims.values()):,}", style="bold"), Text("claims", style="bold"))
    for status, words in _WORDS.items():
        if manifest.claims[status]:
            claims.add_row(f"{manifest.claims[status]:,}", words)
    console.print(claims)
    for reason, count in manifest.reasons.items():
        where = where_words(reason.partition(": ")[2])
        told = f"{reason} ({where})" if where else reason
        console.print(Text(f"     {count:,} {told}", style="dim"))
    said = ", ".join(f"{count:,} {name}" for name, count in manifest.findings.items() if count)
    console.print(Text(f"Findings: {said or 'none'}.", style="bold"))
    for currency, amount in manifest.stake.items():
        console.print(
            Text(f"At stake in warnings and critical findings: {Decimal(amount):,.2f} {currency}".rstrip())
        )
    _show_rules(manifest)
    for line in manifest.bad[:_SHOWN]:
        console_error(
            f"{line.file}, {line.place}: {f'{line.where} ' if line.where else ''}{line.what} {line.remedy}"
        )
    if manifest.bad_count:
        console_error(f"{manifest.bad_count:,} could not be read; {MANIFEST} lists them.")
    if manifest.left_aside:
        shown = ", ".join(manifest.left_aside[:_SHOWN])
        others = " and others" if len(manifest.left_aside) > _SHOWN else ""
        count = len(manifest.left_aside)
        files = "1 file" if count == 1 else f"{count:,} files"
        console_error(
            f"{files} left aside, of no kind that is read here: {shown}{others}. "
            f"{save_as_csv(manifest.left_aside)}".rstrip()
        )
    for each in manifest.inputs:
        for words in unread_words(each.unread, each.sheets_aside, each.void_lines):
            console.print(Text(f"{each.name}: {words}", style="dim"), soft_wrap=True)
    tables = (Path(FINDINGS).with_suffix(f".{form}").name for form in Form if form is not Form.ndjson)
    names = [name for name in (outputs.REPORT, *tables) if (output / name).exists()]
    console.print(Text(f"In {output}: {', '.join((*names, FINDINGS, MANIFEST))}"), soft_wrap=True)
    console.print(Text("Advisory only: the final decision is the clinician's or coder's.", style="dim"))


def _show_rules(manifest: Manifest) -> None:
    weighty = {
        name: (rule.findings.get("critical", 0) + rule.findings.get("warning", 0), rule.stake)
        for name, rule in manifest.rules.items()
    }
    top = sorted((n for n, (count, _) in weighty.items() if count), key=lambda n: (-weighty[n][0], n))[
        :_SHOWN
    ]
    if not top:
        return
    table = Table("rule", title="Rules that spoke most", title_justify="left")
    table.add_column("findings", justify="right")
    table.add_column("at stake", justify="right")
    for name in top:
        count, stake = weighty[name]
        table.add_row(
            name, f"{count:,}", ", ".join(f"{Decimal(a):,.2f} {c}".strip() for c, a in stake.items())
        )
    console.print(table)
