"""Documents that the Medicare Florida text wants on file: LCD-24, 28, 33 to 37, 40, 63, 77 to 80."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tests.oracle.lcd_course import Course
from tests.oracle.lcd_model import GUIDED, IMRT_DELIVERY, LcdScenario, Paper
from tests.oracle.lcd_raw import said
from tests.oracle.product import CALL_DAY
from tests.oracle.raw import Raw

ONCOLOGIST, PHYSICIST = "radiation-oncologist", "medical-physicist"


def at_hand(scenario: LcdScenario, slug: str) -> tuple[Paper, ...]:
    """Documents of a type in the chart or attached."""
    return tuple(p for p in (*scenario.papers, *scenario.attached_papers) if p.slug == slug)


def counting(course: Course, slug: str) -> tuple[Paper, ...]:
    """LCD-77: those dated between 60 days before the course's first line and today; undated ones count."""
    first = course.first_line - timedelta(days=60)
    return tuple(p for p in at_hand(course.scenario, slug) if p.date is None or first <= p.date <= CALL_DAY)


def on_file(course: Course, slug: str) -> bool:
    """Is a document of the type on file for the course?"""
    return bool(counting(course, slug))


def missing(course: Course, slug: str) -> bool | None:
    """True: the chart is seen and does not hold it. None: that cannot be told (hidden or unmapped chart)."""
    if on_file(course, slug):
        return False
    return True if course.scenario.charted else None


def _signed(papers: Iterable[Paper], *roles: str) -> bool:
    """LCD-77: raised only when nobody signed, or all signers' roles are known and a role is missing."""
    known = {role for paper in papers for _, role in paper.signers}
    return bool(known) and (None in known or set(roles) <= known)


def ordered_imrt(scenario: LcdScenario) -> bool:
    """An order whose technique is imrt and nothing else."""
    return scenario.hook == "order" and {t for r in scenario.records for t in r.techniques} == {"imrt"}


def asks(course: Course) -> bool:
    """Does a line under review ask for the IMRT record: one of the codes, or an order whose technique is imrt?"""
    scenario = course.scenario
    return any(m.code in IMRT_DELIVERY | {"77301"} for m in course.reviewed) or ordered_imrt(scenario)


def record(course: Course) -> list[Raw]:
    """LCD-33 to 37 and 77 to 80: one finding for each missing item."""
    scenario = course.scenario
    if not asks(course) or scenario.chart == "hidden":
        return []
    verification = counting(course, "dosimetric-verification")
    images = [p for p in counting(course, "image-review") if p.date is not None]
    wanted = [
        ("prescription-constraints", "LCD-78", on_file(course, "prescription-constraints")),
        ("imrt-need-statement", "LCD-79", on_file(course, "imrt-need-statement")),
    ]
    if scenario.hook == "claim":
        wanted += [
            ("image-review", "LCD-33", _signed(images, ONCOLOGIST)),
            ("dvh-review", "LCD-34", on_file(course, "dvh-review")),
            ("portal-description", "LCD-35", on_file(course, "portal-description")),
            ("dosimetric-verification", "LCD-36", _signed(verification, ONCOLOGIST, PHYSICIST)),
        ]
        if course.coded({"G6016"}):
            wanted.append(("compensator-design", "LCD-37", on_file(course, "compensator-design")))
    severity = "warning" if scenario.charted and scenario.hook == "claim" else "info"
    found = []
    for slug, rule, there in wanted:
        if not there:
            found += said(scenario, rule, "documentation", severity, (f"add-document {slug}",))
    return found


def notes(course: Course) -> list[Raw]:
    """LCD-24, 28, 40: reminders on claims. Open in 28: read for IMRT courses, as its two neighbours say."""
    scenario = course.scenario
    if scenario.hook != "claim" or scenario.chart == "hidden" or not course.full:
        return []
    found = []
    for code, slug, rule in (
        ("77263", "planning-work-itemised", "LCD-24"),
        ("77290", "simulation-note", "LCD-28"),
        ("77300", "independent-dose-check", "LCD-40"),
    ):
        if any(m.code == code for m in course.reviewed) and not on_file(course, slug):
            found += said(scenario, rule, "documentation", "info", (f"add-document {slug}",))
    return found


def guidance_review(scenario: LcdScenario) -> list[Raw]:
    """LCD-63: a review of the images dated on or after the claim's last imaging day."""
    days = [line.date for line in scenario.lines if line.code in GUIDED]
    if not days or scenario.hook != "claim" or scenario.chart == "hidden":
        return []
    reviews = at_hand(scenario, "igrt-physician-review")
    if any(p.date is not None and max(days) <= p.date <= CALL_DAY for p in reviews):
        return []
    undated = any(p.date is None for p in reviews)
    severity = "info" if undated or not scenario.charted else "warning"
    return said(scenario, "LCD-63", "documentation", severity, ("add-document igrt-physician-review",))


def dated_within(papers: Iterable[Paper], after: date, until: date) -> bool:
    """LCD-31: a document dated after the one plan and on or before the next."""
    return any(p.date is not None and after < p.date <= until for p in papers)
