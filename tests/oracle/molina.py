"""Molina's own coding rules for lines of 2020-11-20 to 2025-12-31: MOL-11, MOL-13, MOL-15, MOL-16, MOL-18.

MOL-14 and MOL-20 to MOL-23 say what ASTRO says, with Molina's severity, and stand beside it in `coding`.
"""

from __future__ import annotations

from tests.oracle.methods import codes_to_report, is_of_another_method, right_codes, stands_already, suffixed
from tests.oracle.model import IMRT_CPT, IMRT_G, SPLIT, Line, Scenario, era
from tests.oracle.raw import Raw, at_most
from tests.oracle.technique import (
    BRACHYTHERAPY,
    STEREOTACTIC,
    code_of_method,
    methods_on,
    side_of,
    technique_on,
)

_IMRT = frozenset({"imrt"})
_CODELESS = frozenset({"mri", "planar", "fluoroscopy"})


def molina_rules(scenario: Scenario, line: Line) -> list[Raw]:
    """What Molina's policy says of a guidance line that it governs."""
    return [
        *_instead_of_77387(scenario, line),
        *_technical_part(scenario, line),
        *_medicaid_edit(scenario, line),
        *_hospital_tracking(scenario, line),
    ]


def wants_no_77387(scenario: Scenario, line: Line) -> str | None:
    """The rule by which Molina does not take this 77387: MOL-13, MOL-16 or MOL-18; None = no such rule.

    MOL-13 is about the professional part, "with or without 26": the TC line of an office is caught by MOL-16 alone. In
    a hospital a physician's TC line is a professional part under the wrong name. Brachytherapy: silent (12).
    """
    professional = scenario.hook == "claim" and scenario.claim_type == "professional"
    if line.code != "77387" or not professional or not scenario.molina_governs(line.date):
        return None
    if era(line.date) != "mid":
        return None
    if scenario.facts.lob == "medicare":
        return "MOL-16"
    if line.component == "TC" and side_of(scenario, line) != "physician":
        return None
    if technique_on(scenario, line.date).fits(BRACHYTHERAPY) == "yes":
        return None
    return "MOL-18" if _bundled_for_medicaid(scenario, line) else "MOL-13"


def molina_severity(scenario: Scenario, line: Line) -> str:
    """How severe that is, with the limits of 1.7: srs/sbrt (and brachytherapy) dates, methods without a code."""
    severity = "warning" if wants_no_77387(scenario, line) == "MOL-13" else "critical"
    return at_most(severity, "warning") if _limited(scenario, line) else severity


def _limited(scenario: Scenario, line: Line) -> bool:
    methods = methods_on(scenario, line.date)
    codeless = bool(methods) and methods <= _CODELESS
    technique = technique_on(scenario, line.date)
    stereotactic = technique.fits(STEREOTACTIC) != "no" or technique.hints_at(STEREOTACTIC)
    return codeless or stereotactic or technique.fits(BRACHYTHERAPY) == "yes"


def _bundled_for_medicaid(scenario: Scenario, line: Line) -> bool:
    """MOL-18, freestanding: the delivery stands on the same claim, on the same day as pair edits have it."""
    same_day = {o.code for o in scenario.lines if o.date == line.date and not line.end}
    delivered = same_day & (IMRT_CPT | IMRT_G)
    imrt = technique_on(scenario, line.date).fits(_IMRT) == "yes"
    return (
        scenario.facts.lob == "medicaid" and side_of(scenario, line) == "office" and imrt and bool(delivered)
    )


def _instead_of_77387(scenario: Scenario, line: Line) -> list[Raw]:
    """MOL-13, MOL-16, MOL-18: the code of the method with its modifier (1.7)."""
    rule = wants_no_77387(scenario, line)
    if rule is None:
        return []
    codes = code_of_method(methods_on(scenario, line.date), _suffix(scenario, line), tracking=True)
    if technique_on(scenario, line.date).fits(STEREOTACTIC) != "no":
        remedies: tuple[str, ...] = ("remove-line 77387", "review")
    elif codes is None or technique_on(scenario, line.date).hints_at(STEREOTACTIC):
        remedies = ("review",)
    elif technique_on(scenario, line.date).fits(BRACHYTHERAPY) == "yes":
        remedies = ("review",)  # MOL-16 goes on, but the codes are external-beam guidance
    elif methods_on(scenario, line.date) and stands_already(scenario, line):
        remedies = ("remove-line 77387",)
    else:
        remedies = tuple(f"replace 77387 -> {code}" for code in codes)
    kind, stage = ("bundling", 5) if rule == "MOL-18" else ("code-choice-by-payer", 6)
    return [Raw(stage, kind, molina_severity(scenario, line), (line,), remedies, rule)]


