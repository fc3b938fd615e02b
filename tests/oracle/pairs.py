"""Rules on several lines of a day: FLB-01, FLB-23, FLB-27(b), AST-04, AST-18, AST-19, AST-31, EXT-10, EXT-11."""

from __future__ import annotations

from tests.oracle.coding import payer_choice_severity
from tests.oracle.methods import is_of_another_method, right_codes, stands_already
from tests.oracle.model import (
    CONV_CPT,
    DELIVERY,
    IGRT,
    PTP_MODIFIERS,
    RETIRED,
    SPLIT,
    Line,
    PastClaim,
    Scenario,
    era,
)
from tests.oracle.molina import molina_severity, wants_no_77387
from tests.oracle.raw import Raw
from tests.oracle.technique import (
    BRACHYTHERAPY,
    STEREOTACTIC,
    code_of_method,
    codes_on,
    fractions_on,
    methods_on,
    performed_on,
    side_of,
    technique_on,
)

_LINAC_STEREOTACTIC = frozenset({"77371", "77372", "77373"})
_EXT_11 = frozenset(
    {
        "77261",
        "77262",
        "77263",
        "77280",
        "77285",
        "77290",
        "77295",
        "77306",
        "77307",
        "77316",
        "77317",
        "77318",
        "77321",
        "77331",
        "77370",
        "77470",
        "77014",
        "G6001",
        "G6002",
    }
)


