"""What billing offices hold, as FHIR: CSV of claim lines and X12 837 files (docs/audit-inputs.md)."""

from cds_service.audit_inputs.reading import records
from cds_service.audit_inputs.template import template

__all__ = ["records", "template"]