def _suffix(scenario: Scenario, line: Line) -> str:
    """1.7 and MOL-13: 26 in a hospital and with freestanding IMRT.

    Elsewhere the component stays (M-4). Open: MOL-13 wants the global code with freestanding conventional delivery, and
    names 77387-26 too; read as the form of a line that reports both parts, for nothing may be billed that was not.
    """
    side, technique = side_of(scenario, line), technique_on(scenario, line.date)
    if side == "physician" or (
        line.component != "TC" and side == "office" and technique.fits(_IMRT) == "yes"
    ):
        return "-26"
    return f"-{line.component}" if line.component else ""


def _technical_part(scenario: Scenario, line: Line) -> list[Raw]:
    """MOL-11 in freestanding; at the hospital it says what AST-15 and AST-16 say, critical, in `coding`."""
    wrong = is_of_another_method(scenario, line) and bool(right_codes(scenario, line))
    bundled = line.code in SPLIT or (wrong and right_codes(scenario, line) != ["G6017"])
    if side_of(scenario, line) != "office" or not bundled or line.component == "26":
        return []
    fits = technique_on(scenario, line.date).fits(_IMRT)
    if fits == "no":
        return []
    if line.code == "G6017" and line.component:  # a wrong modifier comes first (MOL-15)
        return []
    remedies: tuple[str, ...] = ()
    if line.component == "TC":
        remedy = f"remove-line {line.code}"
        if line.code == "77387" and _bundled_for_medicaid(scenario, line):  # any modifier
            return [Raw(5, "bundling", "critical", (line,), (remedy,), "MOL-18")]
        remedies = (remedy,)
    elif line.code == "77387":
        return []  # MOL-13
    elif not wrong:
        remedies = (f"replace {line.code} -> {line.code}-26",)
    elif fits == "yes" and right_codes(scenario, line) != ["G6017"]:
        # Both the part and the method are wrong: one replacement, by the code of MOL-20 to 23 with 26.
        left = suffixed(codes_to_report(scenario, line), "26")
        remedies = tuple(f"replace {line.code} -> {code}" for code in left)
    if not remedies:  # the line goes, or becomes G6017: MOL-20 to 23 say so
        return []
    hint = fits == "maybe" or _paid_whole(scenario, line)
    severity = "info" if hint else "warning"
    # A hint at the part does not stand in front of a wrong method.
    possible = fits == "maybe" or (wrong and hint)
    return [Raw(5, "bundling", severity, (line,), remedies, "MOL-11", possible=possible)]


def _paid_whole(scenario: Scenario, line: Line) -> bool:
    """Medicare pays both parts beside G6015 and G6016 (MOL-04), also beside a 77385 or 77386 that AST-01 turns into one
    of them; where these stay, on a claim of the past or by AST-29, they contain the technical part."""
    if scenario.facts.lob != "medicare":
        return False
    past = [o for claim in scenario.history for o in claim.lines]
    here = [o for o in scenario.lines if side_of(scenario, o) == "physician"]
    return not any(o.code in IMRT_CPT and o.date == line.date for o in (*past, *here))


def _medicaid_edit(scenario: Scenario, line: Line) -> list[Raw]:
    """MOL-18 at the hospital, 77387-26 included; the technical line falls by MOL-11 as well."""
    delivered = any(o.code in IMRT_CPT and o.date == line.date for o in scenario.lines)
    medicaid = scenario.facts.lob == "medicaid" and side_of(scenario, line) == "hospital"
    if line.code != "77387" or not medicaid or not delivered:
        return []
    return [Raw(5, "bundling", "critical", (line,), ("remove-line 77387",), "MOL-18")]


def _hospital_tracking(scenario: Scenario, line: Line) -> list[Raw]:
    """MOL-15: tracking on a hospital claim, which Molina sees as professional. A wrong modifier comes first."""
    if line.code != "G6017" or line.component or side_of(scenario, line) != "hospital":
        return []
    return [Raw(7, "modifier", "info", (line,), ("review",), "MOL-15")]
