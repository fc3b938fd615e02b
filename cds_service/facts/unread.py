"""Diseases that are stated, but not in ICD-10-CM: what they are is not known, which is not that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cds_service.facts import fhir
from cds_service.facts.chart import indications_in
from cds_service.facts.codes import icd10_codes
from cds_service.facts.pool import Pool, relative

_TYPE = re.compile(r"[A-Z][A-Za-z]+")
_ANY_TYPE = frozenset({"Condition", "Resource", "DomainResource"})
"""Types that a reference to a Condition may name."""


def unread_reasons(request: fhir.ServiceRequest, pool: Pool) -> frozenset[str]:
    """The reasons of an order that hold no ICD-10-CM code, by what tells them apart: codes of other systems, texts,
    references. Of a Condition that is here its code tells. Our indications are no diseases.
    """
    found = {
        said for concept in request.reasonCode if is_unread(concept) for said in _said(concept, request, pool)
    }
    for reference in request.reasonReference:
        condition = pool.find(reference, request, fhir.Condition)
        if condition is None or not _says_something(condition.code):
            found.add(_named(reference, request, pool))
        elif condition.code is not None and is_unread(condition.code):
            found.update(_said(condition.code, request, pool))
    return frozenset(found)


def some_missing(references: Iterable[fhir.Reference], holder: fhir.Resource, pool: Pool) -> bool:
    """Whether one of the references, of the reasons of `holder`, leads to what is not here and may be a Condition: it
    may hold one of our indications."""
    return any(
        not _leads_elsewhere(reference)
        and pool.find(reference, holder, fhir.Resource) is None
        and not pool.passes_over(reference, holder)
        for reference in references
    )


def _leads_elsewhere(reference: fhir.Reference) -> bool:
    """Whether a reference says that it leads to no Condition, by its `type` (a canonical URL too: FHIR R4, Reference)
    or by the type in it."""
    told = (reference.type or "").strip().rpartition("/")[2]
    named, slash, _ = relative((reference.reference or "").strip()).partition("/")
    types = {each for each in (told, named if slash else "") if _TYPE.fullmatch(each)}
    return bool(types) and types.isdisjoint(_ANY_TYPE)


def some_unread(conditions: Iterable[fhir.Condition]) -> bool:
    """Whether one of the conditions is named, but not in ICD-10-CM."""
    return any(is_unread(condition.code) for condition in conditions)


def is_unread(concept: fhir.CodeableConcept | None) -> bool:
    """Whether a concept says something, and holds neither a code of ICD-10-CM nor one of our indications."""
    return _says_something(concept) and not icd10_codes(concept) and not indications_in([concept])


def _says_something(concept: fhir.CodeableConcept | None) -> bool:
    return concept is not None and bool(concept.coding or (concept.text or "").strip())


def _said(concept: fhir.CodeableConcept, holder: fhir.ServiceRequest, pool: Pool) -> list[str]:
    pairs = [((c.system or "").strip(), (c.code or "").strip()) for c in concept.coding]
    codes = [f"{system}|{code}" for system, code in pairs if code]
    return codes or [(concept.text or "").strip().casefold() or _own(holder, pool)]


def _named(reference: fhir.Reference, holder: fhir.ServiceRequest, pool: Pool) -> str:
    text = relative((reference.reference or "").strip())
    if text and not text.startswith("#"):  # `#1` of one order is not `#1` of another
        return text
    return (reference.display or "").strip().casefold() or _own(holder, pool)


def _own(holder: fhir.ServiceRequest, pool: Pool) -> str:
    """What no other order says; the id of a contained one is unique in its container only."""
    outer = pool.container_of(holder) or holder
    return f"reason of {outer.id or id(outer)}#{holder.id or id(holder)}"
