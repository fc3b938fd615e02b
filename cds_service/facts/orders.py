"""Reads FHIR R4 ServiceRequests under review into units (contract section 3)."""

from __future__ import annotations

from datetime import date

from cds_service.engine.model import UNKNOWN
from cds_service.facts import fhir
from cds_service.facts.case import Line, Radiotherapy, Unit
from cds_service.facts.chart import active_conditions, condition_codes, indications_in
from cds_service.facts.claims import codes_in_any
from cds_service.facts.codes import BillingCode, billing_codes, icd10_codes
from cds_service.facts.dates import day, first_day, last_day
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.pool import Pool, Trouble
from cds_service.facts.radiotherapy import local_codes, merge, read_extensions

BILLING_OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"
BREATH_HOLD = "721051000124109"
_WITHDRAWN = frozenset({"entered-in-error", "revoked"})
_MAX_PARENTS = 4


def is_order(request: fhir.ServiceRequest) -> bool:
    """Whether the request asks for something: not withdrawn, and no order not to do it."""
    return not request.doNotPerform and request.status not in _WITHDRAWN


def read_order(
    request: fhir.ServiceRequest, path: str, pool: Pool, knowledge: Knowledge, as_of: date
) -> Unit:
    """One order under review, without what Procedures and the chart add."""
    start, end, assumed = _when(request, as_of)
    ref = f"ServiceRequest/{request.id or 'unidentified'}"
    codes = _codes(request, path, pool, knowledge)
    places = [p for concept in request.locationCode for p in codes_in_any(concept)]
    conditions = [
        found
        for reference in request.reasonReference
        if (found := pool.find(reference, request, fhir.Condition)) is not None
    ]
    active = active_conditions(pool)
    diagnoses = [c for concept in request.reasonCode for c in icd10_codes(concept)]
    diagnoses += condition_codes(conditions)
    if not diagnoses:
        diagnoses = list(condition_codes(active))
    lines = tuple(
        Line(
            resource=ref,
            sequence=None,
            code=code.code,
            modifiers=code.modifiers,
            units=_units(request),
            start=start,
            end=end,
            path=f"ServiceRequest.code{place}.coding[{code.coding}]",
            place_of_service=places[0].zfill(2) if places else UNKNOWN,
            diagnoses=tuple(diagnoses),
            course=next((r.reference or "" for r in request.basedOn), ""),
            composite=code.composite,
        )
        for code, place in codes
    )
    radiotherapy = _radiotherapy(request, path, pool, knowledge)
    return Unit(
        ref=ref,
        kind="order",
        start=start,
        lines=lines,
        diagnoses=tuple(dict.fromkeys(diagnoses)),
        principal=diagnoses[0] if diagnoses else "",
        indications=indications_in(
            [*request.reasonCode, *(c.code for c in conditions), *(c.code for c in active)]
        ),
        radiotherapy=radiotherapy,
        fractions=radiotherapy.fractions,
        in_scope=_in_scope(request, lines, radiotherapy, knowledge),
        date_assumed=assumed,
    )


def _codes(
    request: fhir.ServiceRequest, path: str, pool: Pool, knowledge: Knowledge
) -> list[tuple[BillingCode, str]]:
    codes = [(c, "") for c in billing_codes(request.code, knowledge.catalogue)]
    if not codes and request.code:
        # The orderable itself is no billing code: the CRD client names the likely ones beside it.
        for index, extension in enumerate(request.code.extension):
            if extension.url == BILLING_OPTIONS:
                found = billing_codes(extension.valueCodeableConcept, knowledge.catalogue)
                codes += [(c, f".extension[{index}].valueCodeableConcept") for c in found]
    if any(c.composite for c, _ in codes):
        pool.troubles.append(Trouble("composite", f"{path}.code", f"read as {len(codes)} codes"))
    return codes


def _when(request: fhir.ServiceRequest, as_of: date) -> tuple[date, date, bool]:
    found = day(request.occurrenceDateTime)
    if found:
        return found, found, False
    start = first_day(request.occurrencePeriod)
    if start:
        return start, max(last_day(request.occurrencePeriod) or start, start), False
    timing = request.occurrenceTiming
    if timing:
        events = sorted(d for event in timing.event if (d := day(event)))
        if events:
            return events[0], events[-1], False
        bounds = timing.repeat.boundsPeriod if timing.repeat else None
        start = first_day(bounds)
        if start:
            return start, max(last_day(bounds) or start, start), False
    written = day(request.authoredOn)
    if written:
        return written, written, False
    return as_of, as_of, True


def _units(request: fhir.ServiceRequest) -> float:
    quantity = request.quantityQuantity
    return quantity.value if quantity and quantity.value is not None else 1.0


def _radiotherapy(request: fhir.ServiceRequest, path: str, pool: Pool, knowledge: Knowledge) -> Radiotherapy:
    """The order's own coding first; what it leaves open its `basedOn` parents may say."""
    own = read_extensions(request.extension, request.bodySite, knowledge.table, path)
    own = merge([own, _from_details(request, knowledge)])
    parents: list[Radiotherapy] = []
    seen = {request.id}
    waiting = list(request.basedOn)
    while waiting and len(seen) <= _MAX_PARENTS:
        parent = pool.find(waiting.pop(0), request, fhir.ServiceRequest)
        if parent is None or parent.id in seen:
            continue
        seen.add(parent.id)
        parents.append(
            read_extensions(parent.extension, parent.bodySite, knowledge.table, f"ServiceRequest/{parent.id}")
        )
        waiting += parent.basedOn
    return completed(own, merge(parents))


def completed(own: Radiotherapy, more: Radiotherapy) -> Radiotherapy:
    """`own`, with each question that it leaves open answered by `more`."""
    return Radiotherapy(
        techniques=own.techniques or more.techniques,
        methods=more.methods if own.methods is UNKNOWN else own.methods,
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


def _from_details(request: fhir.ServiceRequest, knowledge: Knowledge) -> Radiotherapy:
    concepts = [*request.orderDetail, *([request.code] if request.code else [])]
    held = [v for concept in concepts for v in knowledge.table.values("breath-hold", concept)]
    modalities = frozenset(m for concept in concepts for m in local_codes(concept, "other-modality"))
    return Radiotherapy(breath_hold="yes" in held if held else UNKNOWN, other_modalities=modalities)


def _in_scope(
    request: fhir.ServiceRequest,
    lines: tuple[Line, ...],
    radiotherapy: Radiotherapy,
    knowledge: Knowledge,
) -> bool:
    if any(line.code in knowledge.catalogue.radiotherapy for line in lines):
        return True
    if any(knowledge.table.values("radiotherapy", concept) for concept in request.category):
        return True
    return bool(radiotherapy.techniques) or bool(knowledge.table.values("level", request.code))
