"""Lines of a claim that its payer denied while it paid others, as the items of its ExplanationOfBenefit tell.

A payer that pays nothing for a line has not always denied it: packaged services, capitation and deductibles end at 0
too. So a denial has to be said: by its reason (CARIN Blue Button `denialreason`, Medicare's line processing indicator),
or by charges that are not covered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from cds_service.facts import fhir

_DENIAL = "denialreason"
_INDICATOR = "line_prcsg_ind_cd"
_NOT_COVERED = frozenset({"noncovered", "rev_cntr_ncvrd_chrg_amt"})
_SUBMITTED = frozenset({"submitted", "line_sbmtd_chrg_amt", "rev_cntr_tot_chrg_amt"})
_PAID = frozenset(
    {
        *("benefit", "paidtoprovider", "paidtopatient", "paidbypatient", "priorpayerpaid"),
        *("line_nch_pmt_amt", "line_prvdr_pmt_amt", "line_bene_pmt_amt", "line_bene_prmry_pyr_pd_amt"),
        *("rev_cntr_prvdr_pmt_amt", "rev_cntr_bene_pmt_amt", "rev_cntr_pmt_amt_amt"),
    }
)
_ALLOWED = _PAID | {
    *("eligible", "deductible", "coinsurance", "copay"),
    *("line_alowd_chrg_amt", "line_bene_ptb_ddctbl_amt", "line_coinsrnc_amt"),
}
"""Adjudication categories, HL7's, CARIN Blue Button's and the names of Medicare's variables: an amount in one of
`_ALLOWED` says that a service was accepted, whoever has to pay it."""
_DENYING_INDICATORS = frozenset("BCDILMNOP")
"""Line processing indicators that deny (CMS, LINE_PRCSG_IND_CD): benefits exhausted, not covered, denied, invalid,
laboratory not certified, duplicate, not necessary, other, ownership. A line "allowed", "reprocessed", for a second
payer or bundled is not denied."""
_NO_DENIAL = frozenset(
    {
        *("1", "2", "3", "23", "24", "45", "59", "66", "94", "97", "104", "131", "187", "234", "237"),
        *("247", "248", "253", "B10"),
    }
)
"""Claim adjustment reasons (X12, external code list 139) that say how much is paid, or with what: the patient's share,
what another payer paid, capitation, fee schedule, rules of several procedures, packaging, agreements, sequestration.
They stand among denial reasons too."""
_NO_REASON = re.compile("(?:MA|M|N)[0-9]+|N/?A|NONE|0*")
"""Remarks (X12, external code list 411), which say more of a reason and are none; and what stands for nothing."""
_GROUPS = ("CO", "CR", "OA", "PI", "PR")
"""Groups of adjustments, which Medicare's outpatient exports write before the reason: CO16."""


class _Money(msgspec.Struct):
    value: Decimal | None = None


class _Adjudication(msgspec.Struct):
    category: fhir.CodeableConcept | None = None
    reason: fhir.CodeableConcept | None = None
    amount: _Money | None = None

    @property
    def names(self) -> set[str]:
        """What it is of, in every system that it is coded in."""
        return {(c.code or "").rpartition("/")[2] for c in self.category.coding} if self.category else set()


class _Item(msgspec.Struct):
    sequence: int | None = None
    itemSequence: list[int] = []
    adjudication: list[_Adjudication] = []


class _Answer(msgspec.Struct):
    status: str | None = None
    item: list[_Item] = []


_DECODER = msgspec.json.Decoder(_Answer)
_WORDS = tuple(word.encode() for word in (_DENIAL, _INDICATOR, *sorted(_NOT_COVERED)))
_WITHDRAWN = frozenset({"cancelled", "entered-in-error"})
NONE: frozenset[int] = frozenset()


def denied_lines(answers: Iterable[bytes], of_claim: bool) -> frozenset[int]:
    """The sequences of a claim's lines that all items deny which answer them.

    Args:
        answers: ExplanationsOfBenefit as JSON; what cannot be read, or was withdrawn, says nothing.
        of_claim: whether they answer a Claim, whose lines `itemSequence` names; else the lines are their own.
    """
    found = tuple(answers)
    if not any(word in raw for raw in found for word in _WORDS):
        return NONE
    denied: set[int] = set()
    accepted: set[int] = set()
    for answer in filter(None, map(_decoded, found)):
        for number, item in enumerate(answer.item, start=1):
            own = [item.sequence if item.sequence is not None else number]
            lines = (item.itemSequence or own) if of_claim else own
            (denied if _is_denied(item) else accepted).update(lines)
    return frozenset(denied - accepted)


def _decoded(raw: bytes) -> _Answer | None:
    try:
        answer = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if answer.status in _WITHDRAWN else answer


def _is_denied(item: _Item) -> bool:
    amounts: dict[str, Decimal] = {}
    reasons: list[bool] = []
    for each in item.adjudication:
        names = each.names
        if _DENIAL in names or _INDICATOR in names:
            reasons += _deny(each.reason)
        if each.amount and each.amount.value is not None:
            for name in names:
                amounts[name] = max(each.amount.value, amounts.get(name, each.amount.value))
    if any(amounts[name] for name in amounts.keys() & _ALLOWED):
        return False
    submitted = _largest(amounts, _SUBMITTED)
    nothing_covered = bool(submitted) and submitted == _largest(amounts, _NOT_COVERED)
    if amounts.keys().isdisjoint(_PAID) and not nothing_covered:
        return False  # nobody says what was paid
    return any(reasons) or (nothing_covered and not reasons)


def _deny(reason: fhir.CodeableConcept | None) -> list[bool]:
    """Whether each reason that is given denies; a text is one, however it is worded."""
    if reason is None:
        return []
    found = [
        code in _DENYING_INDICATORS
        if (coding.system or "").rstrip("/").endswith(_INDICATOR)
        else _plain(code) not in _NO_DENIAL
        for coding in reason.coding
        if (code := (coding.code or "").strip().upper())
        and not _NO_REASON.fullmatch(code)
        and not (coding.system or "").endswith("/data-absent-reason")
    ]
    return found or ([True] if (reason.text or "").strip() else [])


def _plain(code: str) -> str:
    """A reason without its group and leading zeros."""
    return (code[2:] if code.startswith(_GROUPS) else code).lstrip(" -0")


def _largest(amounts: dict[str, Decimal], names: frozenset[str]) -> Decimal | None:
    return max((amounts[name] for name in amounts.keys() & names), default=None)
