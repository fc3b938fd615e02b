"""Reasons for IMRT and for guidance: LCD-05 to 18 and LCD-61."""

from __future__ import annotations

from tests.oracle.lcd_course import Course, courses
from tests.oracle.lcd_model import GUIDED, LcdPast, LcdScenario
from tests.oracle.lcd_papers import asks, on_file, ordered_imrt
from tests.oracle.lcd_raw import said
from tests.oracle.model import YEAR_2026
from tests.oracle.raw import Raw

CONDITIONS = (
    "close-to-critical-structure",
    "concave-convex-target",
    "dose-escalation",
    "narrow-margins",
    "prior-irradiation-adjacent",
)
NEAR = frozenset({"close-to-critical-structure", "concave-convex-target"})
UNSEEN = frozenset(
    {
        "conventional-targeting-inadequate",
        "bony-anatomy-inadequate",
        "internal-motion",
        "implanted-fiducials",
        "setup-variation",
    }
)
# LCD-11 to 18 by prefix. `a-b` = from category a to category b.
_LYMPHOMA = ("C81", "C85")
_SITES = """
C70-C72 C75.1 C75.2 C75.3 C79.31 C79.32 C79.40 C79.49 D18.02 D32-D33 D35.2 D35.3 D35.4 D42-D43 D44.3 D44.4 D44.5
C41.2 D16.6
C00-C14 C30-C32 C41.0 C41.1 C43.0 C43.1 C43.2 C43.3 C43.4 C44.0 C44.1 C44.2 C44.3 C44.4 C49.0 C69 C73 C75.0 C76.0
C77.0 D10-D11 D14.0 D14.1 D31
C61
C15-C17 C22-C26 C33-C34 C37-C38 C45 C74 C77.1 C77.2 C78.0 C78.1 C78.2 C78.3 C78.4 C78.5 C78.6 C78.7
C18-C21 C48 C49.4 C49.5 C51-C58 C60-C68 C77.4 C77.5 C79.1 C79.6
Z92.3
"""
_RANGES = [tuple((*text.split("-"), text)[:2]) for text in _SITES.split()]


def common_site(scenario: LcdScenario) -> bool:
    """LCD-11 to 18. Open: any diagnosis of the claim lowers, since sites only ever lower."""
    return any(_common(scenario, code) for code in scenario.diagnoses)


def _common(scenario: LcdScenario, code: str) -> bool:
    if any(first <= code[: len(first)] <= last for first, last in _RANGES):
        return True
    if code in {"C79.51", "C79.52"} and scenario.spine:  # LCD-12
        return True
    breast = code.startswith(("C50.", "D05."))  # LCD-16
    if breast and (code[4:] == "A2" or code.endswith("2")):
        return True
    right = breast and (code[4:] == "A1" or code.endswith("1"))
    return right and bool({"setup-variation", "normal-structure-sparing"} & set(scenario.indications))


def imrt_reason(course: Course) -> list[Raw]:
    """LCD-05."""
    scenario = course.scenario
    if not asks(course):
        return []
    planned = any(m.code == "77301" for m in course.reviewed)
    if scenario.service_start >= YEAR_2026 and not (planned or ordered_imrt(scenario)):
        return []  # sentences that name delivery codes are off
    earlier = {m.past for m in course.lines if m.past is not None}
    told = set(scenario.indications)
    for number in earlier:
        claim = scenario.history[number]
        told |= set(claim.indications) if isinstance(claim, LcdPast) else set()
    if told & set(CONDITIONS) or on_file(course, "imrt-need-statement"):
        return []
    lymphoma = any(_LYMPHOMA[0] <= code[:3] <= _LYMPHOMA[1] for code in scenario.diagnoses)  # LCD-02
    severity = "info" if lymphoma or common_site(scenario) else "warning"
    return said(
        scenario, "LCD-05", "coverage-necessity", severity, (f"attest-indication {','.join(CONDITIONS)}",)
    )


def guidance_reason(scenario: LcdScenario) -> list[Raw]:
    """LCD-61: orders only; not for Florida Blue, whose own guideline covers guidance (C-07)."""
    if scenario.hook != "order" or scenario.facts.florida_blue:
        return []
    if not any(line.code in GUIDED for line in scenario.lines):
        return []
    told = set(scenario.indications)
    if told & UNSEEN and (told & NEAR or common_site(scenario)):
        return []
    if any(on_file(course, "imrt-need-statement") for course in courses(scenario)):
        return []
    # Both parts are wanted; a part that is told, or that a common site stands for, is not asked for.
    wanting = [not told & UNSEEN, not told & NEAR and not common_site(scenario)]
    return said(scenario, "LCD-61", "coverage-necessity", "info", ("attest-indication",) * sum(wanting))
