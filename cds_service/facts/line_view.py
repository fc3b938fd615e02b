"""A line as rules see it, and the course that it belongs to; each derived answer is worked out once when asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

from cds_service.engine.model import UNKNOWN, Evidence, LineRef, Unknown
from cds_service.engine.record import record
from cds_service.facts import derive
from cds_service.facts.case import Line
from cds_service.facts.codings import say_one_service
from cds_service.facts.kept_date import KeptDate
from cds_service.facts.line_edits import LineEdits
from cds_service.facts.line_method import LineMethod
from cds_service.facts.once import cached_property

if TYPE_CHECKING:
    from cds_service.facts.views import UnitView

T = TypeVar("T")


@record(frozen=True, eq=False, slots=True)
class CourseView:
    """The lines of one course, of the claim and of history, oldest first (contract section 3, Derived course).

    `sure` belong to it by a mark or their diagnosis; `lines` holds the doubtful ones too.
    """

    number: int
    sure: tuple[LineView, ...]
    lines: tuple[LineView, ...]

    @property
    def first_day(self) -> date:
        """Day of the earliest line."""
        return self.lines[0].date


class LineView:
    """One line. A line that is not `in_review` is context: facts see it, no rule judges it (M-11)."""

    def __init__(self, line: Line, unit: UnitView, in_review: bool = True) -> None:
        self.line = line
        self.unit = unit
        self.in_review = in_review
        self.code = line.code
        self.modifiers = line.modifiers
        self.units = line.units
        self.date = line.start
        self.end = line.end

    @property
    def _sets(self) -> Mapping[str, frozenset[str]]:
        return self.unit.case.sets

    @property
    def is_guidance(self) -> bool:
        """Whether the code reports image guidance."""
        return self.code in self._sets["image-guidance"]

    @property
    def likeness(self) -> Hashable:
        """What every indexed fact about a line follows from (`registry.VOCABULARY`)."""
        line, unit = self.line, self.unit
        span = line.end > line.start
        payer = unit.payer_of_all_days or self.payer_on_date
        said = (line.code, line.modifiers, line.claim_type, line.place_of_service, span, payer)
        return (*said, self.edits.pair_quarter) if unit.case.edits_imported else said

    @cached_property
    def ref(self) -> LineRef:
        """The line as the finding names it."""
        line = self.line
        return LineRef(
            line.resource, line.sequence, line.code, line.modifiers, line.start.isoformat(), line.path
        )

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the code stands; lines of earlier claims are named with their claim (M-11)."""
        line = self.line
        element = line.path if "coding" in line.path else f"{line.path}.productOrService"
        path = element if self.in_review else f"{line.resource} {element}"
        label = "-".join((line.code, *line.modifiers))
        return (Evidence(path, label),)

    @property
    def component_modifiers(self) -> tuple[str, ...]:
        """26 or TC as the line carries them."""
        return tuple(m for m in self.modifiers if m in ("26", "TC"))

    @property
    def place(self) -> tuple[date, int]:
        """Its place among the lines under review, by date, then sequence; what is not under review is sorted first
        by whoever counts (M-11)."""
        return self.date, self.unit.case.places.get(id(self), -1)

    def counts_before(self, other: LineView) -> bool:
        """Whether its units count before those of `other`, a line under review: history first, and claims of the
        request that come before, then the claim's own lines by date and sequence."""
        if self.in_review:
            return self.place < other.place
        return id(self.line) not in self.unit.sent_later

    @property
    def course_number(self) -> int:
        """What tells the courses of one unit apart."""
        return self.course.number

    @cached_property
    def course(self) -> CourseView:
        """The course that the line belongs to."""
        return self.unit.course(self)

    def once_of_course(self, work: Callable[[LineView], T]) -> T:
        """What `work` makes of the line's course, whichever line of it asks: worked out for the first that does."""
        number = self.course.number
        if number < 0:  # a course by itself, and not the only one with that number
            return work(self)
        known = self.unit.of_courses
        if (work, number) not in known:
            known[work, number] = work(self)
        found: T = known[work, number]
        return found

    @cached_property
    def edits(self) -> LineEdits:
        """What the imported CMS edits say of the line."""
        return LineEdits(self, self.unit.case.knowledge.edits)

    @cached_property
    def method(self) -> LineMethod:
        """What the imaging method of the date says of the line's code."""
        return LineMethod(self)

    @cached_property
    def kept_date(self) -> KeptDate:
        """Which guidance of the date stays when its codes of until 2025 get their successors."""
        return KeptDate(self)

    @cached_property
    def side(self) -> str | Unknown:
        """hospital, physician-in-hospital or freestanding."""
        return derive.side_of(self.line)

    @cached_property
    def component(self) -> str:
        """professional, technical or global."""
        return derive.component_of(self.line)

    @cached_property
    def payer_on_date(self) -> str:
        """The payer, or `other` while its own coding policy had not begun (rulebook 3.3)."""
        return self.unit.case.knowledge.payers.on_date(self.unit.member.payer, self.date)

    @property
    def begins_by(self) -> date:
        """The last day on which the line may begin: its date, unless only a month or a year is told."""
        return self.line.begins_by or self.date

    @property
    def is_span(self) -> bool:
        """Whether the line covers more than one day."""
        return self.end > self.date

    def covers(self, day: date) -> bool:
        """Whether the line is dated on the day. Same-day rules do not look at spans (contract section 3)."""
        return self.date == day and not self.is_span

    @cached_property
    def technique(self) -> derive.Technique | Unknown:
        """Technique of the line's date."""
        return self.unit.technique(self)

    @cached_property
    def of_date(self) -> tuple[LineView, ...]:
        """Other lines of the same date, billed or ordered together; not what one order says in other codes."""
        return tuple([line for line in self.all_of_date if not self._says_the_same(line)])

    @cached_property
    def all_of_date(self) -> tuple[LineView, ...]:
        """As `of_date`, with what one order says in other codes."""
        if self.is_span:
            return ()
        return tuple([line for line in self.unit.beside_on(self.date) if line is not self])

    def _says_the_same(self, other: LineView) -> bool:
        """Whether one order says one guidance in both codes; delivery beside guidance is no translation."""
        both = self.line.alternative and other.line.alternative and other.unit is self.unit
        return both and self.is_guidance and other.is_guidance

    @cached_property
    def valid_codings(self) -> tuple[LineView, ...]:
        """Codings of the same order that say the same service and are valid on all of its days, where this one is on
        none of them."""
        catalogue = self.unit.case.knowledge.catalogue
        if not self.line.alternative or any(catalogue.valid_on(self.code, d) for d in (self.date, self.end)):
            return ()
        return tuple(
            other
            for other in self.unit.lines
            if other.line.alternative
            and say_one_service(self.code, other.code, self.date, catalogue)
            and all(catalogue.valid_on(other.code, d) for d in (other.date, other.end))
        )

    @cached_property
    def overlapping(self) -> tuple[LineView, ...]:
        """Other lines, here and elsewhere, whose period touches this line's."""
        return tuple([o for o in self.unit.touching(self.date, self.end) if o is not self])

    @cached_property
    def of_date_elsewhere(self) -> tuple[LineView, ...]:
        """Lines of the same date on other claims."""
        if self.is_span:
            return ()
        return self.unit.elsewhere_on(self.date)

    @cached_property
    def of_date_same_component(self) -> tuple[LineView, ...]:
        """Other guidance lines of the date that report the same component."""
        return tuple(line for line in self.guidance_of_date if not self._says_the_same(line))

    @cached_property
    def guidance_of_date(self) -> tuple[LineView, ...]:
        """As `of_date_same_component`, with what one order says in other codes."""
        unsplit = self._sets["unsplit-guidance"]
        guidance = self._sets["guidance-any-era"]
        return tuple(
            line
            for line in self.all_of_date
            if line.code in guidance and derive.shares_component(self.line, line.line, unsplit)
        )

    @cached_property
    def of_date_any_same_component(self) -> tuple[LineView, ...]:
        """Other lines of the date, of any code, that report the same component."""
        unsplit = self._sets["unsplit-guidance"]
        return tuple(o for o in self.of_date if derive.shares_component(self.line, o.line, unsplit))

    @cached_property
    def fractions_of_date(self) -> float | Unknown:
        """Fractions of the line's date or span; UNKNOWN when nobody told (FLB-27)."""
        if not isinstance(self.line.fractions, Unknown):
            return self.line.fractions
        if self.is_span or not self.unit.tells_fractions:
            return UNKNOWN
        # Of a claim: an order that is signed with this one tells its own fractions.
        of_unit = [o for o in self.of_date if o.unit is self.unit]
        told = [o.line.fractions for o in of_unit if not isinstance(o.line.fractions, Unknown)]
        if told:
            return max(told)
        whole = self.unit.unit.fractions if self.unit.is_of_one_day else UNKNOWN
        records = float(len([r for r in self.unit.records(self.date) if r.fraction]))
        if isinstance(whole, Unknown):
            return records or UNKNOWN
        return max(whole, records)

    @cached_property
    def units_left_of_fractions(self) -> float | Unknown:
        """Fractions less the units of earlier lines of the same code, date and component, never below 0."""
        fractions = self.fractions_of_date
        return UNKNOWN if isinstance(fractions, Unknown) else self.units_left_of(fractions)

    def units_left_of(self, fractions: float) -> float:
        """What so many fractions leave for this line after the earlier lines of the date."""
        return max(fractions - self.units_before, 0.0)

    @cached_property
    def units_before(self) -> float:
        """Units of earlier lines of the same code, date and component."""
        if self.is_span:
            return 0  # nothing stands on the date of a line over several days
        earlier = takewhile(lambda line: line is not self, self.unit.beside_on(self.date))
        return sum(
            [line.units for line in earlier if line.code == self.code and line.component == self.component]
        )

    @cached_property
    def deliveries_of_date(self) -> float:
        """Units of delivery lines on the date, of this claim and others; facility copies count once."""
        delivery = self._sets["treatment-delivery"]
        return max(self._delivered(self.of_date, delivery), self._delivered(self.of_date_elsewhere, delivery))

    @staticmethod
    def _delivered(lines: Iterable[LineView], delivery: frozenset[str]) -> float:
        return sum(line.units for line in lines if line.code in delivery)
