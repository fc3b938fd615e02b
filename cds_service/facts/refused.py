"""Claims that the payer refused as a whole, and lines that it denied, as its ExplanationOfBenefit tells.

A service of such a claim or line that is billed anew was not billed twice. One that is not billed anew was rendered all
the same, and stays history.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from cds_service.facts import fhir
from cds_service.facts.case import Line, Unit
from cds_service.facts.codes import any_codes
from cds_service.facts.denied_lines import denied_lines
from cds_service.facts.pool import Pool

_REFUSED = "denied"
"""`payment.type` of a claim on which nothing is paid (CARIN Blue Button, payer claim payment status)."""
_NOT_PROCESSED = "error"
"""`outcome` of a claim that the payer could not process (FHIR R4, claim processing codes)."""


Services = Mapping[Hashable, Collection[str]]
"""Billers by service."""


_OTHER_PAYER = frozenset("EFGHJKQTUVXY") | {
    *("00", "12", "13", "14", "15", "16", "17", "18", "21", "22", "25", "26", "39", "41", "42", "43"),
}
"""Medicare paid nothing since another payer is the first one ("MSP cost avoided")."""
_MEDICARE = {
    "/carr_clm_pmt_dnl_cd": _OTHER_PAYER | {"0", "D", "P"},
    "/clm_mdcr_non_pmt_rsn_cd": _OTHER_PAYER | {"A", "B", "C", "N", "R", "W"},
}
"""Codes with which Medicare refuses a claim as a whole, by the end of Blue Button's extension: of a physician's claim
(CMS, CARR_CLM_PMT_DNL_CD; the others name who was paid), and why a hospital's got nothing (CLM_MDCR_NON_PMT_RSN_CD;
"payment requested" and requests in advance are no refusal)."""
_WORDS = (b'"denied"', b'"error"', *(f'{end}"'.encode() for end in _MEDICARE))


class _Money(msgspec.Struct):
    value: float | None = None


class _Payment(msgspec.Struct):
    type: fhir.CodeableConcept | None = None
    amount: _Money | None = None


class _Answer(msgspec.Struct):
    outcome: str | None = None
    payment: _Payment | None = None
    extension: msgspec.Raw = msgspec.Raw(b"[]")


_DECODER = msgspec.json.Decoder(_Answer)
_EXTENSIONS = msgspec.json.Decoder(list[fhir.Extension])


def refuses(raw: bytes) -> bool:
    """Whether an ExplanationOfBenefit (JSON) says that nothing of its claim was accepted; not if it is unreadable."""
    if not any(word in raw for word in _WORDS):
        return False
    try:
        answer = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    paid = answer.payment.type if answer.payment else None
    if answer.outcome == _NOT_PROCESSED or _REFUSED in any_codes(paid):
        return True
    amount = answer.payment.amount if answer.payment else None
    return not (amount and amount.value) and _medicare_refuses(answer.extension)


def _medicare_refuses(raw: msgspec.Raw) -> bool:
    try:
        found = _EXTENSIONS.decode(raw)
    except (msgspec.MsgspecError, RecursionError):  # others' extensions may be of any shape
        return False
    return any(
        (each.valueCoding.code or "").strip().upper() in codes
        for each in found
        if each.valueCoding
        for end, codes in _MEDICARE.items()
        if (each.url or "").rstrip("/").endswith(end)
    )


class Refused:
    """What the payers of a request's claims refused: claims and lines, named as `Line.resource` and `Line.sequence` do.

    Of a Claim the answers count: it is refused when all of them refuse it.
    """

    def __init__(self, pool: Pool) -> None:
        claims: set[str] = set()
        accepted: set[str] = set()
        answers: dict[str, list[bytes]] = {}
        of_claim: set[str] = set()
        for entry in pool.entries("ExplanationOfBenefit"):
            benefit, raw = entry.resource, bytes(entry.raw)
            answered = (
                pool.find(benefit.claim, benefit, fhir.Claim) if isinstance(benefit, fhir.Claim) else None
            )
            resource = answered or benefit
            name = f"{resource.resourceType}/{resource.id or 'unidentified'}"
            (claims if refuses(raw) else accepted).add(name)
            answers.setdefault(name, []).append(raw)
            if answered:
                of_claim.add(name)
        self._claims = claims - accepted
        self._lines = {
            name: lines for name, raws in answers.items() if (lines := denied_lines(raws, name in of_claim))
        }

    def __bool__(self) -> bool:
        return bool(self._claims or self._lines)

    def holds(self, line: Line) -> bool:
        """Whether the line, or its whole claim, was refused."""
        return line.resource in self._claims or line.sequence in self._lines.get(line.resource, ())


def _service(line: Line) -> Hashable:
    """What a line keeps when it is refused and billed anew: units and modifiers may have been the reason."""
    return line.code, line.start, line.end, str(line.claim_type)


def without_refused(history: Sequence[Line], units: Sequence[Unit], pool: Pool) -> tuple[Line, ...]:
    """The history without refused lines that another claim, or one under review, bills anew."""
    refused = Refused(pool)
    if not refused:
        return tuple(history)
    anew = services(chain((line for line in history if not refused.holds(line)), *(u.lines for u in units)))
    return tuple([line for line in history if not refused.holds(line) or not is_among(line, anew)])


def services(lines: Iterable[Line]) -> Services:
    """The services of lines, as far as a claim that bills anew keeps them, with their billers."""
    found: dict[Hashable, set[str]] = {}
    for line in lines:
        found.setdefault(_service(line), set()).add(line.provider)
    return found


def is_among(line: Line, *billed: Services) -> bool:
    """Whether the service of a line is one of these, of the same biller; a line that names none may be anybody's."""
    named = set().union(*(each.get(_service(line), ()) for each in billed))
    return line.provider in named or "" in named or (not line.provider and bool(named))
