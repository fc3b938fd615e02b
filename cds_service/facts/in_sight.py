"""What all answers about a claim's lines are among, told by the claim as a whole (`engine.chances`)."""

from __future__ import annotations

from typing import Any

from cds_service.engine.model import Unknown
from cds_service.facts import imrt
from cds_service.facts.kept_date import SURFACE_GUIDANCE
from cds_service.facts.views import UnitView

NOTHING: frozenset[Any] = frozenset()
NO = frozenset({False})


def techniques(unit: UnitView) -> frozenset[str]:
    """Techniques that a code in sight or a coded value may name."""
    coded = frozenset(t for record in unit.unit.day_records for t in record.techniques)
    named = unit.case.knowledge.techniques.named_by(unit.codes_beside | unit.codes_elsewhere_then)
    return named | coded | unit.unit.radiotherapy.techniques


def validities(unit: UnitView) -> frozenset[str]:
    """By the first and last days of the lines: most codes are valid on all of them."""
    first, last = unit.days
    codes = unit.case.knowledge.catalogue.codes
    found = {"valid"}
    for code in unit.codes_beside:
        entry = codes.get(code)
        if entry is None:
            found.add("uncatalogued")
            continue
        if entry.first and first < entry.first:
            found.add("not-yet")
        if entry.last and last > entry.last:
            found.add("ended")
    return frozenset(found)


def fractions_left(unit: UnitView) -> frozenset[float] | None:
    """Nothing where nobody told fractions."""
    return None if unit.tells_fractions else NOTHING


def coded_methods(unit: UnitView) -> frozenset[bool] | None:
    """No where no method is coded for the course or for any day."""
    methods = unit.unit.radiotherapy.methods
    if not isinstance(methods, Unknown) and methods:
        return None
    return None if any(_methods(record.methods) for record in unit.unit.day_records) else NO


def two_guidance_lines(unit: UnitView) -> frozenset[bool] | None:
    """No where there are less than two lines of guidance, that of surface therapy included."""
    codes = unit.case.sets["guidance-any-era"] | {SURFACE_GUIDANCE}
    return None if sum(line.code in codes for line in unit.beside) > 1 else NO


def recorded_guidance(unit: UnitView) -> frozenset[bool] | None:
    """Nothing without records that tell of it."""
    told = any(not isinstance(record.methods, Unknown) for record in unit.unit.day_records)
    return None if told else NOTHING


def imrt_courses(unit: UnitView) -> frozenset[str] | None:
    """No where neither a code in sight nor a coded technique says IMRT."""
    sets = unit.case.sets
    codes = unit.codes_beside | unit.codes_elsewhere
    if "imrt" in unit.unit.radiotherapy.techniques:
        return None
    silent = codes.isdisjoint(sets["imrt-course-codes"]) and codes.isdisjoint(sets["imrt-plan"])
    return frozenset({"no"}) if silent else None


def anchors(unit: UnitView) -> frozenset[bool] | None:
    """No where no line says IMRT."""
    return NO if unit.once(imrt.anchor) is None else None


def treated_groups(unit: UnitView) -> frozenset[str]:
    """Groups of any diagnosis of the claim or of its lines."""
    codes = {unit.unit.principal, *unit.unit.diagnoses}
    codes.update(code for line in unit.lines for code in line.line.pointed)
    return unit.case.knowledge.diagnosis_groups.of(codes)


def codes_beside(unit: UnitView) -> frozenset[str]:
    """Codes of lines that are signed or sent together."""
    return unit.codes_beside


def codes_elsewhere_then(unit: UnitView) -> frozenset[str]:
    """Codes of the lines of other claims, of the days of this one."""
    return unit.codes_elsewhere_then


def codes_then(unit: UnitView) -> frozenset[str]:
    """Codes of all these."""
    return unit.codes_beside | unit.codes_elsewhere_then


def codes_anywhere(unit: UnitView) -> frozenset[str]:
    """Codes of these and of the lines of other claims, of any day."""
    return unit.codes_beside | unit.codes_elsewhere


def _methods(told: frozenset[str] | Unknown) -> frozenset[str]:
    return NOTHING if isinstance(told, Unknown) else told
