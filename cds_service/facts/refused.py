"""Claims that the payer refused as a whole, as its ExplanationOfBenefit tells.

A service of such a claim that is billed anew was not billed twice. One that is not billed anew was rendered all the
same, and stays history.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from cds_service.facts import fhir
from cds_service.facts.case import Line, Unit
from cds_service.facts.codes import any_codes
from cds_service.facts.pool import Pool

_REFUSED = "denied"
"""`payment.type` of a claim on which nothing is paid (CARIN Blue Button, payer claim payment status)."""
_NOT_PROCESSED = "error"
"""`outcome` of a claim that the payer could not process (FHIR R4, claim processing codes)."""


Services = Mapping[Hashable, Collection[str]]
"""Billers by service."""


class _Payment(msgspec.Struct):
    type: fhir.CodeableConcept | None = None


class _Answer(msgspec.Struct):
    outcome: str | None = None
    payment: _Payment | None = None


_DECODER = msgspec.json.Decoder(_Answer)


def refuses(raw: bytes) -> bool:
    """Whether an ExplanationOfBenefit (JSON) says that nothing of its claim was accepted; not if it is unreadable."""
    if b'"denied"' not in raw and b'"error"' not in raw:
        return False
    try:
        answer = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    paid = answer.payment.type if answer.payment else None
    return answer.outcome == _NOT_PROCESSED or _REFUSED in any_codes(paid)


def refused_claims(pool: Pool) -> set[str]:
    """The refused claims of a request, named as `Line.resource` does: ExplanationOfBenefits, and Claims all of whose
    ExplanationOfBenefits refuse them.
    """
    found: set[str] = set()
    accepted: set[str] = set()
    for entry in pool.entries("ExplanationOfBenefit"):
        benefit = entry.resource
        answered = pool.find(benefit.claim, benefit, fhir.Claim) if isinstance(benefit, fhir.Claim) else None
        resource = answered or benefit
        name = f"{resource.resourceType}/{resource.id or 'unidentified'}"
        (found if refuses(bytes(entry.raw)) else accepted).add(name)
    return found - accepted


def _service(line: Line) -> Hashable:
    """What a line keeps when its claim is refused and billed anew: units and modifiers may have been the reason."""
    return line.code, line.start, line.end, str(line.claim_type)


def without_refused(history: Sequence[Line], units: Sequence[Unit], pool: Pool) -> tuple[Line, ...]:
    """The history without lines of refused claims that another claim, or one under review, bills anew."""
    refused = refused_claims(pool)
    if not refused:
        return tuple(history)
    anew = services(
        chain((line for line in history if line.resource not in refused), *(u.lines for u in units))
    )
    return tuple([line for line in history if line.resource not in refused or not is_among(line, anew)])


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
