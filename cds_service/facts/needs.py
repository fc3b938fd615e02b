"""Which references facts need and the request does not hold: what is worth reading from a FHIR server.

Followed are only those that a reader of facts follows too, from what is under review outwards, each resource once and
a few steps far (threat T13). Signers of documents are not followed: without their role a signer may hold any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from cds_service.facts import fhir
from cds_service.facts.payer import focal_insurance
from cds_service.facts.pool import Entry, Pool, relative

MAX_HOPS = 4
"""As far as orders are followed to the prescription behind them (facts.orders)."""
_PLACES = ("Location", "Organization", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class Need:
    """A reference to follow: its text, the element that holds it and the type that it names."""

    reference: str
    element: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Step:
    reference: fhir.Reference
    element: str
    kinds: tuple[str, ...]


def needed(review: Sequence[Entry], pool: Pool, tried: Collection[str] = ()) -> list[Need]:
    """References that lead outwards from `review` and from the patient's coverages to what the pool lacks.

    Those of `tried` were asked for already and did not come.
    """
    level: list[tuple[fhir.Resource, fhir.Resource]] = [(e.resource, e.resource) for e in review]
    level += [(coverage, coverage) for coverage, _ in pool.every(fhir.Coverage)]
    visited = {id(resource) for resource, _ in level}
    wanted: dict[str, Need] = {}
    for _ in range(MAX_HOPS):
        following: list[tuple[fhir.Resource, fhir.Resource]] = []
        for resource, holder in level:
            for step in _steps(resource, pool, tried):
                found = _find(step, resource, holder, pool)
                if found is None:
                    need = _need(step)
                    if need and need.reference not in tried:
                        wanted.setdefault(need.reference, need)
                elif id(found) not in visited:
                    visited.add(id(found))
                    inside = (step.reference.reference or "").strip().startswith("#")
                    following.append((found, holder if inside else found))
        level = following
    return list(wanted.values())


def _find(step: _Step, resource: fhir.Resource, holder: fhir.Resource, pool: Pool) -> fhir.Resource | None:
    """The resource if the pool or its holder has it, of whichever type."""
    return pool.find(step.reference, resource, fhir.Resource) or pool.find(
        step.reference, holder, fhir.Resource
    )


def _need(step: _Step) -> Need | None:
    text = (step.reference.reference or "").strip()
    kind = relative(text).partition("/")[0]
    if text.startswith("#") or kind not in step.kinds:
        return None
    return Need(text, step.element, kind)


def _steps(resource: fhir.Resource, pool: Pool, tried: Collection[str]) -> Iterator[_Step]:
    if isinstance(resource, fhir.ServiceRequest):
        yield from _of_order(resource, pool, tried)
    elif isinstance(resource, fhir.Claim):
        yield from _of_claim(resource, pool, tried)
    elif isinstance(resource, fhir.Coverage):
        for payor in resource.payor[:1]:
            yield _Step(payor, "Coverage.payor", ("Organization",))
    elif isinstance(resource, fhir.PractitionerRole) and resource.organization:
        yield _Step(resource.organization, "PractitionerRole.organization", ("Organization",))


def _of_order(order: fhir.ServiceRequest, pool: Pool, tried: Collection[str]) -> Iterator[_Step]:
    for element, references, kinds in (
        ("basedOn", order.basedOn, ("ServiceRequest",)),
        ("reasonReference", order.reasonReference, ("Condition",)),
        ("insurance", order.insurance, ("Coverage",)),
    ):
        for reference in references:
            yield _Step(reference, f"ServiceRequest.{element}", kinds)
    places = [(r, "ServiceRequest.locationReference") for r in order.locationReference]
    places += [(r, "ServiceRequest.performer") for r in order.performer]
    places += [(order.requester, "ServiceRequest.requester")] if order.requester else []
    yield from _surest(places, order, pool, tried)


def _of_claim(claim: fhir.Claim, pool: Pool, tried: Collection[str]) -> Iterator[_Step]:
    for insurance in focal_insurance(claim):
        if insurance.coverage:
            yield _Step(insurance.coverage, "Claim.insurance.coverage", ("Coverage",))
    for diagnosis in claim.diagnosis:
        if diagnosis.diagnosisReference and not diagnosis.diagnosisCodeableConcept:
            yield _Step(diagnosis.diagnosisReference, "Claim.diagnosis", ("Condition",))
    for info in claim.supportingInfo:
        if info.valueReference:
            yield _Step(info.valueReference, "Claim.supportingInfo", ("DocumentReference",))
    location = next((item.locationReference for item in claim.item if item.locationReference), None)
    places = [
        (reference, f"Claim.{element}")
        for element, reference in (
            ("facility", claim.facility),
            ("item.location", location),
            ("provider", claim.provider),
        )
        if reference
    ]
    yield from _surest(places, claim, pool, tried)


def _surest(
    places: Sequence[tuple[fhir.Reference, str]],
    resource: fhir.Resource,
    pool: Pool,
    tried: Collection[str],
) -> Iterator[_Step]:
    """Where the service is given: the surest place first, and the next one only when it tells no address."""
    for reference, element in places:
        step = _Step(reference, element, _PLACES)
        found = pool.find(reference, resource, fhir.Resource)
        if found is None:
            need = _need(step)
            if need is None or need.reference in tried:
                continue
            yield step
            return
        yield step
        if _has_address(found, resource, pool, tried):
            return


def _has_address(place: fhir.Resource, holder: fhir.Resource, pool: Pool, tried: Collection[str]) -> bool:
    if isinstance(place, fhir.PractitionerRole):
        organization = pool.find(place.organization, place, fhir.Organization) or pool.find(
            place.organization, holder, fhir.Organization
        )
        if organization is None:
            named = (place.organization.reference or "").strip() if place.organization else ""
            return bool(named) and named not in tried  # it is read before the next place is asked for
        return bool(organization.address)
    if isinstance(place, fhir.Location):
        return place.address is not None
    return isinstance(place, fhir.Organization) and bool(place.address)
