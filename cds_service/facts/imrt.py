"""What a claim or order says of IMRT: its lines, its course, its record and the reasons given (rulebook 9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cds_service.engine.model import UNKNOWN, OpenSet, Unknown
from cds_service.facts.case import Document, Line
from cds_service.facts.courses import Partition
from cds_service.facts.derive import NEUTRAL_LEVELS_FROM
from cds_service.facts.diagnosis import course_diagnosis
from cds_service.facts.limits import deliveries
from cds_service.facts.records import documents_of_a_course
from cds_service.facts.signatures import may_be_signed_by
from cds_service.facts.views import LineView, UnitView

PLAN = "77301"
PHYSICIAN, PHYSICIST = "radiation-oncologist", "medical-physicist"


@dataclass(frozen=True, slots=True)
class Course:
    """The course or courses of a claim or order. `sure` lines surely belong; `lines` holds the doubtful ones too."""

    sure: tuple[LineView, ...]
    lines: tuple[LineView, ...]
    first_day: date


def imrt_lines(unit: UnitView) -> tuple[LineView, ...]:
    """Lines that say IMRT by their code: the plan, and IMRT delivery of a claim or order that starts by 2025."""
    codes = unit.case.sets["imrt-course-codes"] if unit.start < NEUTRAL_LEVELS_FROM else {PLAN}
    return tuple(line for line in unit.lines if line.code in codes)


def anchor(unit: UnitView) -> LineView | None:
    """The line on which a question about IMRT stands: the first 77301, else the first IMRT delivery (LCD-05)."""
    return min(imrt_lines(unit), key=lambda line: (line.code != PLAN, line.date), default=None)


def is_the_imrt_order(unit: UnitView) -> bool:
    """Whether an order without a code that says so asks for IMRT, by its coded technique.

    Of orders for one diagnosis that are signed together only one is asked: one that holds such a code, else one of
    that technique, whichever comes first however they are sent: without billing codes, by its day, by its name.
    """
    if unit.unit.kind != "order" or imrt_lines(unit) or not unit.once(_is_imrt):
        return False
    together = [other for other in unit.case.units if _same_course(other, unit)]
    first = min((other for other in together if other.once(_is_imrt)), key=_place, default=None)
    return first is unit and not any(imrt_lines(other) for other in together)


def _place(unit: UnitView) -> tuple[bool, date, str]:
    return bool(unit.lines), unit.start, unit.ref


def _is_imrt(unit: UnitView) -> bool:
    """Whether the coded technique is IMRT and no delivery code says otherwise: it comes first (rulebook 1.3), and SBRT
    or protons may be planned as IMRT."""
    if "imrt" not in unit.unit.radiotherapy.techniques:
        return False
    delivered = unit.case.knowledge.techniques.named_by(frozenset(line.code for line in unit.lines))
    if delivered and delivered.isdisjoint({"imrt", "conventional"}):
        return False
    return not delivered_otherwise(unit, unit.once(course_of).lines)


def delivered_otherwise(unit: UnitView, lines: Iterable[LineView]) -> bool:
    """Whether all known deliveries among lines of a course are stereotactic or proton (rulebook 9)."""
    sets = unit.case.sets
    other = sets["stereotactic-delivery"] | sets["proton-delivery"]
    known = [line.code for line in deliveries(lines) if unit.neighbours.speaks(line)]
    return bool(known) and other.issuperset(known)


def _same_course(one: UnitView, other: UnitView) -> bool:
    diagnoses = {course_diagnosis(u.unit.diagnoses) for u in (one, other)} - {""}
    return len(diagnoses) < 2


def course_of(unit: UnitView) -> Course:
    """The course of the IMRT lines, else of all radiotherapy lines, else of the order as such."""
    radiotherapy = unit.case.knowledge.catalogue.radiotherapy
    own = imrt_lines(unit) or [line for line in unit.lines if line.code in radiotherapy]
    if not own:
        return _course_around(unit, radiotherapy)
    courses = list(dict.fromkeys(line.course for line in own))
    return Course(
        sure=tuple(line for course in courses for line in course.sure),
        lines=tuple(line for course in courses for line in course.lines),
        first_day=min(course.first_day for course in courses),
    )


def _course_around(unit: UnitView, radiotherapy: frozenset[str]) -> Course:
    """The course of an order that holds no code, by its diagnosis and day."""
    around = [line for line in (*unit.beside, *unit.elsewhere) if line.code in radiotherapy]
    itself = Line(
        resource=unit.ref,
        sequence=None,
        code="",
        modifiers=(),
        units=0.0,
        start=unit.start,
        end=unit.start,
        path="",
        course_diagnosis=course_diagnosis(unit.unit.diagnoses),
    )
    membership = Partition([itself, *(line.line for line in around)])[0]
    sure = tuple(around[n - 1] for n in membership.sure if n)
    lines = (*sure, *(around[n - 1] for n in membership.doubtful))
    return Course(sure, lines, min((line.date for line in lines), default=unit.start))


def indications_of_course(unit: UnitView) -> frozenset[str]:
    """Indications of the claim or order, of those signed with it, and of earlier ones of the course."""
    together = [unit]
    if unit.unit.kind == "order":
        together += [other for other in unit.case.units if _same_course(other, unit)]
    given = [each.indications for each in together]
    found = {i for each in given for i in each}
    found.update(i for line in unit.once(course_of).lines for i in line.line.indications)
    return OpenSet(found) if any(isinstance(each, OpenSet) for each in given) else frozenset(found)


def is_common_site(unit: UnitView) -> bool | Unknown:
    """Whether a diagnosis is one of the sites that most commonly support IMRT (LCD-11 to LCD-18)."""
    groups = unit.case.knowledge.diagnosis_groups.of(unit.unit.diagnoses)
    if not groups.isdisjoint(unit.case.sets["common-imrt-sites"]):
        return True
    if "spine-or-other-bone-metastasis" in groups and "spine" in unit.unit.radiotherapy.sites:
        return True
    spared = {"setup-variation", "normal-structure-sparing"}
    if "breast-right" not in groups:
        return False
    reasons = unit.once(indications_of_course)
    if spared.isdisjoint(reasons):
        return UNKNOWN if isinstance(reasons, OpenSet) else False
    return True


def documents(unit: UnitView) -> tuple[Document, ...]:
    """Documents that count for the course."""
    return documents_of_a_course(unit, unit.once(course_of).first_day)


def record(unit: UnitView) -> frozenset[str]:
    """Types of the course's documents that are in order; open when the chart cannot be seen (M-5).

    An image review counts when it is dated and may be signed by a radiation oncologist, a dosimetric verification
    when radiation oncologist and physicist may have signed it, on one document or on several (LCD-33, LCD-36).
    """
    found = unit.once(documents)
    types = {t for d in found for t in d.types}
    reviews = [d for d in _of_type("image-review", found) if d.day is not None]
    if not any(may_be_signed_by([review], PHYSICIAN) for review in reviews):
        types.discard("image-review")
    if not may_be_signed_by(_of_type("dosimetric-verification", found), PHYSICIAN, PHYSICIST):
        types.discard("dosimetric-verification")
    return frozenset(types) if unit.case.case.chart.visible else OpenSet(types)


def _of_type(type_: str, found: Iterable[Document]) -> list[Document]:
    return [document for document in found if type_ in document.types]
