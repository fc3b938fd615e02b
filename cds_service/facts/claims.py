"""Reads FHIR R4 Claims (and ExplanationOfBenefits of history) into units and lines (contract section 3)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.case import Document, Line, Radiotherapy, Unit
from cds_service.facts.chart import condition_codes, indications_in, read_document
from cds_service.facts.codes import any_codes, billing_codes, icd10_codes, modifiers_of, places_of_service
from cds_service.facts.dates import NO_DAY, ServiceDays, day, first_day, service_days
from cds_service.facts.diagnosis import course_diagnosis
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.parties import Rendering, party_of
from cds_service.facts.pool import Pool, Trouble, relative
from cds_service.facts.radiotherapy import local_codes
from cds_service.facts.type_of_bill import type_of_bill

_ESTIMATES = frozenset({"preauthorization", "predetermination"})
VOID, REPLACEMENT = "8", "7"
"""Frequencies of bills that only take back an earlier one, or take its place (NUBC)."""
_WITHDRAWN = frozenset({"cancelled", "entered-in-error"})
_NOT_HISTORY = _WITHDRAWN | {"draft"}
_LEVELS = frozenset({"none", "general", "direct", "personal"})


@record(frozen=True, slots=True)
class Info:
    """An entry of supportingInfo; `kinds` are our own codes of its category, which every question about it asks for."""

    kinds: tuple[str, ...]
    entry: fhir.SupportingInfo


@record(frozen=True, slots=True)
class ClaimHead:
    """What a Claim says of all its lines."""

    claim_type: str | Unknown
    type_of_bill: str | Unknown
    diagnoses: dict[int, tuple[str, ...]]
    principal: str
    ordered: tuple[str, ...]
    indications: frozenset[str]
    info: dict[int, Info]
    named: frozenset[int]
    default_days: ServiceDays | None


_BELOW_ZERO = "below zero"


def read_claim(claim: fhir.Claim, pool: Pool, knowledge: Knowledge, as_of: date) -> Unit:
    """One Claim under review, without what Procedures and the chart add."""
    head = _head(claim, pool)
    lines = claim_lines(claim, pool, knowledge, head, as_of)
    start = first_day(claim.billablePeriod) or min((line.start for line in lines), default=None)
    whole = [info for number, info in head.info.items() if number not in head.named]
    return Unit(
        ref=f"{claim.resourceType}/{claim.id or 'unidentified'}",
        kind="claim",
        start=start or (head.default_days.first if head.default_days else as_of),
        lines=lines,
        diagnoses=tuple(dict.fromkeys(c for _, codes in sorted(head.diagnoses.items()) for c in codes)),
        principal=head.principal,
        indications=head.indications,
        radiotherapy=Radiotherapy(other_modalities=_modalities(head.info.values())),
        attached=_attached(claim, pool, knowledge),
        claim_type=head.claim_type,
        type_of_bill=head.type_of_bill,
        fractions=_fractions(whole),
        supervision=_coded(whole, "supervision-level"),
        performer_role=_coded(whole, "performer-role"),
        history_complete=_history_complete(head.info.values()),
        provider=party_of(claim.provider, claim, pool),
        in_scope=any(line.code in knowledge.catalogue.radiotherapy for line in lines),
        date_assumed=head.default_days is None and not all(_own_days(item) for item in claim.item),
    )


def history_lines(claim: fhir.Claim, pool: Pool, knowledge: Knowledge) -> tuple[Line, ...]:
    """Lines of an earlier claim; none for one that was cancelled, entered in error or never sent as a claim, or that
    only takes back another.

    A line without any date is left out: the day of the call says nothing about the past.
    """
    if not was_sent(claim):
        return ()
    head = _head(claim, pool)
    if bill_frequency(claim) == VOID:
        return ()
    return claim_lines(claim, pool, knowledge, head, None)


def is_asked(claim: fhir.Claim) -> bool:
    """Whether it asks for payment, or for an estimate: neither withdrawn by its status nor a void."""
    return claim.status not in _WITHDRAWN and bill_frequency(claim) != VOID


def was_sent(claim: fhir.Claim) -> bool:
    """Whether it is a claim that was sent and not withdrawn by its status."""
    return claim.status not in _NOT_HISTORY and claim.use not in _ESTIMATES


def bill_frequency(claim: fhir.Claim) -> str:
    """The frequency of a type of bill, its last digit (NUBC); empty where none is told."""
    bill = type_of_bill(claim)
    return bill[-1] if isinstance(bill, str) and len(bill) == 3 else ""


def _own_days(item: fhir.ClaimItem) -> ServiceDays | None:
    return service_days(item.servicedDate, item.servicedPeriod)


def _days_of_all(claim: fhir.Claim) -> ServiceDays | None:
    """The days of an item that tells none: the claim's first."""
    period = claim.billablePeriod
    return service_days(period.start if period else None) or (
        ServiceDays(made, made, made) if (made := day(claim.created)) else None
    )


