"""How much one call may ask about (threat T12): every line under review is held against the others of its date and
course, so the cost grows with the square of their number.
"""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.facts import fhir
from cds_service.facts.pool import Entry
from cds_service.request.errors import Problem, Refusal

MOST_REVIEWED = 200
"""Orders or claims of one call."""
MOST_LINES = 1000
"""Lines of all claims of one call; the X12 837I takes 999 for a claim."""


def require_bounded(review: Sequence[Entry], where: str) -> None:
    """Refuse more orders, claims or claim lines than one call may ask about; `where` is the member that holds them.

    What is only context (history, chart) is bounded by the gate alone.

    Raises:
        Refusal: 413.
    """
    lines = sum(len(e.resource.item) for e in review if isinstance(e.resource, fhir.Claim))
    if len(review) > MOST_REVIEWED or lines > MOST_LINES:
        what = f"One call may be about {MOST_REVIEWED} orders or claims, and about {MOST_LINES} claim lines."
        raise Refusal(413, [Problem(where, what, "Send them in several calls.")], code="too-costly")