def pair_rules(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """All findings that need a second line, a record or a unit count. `valid` = lines valid on their dates.

    A line over several days has no part in what is judged by the day (contract.md, section 3, span).
    """
    found: list[Raw] = []
    valid = [line for line in valid if line.end is None]
    for rule in (_delivery_of_the_day, _twice, _parts_twice, _unreported, _edits, _plan_edits):
        found += rule(scenario, valid)
    return found


def _delivery_of_the_day(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """FLB-01: Florida Blue members (section 5), hospital and freestanding, every era."""
    if not scenario.facts.florida_blue:
        return []
    return [
        Raw(11, "informational", "info", (line,), ("review",), "FLB-01")
        for line in valid
        if line.code in IGRT
        and side_of(scenario, line) in {"hospital", "office"}
        and not codes_on(scenario, line.date) & DELIVERY
    ]


def _parts(scenario: Scenario, line: Line) -> frozenset[str]:
    """The components a line reports as coded: a bare hospital line is technical, a bare line elsewhere holds both."""
    if line.component:
        return frozenset({line.component})
    return frozenset({"TC"} if side_of(scenario, line) == "hospital" else {"26", "TC"})


def _twice(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """FLB-23 = AST-04(a) and AST-04(b).

    Open in AST-04(b): "the same component" is read as a shared one, so global and 26 overlap. Where AST-05 would
    replace the 77387 by a code that stands beside it, only removing the 77387 settles both.
    """
    found = []
    payer = scenario.facts
    for one in (line for line in valid if line.code == "77387" and era(line.date) == "mid"):
        for other in (line for line in valid if line.date == one.date):
            if other.code == "G6017":
                if not _gives_way(scenario, one):
                    found.append(Raw(5, "bundling", "warning", (other,), ("remove-line G6017",), "FLB-23"))
            elif other.code in SPLIT - {"77387"} and _parts(scenario, one) & _parts(scenario, other):
                molina = wants_no_77387(scenario, one)
                unwanted = molina or (
                    payer.choice and scenario.hook == "claim" and scenario.claim_type == "professional"
                )
                # AST-05 and MOL-16 leave a brachytherapy date to a person.
                wrong = is_of_another_method(scenario, other) and stands_already(scenario, other)
                if unwanted and wrong:
                    continue  # it goes itself, and keeps no date
                if unwanted and technique_on(scenario, one.date).fits(BRACHYTHERAPY) != "yes":
                    remove = ("remove-line 77387",)
                    kind = "bundling" if molina == "MOL-18" else "code-choice-by-payer"
                    severity = payer_choice_severity(scenario, one)
                    if molina:
                        severity = molina_severity(scenario, one)
                    found.append(Raw(5, "bundling", "warning", (one,), remove, "AST-04"))
                    found.append(Raw(6, kind, severity, (one,), remove, molina or "AST-05"))
                else:
                    remedies = ("remove-line 77387", f"remove-line {other.code}")
                    found.append(Raw(5, "bundling", "warning", (one, other), remedies, "AST-04"))
    return found


def _gives_way(scenario: Scenario, line: Line) -> bool:
    """Does the code of the method surely take the place of this 77387, so that G6017 beside it is right (12)?

    Open in FLB-23. Only where AST-05, MOL-13 or MOL-16 is more than a hint and has a code to propose; where the coded
    methods leave tracking out, G6017 is wrong by itself.
    """
    professional = scenario.hook == "claim" and scenario.claim_type == "professional"
    unwanted = professional and (scenario.facts.choice or "info") != "info"
    technique, methods = technique_on(scenario, line.date), methods_on(scenario, line.date)
    tracked = not methods or "intrafraction-tracking" in methods
    doubtful = technique.hints_at(STEREOTACTIC) or technique.fits(BRACHYTHERAPY) == "yes"
    proposed = bool(right_codes(scenario, line)) and not doubtful
    return bool(unwanted or wants_no_77387(scenario, line)) and tracked and proposed


def _parts_twice(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """AST-31; from 2026 for 77387 only."""
    found = []
    own = [line for claim in scenario.history if claim.own for line in claim.lines]
    for line in valid:
        if line.code not in SPLIT or side_of(scenario, line) != "office" or era(line.date) == "old":
            continue
        twins = [
            o
            for o in valid
            if o.code == line.code and o.date == line.date and side_of(scenario, o) == "office"
        ]
        past = [o for o in own if o.code == line.code and o.date == line.date]
        if line.component == "26" and any(not o.component for o in (*twins, *past)):
            found.append(Raw(7, "modifier", "warning", (line,), (f"remove-line {line.code}",), "AST-31"))
        elif not line.component and any(o.component == "26" for o in past):
            found.append(Raw(7, "modifier", "warning", (line,), ("review",), "AST-31"))  # M-11
    return found


def unit_rules(scenario: Scenario, staying: list[Line]) -> list[Raw]:
    """FLB-27(b) for Florida Blue in every era, AST-08 for the others to 2025. Units of one code and component.

    `staying` = valid lines that nothing removes or replaces: the others get no unit suggestion (M-2), and what is to
    be removed uses up none of the day's fractions.
    """
    found = []
    for line in staying:
        if line.code not in IGRT or not (scenario.facts.florida_blue or era(line.date) == "mid"):
            continue
        if line.end:  # not tested by the day, but by the fractions of the span
            if line.fractions and line.units > line.fractions:
                remedies: tuple[str, ...] = (f"reduce-units {line.code} -> {line.fractions}",)
                found.append(Raw(8, "unit-limit", "warning", (line,), remedies, "FLB-27"))
            continue
        peers = [
            o
            for o in staying
            if not o.end and (o.code, o.date) == (line.code, line.date) and _same_part(scenario, o, line)
        ]
        before = sum(o.units for o in peers if o.sequence < line.sequence)
        fractions = fractions_on(scenario, line)
        if fractions is None:
            if line.code == "G6017" and before + line.units > 1:
                first = "remove-line G6017" if before else "reduce-units G6017 -> 1"
                remedies = (first, "review")
                found.append(Raw(8, "unit-limit", "info", (line,), remedies, "FLB-27"))
        elif before + line.units > fractions:
            left = max(0, fractions - before)
            remedy = f"reduce-units {line.code} -> {left}" if left else f"remove-line {line.code}"
            found.append(Raw(8, "unit-limit", "warning", (line,), (remedy,), "FLB-27"))
    return found


def _same_part(scenario: Scenario, one: Line, other: Line) -> bool:
    """A bare line at the hospital is technical (AST-15); elsewhere global, 26 and TC are three things."""
    if side_of(scenario, one) == "hospital":
        return _parts(scenario, one) == _parts(scenario, other)
    return one.component == other.component


def _history_guidance(claim: PastClaim, line: Line, professional: bool) -> bool:
    return any(
        o.code in IGRT | RETIRED
        and o.date == line.date
        and (claim.claim_type == "professional") == professional
        for o in claim.lines
    )


def _unreported(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """AST-18 and AST-19: guidance of the day on record, but not billed. One finding for each line of that day."""
    found = []
    for line in valid:  # M-10: an invalid line has its own card only
        methods = performed_on(scenario, line.date)
        guided = (o for o in scenario.lines if o.code in IGRT | RETIRED)
        billed = any(o.date <= line.date <= (o.end or o.date) for o in guided)
        side = side_of(scenario, line)
        if not methods or billed or era(line.date) == "old":
            continue
        technique = technique_on(scenario, line.date)
        # CVS-17: guidance is not necessary for a member whose technique is electron.
        unwanted = {"electron"} if scenario.programme else set()
        if technique.likely & unwanted:
            continue
        if side == "hospital" and era(line.date) == "mid" and line.code in CONV_CPT:
            if any(_history_guidance(claim, line, False) for claim in scenario.history if claim.own):
                continue
            severity = "warning" if scenario.facts.medicare else "info"
            found.append(
                Raw(6, "code-choice-by-setting", severity, (line,), ("add-line 77387-TC",), "AST-19")
            )
        # Silent where the technique is known (or hinted) to be one of these. Open in AST-18: an unknown one; a
        # reminder at info is the milder fault than a forgotten professional part.
        excluded = STEREOTACTIC | {"superficial", "brachytherapy"}
        if side == "physician" and not technique.likely & excluded:
            if any(_history_guidance(claim, line, True) for claim in scenario.history):
                continue
            if era(line.date) == "new":
                codes: list[str] | None = ["77387-26"]
            else:
                codes = code_of_method(methods, "-26", tracking=scenario.molina_governs(line.date))
            remedies = tuple(f"add-line {code}" for code in codes) if codes else ("review",)
            found.append(Raw(7, "modifier", "info", (line,), remedies, "AST-18"))
    return found


def _edits(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """EXT-10."""
    found = []
    medicare = scenario.facts.medicare
    for first in valid:
        if is_of_another_method(scenario, first) and stands_already(scenario, first):
            continue  # it goes (AST-06 to AST-09), and the pair with it
        for second in (o for o in valid if o.date == first.date and era(o.date) != "old"):
            indicator = _indicator(scenario, first, second)
            if indicator is None:
                continue
            passed = {*first.modifiers, *second.modifiers} & PTP_MODIFIERS
            if indicator == "never":
                severity, remedy = ("warning" if medicare else "info"), f"remove-line {second.code}"
            elif passed:
                continue
            else:
                severity, remedy = "info", "review"
            found.append(Raw(8, "same-day-exclusion", severity, (second,), (remedy,), "EXT-10"))
    return found


def _indicator(scenario: Scenario, first: Line, second: Line) -> str | None:
    institutional = scenario.hook == "claim" and scenario.claim_type == "institutional"
    if scenario.hook == "order" or first is second:
        return None
    if first.code in _LINAC_STEREOTACTIC | {"G0339", "G0340"}:
        if second.code == "G6002":
            return "never"
        # From 2026 the file's word on 77371 to 77373 is EXT-02(c); on robotic delivery EXT-10 goes on (rulebook 4.1).
        late = first.code in _LINAC_STEREOTACTIC or any(
            o.code in _LINAC_STEREOTACTIC and o.date == first.date for o in scenario.lines
        )
        if second.code == "77387" and institutional and (era(second.date) == "mid" or not late):
            # Open: a critical access hospital (085x) bills its physicians too; their part is no outpatient service.
            physician = second.component == "26" and (scenario.bill or "").lstrip("0").startswith("85")
            return None if physician else "never"
    if first.code in _LINAC_STEREOTACTIC and second.code in {"G6017", "77014", "G6001"}:
        return "never" if second.code == "G6017" else "modifier"
    if first.code in {"77432", "77435"} and second.code == "G6002":
        return "never"
    if first.code == "G6002" and second.code == "G6001":
        return "never"
    if first.code == "77014" and second.code in {"G6001", "G6002"}:
        return "modifier"
    return None


def _plan_edits(scenario: Scenario, valid: list[Line]) -> list[Raw]:
    """EXT-11. The LCD is silent outside Florida."""
    if not scenario.facts.medicare or scenario.hook != "claim":
        return []
    institutional = scenario.claim_type == "institutional"
    found = []
    for plan in (line for line in valid if line.code == "77301" and era(line.date) != "old"):
        for line in (o for o in valid if o.date == plan.date):
            listed = line.code in _EXT_11 or (line.code == "77387" and institutional)
            if listed and _parts(scenario, plan) & _parts(scenario, line):
                found.append(Raw(5, "bundling", "info", (line,), ("review",), "EXT-11"))
    return found