def _without_day(item: fhir.ClaimItem) -> str:
    """The element that should say when, and does not: what stands there is no date."""
    if item.servicedDate:
        return "servicedDate"
    return "servicedPeriod.start" if item.servicedPeriod and item.servicedPeriod.start else ""


def claim_lines(
    claim: fhir.Claim, pool: Pool, knowledge: Knowledge, head: ClaimHead, as_of: date | None
) -> tuple[Line, ...]:
    """Every billing code of every item; a composite text gives several lines that share the item."""
    rendering = Rendering.of(claim, pool)
    provider = party_of(claim.provider, claim, pool)
    resource = f"{claim.resourceType}/{claim.id or 'unidentified'}"
    known: dict[Hashable, tuple[Said, ...]] = {}
    found: list[Line] = []
    otherwise = head.default_days or (ServiceDays(as_of, as_of, as_of) if as_of else None)
    for index, item in enumerate(claim.item):
        own_days = _own_days(item)
        days = own_days or otherwise
        if days is None:
            continue
        start, end, begins_by = days.first, days.last, days.open_start
        told = _told_by(item)
        said = known.get(told)
        if said is None:
            said = known[told] = _said_by(item, head, rendering, knowledge)
        path = f"{claim.resourceType}.item[{index}]"
        if said and item.quantity and (item.quantity.value or 0) < 0:
            # It takes back another line: nothing that was done on its date.
            if as_of is not None:
                pool.troubles.append(Trouble("unreadable", f"{path}.quantity", _BELOW_ZERO))
            continue
        if own_days is None and said and as_of is not None and (without_day := _without_day(item)):
            pool.troubles.append(Trouble("unreadable", f"{path}.{without_day}", NO_DAY))
        sequence = item.sequence if item.sequence is not None else index + 1
        units = _units(item.quantity)
        if said and said[0].of_several:
            pool.troubles.append(Trouble("composite", path, f"read as {len(said)} codes"))
        for each in said:
            disease, note = each.disease, each.note
            found.append(
                Line(  # by position: to name so many members costs twice what the line does
                    resource,
                    sequence,
                    each.code,
                    each.modifiers,
                    units,
                    start,
                    end,
                    path,
                    head.claim_type,
                    each.place_of_service,
                    disease.diagnoses,
                    note.course,
                    provider,
                    each.rendering,
                    note.fractions,
                    note.supervision,
                    note.performer_role,
                    each.composite,
                    disease.course_diagnosis,
                    head.indications,
                    disease.pointed,
                    False,
                    begins_by,
                    head.type_of_bill,
                )
            )
    return tuple(found)


@record(frozen=True, slots=True)
class Said:
    """What items that say the same, as those of a course do, say of their lines: all but number, days and units.

    `of_several`: some of the item's codes share a text.
    """

    code: str
    modifiers: tuple[str, ...]
    place_of_service: str | Unknown
    rendering: str
    composite: bool
    of_several: bool
    disease: Treated
    note: Noted


_END = object()
"""Stands where one part of what an item tells ends: no text is like it."""


def _told_by(item: fhir.ClaimItem) -> Hashable:
    """All that `_said_by` reads of an item, one after the other."""
    told: list[object] = [
        *item.diagnosisSequence,
        _END,
        *item.informationSequence,
        _END,
        *item.careTeamSequence,
    ]
    for concept in (item.productOrService, item.locationCodeableConcept, *item.modifier):
        told.append(_END)
        if concept is not None:
            told.append(concept.text)
            for coding in concept.coding:
                told += (coding.system, coding.code)
    return tuple(told)


def _said_by(
    item: fhir.ClaimItem,
    head: ClaimHead,
    rendering: Rendering,
    knowledge: Knowledge,
) -> tuple[Said, ...]:
    places = places_of_service(item.locationCodeableConcept)
    disease = Treated.of(tuple(item.diagnosisSequence), head)
    note = Noted.of(tuple(item.informationSequence), head)
    codes = billing_codes(item.productOrService, knowledge.catalogue)
    composite = any(c.composite for c in codes)
    if len(codes) > 1 and not composite:
        codes = codes[:1]  # several codings of one product are translations of one service
    modifiers = modifiers_of(item.modifier)
    return tuple(
        [
            Said(
                code=code.code,
                modifiers=tuple(dict.fromkeys((*code.modifiers, *modifiers)))
                if code.modifiers
                else modifiers,
                place_of_service=places[0] if places else UNKNOWN,
                rendering=rendering.by(item.careTeamSequence),
                composite=code.composite,
                of_several=composite,
                disease=disease,
                note=note,
            )
            for code in codes
        ]
    )


