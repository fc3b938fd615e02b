"""Reads FHIR R4 ServiceRequests under review into units (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts import beams, coded_methods, fhir
from cds_service.facts.based_on import is_order, parents_of
from cds_service.facts.case import Line, Radiotherapy, Unit
from cds_service.facts.chart import active_conditions, condition_codes, indications_in
from cds_service.facts.codes import BillingCode, billing_codes, places_of_service
from cds_service.facts.codings import without_lapsed
from cds_service.facts.dates import NO_DAY, ServiceDays
from cds_service.facts.diagnosis import course_diagnosis, factors, without_reasons
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.pool import Entry, Pool, Trouble, relative
from cds_service.facts.radiotherapy import (
    MODALITIES_BESIDE_PHOTONS,
    coded_techniques,
    local_codes,
    merge,
    read_extensions,
    separately_named,
)
from cds_service.facts.stated import order_indications, stated
from cds_service.facts.timings import NO_TIMING, occurrence_of, order_days, unreadable_repeat, without_day
from cds_service.facts.unread import some_missing, some_unread

BILLING_OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"


def read_order(
    request: fhir.ServiceRequest,
    path: str,
    pool: Pool,
    knowledge: Knowledge,
    as_of: date,
    booked: ServiceDays | None = None,
    conditions_whole: bool = True,
) -> Unit:
    """One order under review, without what Procedures and the chart add. `booked`: the days of its appointments;
    `conditions_whole`: as far as is known, every condition of the patient is in the pool."""
    found = occurrence_of(request, booked, as_of)
    days, told = (found.days, found.told) if found else (ServiceDays(as_of, as_of, as_of), "call")
    if unreadable_repeat(request):
        pool.troubles.append(Trouble("unreadable", f"{path}.occurrenceTiming.repeat", NO_TIMING))
    for element in without_day(request):
        pool.troubles.append(Trouble("unreadable", f"{path}.{element}", NO_DAY))
    active = active_conditions(pool)
    said = stated(request, pool)
    diagnoses = said.diagnoses if said.names_a_disease else (*said.diagnoses, *condition_codes(active))
    # What is stated and cannot be read, or stands beside the list's diseases that could be, may be what is treated.
    guessed = bool(without_reasons(diagnoses)) and not said.names_a_disease
    in_doubt = bool(said.unread) or (guessed and (not conditions_whole or some_unread(active)))
    own = _coded(request, path, knowledge)
    lines = _lines(request, path, days, diagnoses, said.unread, pool, knowledge, own.fractions)
    parents = parents_of(request, pool)
    family = [request, *(parent for level in parents for parent in level)]
    radiotherapy = _with_parents(own, parents, knowledge)
    return Unit(
        ref=_ref(request),
        kind="order",
        start=days.first,
        lines=lines,
        diagnoses=tuple(dict.fromkeys(diagnoses)),
        principal=diagnoses[0] if diagnoses else "",
        indications=indications_in(c.code for c in active).union(
            *(order_indications(each, pool) for each in family)
        ),
        reasons_missing=any(some_missing(each.reasonReference, each, pool) for each in family),
        diagnoses_stated=said.names_a_disease,
        diagnoses_in_order=said.names_a_disease and said.in_order,
        sure_diagnoses=factors(diagnoses) if in_doubt else None,
        unread_reasons=said.unread,
        radiotherapy=radiotherapy,
        ordered_techniques=radiotherapy.techniques,
        fractions=radiotherapy.fractions,
        in_scope=_in_scope(request, lines, own, knowledge),
        date_assumed=told == "call",
        date_booked=told == "appointment",
    )


def earlier_order_lines(
    request: fhir.ServiceRequest, pool: Pool, knowledge: Knowledge, filled: Mapping[str, frozenset[str]]
) -> tuple[Line, ...]:
    """Lines of an earlier order; none for one that is a draft, withdrawn or without any date.

    `filled`, of `filled_codes`: a service that another order carries out is told by that one.
    """
    when = order_days(request)
    if when is None or not is_order(request) or request.status == "draft":
        return ()
    told = filled.get(_ref(request), frozenset()) if request.id else frozenset()
    said = stated(request, pool)
    lines = _lines(request, _ref(request), when, said.diagnoses, said.unread, pool, knowledge)
    return tuple(line for line in lines if line.code not in told)


def filled_codes(review: Iterable[Entry], pool: Pool, knowledge: Knowledge) -> dict[str, frozenset[str]]:
    """Codes of orders that carry out another one with the same code, by that one's reference: a filler's order and
    the placer's are one service."""
    found: dict[str, frozenset[str]] = {}
    if not any(request.basedOn for request, _ in pool.every(fhir.ServiceRequest)):
        return found
    for request in _standing(review, pool):
        if request.basedOn:
            codes = frozenset(c.code for c in billing_codes(request.code, knowledge.catalogue))
            for reference in request.basedOn:
                parent = pool.find(reference, request, fhir.ServiceRequest)
                if parent and parent.id and _ref(parent) != _ref(request):
                    found[_ref(parent)] = found.get(_ref(parent), frozenset()) | codes
    return found


