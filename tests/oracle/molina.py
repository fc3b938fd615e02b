"""Molina's own coding rules for lines of 2020-11-20 to 2025-12-31: MOL-11, MOL-13, MOL-15, MOL-16, MOL-18.

MOL-14 and MOL-20 to MOL-23 say what ASTRO says, with Molina's severity, and stand beside it in `coding`.
"""

from __future__ import annotations

from tests.oracle.model import IMRT_CPT, IMRT_G, SPLIT, Line, Scenario, era
from tests.oracle.raw import Raw, at_most
from tests.oracle.technique import (
    STEREOTACTIC,
    code_of_method,
    codes_on,
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
    if technique_on(scenario, line.date).fits(frozenset({"brachytherapy"})) == "yes":
        return None
    return "MOL-18" if _bundled_for_medicaid(scenario, line) else "MOL-13"


def molina_severity(scenario: Scenario, line: Line) -> str:
    """How severe that is, with the limits of 1.7: srs/sbrt dates, and methods without a code of their own."""
    severity = "warning" if wants_no_77387(scenario, line) == "MOL-13" else "critical"
    return at_most(severity, "warning") if _limited(scenario, line) else severity


def _limited(scenario: Scenario, line: Line) -> bool:
    methods = methods_on(scenario, line.date)
    codeless = bool(methods) and methods <= _CODELESS
    technique = technique_on(scenario, line.date)
    return codeless or technique.fits(STEREOTACTIC) != "no" or technique.hints_at(STEREOTACTIC)


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
    if side_of(scenario, line) != "office" or line.code not in SPLIT or line.component == "26":
        return []
    fits = technique_on(scenario, line.date).fits(_IMRT)
    if fits == "no":
        return []
    if line.component == "TC":
        remedy = f"remove-line {line.code}"
        if line.code == "77387" and _bundled_for_medicaid(scenario, line):  # any modifier
            return [Raw(5, "bundling", "critical", (line,), (remedy,), "MOL-18")]
    elif line.code != "77387":
        remedy = f"replace {line.code} -> {line.code}-26"
    else:
        return []  # MOL-13
    # Medicare pays both parts beside G6015 and G6016 (MOL-04); 77385 and 77386 contain the technical one.
    paid = scenario.facts.lob == "medicare" and not codes_on(scenario, line.date) & IMRT_CPT
    severity = "info" if paid or fits == "maybe" else "warning"
    return [Raw(5, "bundling", severity, (line,), (remedy,), "MOL-11", possible=fits == "maybe")]


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
