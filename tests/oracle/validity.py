"""Codes that are not valid on the line's date: rulebook 4, 4.2, FLB-43, FLB-44, AST-03, EXT-01, EXT-04."""

from __future__ import annotations

from datetime import date

from tests.oracle.model import (
    CONV_G,
    IGRT,
    IMRT_CPT,
    IMRT_G,
    RETIRED,
    YEAR_2015,
    YEAR_2026,
    Line,
    Scenario,
    era,
)
from tests.oracle.raw import Raw
from tests.oracle.technique import (
    CONVENTIONAL,
    STEREOTACTIC,
    codes_on,
    is_delivery,
    methods_on,
    side_of,
    technique_on,
)

_LAST_2014 = frozenset(
    {
        "77418",
        "0073T",
        "77403",
        "77404",
        "77406",
        "77408",
        "77409",
        "77411",
        "77413",
        "77414",
        "77416",
    }
)
_FIRST_2015 = IMRT_CPT | IMRT_G | CONV_G | {"77306", "77307", "77316", "77317", "77318"}
_FIRST_2026 = frozenset({"77436", "77437", "77438", "77439"})
_SUCCESSOR_2015 = {"77421": "G6002", "76950": "G6001", "0197T": "G6017"}
_PLANNING = frozenset({"77280", "77285", "77290", "77301"})


def invalid_lines(scenario: Scenario) -> list[Raw]:
    """One finding for each line whose code is not valid on its date; remedies by the rules named above."""
    found = []
    for line in scenario.lines:
        verdict = _verdict(scenario, line)
        if verdict is not None:
            severity, remedies, rule = verdict
            found.append(Raw(2, "code-effective-date", severity, (line,), tuple(remedies), rule))
    return found


def is_invalid(line: Line) -> bool:
    """Is the code outside its period on the line's date, or on the last day of its span?"""
    return _outside(line.code, line.date) or (line.end is not None and _outside(line.code, line.end))


def _outside(code: str, day: date) -> bool:
    if code in {"0394T", "0395T"} and day < date(2016, 1, 1):
        return True
    if day < YEAR_2015:
        return code in {"77387", "G6001", "G6002", "G6017"} | _FIRST_2015 | _FIRST_2026
    if code in RETIRED | _LAST_2014 or (code in _FIRST_2026 and day < YEAR_2026):
        return True
    if code == "77422":
        return day >= date(2018, 1, 1)
    ended = {"77014", "G6001", "G6002", "G6017", "77401", "0394T"} | IMRT_CPT | IMRT_G | CONV_G
    return day >= YEAR_2026 and code in ended


def _verdict(scenario: Scenario, line: Line) -> tuple[str, list[str], str] | None:
    if not is_invalid(line):
        return None
    if era(line.date) == "new" and line.code in IGRT | RETIRED:
        return "critical", _guidance_2026(scenario, line), "EXT-01"
    if line.code in RETIRED:
        return "critical", _retired(scenario, line), "FLB-43"
    ended_delivery = line.code in IMRT_CPT | IMRT_G | CONV_G | {"77401"}
    if era(line.date) == "new" and ended_delivery and side_of(scenario, line) == "physician":
        # M-10 leaves this line one card, and AST-29 would remove it under any later code.
        severity, rule = ("warning", "EXT-04") if line.code == "77401" else ("critical", "EXT-01")
        return severity, [f"remove-line {line.code}"], rule
    if era(line.date) == "new" and line.code in IMRT_CPT | IMRT_G | CONV_G:
        return "critical", [f"replace {line.code} -> {to}" for to in ("77402", "77407", "77412")], "EXT-01"
    if line.code == "77401":
        return "warning", ["replace 77401 -> 77437", "replace 77401 -> 77438"], "EXT-04"
    if line.code == "0394T" and line.date >= YEAR_2026:
        return "warning", ["review"], "EXT-04"
    if line.code in {"77437", "77438"}:
        return "critical", [f"replace {line.code} -> 77401", "review"], "EXT-04"
    rule = "FLB-44" if line.code in IGRT else "EXT-04" if line.code in _FIRST_2026 | {"77422"} else "4.2"
    return "critical", ["review"], rule


def _physicians_part(scenario: Scenario, line: Line) -> bool:
    """AST-10: a critical access hospital (085x) bills its physicians' parts on its own claim, with 26."""
    critical_access = (scenario.bill or "").lstrip("0").startswith("85")
    institutional = scenario.hook == "claim" and scenario.claim_type == "institutional"
    return institutional and critical_access and line.component == "26"


