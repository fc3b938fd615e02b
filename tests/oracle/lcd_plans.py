"""Plans and simulation of a course: LCD-23, 25, 27, 29 to 32, 74."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from tests.oracle.lcd_course import Course, Member, members
from tests.oracle.lcd_model import EVALUATION, IMRT_DELIVERY, LcdScenario, extra
from tests.oracle.lcd_papers import at_hand, dated_within, missing
from tests.oracle.lcd_raw import said
from tests.oracle.model import Line
from tests.oracle.raw import Raw

HOSPITAL = frozenset({"19", "21", "22"})


def plan_rules(course: Course) -> list[Raw]:
    """All rules of this module that speak about one course."""
    found = [*_plans(course), *_conformal(course)]
    if course.scenario.hook == "claim":
        found += [
            *_order_of_planning(course),
            *_visit(course),
            *_second_simulation(course),
            *_no_plan(course),
        ]
    return found


def _unit_days(lines: tuple[Member, ...]) -> list[date]:
    return sorted(m.date for m in lines for _ in range(m.line.units))


def _sides(course: Course) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """LCD-30: lines that count on the professional and on the technical side. Open: an order; taken: on both. "Every
    line on an institutional claim" leaves out the physicians' lines that a critical access hospital bills (AST-10)."""
    professional, technical = [], []
    for m in course.coded({"77301"}):
        bill = (course.scenario.bill if m.reviewed else None) or ""
        physicians = bill.lstrip("0").startswith("85") and m.line.component == "26"
        institutional = m.claim_type == "institutional" and not physicians
        bare = not m.line.component
        if not institutional and m.line.component != "TC":
            professional.append(m)
        place = (m.line.pos is not None and m.line.pos not in HOSPITAL) or m.claim_type == "order"
        if institutional or m.line.component == "TC" or (bare and place):
            technical.append(m)
    return tuple(professional), tuple(technical)


def counted_plans(course: Course) -> tuple[Member, ...]:
    """The side with more plans; on a tie the side with the latest line."""
    return max(_sides(course), key=lambda side: (len(_unit_days(side)), [m.order for m in side[-1:]]))


def allowed_plans(course: Course) -> tuple[int, bool]:
    """LCD-31: how many plans the documents allow, and whether only a new planning CT is wanting. A plan for which no
    change is documented is not allowed, whatever is wanting of an earlier one."""
    wanting = 0
    days = _unit_days(counted_plans(course))
    for allowed, (before, after) in enumerate(pairwise(days), start=1):
        if not dated_within(at_hand(course.scenario, "anatomy-change"), before, after):
            return allowed, False
        if not wanting and not _scanned(course, before, after):
            wanting = allowed
    return (wanting, True) if wanting else (max(len(days), 1), False)


def _scanned(course: Course, before: date, after: date) -> bool:
    scans = any(before < m.date <= after for m in course.coded({"77290"}))
    return scans or dated_within(at_hand(course.scenario, "repeat-planning-ct"), before, after)


def second_plan_day(course: Course) -> date | None:
    """Day of the second plan that LCD-31 allows."""
    days = _unit_days(counted_plans(course))
    if allowed_plans(course)[0] < 2 or not _scanned(course, days[0], days[1]):
        return None
    return days[1]


def _plans(course: Course) -> list[Raw]:
    """LCD-30 and LCD-31. Open: a side that is over the limit in history only; taken: no line of the claim is."""
    scenario = course.scenario
    allowed, wants_scan = allowed_plans(course)
    over = [side for side in _sides(course) if len(_unit_days(side)) > allowed]
    mine = sorted({m for side in over for m in side if m.reviewed}, key=lambda m: m.order)
    if not mine:
        return []
    latest = mine[-1]
    if wants_scan:
        if not scenario.charted:  # M-5: then nothing is called missing
            return []
        remedies: tuple[str, ...] = ("add-document repeat-planning-ct",)
        return said(scenario, "LCD-31", "documentation", "warning", remedies, day=latest.date)
    used = (sum(m.line.units for m in side if m.order < latest.order) for side in over if latest in side)
    left = allowed - max(used)
    less = f"reduce-units 77301 -> {left}" if left > 0 else "remove-line 77301"
    remedies = ("add-document anatomy-change", less)  # either settles it, so the line is not sure to go (M-2)
    severity = "critical" if scenario.charted else "warning"
    return said(scenario, "LCD-30", "unit-limit", severity, remedies, latest)


