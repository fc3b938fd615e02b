"""Beams of a linac whose technique nobody tells, in a list of techniques (rulebook 1.3)."""

from __future__ import annotations

from collections.abc import Iterable

LINAC = "linac"
"""Stands in a list for photons that are coded without a technique, and for a delivery level of 2026 that is none of
what else the list holds. Alone it says no more than that the technique is unknown."""
_OF_PHOTONS = frozenset({"imrt", "3dcrt", "2d", "sbrt", "srs"})


def together(lists: Iterable[frozenset[str]]) -> frozenset[str]:
    """Techniques of several resources as one list. Photons without a technique are those that another one tells."""
    told = frozenset().union(*lists)
    return told if told.isdisjoint(_OF_PHOTONS) else told - {LINAC}


def completed(own: frozenset[str], more: frozenset[str]) -> frozenset[str]:
    """`own`, else `more`; photons without a technique learn it from `more`."""
    if LINAC not in own:
        return own or more
    return together((own, more & _OF_PHOTONS))


def alone(techniques: frozenset[str]) -> bool:
    """Whether the list holds photons without a technique and nothing else."""
    return techniques == {LINAC}
