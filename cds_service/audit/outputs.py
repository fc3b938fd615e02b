"""Parts of an audit that stand in packages above this one: readers of other forms, report and tables."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from cds_service.audit.errors import AuditError
from cds_service.audit.records import ReaderItem, Tables

REPORT = "report.html"
TABLES = ("csv", "parquet")


def records(path: Path, tables: Tables) -> Iterator[ReaderItem]:
    """The resources of a table of billing lines or an X12 837 file."""
    found: Iterator[ReaderItem] = import_module("cds_service.audit_inputs").records(path, tables)
    yield from found


def write_report(output: Path) -> None:
    """The HTML report beside a finished findings file and manifest."""
    import_module("cds_service.audit_report").write_report(output)


def ready(form: str) -> None:
    """Whether findings can be written in this form.

    Raises:
        AuditError: something that the form needs is not installed.
    """
    if form == "parquet" and find_spec("pyarrow") is None:
        raise AuditError("--format parquet", "needs pyarrow.", "Install igrt-cds[audit], or take csv.")


def convert(output: Path, form: str) -> None:
    """The findings as `csv` or `parquet` beside the NDJSON file."""
    findings = output / "findings.ndjson"
    import_module("cds_service.audit_report").convert(findings, form, output / f"findings.{form}")


def forget_tables(output: Path) -> None:
    """Remove the tables of an earlier audit: beside the findings of another one they would pass for its own."""
    for form in TABLES:
        (output / f"findings.{form}").unlink(missing_ok=True)


def template() -> str:
    """A CSV to fill with claim lines."""
    text: str = import_module("cds_service.audit_inputs").template()
    return text