def replaced_orders(review: Iterable[Entry], pool: Pool) -> frozenset[str]:
    """References of the orders whose place another one takes (`replaces`): one under review, or one that was signed."""
    if not any(request.replaces for request, _ in pool.every(fhir.ServiceRequest)):
        return frozenset()
    found: set[str] = set()
    for request in _standing(review, pool):
        for reference in request.replaces:
            old = pool.find(reference, request, fhir.ServiceRequest)
            name = _ref(old) if old and old.id else relative((reference.reference or "").strip())
            if name != _ref(request):
                found.add(name)
    return frozenset(found)


def _standing(review: Iterable[Entry], pool: Pool) -> Iterator[fhir.ServiceRequest]:
    """Orders under review, and those that were signed."""
    asked = {id(entry.resource) for entry in review}
    for request, _ in pool.every(fhir.ServiceRequest):
        if is_order(request) and (request.status != "draft" or id(request) in asked):
            yield request


def is_replaced(request: fhir.ServiceRequest, replaced: frozenset[str]) -> bool:
    """Whether an order is one of `replaced`."""
    return bool(request.id) and _ref(request) in replaced


def ordered_modalities(request: fhir.ServiceRequest, knowledge: Knowledge) -> frozenset[str]:
    """Other modalities that an order's code or details name, or its technique is."""
    found = coded_techniques(request.extension, knowledge.table) or _named_techniques(request, knowledge)
    return _named_modalities(request) | (found & MODALITIES_BESIDE_PHOTONS)


def _named(request: fhir.ServiceRequest) -> list[fhir.CodeableConcept]:
    """What is asked for, and how."""
    return [*request.orderDetail, *([request.code] if request.code else [])]


def _named_modalities(request: fhir.ServiceRequest) -> frozenset[str]:
    return frozenset([m for concept in _named(request) for m in local_codes(concept, "other-modality")])


def _named_techniques(request: fhir.ServiceRequest, knowledge: Knowledge) -> frozenset[str]:
    return beams.together([frozenset(separately_named(_named(request), knowledge.table))])


def _ref(request: fhir.ServiceRequest) -> str:
    return f"ServiceRequest/{request.id or 'unidentified'}"


def _lines(
    request: fhir.ServiceRequest,
    path: str,
    days: ServiceDays,
    diagnoses: tuple[str, ...],
    unread: frozenset[str],
    pool: Pool,
    knowledge: Knowledge,
    fractions: float | Unknown = UNKNOWN,
) -> tuple[Line, ...]:
    places = [p for concept in request.locationCode for p in places_of_service(concept)]
    codes = _codes(request, path, days, pool, knowledge)
    return tuple(
        Line(
            resource=_ref(request),
            sequence=None,
            code=code.code,
            modifiers=code.modifiers,
            units=_units(request),
            start=days.first,
            end=days.last,
            path=f"ServiceRequest.code{place}.coding[{code.coding}]",
            place_of_service=places[0] if places else UNKNOWN,
            diagnoses=diagnoses,
            fractions=fractions,
            course=next((relative((r.reference or "").strip()) for r in request.basedOn), ""),
            composite=code.composite,
            course_diagnosis=course_diagnosis(diagnoses),
            indications=order_indications(request, pool),
            unread_reasons=unread,
            alternative=len(codes) > 1 and not code.composite,
            begins_by=days.open_start,
        )
        for code, place in codes
    )


