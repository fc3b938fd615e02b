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
_SUCCESSOR = {"77421": "G6002", "76950": "G6001", "0197T": "G6017"}
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
    members, who keep what they have (M-4), but what takes the place of 77387 has 26 for them too (MOL-13)."""
    side = side_of(scenario, line)
    if side == "physician":
        return "26"
    imrt = side == "office" and technique_on(scenario, line.date).fits(_IMRT) == "yes"
    paid_whole = scenario.facts.lob == "medicare" and line.code != "77387"
    bundled = imrt and scenario.molina_governs(line.date) and not paid_whole
    return "26" if bundled and not line.component else line.component


def right_parts(scenario: Scenario, line: Line) -> frozenset[str]:
    """The parts that the line reports once it is corrected. A code without parts is the whole of the service, but on a
    hospital's claim the hospital's."""
    codes = {_SUCCESSOR.get(line.code, line.code)}
    if line.code == "77387" or is_of_another_method(scenario, line):
        codes = set(right_codes(scenario, line)) if methods_on(scenario, line.date) else codes
    whole = codes == {"G6017"} and side_of(scenario, line) != "hospital"
    return frozenset({"26", "TC"}) if whole else _parts(scenario, line, right_part(scenario, line))


def standing_parts(scenario: Scenario, line: Line) -> frozenset[str]:
    """The parts of a line whose code stays."""
    return _parts(scenario, line, right_part(scenario, line))


def beside(scenario: Scenario, line: Line) -> list[Line]:
    """Other lines of the claim and day; spans are no lines of a day."""
    of_day = [o for o in scenario.lines if o is not line and o.date == line.date]
    return [] if line.end else [o for o in of_day if not o.end]


def codes_to_report(scenario: Scenario, line: Line) -> list[str]:
    """The right codes that no other line of the claim and day reports yet, or is to report.

    Open in 1.7: a code that stands already. Read as in EXT-01 and AST-14: one line for one service, so the wrong line
    goes; but what stands has to hold the part that the corrected line would report. Where several wrong lines are to
    be corrected, each takes a code in turn, and the last has the choice of what is left.
    """
    wrong = [o for o in (line, *beside(scenario, line)) if is_of_another_method(scenario, o)]
    taken: list[tuple[Line, str]] = []
    turns = in_turn(scenario, wrong if line in wrong else [line])
    for number, one in enumerate(turns):
        parts = right_parts(scenario, one)
        left = [
            code
            for code in right_codes(scenario, one)
            if not _stands(scenario, one, code)
            and not any(code == given and parts <= right_parts(scenario, o) for o, given in taken)
        ]
        if any(right_parts(scenario, after) <= parts for after in turns[number + 1 :]):
            left = left[:1]
        if _kind(scenario, one) == _kind(scenario, line):
            return left
        taken += [(one, code) for code in left[:1]]
    raise AssertionError("the line has a turn of its own")


def in_turn(scenario: Scenario, lines: list[Line]) -> list[Line]:
    """Who is corrected first: who reports both parts, who has 26, who is no tracking, who stands first. Two lines that
    are alike may be two fractions, and have one turn."""

    def turn(line: Line) -> tuple[bool, bool, bool, int]:
        alike = [o.sequence for o in lines if _kind(scenario, o) == _kind(scenario, line)]
        part = len(right_parts(scenario, line)) < 2
        return part, line.component != "26", line.code in {"G6017", "0197T"}, min(alike)

    first: dict[tuple[str, frozenset[str], str | None], Line] = {}
    for line in sorted(lines, key=lambda o: o.sequence):
        first.setdefault(_kind(scenario, line), line)
    return sorted(first.values(), key=turn)


def comes_after(scenario: Scenario, line: Line, others: list[Line]) -> bool:
    """Does one of the others, corrected to the same code, hold the line's part and come first?"""
    turns = in_turn(scenario, [line, *others])
    mine = next(n for n, one in enumerate(turns) if _kind(scenario, one) == _kind(scenario, line))
    return any(right_parts(scenario, line) <= right_parts(scenario, one) for one in turns[:mine])


def stands_already(scenario: Scenario, line: Line) -> bool:
    """Is every right code reported by another line?"""
    return bool(right_codes(scenario, line)) and not codes_to_report(scenario, line)


def kept_by_another(scenario: Scenario, line: Line) -> bool:
    """Is this 77387 one too many, where the code of the method takes its place: a line that has such a code, or another
    77387, is left for the part? A line that goes itself keeps nothing."""
    if _under_its_method(scenario, line):
        return True
    others = [o for o in beside(scenario, line) if o.code == "77387"]
    coded = bool(methods_on(scenario, line.date))
    staying = [
        o for o in others if not (_under_its_method(scenario, o) or (coded and stands_already(scenario, o)))
    ]
    return bool(right_codes(scenario, line)) and comes_after(scenario, line, staying)


def _under_its_method(scenario: Scenario, line: Line) -> bool:
    parts = right_parts(scenario, line)
    for other in beside(scenario, line):
        named = _SUCCESSOR.get(other.code, other.code) in {"77014", "G6001", "G6002"}
        goes = is_of_another_method(scenario, other) and stands_already(scenario, other)
        if named and not goes and parts & right_parts(scenario, other):
            return True
    return False


def suffixed(codes: list[str], part: str) -> list[str]:
    """The codes with a part; G6017 has none."""
    return [code if code == "G6017" or not part else f"{code}-{part}" for code in codes]


def _parts(scenario: Scenario, line: Line, component: str) -> frozenset[str]:
    if component:
        return frozenset({component})
    return frozenset({"TC"} if side_of(scenario, line) == "hospital" else {"26", "TC"})


def _stands(scenario: Scenario, line: Line, code: str) -> bool:
    parts = right_parts(scenario, line)
    named = [o for o in beside(scenario, line) if _SUCCESSOR.get(o.code, o.code) == code]
    return any(parts <= right_parts(scenario, other) for other in named)


def _kind(scenario: Scenario, line: Line) -> tuple[str, frozenset[str], str | None]:
    return line.code, _parts(scenario, line, line.component), side_of(scenario, line)
