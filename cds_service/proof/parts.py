"""Parts of a point that belong together: who is insured, and on which side the service is billed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cds_service.engine.model import UNKNOWN
from cds_service.facts.case import Member
from cds_service.facts.derive import HOSPITAL_PLACES, OFFICE_PLACES
from cds_service.proof.givens import Given

ELSEWHERE = "24"
"""A place of service that is neither a hospital's nor an office's."""


@dataclass(frozen=True)
class Sides:
    """Claim type and place of service together (rulebook 1.2)."""

    words: str
    claim_type: str | None
    place: str | None

    @property
    def as_given(self) -> Given:
        """The side's part of a point."""
        made: Given = {"claim_type": self.claim_type} if self.claim_type else {}
        return made | ({"place_of_service": self.place} if self.place else {})


def sides() -> tuple[Sides, ...]:
    """The places of service that the facts tell apart, one of each."""
    return (
        Sides("hospital claim", "institutional", None),
        Sides("physician, hospital place", "professional", min(HOSPITAL_PLACES - {"19"})),
        Sides("professional, office", "professional", min(OFFICE_PLACES)),
        Sides("professional, other place", "professional", ELSEWHERE),
        Sides("professional, no place", "professional", None),
        Sides("claim type not known", None, None),
    )


def as_given(member: Member) -> dict[str, Any]:
    """The member's part of a point; what nobody knows is left out."""
    made: dict[str, Any] = {"payer": member.payer}
    if member.line_of_business is not UNKNOWN:
        made["line_of_business"] = member.line_of_business
    if member.programs:
        made["programs"] = sorted(member.programs)
    if member.state is not UNKNOWN:
        made["state"] = member.state
    return made
