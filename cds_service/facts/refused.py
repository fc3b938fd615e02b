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
