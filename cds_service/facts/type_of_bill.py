"""The type of bill of an institutional claim (NUBC), as one code or in the three parts of Medicare's exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts import fhir

_SYSTEMS: Final = frozenset(
    {"https://www.nubc.org/CodeSystem/TypeOfBill", "urn:oid:2.16.840.1.113883.6.301.1"}
)
_FACILITY, _CLASS, _FREQUENCY = "/clm_fac_type_cd", "/clm_srvc_clsfctn_type_cd", "/clm_freq_cd"
"""Ends of Blue Button's addresses: extensions of `facility` and of the claim itself, and a supporting code."""


def type_of_bill(claim: fhir.Claim) -> str | Unknown:
    """Three characters without the leading zero, as 131; the first one that the claim states."""
    return next(types_of_bill(claim), UNKNOWN)


def types_of_bill(claim: fhir.Claim) -> Iterator[str]:
    """Every type of bill that the claim states: as subType, among its supporting codes, in parts."""
    codings = [
        coding
        for concept in (claim.subType, *[info.code for info in claim.supportingInfo])
        if concept
        for coding in concept.coding
        if coding.code
    ]
    for coding in codings:
        bill = (coding.code or "").strip().lstrip("0")
        if coding.system in _SYSTEMS and bill:
            yield bill
    facility = _extended(claim.facility.extension, _FACILITY) if claim.facility else ""
    kind = _extended(claim.extension, _CLASS) if facility else ""
    told = {(c.code or "").strip() for c in codings if (c.system or "").endswith(_FREQUENCY)} if kind else ()
    if len(told) == 1:
        (frequency,) = told
        yield f"{facility}{kind}{frequency}"


def is_critical_access(bill: str | Unknown) -> bool:
    """Whether the bill is a critical access hospital's (85x), which may hold its physicians' parts too, with 26."""
    return isinstance(bill, str) and bill.startswith("85")


def _extended(raw: Any, url: str) -> str:
    """The one character that an extension tells by its code; empty where none does."""
    if raw is msgspec.UNSET:
        return ""
    try:
        found = msgspec.convert(raw, list[fhir.Extension])
    except msgspec.MsgspecError:  # others' extensions may be of any shape
        return ""
    codes = {
        (each.valueCoding.code or "").strip()
        for each in found
        if each.valueCoding and (each.url or "").rstrip("/").endswith(url)
    }
    return codes.pop() if len(codes) == 1 else ""
