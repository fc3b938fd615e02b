"""Services of an earlier claim that the plan under review holds or questions: LCD-41 to 43 and 56 by M-11."""

from __future__ import annotations

from tests.oracle.lcd_course import Course
from tests.oracle.lcd_raw import said
from tests.oracle.lcd_services import EXTERNAL, SPECIAL
from tests.oracle.raw import Raw


def earlier_claims(course: Course) -> list[Raw]:
    """Open in M-11: which line completes the pair; taken: the first 77301 of the biller in the course, on claims."""
    plans = [m for m in course.reviewed if m.code == "77301"]
    past = [m for m in course.lines if not m.reviewed and m.own]
    if course.scenario.hook != "claim" or any(m.code == "77301" for m in past):
        return []
    asked = {"LCD-43": {"77331"}}
    if course.full and not course.modalities & EXTERNAL:
        asked["LCD-41"] = {"77306", "77307", "77321"}
    if course.full and "brachytherapy" not in course.modalities:
        asked["LCD-42"] = {"77316", "77317", "77318"}
    if course.full and not course.modalities & (SPECIAL | {"superficial", "neutron"}):
        asked["LCD-56"] = {"77470"}
    found = []
    for rule, codes in asked.items():
        if any(m.code in codes for m in past) and not any(m.code in codes for m in course.reviewed):
            for m in plans:
                found += said(course.scenario, rule, "bundling", "warning", ("review",), m)
    return found
