"""Services beside an IMRT plan, deliveries of one day, supervision: LCD-41 to 43, 50 to 53, 55(d), 56, 62, 64 to 66."""

from __future__ import annotations

from datetime import date

from tests.oracle.lcd_course import Course, Member, members, monday
from tests.oracle.lcd_model import GUIDED, IMRT_DELIVERY, VIDEO_YEAR, LcdScenario
from tests.oracle.lcd_papers import missing
from tests.oracle.lcd_raw import said
from tests.oracle.model import CONV_G, PTP_MODIFIERS, YEAR_2026
from tests.oracle.raw import Raw
from tests.oracle.technique import side_of

EXTERNAL = {"external-beam-boost", "proton", "electron", "superficial", "neutron", "tbi", "hemibody"}
SPECIAL = {"tbi", "hemibody", "per-oral", "endocavitary", "intraoperative", "brachytherapy"}
_OTHER_DELIVERY = CONV_G | {"77401", "77422", "77423", "77371", "77372", "77373"}
_PERFORMERS = {"radiation-oncologist", "medical-physicist", "radiation-therapist"}
ATTEST = "attest-other-modality"


def service_rules(course: Course) -> list[Raw]:
    """Rules of this module that speak about one course."""
    found = list(_in_vivo(course))
    if course.full:
        for rule in (_isodose, _special_treatment, _consultation):
            found += rule(course)
        if course.scenario.hook == "claim":
            found += [*_planning_physics(course), *_hospital_management(course)]
    return found


def _isodose(course: Course) -> list[Raw]:
    """LCD-41 and LCD-42."""
    found = []
    for m in course.reviewed:
        if m.code in {"77306", "77307", "77321"} and not course.modalities & EXTERNAL:
            rule = "LCD-41"
        elif m.code in {"77316", "77317", "77318"} and "brachytherapy" not in course.modalities:
            rule = "LCD-42"
        else:
            continue
        remedies = (f"remove-line {m.code}", ATTEST)
        found += said(course.scenario, rule, "bundling", "warning", remedies, m)
    return found


def _before_delivery(course: Course, day: date) -> bool:
    return course.first_delivery is not None and day < course.first_delivery


def _in_vivo(course: Course) -> list[Raw]:
    """LCD-43. From 2026 the sentence on days of G6015 and its kin is off."""
    plans = course.coded({"77301"})
    if not plans:
        return []
    found = []
    for m in course.reviewed:
        if m.code != "77331":
            continue
        days = {p.date for p in plans}
        if m.date < YEAR_2026:
            days |= {d.date for d in course.coded(IMRT_DELIVERY)}
        of_the_plan = m.date in days or _before_delivery(course, m.date)
        severity = "critical" if of_the_plan and not course.modalities else "warning"
        remedies = ("remove-line 77331",) if of_the_plan else ("remove-line 77331", "review")
        found += said(course.scenario, "LCD-43", "bundling", severity, remedies, m)
    return found


def _planning_physics(course: Course) -> list[Raw]:
    """LCD-50. Read as a same-day rule, which does not look at spans."""
    plans = {p.date for p in course.coded({"77301"})}
    severity = "warning" if course.deliveries else "info"
    found = []
    for m in course.reviewed:
        if m.code == "77336" and not m.line.spans and m.date in plans and monday(m.date) not in course.weeks:
            found += said(course.scenario, "LCD-50", "bundling", severity, ("remove-line 77336",), m)
    return found


def _consultation(course: Course) -> list[Raw]:
    """LCD-51 and LCD-52. Open: a line that goes because of its date; taken: nobody is asked for its request then."""
    scenario = course.scenario
    plans = {p.date for p in course.coded({"77301"})}
    gone = missing(course, "special-physics-request")
    found = []
    for m in course.reviewed:
        if m.code != "77370":
            continue
        if not course.modalities and (m.date in plans or _before_delivery(course, m.date)):
            found += said(scenario, "LCD-51", "bundling", "warning", ("remove-line 77370",), m)
        elif gone is not False and scenario.chart != "hidden":
            severity = "warning" if gone and not course.modalities else "info"
            remedies = ("add-document special-physics-request", "remove-line 77370")
            found += said(scenario, "LCD-51", "documentation", severity, remedies, m)
    return found