def _codes(
    request: fhir.ServiceRequest, path: str, days: ServiceDays, pool: Pool, knowledge: Knowledge
) -> list[tuple[BillingCode, str]]:
    codes = [(c, "") for c in billing_codes(request.code, knowledge.catalogue)]
    if not codes and request.code:
        # The orderable itself is no billing code: the CRD client names the likely ones beside it.
        for index, extension in enumerate(request.code.extension):
            if extension.url == BILLING_OPTIONS:
                found = billing_codes(extension.valueCodeableConcept, knowledge.catalogue)
                codes += [(c, f".extension[{index}].valueCodeableConcept") for c in found]
        codes = without_lapsed(codes, days.first, days.last, knowledge.catalogue)
    if any(c.composite for c, _ in codes):
        pool.troubles.append(Trouble("composite", f"{path}.code", f"read as {len(codes)} codes"))
    return codes


def _units(request: fhir.ServiceRequest) -> float:
    quantity = request.quantityQuantity
    return quantity.value if quantity and quantity.value is not None else 1.0


def _with_parents(
    own: Radiotherapy, parents: list[list[fhir.ServiceRequest]], knowledge: Knowledge
) -> Radiotherapy:
    """The order's own coding first; what it leaves open its `basedOn` parents may say, the nearest first."""
    told = own
    for level in parents:
        told = completed(told, merge(_coded(parent, _ref(parent), knowledge) for parent in level))
    return told


def completed(own: Radiotherapy, more: Radiotherapy) -> Radiotherapy:
    """`own`, with each question that it leaves open answered by `more`."""
    return Radiotherapy(
        techniques=beams.completed(own.techniques, more.techniques),
        methods=coded_methods.completed(own.methods, more.methods),
        breath_hold=more.breath_hold if own.breath_hold is UNKNOWN else own.breath_hold,
        intents=own.intents or more.intents,
        sites=own.sites or more.sites,
        other_modalities=own.other_modalities | more.other_modalities,
        fractions=more.fractions if own.fractions is UNKNOWN else own.fractions,
        fractions_delivered=(
            more.fractions_delivered if own.fractions_delivered is UNKNOWN else own.fractions_delivered
        ),
        paths=own.paths + more.paths,
    )


def _coded(request: fhir.ServiceRequest, path: str, knowledge: Knowledge) -> Radiotherapy:
    """What one order codes itself, in extensions, code and details; of the technique the extension goes first."""
    read = read_extensions(request.extension, request.bodySite, knowledge.table, path)
    techniques = beams.completed(read.techniques, _named_techniques(request, knowledge)) - read.techniques
    held = [v for concept in _named(request) for v in knowledge.table.values("breath-hold", concept)]
    details = Radiotherapy(
        techniques=techniques,
        breath_hold="yes" in held if held else UNKNOWN,
        other_modalities=_named_modalities(request) | (techniques & MODALITIES_BESIDE_PHOTONS),
        paths=tuple([(path, technique) for technique in sorted(techniques)]),
    )
    return merge([read, details])


def _in_scope(
    request: fhir.ServiceRequest,
    lines: tuple[Line, ...],
    own: Radiotherapy,
    knowledge: Knowledge,
) -> bool:
    """Whether the order itself is radiotherapy (rulebook M-7): an MRI for planning is not, whatever its parent, and
    whatever technique it is for."""
    table = knowledge.table
    if any(line.code in knowledge.catalogue.radiotherapy for line in lines):
        return True
    if any(table.values("radiotherapy", concept) for concept in request.category):
        return True
    if coded_techniques(request.extension, table) or own.methods is not UNKNOWN:
        return True
    if table.values("level", request.code):
        return True
    if lines or request.code is None:
        return False
    # Details say how; that treatment is asked for has to be said by the code.
    treatment = table.values("radiotherapy", request.code) and own.techniques
    return bool(treatment or separately_named([request.code], table))
