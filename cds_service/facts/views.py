"""The case as rules see it: units with their lines and derived answers, each worked out once when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from cds_service.engine.model import OpenSet, Unknown
from cds_service.facts import beams, coded_methods, derive
from cds_service.facts.around import COURSE_GAP
from cds_service.facts.case import Case, DayRecord, Document, Line, Unit
from cds_service.facts.courses import Partition
from cds_service.facts.days import Days
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.line_view import CourseView, LineView
from cds_service.facts.neighbours import Neighbours
from cds_service.facts.once import cached_property
from cds_service.facts.periods import chained, months_before, moved

__all__ = ["CaseView", "CourseView", "LineView", "UnitView"]

T = TypeVar("T")


class CaseView:
    """One request."""

    def __init__(
        self, case: Case, knowledge: Knowledge, advised: frozenset[str] | None = None, sure: bool = False
    ) -> None:
        self.case = case
        self.sure = sure
        self.knowledge = knowledge
        self.sets = knowledge.catalogue.sets
        self.hook = case.hook
        self.edits_imported = not knowledge.edits.empty
        self._advised = advised
        self.all_units = tuple([UnitView(unit, self) for unit in case.units])
        self.units = tuple(
            [u for u in self.all_units if u.unit.in_scope and (advised is None or u.ref in advised)]
        )

    def without_doubt(self) -> CaseView | None:
        """The same without what may be of another course or disease (`sure`); None where nothing is."""
        if self.sure or not any(each.in_doubt for each in self.all_units):
            return None
        return CaseView(self.case.without_doubt(), self.knowledge, self._advised, sure=True)

    def close(self) -> None:
        """Forget the units. Views refer to each other, so that many of them would keep the garbage collector at work;
        who judges claim after claim closes each."""
        for unit in self.all_units:
            unit.close()

    @cached_property
    def places(self) -> dict[int, int]:
        """Number of each line under review, over all claims or orders of the request."""
        return {id(line): n for n, line in enumerate(line for u in self.in_turn for line in u.lines)}

    @cached_property
    def in_turn(self) -> tuple[UnitView, ...]:
        """All claims as they stand; all orders by their names, since they may be sent in any order."""
        if self.hook == "claim":
            return self.all_units
        return tuple(sorted(self.all_units, key=lambda each: each.ref))


def _goes_on(line: Line, day: date, by: date) -> bool:
    """Whether a line that touches `day` is one of that day, or of all days until `by`."""
    return line.end >= by and (line.begins_by is None or by > day)


class UnitView:
    """One claim or order under review."""

    def __init__(self, unit: Unit, case: CaseView) -> None:
        self.unit = unit
        self.case = case
        self.ref = unit.ref
        self.start = unit.start
        self.member = unit.member
        self.lines = tuple([LineView(line, self) for line in unit.lines])
        self._courses: dict[int, CourseView] = {}
        self._techniques: dict[tuple[date, date], derive.Technique | Unknown] = {}
        self._seen_elsewhere: dict[int, LineView] = {}
        self.documents_by_first_day: dict[date, tuple[Document, ...]] = {}
        self._once: dict[Callable[[UnitView], Any], Any] = {}
        self.of_courses: dict[tuple[Callable[[LineView], Any], int], Any] = {}

    def close(self) -> None:
        """Forget the lines and all that was worked out; nothing can be asked afterwards."""
        for line in (*self.lines, *self._seen_elsewhere.values()):
            line.__dict__.clear()
        self.__dict__.clear()

    def once(self, work: Callable[[UnitView], T]) -> T:
        """What `work` makes of this unit; asked by each of its lines, it is worked out for the first."""
        if work not in self._once:
            self._once[work] = work(self)
        found: T = self._once[work]
        return found

    @cached_property
    def payer_of_all_days(self) -> str | None:
        """The payer, or None where it is not the same on all days (`LineView.payer_on_date`)."""
        payer = self.member.payer
        return None if self.case.knowledge.payers.began(payer) else payer

    @cached_property
    def elsewhere(self) -> tuple[LineView, ...]:
        """History, and for a claim the other claims of the request: context, seen from this unit (M-11)."""
        return tuple([self._elsewhere(number) for number in range(len(self._lines_elsewhere))])

    @cached_property
    def _lines_elsewhere(self) -> tuple[Line, ...]:
        others = [u for u in self.case.all_units if u is not self] if self.unit.kind == "claim" else []
        return (*self.case.case.history, *(line for u in others for line in u.unit.lines))

    @cached_property
    def sent_later(self) -> frozenset[int]:
        """Lines, by `id`, of the claims of the request that come after this one: by first day, then as they stand.

        So that a limit which they pass together is found on the claim that passes it, not on each of them.
        """
        if self.unit.kind != "claim":
            return frozenset()
        ordered = sorted(self.case.all_units, key=lambda unit: unit.start)
        return frozenset(
            [id(line) for unit in ordered[ordered.index(self) + 1 :] for line in unit.unit.lines]
        )

    def _elsewhere(self, number: int) -> LineView:
        """One of these lines; made when it is asked for, since most claims ask of their own days only."""
        seen = self._seen_elsewhere.get(number)
        if seen is None:
            line = LineView(self._lines_elsewhere[number], self, in_review=False)
            seen = self._seen_elsewhere[number] = line
        return seen

    def elsewhere_on(self, day: date) -> tuple[LineView, ...]:
        """Those of `elsewhere` that are dated on the day; lines over several days are none of them."""
        return tuple([self._elsewhere(number) for number in self._days_elsewhere.dated(day)])

    def touching(self, first: date, last: date) -> list[LineView]:
        """Lines of `beside`, then of `elsewhere`, of any day from `first` to `last`, those over several included."""
        beside = self.beside
        found = [beside[number] for number in self._days_beside.touching(first, last)]
        return found + [self._elsewhere(number) for number in self._days_elsewhere.touching(first, last)]

    @cached_property
    def _days_elsewhere(self) -> Days:
        return Days(self._lines_elsewhere)

    @cached_property
    def beside(self) -> tuple[LineView, ...]:
        """Lines that are signed or sent together: the claim's, or those of all orders of the request."""
        if self.unit.kind == "claim":
            return self.lines
        return self.lines + tuple(line for u in self.case.in_turn if u is not self for line in u.lines)

    @property
    def disease_unknown(self) -> bool:
        """Whether a disease that could not be read may be the treated one, and what is doubtful is left out."""
        return self.case.sure and self.unit.sure_diagnoses is not None

    @property
    def in_doubt(self) -> bool:
        """Whether a Procedure, an order or the problem list that has a part in it may be of another disease, or a
        reason is not here."""
        unit = self.unit
        told = unit.without_doubt is not None or unit.sure_diagnoses is not None
        return told or unit.reasons_missing or self.neighbours.doubtful

    @property
    def indications(self) -> frozenset[str]:
        """Coded indications; open where a reason that is not here may be one, and what is in doubt is left out."""
        found = self.unit.indications
        return OpenSet(found) if self.case.sure and self.unit.reasons_missing else found

    @cached_property
    def neighbours(self) -> Neighbours:
        """Which of the lines of `beside` and `elsewhere` speak for this claim or order."""
        return Neighbours(self)

    @cached_property
    def codes_beside(self) -> frozenset[str]:
        """Codes of the lines of `beside`."""
        return frozenset([line.code for line in self.beside])

    @cached_property
    def codes_elsewhere(self) -> frozenset[str]:
        """Codes of the lines of `elsewhere`."""
        return frozenset([line.code for line in self._lines_elsewhere])

    @cached_property
    def codes_elsewhere_then(self) -> frozenset[str]:
        """As `codes_elsewhere`, of lines dated between the unit's own first and last day."""
        first, last = self.days
        lines = self._lines_elsewhere
        return frozenset([line.code for line in lines if line.start <= last and first <= line.end])

    @cached_property
    def days(self) -> tuple[date, date]:
        """First and last day of its lines."""
        first = min([line.date for line in self.lines], default=self.start)
        return first, max([line.end for line in self.lines], default=self.start)

    def beside_on(self, day: date) -> list[LineView]:
        """Those of `beside` that are dated on the day; lines over several days are none of them."""
        beside = self.beside
        return [beside[number] for number in self._days_beside.dated(day)]

    @cached_property
    def _days_beside(self) -> Days:
        return Days([view.line for view in self.beside])

    @cached_property
    def is_of_one_day(self) -> bool:
        """Whether the first and last days of all its lines are one day."""
        return len({day for line in self.lines for day in (line.date, line.end)}) == 1

    def course(self, line: LineView) -> CourseView:
        """The course of one of the lines seen from this unit; a line that is no radiotherapy is one by itself."""
        number = self._radiotherapy.get(id(line))
        if number is None:
            return CourseView(-1, (line,), (line,))
        if len(self._radiotherapy) == 1:
            return CourseView(0, (line,), (line,))
        membership = self._partition[number]
        key = membership.sure[0]
        if key not in self._courses:
            lines = self._radiotherapy_lines
            sure = [lines[n] for n in membership.sure]
            both = [*sure, *(lines[n] for n in membership.doubtful)]
            self._courses[key] = CourseView(key, _by_date(sure), _by_date(both))
        return self._courses[key]

    @cached_property
    def _radiotherapy_lines(self) -> tuple[LineView, ...]:
        radiotherapy = self.case.knowledge.catalogue.radiotherapy
        return tuple(line for line in (*self.beside, *self.elsewhere) if line.code in radiotherapy)

    @cached_property
    def _radiotherapy(self) -> dict[int, int]:
        return {id(line): number for number, line in enumerate(self._radiotherapy_lines)}

    @cached_property
    def _partition(self) -> Partition:
        return Partition([line.line for line in self._radiotherapy_lines])

    @cached_property
    def medicare(self) -> bool:
        """Whether the member is a Medicare member, in fee for service or a plan."""
        return self.member.payer == "medicare-ffs" or self.member.line_of_business in (
            "medicare",
            "medicare-advantage",
        )

    @cached_property
    def plan(self) -> str:
        """Payer and line of business as one word, for severities (rulebook 2.2)."""
        payer, lob = self.member.payer, self.member.line_of_business
        if payer == "molina":
            return "molina-medicare" if self.medicare else "molina"
        if payer == "florida-blue":
            return "florida-blue-medicare" if self.medicare else "florida-blue"
        if payer == "medicare-ffs" and lob != "medicare-advantage":
            return "medicare-ffs"
        if self.medicare:
            return "other-medicare-advantage"
        return "unknown" if payer == "unknown" else "other"

    @cached_property
    def course_codes(self) -> tuple[str, ...]:
        """Codes that are signed or sent together, and of the lines around them without a gap of more than 60
        days from one to the next (contract section 3); for an order those that speak for it."""
        radiotherapy = self.case.knowledge.catalogue.radiotherapy
        speaks = self.neighbours.speaks
        around = [line for line in self.elsewhere if line.code in radiotherapy and speaks(line)]
        linked = chained([(line.date, line.end) for line in around], self.days, COURSE_GAP)
        return tuple(line.code for line in (*filter(speaks, self.beside), *(around[n] for n in linked)))

    def technique(self, line: LineView) -> derive.Technique | Unknown:
        """Technique of the line's date (rulebook 1.3); a line over several days is judged by its first (contract 3,
        Span).

        Hints come from the lines billed or ordered together and from those of the line's course: the course is
        worked out only where nothing firmer speaks.
        """
        days = line.date, line.begins_by
        firm = self._techniques.get(days)
        if firm is None:
            firm = self._techniques[days] = self._technique(*days, ())
        if isinstance(firm, derive.Technique) and firm.is_settled:
            return firm
        around = filter(self.neighbours.speaks, (*self.beside, *line.course.lines))
        return self._technique(*days, [other.code for other in around])

    def _technique(self, day: date, by: date, hints: Iterable[str]) -> derive.Technique | Unknown:
        """Of one day; of a line that begins between two by those that go on all the while. What a line of a month does
        on one day of it is not known (contract 3, Span)."""
        coded = self.unit.radiotherapy.techniques
        if self.unit.day_records:
            coded = beams.completed(beams.together([r.techniques for r in self.records(day)]), coded)
        finder = self.case.knowledge.techniques
        if self.unit.kind == "order":
            of_day = [near for near in self.touching(day, day) if _goes_on(near.line, day, by)]
            own = [line.code for line in of_day if self.neighbours.is_own(line)]
            ordered = self.unit.ordered_techniques
            return finder.beside(day, own, self.neighbours.codes(of_day), coded, ordered, hints)
        beside, elsewhere = self.beside, self._lines_elsewhere
        told = [beside[n].line for n in self._days_beside.touching(day, day)]
        told += [elsewhere[n] for n in self._days_elsewhere.touching(day, day)]
        return finder.of(day, [line.code for line in told if _goes_on(line, day, by)], coded, hints)

    def records(self, day: date) -> Sequence[DayRecord]:
        """Dated records of one day."""
        return self._records.get(day, ())

    @cached_property
    def tells_fractions(self) -> bool:
        """Whether anybody told fractions of any day: a line signed or sent with this claim, the claim, a record."""
        return (
            not isinstance(self.unit.fractions, Unknown)
            or any(record.fraction for record in self.unit.day_records)
            or any(not isinstance(line.line.fractions, Unknown) for line in self.beside)
        )

    @cached_property
    def _records(self) -> dict[date, list[DayRecord]]:
        by_day: dict[date, list[DayRecord]] = {}
        for each in self.unit.day_records:
            by_day.setdefault(each.day, []).append(each)
        return by_day

    def methods(self, day: date) -> frozenset[str] | Unknown:
        """Imaging methods of a day: its own record's; what that leaves open, the course's."""
        course = self.unit.radiotherapy.methods
        if not self.unit.day_records:
            return course
        return coded_methods.completed(coded_methods.together(r.methods for r in self.records(day)), course)

    @cached_property
    def documents(self) -> frozenset[str]:
        """Document types on file or attached; open when the chart cannot be seen (M-5)."""
        return self._documents(None)

    @cached_property
    def recent_documents(self) -> frozenset[str]:
        """Document types dated within six calendar months before the first date of service (FLB-32).

        A document without a date may be one of them: its type is here too, so that nobody calls it missing.
        """
        undated = {t for d in self._all_documents() if d.day is None for t in d.types}
        return self._open(self._documents((months_before(self.start, 6), self._starts_by)) | undated)

    @cached_property
    def _starts_by(self) -> date:
        """The last day on which the service may begin: the first, unless a month or a year tells it."""
        told_by_a_line = any(line.date == self.start for line in self.lines)
        return min([line.begins_by for line in self.lines]) if told_by_a_line else self.start

    @cached_property
    def older_documents(self) -> frozenset[str]:
        """Document types dated before the six months and not within them; later dates do not count."""
        day_before = moved(months_before(self.start, 6), -timedelta(days=1))
        only_earlier = self._documents((date.min, day_before)) - self.recent_documents
        return self._open(only_earlier)

    def _documents(self, window: tuple[date, date] | None) -> frozenset[str]:
        found: set[str] = set()
        for document in self._all_documents():
            if window is None or document.is_dated_within(*window):
                found |= document.types
        return self._open(found)

    def _all_documents(self) -> tuple[Document, ...]:
        return (*self.case.case.chart.documents, *self.unit.attached)

    def _open(self, types: Iterable[str]) -> frozenset[str]:
        return frozenset(types) if self.case.case.chart.visible else OpenSet(types)


def _by_date(lines: Iterable[LineView]) -> tuple[LineView, ...]:
    return tuple(sorted(lines, key=lambda line: line.date))