def _special_treatment(course: Course) -> list[Raw]:
    """LCD-56 and LCD-57."""
    if course.modalities & (SPECIAL | {"superficial", "neutron"}):
        return []
    remedies = ("remove-line 77470", "replace 77470 -> 77499", ATTEST)
    found = []
    for m in course.reviewed:
        if m.code == "77470":
            found += said(course.scenario, "LCD-56", "bundling", "warning", remedies, m)
    return found


def managed_by_hospital(scenario: LcdScenario) -> bool:
    """An institutional claim of another kind of hospital than a critical access one."""
    critical_access = (scenario.bill or "").lstrip("0").startswith("85")
    return scenario.claim_type == "institutional" and not critical_access


def _hospital_management(course: Course) -> list[Raw]:
    """LCD-55(d)."""
    scenario = course.scenario
    if not managed_by_hospital(scenario):
        return []
    found = []
    for m in course.reviewed:
        if m.code == "77427":
            found += said(scenario, "LCD-55", "code-choice-by-setting", "warning", ("review",), m)
    return found


def same_day(scenario: LcdScenario, valid: frozenset[int]) -> list[Raw]:
    """LCD-53: whichever course, site or biller. `valid` = sequences of lines valid on their dates."""
    everyone = [m for m in members(scenario) if not m.line.spans]
    everyone = [m for m in everyone if not m.reviewed or m.line.sequence in valid]
    found = []
    for other in everyone:
        if other.code not in _OTHER_DELIVERY or (other.code == "77422" and other.date > date(2017, 12, 31)):
            continue
        imrt = [m for m in everyone if m.code in {"G6015", "G6016"} and m.date == other.date]
        if not imrt:
            continue
        if other.reviewed:
            mild = not any(m.code == "G6015" for m in imrt) and _passable(other)
            severity = "warning" if mild else "critical"
            remedy = f"remove-line {other.code}"
            found += said(scenario, "LCD-53", "same-day-exclusion", severity, (remedy,), other)
        else:
            if any(o.reviewed and o.code in _OTHER_DELIVERY and o.date == other.date for o in everyone):
                continue  # M-11 is for a delivery that stands in history only
            for m in (m for m in imrt if m.reviewed):
                found += said(scenario, "LCD-53", "same-day-exclusion", "warning", ("review",), m)
    return found


def _passable(other: Member) -> bool:
    codes = CONV_G | {"77401", "77423"}
    return other.code in codes and bool(set(other.line.modifiers) & PTP_MODIFIERS)


def supervision(scenario: LcdScenario, valid: frozenset[int]) -> list[Raw]:
    """LCD-62 and LCD-64 to 66; tracking (G6017) is not named (LCD-58).

    Open: no place of service, or another one; taken: info. A physician in a hospital has no technical part.
    """
    if scenario.hook != "claim":
        return []
    found = []
    for m in members(scenario):
        if not m.reviewed or m.code not in GUIDED or m.line.component == "26":
            continue
        if m.line.sequence not in valid:
            continue
        performer = m.line.performer or scenario.performer
        if performer and performer not in _PERFORMERS:
            found += said(scenario, "LCD-62", "supervision", "warning", ("review",), m)
        level = m.line.level or scenario.level
        enough = {"G6001": {"general", "direct", "personal"}}.get(m.code, {"direct", "personal"})
        if m.code not in {"G6001", "G6002", "77014"} or level is None or level in enough:
            continue
        side = side_of(scenario, m.line)
        if side == "physician":
            continue
        lasting = m.code == "77014" or m.date < VIDEO_YEAR
        severity = "warning" if side == "office" and lasting else "info"
        rule = {"G6001": "LCD-64", "77014": "LCD-65", "G6002": "LCD-66"}[m.code]
        found += said(scenario, rule, "supervision", severity, ("review",), m)
    return found
