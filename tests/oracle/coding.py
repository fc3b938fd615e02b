"""Rules on single lines by component, setting, payer, method: AST-01 to AST-29, FLB-03, FLB-22 to 27, EXT-02, 03."""

from __future__ import annotations

from tests.oracle.methods import (
    OWN_METHOD,
    codes_to_report,
    is_of_another_method,
    right_codes,
    right_part,
    stands_already,
    suffixed,
)
from tests.oracle.model import (
    CONV_CPT,
    CONV_G,
    IGRT,
    IMRT_CPT,
    IMRT_G,
    PROTON,
    RETIRED,
    SPLIT,
    Line,
    Scenario,
    era,
)
from tests.oracle.molina import molina_rules, wants_no_77387
from tests.oracle.raw import Raw, at_most
from tests.oracle.technique import (
    BRACHYTHERAPY,
    CONVENTIONAL,
    STEREOTACTIC,
    code_of_method,
    codes_on,
    methods_on,
    own_lines,
    side_of,
    technique_on,
)

_IMRT = frozenset({"imrt"})
_SUPERFICIAL = frozenset({"superficial"})
_FIVE = IMRT_CPT | CONV_CPT
_HOSPITAL_DELIVERY = (
    _FIVE | CONV_G | IMRT_G | PROTON | {"77371", "77372", "77373", "77401", "77423", "77437", "77438"}
)


def line_rules(scenario: Scenario, line: Line) -> list[Raw]:
    """All single-line coding findings of a line whose code is valid on its date."""
    found: list[Raw] = []
    if era(line.date) == "mid":
        found += _delivery_codes(scenario, line)
        if line.code in IGRT:
            for rule in (_payer_choice, _method, _missing_part, _tracking, _bundled, _setting):
                found += rule(scenario, line)
            if scenario.molina_governs(line.date):
                found += molina_rules(scenario, line)
    elif era(line.date) == "new":
        found += _delivery_codes(scenario, line)
        if line.code == "77387":
            found += _year_2026(scenario, line)
    if line.code in IGRT and era(line.date) != "old":
        found += _superficial(scenario, line)
        found += _florida_blue_sbrt(scenario, line)
    return found


def _component_severity(scenario: Scenario) -> str:
    return "critical" if scenario.facts.medicare else "warning"


def _is_technical(line: Line) -> bool:
    """On an institutional claim an unmodified guidance line counts as technical (AST-15)."""
    return line.component != "26"


def _delivery_codes(scenario: Scenario, line: Line) -> list[Raw]:
    payer, side, code = scenario.facts, side_of(scenario, line), line.code
    mid = era(line.date) == "mid"
    if (
        side == "physician" and code in _HOSPITAL_DELIVERY
    ):  # AST-29, from 2026 too; kind as its severity row says
        if code in {"77437", "77438"} and mid:
            return []
        severity = _component_severity(scenario) if code in _FIVE else "warning"
        return [Raw(5, "code-choice-by-setting", severity, (line,), (f"remove-line {code}",), "AST-29")]
    if not mid:
        return []
    professional = scenario.hook == "claim" and scenario.claim_type == "professional"
    if professional and payer.choice and code in _FIVE:  # AST-01, side unknown included (1.2)
        targets = ["G6015", "G6016"] if code in IMRT_CPT else sorted(CONV_G)
        remedies = tuple(f"replace {code} -> {to}" for to in targets)
        return [Raw(6, "code-choice-by-payer", payer.choice, (line,), remedies, "AST-01")]
    if (
        side == "hospital" and code in IMRT_G | CONV_G
    ):  # AST-24: "Medicare and Molina Medicare" leaves Advantage out
        targets = sorted(IMRT_CPT if code in IMRT_G else CONV_CPT)
        remedies = tuple(f"replace {code} -> {to}" for to in targets)
        severity = "critical" if payer.choice == "critical" else "info"
        return [Raw(6, "code-choice-by-setting", severity, (line,), remedies, "AST-24")]
    return []


