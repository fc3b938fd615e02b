"""Numbers of the claim that an ExplanationOfBenefit answers, where its own identifiers do not have them."""

from __future__ import annotations

import msgspec

from cds_service.audit.numbered import Number
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes

_CONTROL = ("/carr_clm_cntl_num", "/fi_doc_clm_cntl_num")
"""Ends of the addresses of Medicare's own numbers of a claim (Blue Button), which stand in extensions."""
_ACCOUNT = "patientaccountnumber"
"""CARIN Blue Button's category of the number under which the office sent the claim (CLM01)."""
_WORDS = tuple(word.encode() for word in (*_CONTROL, _ACCOUNT))


class _Extension(msgspec.Struct):
    url: str | None = None
    valueIdentifier: fhir.Identifier | None = None


class _Info(msgspec.Struct):
    category: fhir.CodeableConcept | None = None
    code: fhir.CodeableConcept | None = None
    valueString: str | None = None


class _Told(msgspec.Struct):
    extension: list[_Extension] = []
    supportingInfo: list[_Info] = []


_DECODER = msgspec.json.Decoder(_Told)


def answered_numbers(raw: bytes) -> tuple[list[Number], str]:
    """Medicare's numbers of the claim, with their systems, and the office's, of which no system is told; empty where an
    answer does not tell them, or cannot be read."""
    if not any(word in raw for word in _WORDS):
        return [], ""
    try:
        told = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [], ""
    numbers = [
        (each.valueIdentifier.system or each.url or "", each.valueIdentifier.value.strip())
        for each in told.extension
        if each.valueIdentifier and each.valueIdentifier.value and (each.url or "").endswith(_CONTROL)
    ]
    accounts = {
        text.strip()
        for info in told.supportingInfo
        if _ACCOUNT in any_codes(info.category)
        for text in (info.valueString, info.code.text if info.code else None)
        if text and text.strip()
    }
    return numbers, accounts.pop() if len(accounts) == 1 else ""
