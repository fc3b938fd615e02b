"""Treatment devices beside an IMRT plan: LCD-44 to 48."""

from __future__ import annotations

from datetime import date

from tests.oracle.lcd_course import Course, Member
from tests.oracle.lcd_model import DEVICES, SEPARATE
from tests.oracle.lcd_papers import missing
from tests.oracle.lcd_plans import second_plan_day
from tests.oracle.lcd_raw import said
from tests.oracle.model import IMRT_CPT, YEAR_2026
from tests.oracle.raw import Raw

GANTRY_STOPS = 6


def device_rules(course: Course) -> list[Raw]:
    """LCD-44, 45 and 48, and the part of LCD-47 about 77338."""
    if not course.full:
        return []
    found = list(_necessity(course))
    if course.scenario.hook == "claim":
        found += [*_modifier(course), *_beside_mlc(course)]
    return found


def _devices(course: Course) -> list[Member]:
    """Device lines under review that LCD-46 does not free."""
    return [m for m in course.reviewed if m.code in DEVICES and not course.frees_device(m.date)]


def _necessity(course: Course) -> list[Raw]:
    """LCD-44: once for a course. With 59 or XU, as it says; the other X modifiers are LCD-45's."""
    scenario = course.scenario
    lines = [m for m in _devices(course) if {"59", "XU"} & set(m.line.modifiers)]
    gone = missing(course, "device-necessity")
    if not lines or gone is False or scenario.chart == "hidden":
        return []
    institutional = scenario.hook == "claim" and scenario.claim_type == "institutional"
    severity = "info" if institutional or not gone else "warning"
    return said(scenario, "LCD-44", "documentation", severity, ("add-document device-necessity",))


def _modifier(course: Course) -> list[Raw]:
    """LCD-45 with LCD-48."""
    scenario = course.scenario
    institutional = scenario.claim_type == "institutional"
    found = []
    for m in _devices(course):
        if {"26", *SEPARATE} & set(m.line.modifiers) or m.line.spans:
            continue
        that_day = _codes_on(course, m.date, scenario.claim_type)
        if institutional:
            beside = that_day & ({"77338"} | (IMRT_CPT if m.date < YEAR_2026 else frozenset()))
            if not beside:
                continue
            severity = "info"
        else:
            severity = "warning" if that_day & {"77301", "77338", "G6015"} else "info"
        third = "add-modifier {} 26"
        if institutional or m.line.component == "TC" or m.date >= YEAR_2026 or course.coded({"77338"}):
            third = "review"
        texts = ("add-modifier {} 59", "add-modifier {} XU", third)
        remedies = tuple(text.format(m.code) for text in texts)
        found += said(scenario, "LCD-45", "modifier", severity, remedies, m)
    return found


def _codes_on(course: Course, day: date, claim_type: str) -> frozenset[str]:
    """Codes of a day on claims of a type: pair edits do not reach across claims of the hospital and the physician."""
    return frozenset(
        m.code for m in course.lines if m.date == day and not m.line.spans and m.claim_type == claim_type
    )


def gantry_lines(course: Course) -> list[Member]:
    """Lines that LCD-47 counts: 26 without 59 and its kin, professional claims, not freed by LCD-46."""
    return [
        m
        for m in course.coded(DEVICES)
        if m.claim_type == "professional"
        and "26" in m.line.modifiers
        and not SEPARATE & set(m.line.modifiers)
        and not course.frees_device(m.date)
    ]


def gantry_groups(course: Course) -> list[list[Member]]:
    """The same by plan: what is dated before the second allowed plan belongs to the first."""
    second = second_plan_day(course)
    lines = gantry_lines(course)
    if second is None:
        return [lines]
    return [[m for m in lines if m.date < second], [m for m in lines if m.date >= second]]


def _beside_mlc(course: Course) -> list[Raw]:
    """LCD-47, last case. Same component: read as a shared one, so a global 77338 holds the 26 as well."""
    mlc = [m for m in course.coded({"77338"}) if m.claim_type == "professional" and m.line.component != "TC"]
    if not mlc:
        return []
    found = []
    for group in gantry_groups(course):
        if sum(m.line.units for m in group) > GANTRY_STOPS:
            continue
        for m in (m for m in group if m.reviewed):
            found += said(course.scenario, "LCD-47", "unit-limit", "info", ("review",), m)
    return found
