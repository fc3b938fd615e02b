"""What the Medicare Florida text adds to a scenario: state, course marks, spans, signed documents, supervision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.oracle.model import (
    BRACHY,
    CONV_CPT,
    CONV_G,
    DELIVERY,
    IGRT,
    IMRT_CPT,
    IMRT_G,
    NEUTRON,
    PROTON,
    RETIRED,
    SRS_SBRT,
    SUPERFICIAL,
    YEAR_2026,
    Line,
    PastClaim,
    Scenario,
)

DEVICES = frozenset({"77332", "77333", "77334"})
SEPARATE = frozenset({"59", "XE", "XS", "XP", "XU"})
IMRT_DELIVERY = IMRT_CPT | IMRT_G
# Rulebook section 9, head: what counts as a delivery in this section. Brachytherapy does not.
TREATMENTS = IMRT_DELIVERY | CONV_CPT | CONV_G | SRS_SBRT | SUPERFICIAL | NEUTRON | PROTON
EVALUATION = frozenset({f"992{n:02d}" for n in range(2, 16)} | {f"9924{n}" for n in range(2, 6)})
FIRST_DAY, VIDEO_YEAR = date(2015, 10, 1), date(2020, 1, 1)
GUIDED = IGRT - {"G6017"}  # LCD-58: no rule of the text speaks about tracking
BOOST = CONV_CPT | CONV_G | SRS_SBRT


@dataclass(frozen=True)
class LcdLine(Line):
    """A line with what only the Medicare Florida text looks at.

    `pointers` are positions in the claim's diagnoses (none = the principal one); `level` and
    `performer` are supervision named for this line; `rendering` is a physician's key.
    """

    pointers: tuple[int, ...] = ()
    course: str | None = None
    level: str | None = None
    performer: str | None = None
    rendering: str | None = None

    @property
    def last(self) -> date:
        """Last day of the line."""
        return self.end or self.date

    @property
    def spans(self) -> bool:
        """Longer than one day."""
        return self.last > self.date


@dataclass(frozen=True)
class LcdPast(PastClaim):
    """An earlier claim with its own diagnoses and indications."""

    diagnoses: tuple[str, ...] = ("C61",)
    indications: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A document by slug. `signers` are (person, role), the role None where it is not coded."""

    slug: str
    date: date | None
    signers: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class LcdScenario(Scenario):
    """A claim or order of a Medicare member. `documents` (by LOINC) None = the chart cannot be seen at all.

    `place` is the state of the place of service, None = only the `home` address is known.
    """

    place: str | None = "FL"
    home: str = "FL"
    diagnoses: tuple[str, ...] = ("C61",)
    complete: bool | None = None
    papers: tuple[Paper, ...] = ()
    attached_papers: tuple[Paper, ...] = ()
    modalities: tuple[str, ...] = ()
    course_fractions: int | None = None
    level: str | None = None
    performer: str | None = None
    spine: bool = False

    @property
    def florida(self) -> bool:
        """LCD-01: a Medicare member treated in Florida; the home address only when nothing else is known."""
        return self.facts.medicare and (self.place or self.home) == "FL"

    def hinting(self, day: date) -> tuple[Line, ...]:
        """Lines of the claim, and earlier ones of a course that has a line under review on that day."""
        from tests.oracle.lcd_course import courses

        near = [c for c in courses(self) if any(m.date == day for m in c.reviewed)]
        return (*self.lines, *(m.line for c in near for m in c.lines if not m.reviewed))

    @property
    def chart(self) -> str:
        """`hidden`, `empty`, `unmapped` (documents, none of them of a known type) or `mapped`."""
        if self.documents is None:
            return "hidden"
        if self.papers:
            return "mapped"
        return "unmapped" if self.documents else "empty"

    @property
    def charted(self) -> bool:
        """Can the chart tell that a document is missing? An unmapped one cannot (head of section 9)."""
        return self.chart in {"empty", "mapped"}


def extra(line: Line) -> LcdLine:
    """The line as one of this module: plain lines have no extras."""
    if isinstance(line, LcdLine):
        return line
    return LcdLine(line.code, line.date, line.modifiers, line.units, line.pos, line.fractions, line.sequence)


def period(day: date) -> str:
    """Rulebook section 4, LCD by date: `off`, `on` or `late` (at most info, and only some rules)."""
    if day < FIRST_DAY:
        return "off"
    return "on" if day < YEAR_2026 else "late"


def is_radiotherapy(code: str) -> bool:
    """Does a line of this code hold a course together (contract, derived course)?"""
    return code in IGRT | RETIRED | DELIVERY | TREATMENTS | BRACHY or code.startswith("77")
