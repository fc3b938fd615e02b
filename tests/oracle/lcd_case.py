"""Words for hand-written Medicare scenarios: short claims with the findings that follow from rulebook section 9."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from tests.oracle.lcd_agreement import Answer
from tests.oracle.lcd_model import LcdLine, LcdPast, LcdScenario, Paper
from tests.oracle.model import Record

MONDAY = date(2022, 5, 2)
SIGNED = (("anna", "radiation-oncologist"),)
BOTH = (("anna", "radiation-oncologist"), ("bert", "medical-physicist"))
# A chart that leaves nothing to ask for; what a case is about is taken out of it.
RECORD = (
    *("imrt-need-statement", "prescription-constraints", "image-review", "dvh-review", "portal-description"),
    *("dosimetric-verification", "compensator-design", "independent-dose-check", "device-necessity"),
    *("special-physics-request", "igrt-physician-review", "simulation-note", "planning-work-itemised"),
)
REST = ("image-review", "dvh-review", "portal-description", "dosimetric-verification")


@dataclass(frozen=True)
class Hand:
    """A scenario and what has to be said about it: `kind severity line: remedy | remedy`, line as `2 G6012-59`."""

    scenario: LcdScenario
    expected: tuple[str, ...]


def day(number: int) -> date:
    """Day of the course; day 0 is a Monday."""
    return MONDAY + timedelta(days=number)


def line(code: str, at: int | date = 0, units: int = 1, **more: Any) -> LcdLine:
    """`77301-26` on a day of the course."""
    code, *modifiers = code.split("-")
    moment = day(at) if isinstance(at, int) else at
    return LcdLine(code, moment, tuple(modifiers), units, **more)


def placed(lines: tuple[LcdLine, ...], pos: str | None) -> tuple[LcdLine, ...]:
    """The lines numbered and at a place of service."""
    return tuple(replace(one, sequence=n, pos=one.pos or pos) for n, one in enumerate(lines, 1))


def earlier(
    *lines: LcdLine,
    pos: str | None = "11",
    own: bool = True,
    diagnoses: tuple[str, ...] = ("C61",),
    told: tuple[str, ...] = (),
) -> LcdPast:
    """An earlier claim; `pos` None makes it institutional."""
    return LcdPast("professional" if pos else "institutional", own, placed(lines, pos), diagnoses, told)


def chart(*without: str, at: date = MONDAY, more: tuple[Paper, ...] = ()) -> dict[str, Any]:
    """A seen chart with the whole record but for some documents."""
    signers = {"image-review": SIGNED, "dosimetric-verification": BOTH}
    papers = tuple(
        Paper(slug, day(400) if slug == "igrt-physician-review" else at, signers.get(slug, ()))
        for slug in RECORD
        if slug not in without
    )
    return {"documents": (), "papers": (*papers, *more)}


def case(
    name: str, *lines: LcdLine, say: tuple[str, ...] | str = (), pos: str | None = "11", **more: Any
) -> Hand:
    """A claim of a Medicare member in Florida, in an office unless said otherwise; `pos` None = institutional.

    A reason for IMRT is coded and the chart is not seen, unless `more` says otherwise.
    """
    known: dict[str, Any] = {
        "name": name,
        "payer": "medicare-ffs",
        "lines": placed(lines, pos),
        "claim_type": "professional" if pos else "institutional",
        "indications": ("dose-escalation",),
    }
    return Hand(LcdScenario(**known | more), (say,) if isinstance(say, str) else say)


def order(name: str, code: str, *techniques: str, say: tuple[str, ...] | str = (), **more: Any) -> Hand:
    """An order of a Medicare member in Florida."""
    records = (Record("course", None, (), techniques),) if techniques else ()
    return case(name, line(code), say=say, pos=None, hook="order", records=records, **more)


def told(answer: Answer) -> list[str]:
    """An answer as the expectations have it: lines without their dates."""
    found = set()
    for atom in answer:
        place = " ".join(atom.line.split()[:2]) or "claim"
        found.add(f"{atom.kind} {atom.severity} {place}: {' | '.join(atom.remedies)}")
    return sorted(found)


def documents(severity: str, *slugs: str) -> tuple[str, ...]:
    """Findings about missing documents."""
    return tuple(f"documentation {severity} claim: add-document {slug}" for slug in slugs)
