"""The code of the imaging method against the code that is billed (FLB-24 to 27 and their repeats, rulebook 1.7)."""

from __future__ import annotations

from tests.oracle.model import Line, Scenario
from tests.oracle.technique import STEREOTACTIC, code_of_method, methods_on, side_of, technique_on

OWN_METHOD = {
    "77014": ("ct", "FLB-24"),
    "G6001": ("ultrasound", "FLB-25"),
    "G6002": ("stereoscopic-xray", "FLB-26"),
    "G6017": ("intrafraction-tracking", "FLB-27"),
}
_IMRT = frozenset({"imrt"})


def is_of_another_method(scenario: Scenario, line: Line) -> bool:
    """Are methods coded for the day, and the line's own is none of them?"""
    methods = methods_on(scenario, line.date)
    return line.code in OWN_METHOD and bool(methods) and OWN_METHOD[line.code][0] not in methods


def right_codes(scenario: Scenario, line: Line) -> list[str]:
    """Codes of the day's methods, without modifier; none where no rule may propose one (1.7)."""
    if technique_on(scenario, line.date).fits(STEREOTACTIC) != "no":
        return []
    tracking = side_of(scenario, line) == "office" or scenario.molina_governs(line.date)
    return code_of_method(methods_on(scenario, line.date), "", tracking) or []


def right_part(scenario: Scenario, line: Line) -> str:
    """26 in a hospital, and beside IMRT in an office where Molina takes nothing else: MOL-11 is a hint for Medicare
    members, who keep what they have (M-4)."""
    side = side_of(scenario, line)
    if side == "physician":
        return "26"
    imrt = side == "office" and technique_on(scenario, line.date).fits(_IMRT) == "yes"
    bundled = imrt and scenario.molina_governs(line.date) and scenario.facts.lob != "medicare"
    return "26" if bundled and not line.component else line.component


def codes_to_report(scenario: Scenario, line: Line) -> list[str]:
    """The right codes that no other line of the claim and day reports yet.

    Open in 1.7: a code that stands already. Read as in EXT-01 and AST-14: one line for one service, so the wrong line
    goes; but what stands has to hold the part that the corrected line would report.
    """
    beside = [
        other
        for other in scenario.lines
        if other is not line and other.date == line.date and not (other.end or line.end)
    ]
    wanted = _parts(scenario, line, right_part(scenario, line))
    standing = {o.code for o in beside if wanted <= _reported(scenario, o)}
    return [code for code in right_codes(scenario, line) if code not in standing]


def stands_already(scenario: Scenario, line: Line) -> bool:
    """Is every right code reported by another line?"""
    return bool(right_codes(scenario, line)) and not codes_to_report(scenario, line)


def suffixed(codes: list[str], part: str) -> list[str]:
    """The codes with a part; G6017 has none."""
    return [code if code == "G6017" or not part else f"{code}-{part}" for code in codes]


def _parts(scenario: Scenario, line: Line, component: str) -> frozenset[str]:
    if component:
        return frozenset({component})
    return frozenset({"TC"} if side_of(scenario, line) == "hospital" else {"26", "TC"})


def _reported(scenario: Scenario, line: Line) -> frozenset[str]:
    if line.code == "G6017" and side_of(scenario, line) != "hospital":
        return frozenset({"26", "TC"})
    return _parts(scenario, line, line.component)
