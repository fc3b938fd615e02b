"""The immutable case that rules are asked about: what was read, from where, and nothing derived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.record import record


@record(frozen=True, slots=True)
class Line:
    """One billed or ordered code. `units` counts; `start` and `end` are its days of service, both included.

    `course` is the course it names, `course_diagnosis` the ICD-10-CM code that a derived course goes by (contract
    section 3), `indications` are those coded on its claim or order. `pointed` are the diagnoses that the line itself
    points to; `diagnoses` holds the claim's principal one when it points to none. `alternative`: one of several codings
    of its order, which are one service said several ways. `begins_by`: the last day on which it may begin, where only
    a month or a year is told; None where it begins on `start`. `type_of_bill` is its claim's. `unread_reasons` tell
    apart the reasons of an order that names no disease in ICD-10-CM.
    """

    resource: str
    sequence: int | None
    code: str
    modifiers: tuple[str, ...]
    units: float
    start: date
    end: date
    path: str
    claim_type: str | Unknown = UNKNOWN
    place_of_service: str | Unknown = UNKNOWN
    diagnoses: tuple[str, ...] = ()
    course: str = ""
    provider: str = ""
    rendering: str = ""
    fractions: float | Unknown = UNKNOWN
    supervision: str | Unknown = UNKNOWN
    performer_role: str | Unknown = UNKNOWN
    composite: bool = False
    course_diagnosis: str = ""
    indications: frozenset[str] = frozenset()
    pointed: tuple[str, ...] = ()
    alternative: bool = False
    begins_by: date | None = None
    type_of_bill: str | Unknown = UNKNOWN
    unread_reasons: frozenset[str] = frozenset()


@record(frozen=True, slots=True)
class Radiotherapy:
    """What orders and Procedures say of a course: coded values only; empty means not coded.

    `methods` is UNKNOWN when nobody coded one, empty when guidance is coded as not performed, and open where only the
    verification within the fraction is coded: how the patient was set up before it may be another method.
    """

    techniques: frozenset[str] = frozenset()
    methods: frozenset[str] | Unknown = UNKNOWN
    breath_hold: bool | Unknown = UNKNOWN
    intents: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    other_modalities: frozenset[str] = frozenset()
    fractions: float | Unknown = UNKNOWN
    fractions_delivered: float | Unknown = UNKNOWN
    paths: tuple[tuple[str, str], ...] = ()


@record(frozen=True, slots=True)
class DayRecord:
    """A completed, dated Procedure of one day: a treated fraction, or any other that fits in the day.

    `links`: its own reference, and those of what it is a part of or based on.
    """

    day: date
    methods: frozenset[str] | Unknown
    techniques: frozenset[str]
    fraction: bool
    path: str
    diagnoses: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()


@record(frozen=True, slots=True)
class Signer:
    """Who signed a document; an empty `role` may be any role (contract section 3)."""

    reference: str
    role: str = ""


@record(frozen=True, slots=True)
class Document:
    """A document on file or attached to the claim, by its type codes.

    `day` is when it was made, or filed; `of_service` the first day of what it documents. Where one of them is not told
    the other stands for both.
    """

    types: frozenset[str]
    day: date | None
    path: str
    attached: bool = False
    signers: Sequence[Signer] = ()
    of_service: date | None = None

    def is_dated_within(self, first: date, last: date) -> bool:
        """Whether either day lies there: an index may be years younger than the visit that the document tells of."""
        return any(day is not None and first <= day <= last for day in (self.day, self.of_service))


@record(frozen=True, slots=True)
class Chart:
    """`visible` is False when the documents can neither be found in prefetch nor fetched (rulebook M-5)."""

    visible: bool
    documents: Sequence[Document] = ()


@record(frozen=True, slots=True)
class Member:
    """Whose insurance governs, and how we know. `insurer_name`: normalised, and only where the payer is `other` or
    unknown."""

    payer: str = "unknown"
    payer_path: str = ""
    line_of_business: str | Unknown = UNKNOWN
    programs: frozenset[str] = frozenset()
    state: str | Unknown = UNKNOWN
    state_assumed: bool = False
    insurer_name: str = ""

    @property
    def billed_to(self) -> str:
        """What tells this payer from another: the rulebook's name of it, else the name that it goes by; `unknown` where
        nothing names it."""
        if self.payer not in ("other", "unknown") or not self.insurer_name:
            return self.payer
        return f"called {self.insurer_name}"


@record(frozen=True, slots=True)
class Unit:
    """One claim or order under review.

    `diagnoses_stated` is False when neither the order nor one that it is based on names a disease and the diagnoses
    are the patient's active conditions. `diagnoses_in_order` is False then too, and where the orders that it is based
    on name different ones. `sure_diagnoses` are those without the diseases among them where the treated one may be
    another that could not be read, else None. `ordered_techniques` are those that an order and its parents code.
    `unread_reasons` are as on a line. `date_assumed`, `date_booked`: the day of the call, or of an appointment, stands
    for its date. `without_doubt`: `radiotherapy` and `day_records` without what may be of another course, where there
    is any; `doubtful_indications` are those that only a Procedure of that kind gives. `reasons_missing`: a reason that
    may hold an indication is not here.
    """

    ref: str
    kind: str
    start: date
    lines: tuple[Line, ...]
    member: Member = field(default=Member())
    diagnoses: tuple[str, ...] = ()
    principal: str = ""
    indications: frozenset[str] = frozenset()
    radiotherapy: Radiotherapy = field(default=Radiotherapy())
    day_records: tuple[DayRecord, ...] = ()
    attached: tuple[Document, ...] = ()
    claim_type: str | Unknown = UNKNOWN
    type_of_bill: str | Unknown = UNKNOWN
    fractions: float | Unknown = UNKNOWN
    supervision: str | Unknown = UNKNOWN
    performer_role: str | Unknown = UNKNOWN
    history_complete: bool | Unknown = UNKNOWN
    provider: str = ""
    diagnoses_stated: bool = True
    diagnoses_in_order: bool = True
    ordered_techniques: frozenset[str] = frozenset()
    sure_diagnoses: tuple[str, ...] | None = None
    unread_reasons: frozenset[str] = frozenset()
    in_scope: bool = True
    date_assumed: bool = False
    date_booked: bool = False
    without_doubt: tuple[Radiotherapy, tuple[DayRecord, ...]] | None = None
    doubtful_indications: frozenset[str] = frozenset()
    reasons_missing: bool = False


@record(frozen=True, slots=True)
class Case:
    """One request about one patient. `as_of` is the day of the call; `history` is context, never judged (M-11).

    `lcd_in_force` are the days for which the site has confirmed that the Florida LCD text governs (rulebook 4).
    """

    hook: str
    as_of: date
    units: tuple[Unit, ...]
    history: tuple[Line, ...] = ()
    chart: Chart = field(default=Chart(visible=False))
    lcd_in_force: tuple[date, date] | None = None

    def without_doubt(self) -> Case:
        """The case without what may be of another course or disease than that of its claim or order."""
        return replace(self, units=tuple([_without_doubt(unit) for unit in self.units]))


def _without_doubt(unit: Unit) -> Unit:
    if unit.without_doubt is not None:
        radiotherapy, day_records = unit.without_doubt
        unit = replace(
            unit,
            radiotherapy=radiotherapy,
            day_records=day_records,
            without_doubt=None,
            indications=unit.indications - unit.doubtful_indications,
        )
    sure = unit.sure_diagnoses
    if sure is None:
        return unit
    lines = tuple([replace(line, diagnoses=sure, course_diagnosis="") for line in unit.lines])
    return replace(unit, lines=lines, diagnoses=sure, principal=sure[0] if sure else "")
