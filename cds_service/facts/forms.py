"""How the answers of open facts are written, so that a value that could never be met is noticed in a policy file."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from cds_service.engine.vocabulary import Form
from cds_service.facts.diagnosis import load_diagnosis_groups
from cds_service.facts.document_types import DOCUMENT_TYPES

_GROUPS = load_diagnosis_groups(Path(__file__).parent.parent / "catalogues" / "diagnosis_groups.csv")
_DIAGNOSIS = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII)
_NEOPLASM = re.compile(r"C[0-9][0-9A-Z]|D[0-4][0-9]|D3A", re.ASCII)
_COMPLETE = frozenset(
    ("C01", "C07", "C12", "C19", "C20", "C23", "C33", "C37", "C52", "C55", "C58", "C61", "C73", "D34", "D45")
)
"""Codes of three characters that can be reported, of ICD-10-CM's chapter of neoplasms (C00 to D49), April 2026."""
_LOINC = re.compile(r"([1-9][0-9]{0,6})-([0-9])", re.ASCII)


def _whole(pattern: str, about: str) -> Form:
    return Form(partial(_is_whole, re.compile(pattern, re.ASCII)), about)


def _is_whole(pattern: re.Pattern[str], text: str) -> bool:
    # No function within another: what a proof finds travels between processes, with the facts it speaks of.
    return pattern.fullmatch(text) is not None


def is_document_type(text: str) -> bool:
    """Whether a text is a document type of ours or a LOINC code, whose last digit checks the others (mod 10)."""
    if text in DOCUMENT_TYPES:
        return True
    found = _LOINC.fullmatch(text)
    if found is None:
        return False
    total = 0
    for place, digit in enumerate(reversed(found[1])):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(found[2])


def is_category(text: str) -> bool:
    """Whether a text is an ICD-10-CM category of neoplasms, which claims never hold, as C50; its codes are longer.

    Of the other chapters a category is not told from a code.
    """
    return _NEOPLASM.fullmatch(text) is not None and text not in _COMPLETE


def _is_diagnosis(text: str) -> bool:
    return _DIAGNOSIS.fullmatch(text) is not None and not is_category(text)


def _codes_of_category(text: str) -> str:
    if not is_category(text):
        return ""
    groups = sorted(_GROUPS.of_category(text))
    ask = (
        f", or ask `diagnosis_groups`, of which these hold codes of it: {', '.join(groups)}" if groups else ""
    )
    return f"{text} is a category, and codes compare exactly. Write each of its codes that is meant{ask}."


MODIFIER = _whole(r"[A-Z0-9]{2}", "two capitals or digits, as 26 or TC")
STATE = _whole(r"[A-Z]{2}", "two capital letters, as FL")
TYPE_OF_BILL = _whole(r"[1-9][0-9A-Z]{2}", "three characters without the leading zero, as 131")
DIAGNOSIS = Form(
    _is_diagnosis, "an ICD-10-CM code with its point, as C61 or C50.912", instead=_codes_of_category
)
DOCUMENT = Form(is_document_type, f"a LOINC code, as 18776-5, or one of: {', '.join(sorted(DOCUMENT_TYPES))}")
DIAGNOSIS_GROUP = Form(_GROUPS.names.__contains__, f"one of: {', '.join(sorted(_GROUPS.names))}")
