"""Letters as rows of `igrt-cds doctor`."""

from __future__ import annotations

from cds_service.health import Health


def refused(letter: str) -> Health:
    """What would end the start: the first sentence is what is seen, the others what to do."""
    what, _, remedy = letter.partition(". ")
    return Health("fail", f"{what}." if remedy else what, remedy, public=False)
