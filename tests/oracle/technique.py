"""Technique, imaging method, side and fractions of a date (rulebook 1.2, 1.3, 1.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.oracle.model import (
    BRACHY,
    CONV_CPT,
    CONV_G,
    DELIVERY,
    IMRT_CPT,
    IMRT_G,
    OLD_DELIVERY,
    PROTON,
    YEAR_2015,
    YEAR_2026,
    Line,
    Scenario,
)

CONVENTIONAL = frozenset({"conventional", "3dcrt", "2d", "electron"})
STEREOTACTIC = frozenset({"srs", "sbrt"})
BRACHYTHERAPY = frozenset({"brachytherapy"})
FLB_13_CLASS = frozenset({"imrt", "proton", "neutron", "sbrt", "srs"})
_CONVENTIONAL_2014 = OLD_DELIVERY - {"77418", "0073T", "77424", "77425"}
_PHOTONS = frozenset({"imrt", "3dcrt", "2d", "sbrt", "srs"})
_LEVEL = frozenset({"imrt", "3dcrt", "2d", "electron"})
UNTOLD = "untold"  # a beam whose technique nobody tells, one of several on a date
PLANNING_HINTS = {"77301": "imrt", "77338": "imrt", "77295": "3dcrt", "77435": "sbrt", "77432": "srs"}


@dataclass(frozen=True)
class Technique:
    """The possible techniques of a date and the step of rulebook 1.3 that gave them; `hints` tell the untold beam."""

    values: frozenset[str] = frozenset()
    step: str = "unknown"
    hints: frozenset[str] = frozenset()

    @property
    def likely(self) -> frozenset[str]:
        """With hints, which may silence or lower."""
        return (self.values - {UNTOLD}) | self.hints if UNTOLD in self.values and self.hints else self.values

    def fits(self, wanted: frozenset[str]) -> str:
        """`yes`, `maybe` (one of several) or `no` (also when unknown or a mere hint)."""
        if not self.values or self.step == "hint" or not self.values & wanted:
            return "no"
        return "yes" if self.values <= wanted else "maybe"

    def hints_at(self, wanted: frozenset[str]) -> bool:
        """Whether a hint says one of these and nothing else: it may lower a finding (1.3)."""
        return self.step == "hint" and bool(self.values) and self.values <= wanted


def all_lines(scenario: Scenario) -> tuple[Line, ...]:
    """Lines under review and of history, whoever billed them."""
    return (*scenario.lines, *(line for claim in scenario.history for line in claim.lines))


def own_lines(scenario: Scenario) -> tuple[Line, ...]:
    """Lines under review and earlier ones of the same biller."""
    return (*scenario.lines, *(line for claim in scenario.history if claim.own for line in claim.lines))


def codes_on(scenario: Scenario, day: date) -> frozenset[str]:
    """All codes of a day, history included."""
    return frozenset(line.code for line in all_lines(scenario) if line.date == day)


def _delivered(code: str, day: date) -> str | None:
    if code in IMRT_CPT | IMRT_G or (code in {"77418", "0073T"} and day < YEAR_2015):
        return "imrt"
    if code in {"77371", "77372"}:
        return "srs"
    if code in {"77373", "G0339", "G0340"}:
        return "sbrt"
    if code in {"77401", "77437", "77438"}:
        return "superficial"
    if code in PROTON:
        return "proton"
    if code in {"77422", "77423"}:
        return "neutron"
    if code in BRACHY:
        return "brachytherapy"
    if code in CONV_CPT | CONV_G and day < YEAR_2026:
        return "conventional"
    if (
        code in _CONVENTIONAL_2014 and day < YEAR_2015
    ):  # not in the list of 1.3, but conventional by their nature
        return "conventional"
    return None


def _coded(scenario: Scenario, day: date) -> frozenset[str]:
    """What is coded for a date. A record of the day speaks before one of the course.

    Photons without a technique are those whose technique another record tells; by themselves they tell nothing.
    """
    dated = frozenset(t for r in scenario.records if r.date == day for t in r.techniques)
    course = frozenset(t for r in scenario.records if r.date is None for t in r.techniques)
    coded = dated or course
    if "photon" in coded:
        closer = (coded | course) & _PHOTONS
        coded = (coded - {"photon"}) | (closer or {UNTOLD})
    return frozenset() if coded == {UNTOLD} else coded


def _level(code: str, coded: frozenset[str]) -> frozenset[str]:
    """A linac level of 2026 is what is coded (1.3, step 2), unless that has a delivery code of its own (EXT-01) or is
    electrons beside 77407 (1.3, step 3: "3dcrt or imrt"); then it is a beam besides."""
    fitting = coded & (_LEVEL - {"electron"} if code == "77407" else _LEVEL)
    return fitting or frozenset({UNTOLD})


def _conventional(coded: frozenset[str]) -> frozenset[str]:
    """Step 2 for a conventional code; photons that nobody tells of are as good as any of its techniques."""
    found = coded & {"3dcrt", "2d", "electron"}
    return found | {"conventional"} if not found or UNTOLD in coded else found


def technique_on(scenario: Scenario, day: date) -> Technique:
    """Rules.md 1.3, in its order; two treatments of a date are two techniques of it, whatever their codes."""
    codes, coded = codes_on(scenario, day), _coded(scenario, day)
    found = (_delivered(code, day) for code in codes)
    delivered = frozenset(value for value in found if value is not None)
    hints = frozenset(PLANNING_HINTS[o.code] for o in scenario.hinting(day) if o.code in PLANNING_HINTS)
    levels = codes & (CONV_CPT | CONV_G) if day >= YEAR_2026 else frozenset()
    if "77407" in levels and not hints:
        hints = frozenset({"3dcrt"})
    if "conventional" in delivered:
        delivered = (delivered - {"conventional"}) | _conventional(coded)
    elif levels and (delivered or coded):
        for code in levels:
            delivered |= coded | _level(code, coded)
    if delivered:
        return Technique(delivered, "delivery", hints)
    if coded:
        return Technique(coded, "coded", hints)
    return Technique(hints, "hint") if hints else Technique()


def methods_on(scenario: Scenario, day: date) -> frozenset[str]:
    """Imaging methods coded for a day, else those of the course. Open in rulebook 1.2: the record of the day
    wins, and a record of another day says nothing about this one."""
    dated = [r.methods for r in scenario.records if r.date == day and r.methods]
    course = [r.methods for r in scenario.records if r.date is None and r.methods]
    return frozenset(value for values in (dated or course) for value in values)


def performed_on(scenario: Scenario, day: date) -> frozenset[str]:
    """Methods that a record of exactly this day shows (rulebook 1.2)."""
    return frozenset(m for r in scenario.records if r.date == day for m in r.methods)


def side_of(scenario: Scenario, line: Line) -> str | None:
    """`hospital`, `physician` (in a hospital), `office` (freestanding) or None."""
    if scenario.hook != "claim":
        return None
    if scenario.claim_type == "institutional":
        return "hospital"
    if line.pos in {"19", "21", "22"}:
        return "physician"
    return "office" if line.pos in {"11", "49"} else None


def is_delivery(line: Line) -> bool:
    """Is this a treatment delivery line, of any technique?"""
    return line.code in DELIVERY


def fractions_on(scenario: Scenario, line: Line) -> int | None:
    """Fractions of the line's day: those named for a line of the day, else the claim's when it has one day only,
    else the treated-fraction records of the day. Open in rulebook 1.2, which also names Claim.item.quantity: the
    units of a delivery line are not taken as the day's fractions, since another claim may hold a second session."""
    if line.fractions is not None:
        return line.fractions
    named = [
        other.fractions
        for other in scenario.lines
        if other.date == line.date and other.end is None and other.fractions is not None
    ]
    if named:
        return max(named)
    days = {day for other in scenario.lines for day in (other.date, other.end or other.date)}
    if scenario.fractions is not None and len(days) == 1:
        return scenario.fractions
    return sum(1 for r in scenario.records if r.what == "fraction" and r.date == line.date) or None


def code_of_method(methods: frozenset[str], suffix: str, tracking: bool) -> list[str] | None:
    """Codes of the method with a suffix (`-26`, `-TC` or nothing), G6017 bare where `tracking` allows it.

    None = no code of its own: review (rulebook 1.7). No method coded = the three alternatives.
    """
    by_method = (("ct", "77014"), ("ultrasound", "G6001"), ("stereoscopic-xray", "G6002"))
    if not methods:
        return [code + suffix for _, code in by_method]
    found = [code + suffix for method, code in by_method if method in methods]
    if found:
        return found
    if "intrafraction-tracking" in methods and tracking:
        return ["G6017"]
    return None