def _suffix(side: str | None, line: Line) -> str:
    if side == "physician":
        return "-26"
    return f"-{line.component}" if line.component else ""


def _payer_choice(scenario: Scenario, line: Line) -> list[Raw]:
    """AST-05, and FLB-22's Medicare Advantage card where AST-05 has no side to stand on (orders)."""
    payer, side = scenario.facts, side_of(scenario, line)
    if line.code != "77387" or payer.choice is None or wants_no_77387(scenario, line):
        return []  # MOL-13 and MOL-16 say it for Molina
    if scenario.hook == "order":
        if payer.key == "florida-blue-ma":
            return [Raw(6, "code-choice-by-payer", "info", (line,), ("review",), "FLB-22")]
        return []
    if scenario.claim_type != "professional":
        return []
    methods = methods_on(scenario, line.date)
    codes = code_of_method(methods, _suffix(side, line), tracking=side == "office")
    if (
        technique_on(scenario, line.date).fits(STEREOTACTIC) != "no"
    ):  # 1.7: remove-line or review; both are offered
        remedies: tuple[str, ...] = ("remove-line 77387", "review")
    elif codes is None or technique_on(scenario, line.date).hints_at(STEREOTACTIC):
        remedies = ("review",)
    elif technique_on(scenario, line.date).fits(BRACHYTHERAPY) == "yes":
        remedies = ("review",)  # read as 1.7 has it for srs and sbrt: the codes are external-beam guidance
    elif methods and stands_already(scenario, line) and payer.choice != "info":
        remedies = ("remove-line 77387",)
    else:
        remedies = tuple(f"replace 77387 -> {code}" for code in codes)
    severity = payer_choice_severity(scenario, line)
    return [Raw(6, "code-choice-by-payer", severity, (line,), remedies, "AST-05")]


def payer_choice_severity(scenario: Scenario, line: Line) -> str:
    """AST-05's severity with the limits of 1.7: srs/sbrt (and brachytherapy) dates, methods without a code of their
    own."""
    methods = methods_on(scenario, line.date)
    codeless = bool(methods) and methods <= {"mri", "planar", "fluoroscopy"}
    technique = technique_on(scenario, line.date)
    stereotactic = technique.fits(STEREOTACTIC) != "no" or technique.hints_at(STEREOTACTIC)
    severity = scenario.facts.choice or "info"
    brachytherapy = technique.fits(BRACHYTHERAPY) == "yes"
    return at_most(severity, "warning") if codeless or stereotactic or brachytherapy else severity


def _method(scenario: Scenario, line: Line) -> list[Raw]:
    """FLB-24 to FLB-27(a) and AST-06 to AST-09."""
    if not is_of_another_method(scenario, line):
        return []
    methods = methods_on(scenario, line.date)
    payer, suffix = scenario.facts, _suffix(side_of(scenario, line), line)
    codes = right_codes(scenario, line)
    left = suffixed(codes_to_report(scenario, line), right_part(scenario, line))
    remedies = tuple(f"replace {line.code} -> {code}" for code in left)
    if not left:
        remedies = (f"remove-line {line.code}",) if codes else ("review",)
    technique = technique_on(scenario, line.date)
    takes_77387 = not (payer.medicare or scenario.molina_governs(line.date))
    hinted = bool(technique.likely & STEREOTACTIC)  # a hint may lower (1.3)
    if not codes and takes_77387 and not hinted and "intrafraction-tracking" not in methods:
        remedies = (f"replace {line.code} -> 77387{suffix}", "review")  # 1.7: "may offer"
        if any(raw.remedies == remedies[:1] for raw in _setting(scenario, line)):
            remedies = remedies[:1]  # AST-14 wants the same code: one finding (M-1), and no need to review
    return [Raw(6, "code-choice-by-method", "warning", (line,), remedies, OWN_METHOD[line.code][1])]