def _conformal(course: Course) -> list[Raw]:
    """LCD-32."""
    plans, conformal = course.coded({"77301"}), course.coded({"77295"})
    gone = missing(course, "anatomy-change")
    if not plans or not conformal or gone is False:
        return []
    mine = [m for m in conformal if m.reviewed]
    if not mine:  # M-11
        here = [m for m in plans if m.reviewed]
        other = bool(course.modalities & {"brachytherapy", "proton"})
        severity = "info" if other else "warning"
        return [
            r for m in here for r in said(course.scenario, "LCD-32", "bundling", severity, ("review",), m)
        ]
    if course.modalities & {"brachytherapy", "proton"}:
        return [r for m in mine for r in said(course.scenario, "LCD-32", "bundling", "info", ("review",), m)]
    severity = "critical" if gone else "warning"
    remedies = ("remove-line 77295", "add-document anatomy-change")
    return [r for m in mine for r in said(course.scenario, "LCD-32", "bundling", severity, remedies, m)]


def _order_of_planning(course: Course) -> list[Raw]:
    """LCD-23."""
    plans = course.coded({"77301"})
    if not plans:
        return []
    first = min(m.date for m in plans)
    late = [m for m in course.reviewed if m.code == "77263" and m.date > first]
    return [r for m in late for r in said(course.scenario, "LCD-23", "informational", "info", ("review",), m)]


def _visit(course: Course) -> list[Raw]:
    """LCD-25: one finding for a course, with the lines it is about. Visits may stand on an earlier claim."""
    mine = [m for m in course.reviewed if m.code == "77263"]
    mine = [m for m in mine if _same_physician(course.scenario, m)]
    return [r for m in mine for r in said(course.scenario, "LCD-25", "bundling", "info", ("review",), m)]


def _visits(scenario: LcdScenario) -> list[tuple[date, str | None, bool]]:
    """Visits with their physician and whether the biller is the same."""
    claims = [(scenario.lines, True), *((claim.lines, claim.own) for claim in scenario.history)]
    return [
        (line.date, _physician(line, lines), own)
        for lines, own in claims
        for line in lines
        if line.code in EVALUATION
    ]


def _physician(line: Line, beside: tuple[Line, ...]) -> str | None:
    """Open in the contract: a line that names nobody on a claim that names one physician; taken as his."""
    team = {extra(o).rendering for o in beside} - {None}
    return extra(line).rendering or (team.pop() if len(team) == 1 else None)


def _same_physician(scenario: LcdScenario, planning: Member) -> bool:
    one = _physician(planning.line, scenario.lines)
    return any(
        day == planning.date and (one == other if one and other else own)
        for day, other, own in _visits(scenario)
    )


def _second_simulation(course: Course) -> list[Raw]:
    """LCD-27. Open: a hidden chart; taken: silence, since the reason may be in it."""
    start = course.first_delivery
    papers = [missing(course, slug) for slug in ("repeat-planning-ct", "anatomy-change")]
    if not course.full or start is None or course.modalities or papers != [True, True]:
        return []
    scans = course.coded({"77290"})
    days = sorted(m.date for m in scans)
    late = [m for m in scans if m.reviewed and m.date > start and days[0] < m.date]
    return [r for m in late for r in said(course.scenario, "LCD-27", "informational", "info", ("review",), m)]


def _no_plan(course: Course) -> list[Raw]:
    """LCD-29."""
    mine = [m for m in course.reviewed if m.code in IMRT_DELIVERY]
    if not mine or course.coded({"77301"}) or not course.scenario.complete:
        return []
    return said(course.scenario, "LCD-29", "documentation", "info", ("review",))


def motion_add_on(scenario: LcdScenario) -> list[Raw]:
    """LCD-74."""
    plans = {"77295", "77301"}
    here = {line.code for line in scenario.lines}
    before = {line.code for claim in scenario.history for line in claim.lines}
    if scenario.hook != "claim" or not scenario.complete or plans & (here | before):
        return []
    found = []
    for line in scenario.lines:
        if line.code == "77293":
            found += said(scenario, "LCD-74", "informational", "info", ("review",), _member(scenario, line))
    return found


def _member(scenario: LcdScenario, line: Line) -> Member:
    return next(m for m in members(scenario) if m.reviewed and m.line.sequence == line.sequence)
