"""Which claims of a patient count as earlier ones of another, so that of two claims one is the history of the other.

Where the stays of a hospital's and a physician's claim overlap, the hospital's comes first: its delivery lines tell
the technique of the dates on which the physician bills. All others go by the day on which they were made (`created`),
then by their first day of service, then by their id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds_service.engine.model import Finding
from cds_service.facts import fhir
from cds_service.facts.case import Line
from cds_service.facts.codes import any_codes
from cds_service.facts.dates import day, first_day, last_day
from cds_service.facts.denied_lines import NONE
from cds_service.facts.refused import is_among, services
from cds_service.facts.second_payer import UNKNOWN_PAYER, differ, once, other_services, service


@dataclass(frozen=True, slots=True)
class Dated:
    """A claim as far as the order goes. `lines` are those that it adds to the history of later claims, `first` and
    `last` its days of service, `key` its place among the claims of its kind, `payer` whom it is billed to, `refused`
    whether the payer refused it as a whole, `denied` the sequences of lines that it denied.
    """

    ref: str
    institutional: bool
    lines: tuple[Line, ...]
    first: date
    last: date
    key: tuple[date, date, str]
    payer: str
    refused: bool = False
    denied: frozenset[int] = NONE

    def refuses(self, line: Line) -> bool:
        """Whether the payer refused one of its lines, by itself or with all others."""
        return self.refused or line.sequence in self.denied


def dated(
    ref: str,
    claim: fhir.Claim,
    lines: tuple[Line, ...],
    payer: str = UNKNOWN_PAYER,
    refused: bool = False,
    denied: frozenset[int] = NONE,
) -> Dated:
    """A claim by the days of its lines; one that adds none (a draft) by what it says of itself."""
    created = day(claim.created)
    if lines:
        first, last = min([line.start for line in lines]), max([line.end for line in lines])
    else:
        first = first_day(claim.billablePeriod) or created or date.max
        last = max(first, last_day(claim.billablePeriod) or first)
    institutional = "institutional" in any_codes(claim.type)
    return Dated(
        ref, institutional, lines, first, last, (created or first, first, ref), payer, refused, denied
    )


def before(one: Dated, other: Dated) -> bool:
    """Whether `one` is history of `other`: of two different claims exactly one is of the other."""
    if one.institutional != other.institutional and one.first <= other.last and other.first <= one.last:
        return one.institutional
    return one.key < other.key


@dataclass(frozen=True, slots=True)
class Histories:
    """A claim, the lines of all claims before it, and those of all claims after it."""

    claim: Dated
    earlier: tuple[Line, ...]
    later: tuple[Line, ...]


def histories(claims: Sequence[Dated]) -> Iterator[Histories]:
    """Each claim with what lies around it, oldest claim first."""
    ordered = sorted(claims, key=lambda c: c.key)
    payers = {claim.ref: claim.payer for claim in ordered}
    several = len(set(payers.values()) - {UNKNOWN_PAYER}) > 1
    refused = any(claim.refused or claim.denied for claim in ordered)
    accepted = services(line for c in ordered for line in c.lines if not c.refuses(line)) if refused else {}
    for claim in ordered:
        own = services(claim.lines) if refused else {}
        own_refused = services(line for line in claim.lines if claim.refuses(line)) if refused else {}
        earlier: list[Line] = []
        later: list[Line] = []
        for other in ordered:
            if other is not claim and other.lines:
                lines = other.lines if other.payer == claim.payer else _beside(other, claim)
                if other.refused or other.denied or own_refused:
                    lines = [
                        line
                        for line in lines
                        if not is_among(line, *((own, accepted) if other.refuses(line) else (own_refused,)))
                    ]
                (earlier if before(other, claim) else later).extend(lines)
        if several:
            earlier, later = (
                once(lines, lambda line: payers.get(line.resource, UNKNOWN_PAYER), {claim.payer})
                for lines in (earlier, later)
            )
        yield Histories(claim, tuple(earlier), tuple(later))


def _beside(other: Dated, claim: Dated) -> Sequence[Line]:
    """What a claim of another payer bills beside a claim: all of it but the same services."""
    if not differ(other.payer, claim.payer):
        return other.lines
    return other_services(other.lines, frozenset(map(service, claim.lines)))


def still_found(findings: Sequence[Finding], in_hindsight: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings made with earlier claims as history that hold when later claims are seen too.

    What a claim lacks may have been billed on a later one. What later claims add (a pair, a limit passed) is found on
    those: here only what remains of `findings` counts, line by line.
    """
    kept: list[Finding] = []
    for finding in findings:
        same = [
            f for f in in_hindsight if f.kind == finding.kind and not set(f.rules).isdisjoint(finding.rules)
        ]
        if not same:
            continue
        lines = {line for f in same for line in f.lines}
        remaining = tuple(line for line in finding.lines if line in lines)
        if remaining or not finding.lines:
            kept.append(finding if remaining == finding.lines else replace(finding, lines=remaining))
    return tuple(kept)