def _missing_part(scenario: Scenario, line: Line) -> list[Raw]:
    """AST-10 and AST-13."""
    payer, side = scenario.facts, side_of(scenario, line)
    if line.code not in SPLIT:
        return []
    if (
        side == "hospital"
        and line.component == "26"
        and not (scenario.bill or "").lstrip("0").startswith("85")
    ):
        return [Raw(7, "modifier", "warning", (line,), ("review",), "AST-10")]
    if side != "physician" or line.component == "26":
        return []
    molina = scenario.molina_governs(line.date)
    if line.code == "77387" and (payer.medicare or molina):
        return []
    severity = "warning" if line.code == "77387" else _component_severity(scenario)
    if molina:  # MOL-14: the payer's own rule
        severity = "critical"
    if line.component == "TC":
        remedy = f"replace {line.code} -> {line.code}-26"
    else:
        remedy = f"add-modifier {line.code} 26"
    return [Raw(7, "modifier", severity, (line,), (remedy,), "AST-10")]


def _tracking(scenario: Scenario, line: Line) -> list[Raw]:
    """AST-11; MOL-15 (a) has no second alternative, and an unmodified line of a physician is right for Molina."""
    payer, side = scenario.facts, side_of(scenario, line)
    molina = scenario.molina_governs(line.date)
    if line.code != "G6017":
        return []
    if line.component == "26":
        remedies = ["remove-modifier G6017 26"]
        if side == "physician" and not molina:
            remedies.append("remove-line G6017")
        return [Raw(7, "modifier", "critical", (line,), tuple(remedies), "AST-11")]
    if line.component == "TC":
        return [Raw(7, "modifier", "info", (line,), ("remove-modifier G6017 TC",), "AST-11")]
    if side == "physician" and not molina:
        severity = "warning" if payer.medicare else "info"
        remedies = ["review", "remove-line G6017"]
        return [Raw(7, "code-choice-by-setting", severity, (line,), tuple(remedies), "AST-11")]
    return []


def _bundled(scenario: Scenario, line: Line) -> list[Raw]:
    """AST-15, AST-16, AST-20."""
    payer, side, code = scenario.facts, side_of(scenario, line), line.code
    technique = technique_on(scenario, line.date)
    remove = (f"remove-line {code}",)
    severity = _component_severity(scenario)
    molina = scenario.molina_governs(line.date)
    found = []
    if side == "hospital" and _is_technical(line) and not (code == "G6017" and molina):
        fits = "yes" if codes_on(scenario, line.date) & IMRT_CPT else technique.fits(_IMRT)
        imrt_severity = "critical" if molina else severity
        if fits == "yes":
            found.append(Raw(5, "bundling", imrt_severity, (line,), remove, "AST-15"))
        elif fits == "maybe":
            found.append(Raw(5, "bundling", "info", (line,), remove, "AST-15", possible=True))
    stereotactic = technique.fits(STEREOTACTIC)
    if side == "hospital" and _is_technical(line) and stereotactic != "no":
        if code == "G6017" and molina:
            pass  # MOL-15 decides for Molina
        elif stereotactic == "yes":
            found.append(Raw(5, "bundling", severity, (line,), remove, "AST-20"))
        else:
            found.append(Raw(5, "bundling", "info", (line,), remove, "AST-20", possible=True))
    elif (
        side in {"physician", "office"} and stereotactic != "no"
    ):  # "info at most"; 12 has info for these two
        found.append(Raw(5, "bundling", "info", (line,), ("review",), "AST-20"))
    own = [o.code for o in own_lines(scenario) if o.date == line.date]
    pair = side == "office" and not line.end and IMRT_CPT & set(own)
    if pair and not payer.medicare and not molina:
        # "freestanding with CPT delivery codes"; MOL-11, MOL-13 and MOL-18 decide for Molina
        if code == "77387" and line.component == "TC":
            found.append(Raw(5, "bundling", "warning", (line,), remove, "AST-16"))
        elif code == "77387" and not line.component:
            found.append(Raw(5, "bundling", "warning", (line,), ("replace 77387 -> 77387-26",), "AST-16"))
        elif code in SPLIT - {"77387"} and not line.component:
            found.append(Raw(5, "bundling", "info", (line,), ("review",), "AST-16"))
    return found


