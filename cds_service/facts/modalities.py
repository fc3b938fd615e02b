"""Other treatment modalities of a course: coded, or derived from its delivery codes (rulebook 1.2, LCD-46)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from cds_service.facts.derive import NEUTRAL_LEVELS_FROM
from cds_service.facts.periods import moved
from cds_service.facts.views import LineView

SETTING_UP = timedelta(days=21)
"""How long before another modality's first line its devices are made (LCD-46, our choice)."""

_SETS: Mapping[str, str] = {
    "conventional-delivery": "external-beam-boost",
    "stereotactic-delivery": "external-beam-boost",
    "proton-delivery": "proton",
    "neutron-delivery": "neutron",
    "superficial-delivery": "superficial",
    "brachytherapy": "brachytherapy",
    "intraoperative-delivery": "intraoperative",
}


def modality_of(line: LineView) -> str:
    """The other modality that a delivery line stands for; empty for any other line.

    The neutral levels of 2026 say nothing about the modality.
    """
    sets = line.unit.case.sets
    if line.code in sets["linac-delivery-cpt"] and line.date >= NEUTRAL_LEVELS_FROM:
        return ""
    return next((modality for name, modality in _SETS.items() if line.code in sets[name]), "")


def derived_modalities(line: LineView) -> frozenset[str]:
    """Modalities of the delivery codes of the line's course, doubtful lines included."""
    return line.once_of_course(_derived)


def _derived(line: LineView) -> frozenset[str]:
    return frozenset(m for o in line.course.lines if (m := modality_of(o)))


def other_modalities(line: LineView) -> frozenset[str]:
    """Other modalities coded for the course of the line, and those of its delivery codes, doubtful ones included."""
    return line.unit.unit.radiotherapy.other_modalities | derived_modalities(line)


def may_serve_another_modality(line: LineView) -> bool:
    """Whether the line may be a device of another modality (LCD-46).

    That is so from 21 days before the first line of that modality on, and always when the modality is coded but
    none of its lines is known, since the lines cannot be told apart then.
    """
    coded = line.unit.unit.radiotherapy.other_modalities
    if coded - derived_modalities(line):
        return True
    first = line.once_of_course(_first_of_another)
    return first is not None and line.date >= moved(first, -SETTING_UP)


def _first_of_another(line: LineView) -> date | None:
    return min((o.date for o in line.course.lines if modality_of(o)), default=None)
