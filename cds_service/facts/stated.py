"""What an order gives as its reason: its indications, and its disease, itself or by the orders that it is based on."""

from __future__ import annotations

from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.based_on import parents_of
from cds_service.facts.chart import condition_codes, indications_in
from cds_service.facts.codes import icd10_codes
from cds_service.facts.diagnosis import irradiated, without_reasons
from cds_service.facts.pool import Pool
from cds_service.facts.unread import unread_reasons


@record(frozen=True, slots=True)
class Stated:
    """The ICD-10-CM codes that are stated of an order, its own first.

    `unread`: reasons that cannot be read, where the order itself names no disease, by what tells them apart. One of
    them may be the disease, whatever `diagnoses` says. `in_order`: False where several orders that this one is based
    on state different diseases, of which none comes first.
    """

    diagnoses: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()
    in_order: bool = True

    @property
    def names_a_disease(self) -> bool:
        """Whether a code names a disease: Z51.0 and its kin say why, not what."""
        return bool(without_reasons(self.diagnoses))


def stated(request: fhir.ServiceRequest, pool: Pool) -> Stated:
    """What is stated of an order's disease (contract section 3): by itself, else by the nearest orders that it is
    based on and that name one that is treated with radiation: a referral's symptom is none. Reasons on the way there
    that cannot be read leave it in doubt."""
    own = order_diagnoses(request, pool)
    if without_reasons(own):
        return Stated(own)
    unread = unread_reasons(request, pool)
    for level in parents_of(request, pool):
        told = [(parent, order_diagnoses(parent, pool)) for parent in level]
        named = [codes for _, codes in told if irradiated(codes)]
        if not unread:
            silent = [parent for parent, codes in told if not irradiated(codes)]
            unread = frozenset([each for parent in silent for each in unread_reasons(parent, pool)])
        if named:
            codes = dict.fromkeys([*own, *(code for codes in named for code in codes)])
            alike = len({frozenset(irradiated(codes)) for codes in named}) == 1
            return Stated(tuple(codes), unread, in_order=alike)
    return Stated(own, unread)


def order_indications(request: fhir.ServiceRequest, pool: Pool) -> frozenset[str]:
    """Indications that an order gives as its reason."""
    return indications_in([*request.reasonCode, *(c.code for c in _reasons(request, pool))])


def order_diagnoses(request: fhir.ServiceRequest, pool: Pool) -> tuple[str, ...]:
    """ICD-10 codes that an order gives as its reason, in its order."""
    coded = [c for concept in request.reasonCode for c in icd10_codes(concept)]
    return (*coded, *condition_codes(_reasons(request, pool)))


def _reasons(request: fhir.ServiceRequest, pool: Pool) -> list[fhir.Condition]:
    found = (pool.find(reference, request, fhir.Condition) for reference in request.reasonReference)
    return [condition for condition in found if condition is not None]