def _setting(scenario: Scenario, line: Line) -> list[Raw]:
    """AST-14."""
    payer, code, molina = scenario.facts, line.code, scenario.molina_governs(line.date)
    if side_of(scenario, line) != "hospital" or code == "77387" or not _is_technical(line):
        return []
    if technique_on(scenario, line.date).fits(CONVENTIONAL) != "yes" or (code == "G6017" and molina):
        return []
    warns = payer.medicare and code != "77014" and not molina
    severity = "warning" if warns else "info"
    remedy = f"replace {code} -> 77387-TC"
    if any(_before(o, line) for o in _technical_peers(scenario, line)):
        remedy = f"remove-line {code}"  # one 77387 stands for all methods of the day, as in EXT-01(f)
    return [Raw(6, "code-choice-by-setting", severity, (line,), (remedy,), "AST-14")]


def _before(one: Line, other: Line) -> bool:
    """Which line is kept: one whose code is invalid anyway, else the earlier one, tracking last."""

    def rank(line: Line) -> tuple[bool, bool, int]:
        return line.code not in RETIRED, line.code == "G6017", line.sequence

    return rank(one) < rank(other)


def _technical_peers(scenario: Scenario, line: Line) -> list[Line]:
    """Technical lines of the day that AST-14 or FLB-43 would turn into 77387-TC."""
    return [
        o
        for o in scenario.lines
        if o.date == line.date
        and not (o.end or line.end)  # what is judged by the day does not look at a span
        and o.code in (IGRT | RETIRED) - {"77387"}
        and _is_technical(o)
        and not (o.code == "G6017" and scenario.molina_governs(o.date))
    ]


def _superficial(scenario: Scenario, line: Line) -> list[Raw]:
    """AST-23; from 2026 it touches 77387 only, at warning for every payer (EXT-04)."""
    mid = era(line.date) == "mid"
    if not mid and line.code != "77387":
        return []
    fits = technique_on(scenario, line.date).fits(_SUPERFICIAL)
    if fits == "maybe" and "77401" in codes_on(scenario, line.date):
        fits = "yes"
    severity = _component_severity(scenario) if mid else "warning"
    if fits == "yes":
        return [Raw(5, "bundling", severity, (line,), (f"remove-line {line.code}",), "AST-23")]
    if fits == "maybe":
        return [Raw(5, "bundling", "info", (line,), (f"remove-line {line.code}",), "AST-23", possible=True)]
    return []


def _florida_blue_sbrt(scenario: Scenario, line: Line) -> list[Raw]:
    """FLB-03."""
    if scenario.facts.florida_blue and technique_on(scenario, line.date).fits(STEREOTACTIC) != "no":
        return [Raw(5, "bundling", "info", (line,), ("review",), "FLB-03")]
    return []


def _year_2026(scenario: Scenario, line: Line) -> list[Raw]:
    """EXT-02 and EXT-03."""
    if scenario.hook != "claim":
        return []
    side, medicare = side_of(scenario, line), scenario.facts.medicare
    found = []
    if line.component == "TC":
        severity = "critical" if medicare and scenario.claim_type == "professional" else "warning"
        found.append(Raw(5, "bundling", severity, (line,), ("remove-line 77387",), "EXT-02"))
    if (
        side == "hospital"
        and _is_technical(line)
        and not line.end
        and any(o.date == line.date and o.code in {"77371", "77372", "77373"} for o in scenario.lines)
    ):  # one claim only, as the pair edit behind it (EXT-10)
        severity = "critical" if medicare else "warning"
        found.append(Raw(5, "bundling", severity, (line,), ("remove-line 77387",), "EXT-02"))
    if side == "physician" and not line.component:
        found.append(Raw(7, "modifier", "info", (line,), ("add-modifier 77387 26",), "EXT-03"))
    return found