def _retired(scenario: Scenario, line: Line) -> list[str]:
    technique = technique_on(scenario, line.date)
    # 0197T became G6017, which has no professional part: on a hospital's claim it is the hospital's (AST-11).
    physicians = _physicians_part(scenario, line) and line.code != "0197T"
    if scenario.hook == "claim" and scenario.claim_type == "institutional" and not physicians:
        if technique.fits(CONVENTIONAL) == "yes":
            rivals = [o for o in scenario.lines if o.date == line.date and o.component != "26" and not o.end]
            first = any(o.code in RETIRED and o.sequence < line.sequence for o in rivals)
            if line.component != "26" and (first or any(o.code == "77387" for o in rivals)):
                return [f"remove-line {line.code}"]  # one 77387 stands for all methods of the day
            return [f"replace {line.code} -> 77387-TC"]
        if technique.fits(STEREOTACTIC | {"imrt"}) == "yes":
            return [f"remove-line {line.code}"]
        return ["review"]
    if technique.fits(STEREOTACTIC) == "yes":
        return ["review"]  # 1.7: no rule proposes a guidance code there; FLB-43 itself is silent
    suffix = (
        "-26" if side_of(scenario, line) == "physician" else f"-{line.component}" if line.component else ""
    )
    successor = _SUCCESSOR_2015[line.code]
    remedies = [f"replace {line.code} -> {successor}{'' if successor == 'G6017' else suffix}"]
    payer = scenario.facts
    if not (
        payer.medicare or scenario.molina_governs(line.date)
    ):  # an unknown payer stands with the others in rulebook 12
        remedies.append(f"replace {line.code} -> 77387{suffix}")
    return remedies


def _surface_guidance_stands(scenario: Scenario, line: Line) -> bool:
    """The last sentence of EXT-01 on (d): of several old lines of a date the first becomes 77439, tracking last, and
    none where 77439 stands. What is TC becomes no less, but comes after a line that is not."""
    peers = [
        other
        for other in scenario.lines
        if other.date == line.date
        and not (other.end or line.end)
        and side_of(scenario, other) == side_of(scenario, line)
        and _physicians_part(scenario, other) == _physicians_part(scenario, line)
    ]
    if any(other.code == "77439" and other.component != "TC" for other in peers):
        return True

    def turn(one: Line) -> tuple[bool, bool, bool, int]:
        return one.component == "TC", one.code == "G6017", one.code not in RETIRED, one.sequence

    old = [other for other in peers if other.code in (IGRT | RETIRED) - {"77387"}]
    return any(turn(other) < turn(line) for other in old)


def _guidance_2026(scenario: Scenario, line: Line) -> list[str]:
    remove = [f"remove-line {line.code}"]
    technique = technique_on(scenario, line.date)
    if technique.fits(STEREOTACTIC) == "yes":  # (c)
        return remove
    if technique.fits(frozenset({"superficial"})) == "yes":  # (d)
        if "ultrasound" in methods_on(scenario, line.date):
            if _surface_guidance_stands(scenario, line):
                return remove
            physicians = side_of(scenario, line) == "physician" or _physicians_part(scenario, line)
            suffix = "-26" if physicians else ""
            return [f"replace {line.code} -> 77439{suffix}"]
        return remove
    if technique.fits(frozenset({"brachytherapy"})) == "yes":  # (e)
        return ["review"]
    if technique.fits(frozenset({"superficial"})) == "maybe" and "ultrasound" in methods_on(
        scenario, line.date
    ):
        return ["review"]  # (a) or (d), by the treatment that it guided
    on_the_day = codes_on(scenario, line.date)
    delivered = any(is_delivery(Line(code, line.date)) for code in on_the_day)
    planning = bool(on_the_day & _PLANNING) and not delivered
    if line.code == "77014" and planning:  # (e)
        return ["review"]
    replace = [f"replace {line.code} -> 77387-26", f"replace {line.code} -> 77387"]
    if line.component == "TC":  # (b)
        return remove
    if scenario.hook == "order":
        return replace
    method_two = _physicians_part(scenario, line)
    if scenario.claim_type == "institutional" and not method_two:  # (b)
        return remove

    # (f) and the last sentence: one date and component never gets two 77387. A line with and one without 26 are
    # the same component here, since both become the professional part.
    def _is_rival(other: Line) -> bool:
        """On a critical access hospital's claim only what carries 26 is the physician's. CT for planning, which (e)
        leaves to a person, is no guidance line that the date keeps."""
        if other.code == "77014" and planning:
            return False
        return other.component == "26" if method_two else other.component != "TC"

    rivals = [
        other
        for other in scenario.lines
        if other.date == line.date
        and _is_rival(other)
        and other.code in IGRT | RETIRED
        and other != line
        and not (other.end or line.end)
    ]

    def rank(one: Line) -> tuple[bool, bool, int]:
        """Who is kept: a line that is valid already, else the first, tracking last."""
        return one.code != "77387", one.code == "G6017", one.sequence

    if any(rank(other) < rank(line) for other in rivals):
        return remove
    before = [
        other
        for past in scenario.history
        if past.own and past.claim_type == scenario.claim_type
        for other in past.lines
        if other.date == line.date and not (other.end or line.end)
    ]
    if any(_is_rival(other) and other.code in IGRT | RETIRED for other in before):
        return remove  # the same sentence, of the biller's earlier claims
    if method_two:  # 77387 without 26 is the hospital's packaged part there (EXT-02)
        return replace[:1]
    return replace  # (a), also where srs/sbrt is only one of several possible techniques: (c) needs the one
