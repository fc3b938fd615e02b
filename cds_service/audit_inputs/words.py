"""Reads cells that hold words: the claim's form and status, the line of business, the state."""

from __future__ import annotations

import re
from pathlib import Path

from cds_service.audit_inputs.cells import BadCell, name, whole
from cds_service.facts.places import letters_of, load_states

_STATES = load_states(Path(__file__).parent.parent / "catalogues" / "states.csv")

_FORMS = {
    "professional": "professional",
    "p": "professional",
    "prof": "professional",
    "cms1500": "professional",
    "hcfa": "professional",
    "hcfa1500": "professional",
    "1500": "professional",
    "837p": "professional",
    "pb": "professional",
    "professionalbilling": "professional",
    "professionalclaim": "professional",
    "institutional": "institutional",
    "i": "institutional",
    "inst": "institutional",
    "facility": "institutional",
    "hospital": "institutional",
    "ub04": "institutional",
    "ub": "institutional",
    "ub92": "institutional",
    "cms1450": "institutional",
    "837i": "institutional",
    "hb": "institutional",
    "hospitalbilling": "institutional",
    "institutionalclaim": "institutional",
}
_LINES_OF_BUSINESS = {
    "commercial": "commercial",
    "fep": "fep",
    "fehb": "fep",
    "federalemployeeprogram": "fep",
    "sao": "sao",
    "medicareadvantage": "medicare-advantage",
    "medicare": "medicare",
    "medicaid": "medicaid",
    "marketplace": "marketplace",
    "exchange": "marketplace",
    "ffs": "ffs",
    "feeforservice": "ffs",
    "medicareffs": "ffs",
    "traditionalmedicare": "ffs",
    "originalmedicare": "ffs",
}


_EDITION = re.compile(r"\s*\(?[0-9]{2}[/-][0-9]{2}\)?$")
"""When a paper form was approved: CMS1500 (02/12)."""


def form(cell: str) -> str:
    """`professional` or `institutional`; empty when the words are none of their names (Primary, Electronic, Paper)."""
    words = _EDITION.sub("", name(whole(cell)))
    return _FORMS.get(re.sub(r"[^a-z0-9]", "", words.lower()), "")


def line_of_business(cell: str) -> str:
    """A line of business as our code; empty when the words are none of them."""
    return _LINES_OF_BUSINESS.get(re.sub(r"[^a-z0-9]", "", cell.lower()), "")


def state(cell: str) -> str:
    """The two letters of a state that is given by them or by its name; a name that nobody knows as it stands.

    Raises:
        BadCell: it cannot be either.
    """
    if not re.fullmatch(r"[A-Za-z. -]{2,40}", cell):
        raise BadCell("is no state. Write its two letters, as FL")
    return letters_of(cell, _STATES) or cell


def status(cell: str) -> str:
    """`cancelled` for a claim that was taken back, `refused` for one that the payer refused, otherwise `active`."""
    if re.match(r"(?i)\s*(void|cancel|reversed|deleted)", cell):
        return "cancelled"
    return "refused" if re.match(r"(?i)\s*(denied|denial|reject|refused)", cell) else "active"
