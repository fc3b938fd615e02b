"""Shows what an audit found: a report to read in a browser, tables for spreadsheets and analysts."""

from cds_service.audit_report.report import write_report
from cds_service.audit_report.tables import convert

__all__ = ["convert", "write_report"]