@record(frozen=True, slots=True)
class Treated:
    """What lines that point to the same diagnoses are for."""

    pointed: tuple[str, ...]
    diagnoses: tuple[str, ...]
    course_diagnosis: str

    @staticmethod
    def of(numbers: tuple[int, ...], head: ClaimHead) -> Treated:
        """By the sequences of the diagnoses; the claim's principal one stands in where none is pointed to.

        A line that points to a diagnosis that cannot be read, or to none of several, has no diagnosis: its course is
        doubtful.
        """
        pointed = tuple([c for n in numbers for c in head.diagnoses.get(n, ())])
        diagnoses = pointed or ((head.principal,) if head.principal else ())
        lost = not pointed and any(n in head.diagnoses or len(head.diagnoses) > 1 for n in numbers)
        codes = () if lost else (*pointed, head.principal, *head.ordered)
        return Treated(pointed, diagnoses, course_diagnosis(codes))


@record(frozen=True, slots=True)
class Noted:
    """What is told of lines that point to the same supporting information."""

    course: str = ""
    fractions: float | Unknown = UNKNOWN
    supervision: str | Unknown = UNKNOWN
    performer_role: str | Unknown = UNKNOWN

    @staticmethod
    def of(numbers: tuple[int, ...], head: ClaimHead) -> Noted:
        """By the sequences of the information."""
        infos = [head.info[n] for n in numbers if n in head.info]
        if not infos:
            return Noted()
        return Noted(
            _course(infos),
            _fractions(infos),
            _coded(infos, "supervision-level"),
            _coded(infos, "performer-role"),
        )


def _head(claim: fhir.Claim, pool: Pool) -> ClaimHead:
    diagnoses: dict[int, tuple[str, ...]] = {}
    principal = ""
    for index, entry in enumerate(claim.diagnosis, start=1):
        codes = icd10_codes(entry.diagnosisCodeableConcept)
        if not codes and entry.diagnosisReference:
            condition = pool.find(entry.diagnosisReference, claim, fhir.Condition)
            codes = condition_codes([condition]) if condition else ()
        number = entry.sequence if entry.sequence is not None else index
        diagnoses[number] = (*diagnoses.get(number, ()), *codes)
        if codes and not principal and any("principal" in any_codes(t) for t in entry.type):
            principal = codes[0]
    ordered = [codes for _, codes in sorted(diagnoses.items()) if codes]
    info = {
        (entry.sequence if entry.sequence is not None else index): Info(
            local_codes(entry.category, "supporting-info"), entry
        )
        for index, entry in enumerate(claim.supportingInfo, start=1)
    }
    types = any_codes(claim.type)
    return ClaimHead(
        claim_type=next((t for t in ("institutional", "professional") if t in types), UNKNOWN),
        type_of_bill=type_of_bill(claim),
        diagnoses=diagnoses,
        principal=principal or (ordered[0][0] if ordered else ""),
        ordered=tuple([c for codes in ordered for c in codes]),
        indications=indications_in(
            [*(i.code for i in claim.supportingInfo), *(d.diagnosisCodeableConcept for d in claim.diagnosis)]
        ),
        info=info,
        named=frozenset(n for item in claim.item for n in item.informationSequence),
        default_days=_days_of_all(claim),
    )


def _entries(infos: Iterable[Info], kind: str) -> list[fhir.SupportingInfo]:
    return [info.entry for info in infos if kind in info.kinds]


def _fractions(infos: Iterable[Info]) -> float | Unknown:
    for entry in _entries(infos, "fractions"):
        if entry.valueQuantity and entry.valueQuantity.value is not None:
            return entry.valueQuantity.value
    return UNKNOWN


def _coded(infos: Iterable[Info], name: str) -> str | Unknown:
    for entry in _entries(infos, name):
        codes = local_codes(entry.code, name)
        if codes and (name != "supervision-level" or codes[0] in _LEVELS):
            return codes[0]
    return UNKNOWN


def _course(infos: Iterable[Info]) -> str:
    for entry in _entries(infos, "course"):
        named = entry.valueReference.reference if entry.valueReference else None
        return entry.valueString or relative((named or "").strip())
    return ""


def _modalities(infos: Iterable[Info]) -> frozenset[str]:
    entries = _entries(infos, "other-modality")
    return frozenset([m for entry in entries for m in local_codes(entry.code, "other-modality")])


def _history_complete(infos: Iterable[Info]) -> bool | Unknown:
    told = [e.valueBoolean for e in _entries(infos, "history-complete") if e.valueBoolean is not None]
    return told[0] if told else UNKNOWN


def _attached(claim: fhir.Claim, pool: Pool, knowledge: Knowledge) -> tuple[Document, ...]:
    found = []
    for index, info in enumerate(claim.supportingInfo):
        resource = pool.find(info.valueReference, claim, fhir.DocumentReference)
        if resource:
            path = f"Claim.supportingInfo[{index}].valueReference"
            document = read_document(resource, path, pool, claim, knowledge.document_types)
            if document:
                found.append(document)
    return tuple(found)


def _units(quantity: fhir.Quantity | None) -> float:
    return quantity.value if quantity and quantity.value is not None else 1.0
