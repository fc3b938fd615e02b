"""The template of `igrt-cds audit --template`: every column, and made-up claims that show how they are filled."""

from __future__ import annotations

import io

from cds_service.audit_inputs.columns import COLUMNS, NAMES
from cds_service.csv_safe import write_csv

_EXAMPLE = {column.name: column.example for column in COLUMNS}
_HOSPITAL = _EXAMPLE | {
    "claim_id": "SYN-1002",
    "patient_id": "SYN-P2",
    "code": "77386",
    "modifier_1": "",
    "charge": "2100.00",
    "place_of_service": "",
    "payer_name": "Medicare",
    "plan_name": "",
    "line_of_business": "ffs",
    "claim_form": "institutional",
    "type_of_bill": "0131",
    "revenue_code": "0333",
    "site": "Synthetic Hospital",
}
_ROWS = (
    _EXAMPLE,
    _EXAMPLE | {"line_number": "2", "service_date": "2024-03-05"},
    _HOSPITAL,
    _HOSPITAL | {"line_number": "2", "code": "77387", "modifier_1": "TC", "charge": "310.00"},
)


def template() -> str:
    """A CSV with the header and four lines of two synthetic claims. Their numbers begin with SYN."""
    out = io.StringIO()
    write_csv(out, NAMES, ([row[name] for name in NAMES] for row in _ROWS))
    return out.getvalue()
