"""Which of a patient's claims are judged, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cds_service.audit.patients import Patient, type_of
from cds_service.audit.reading import REFUSED, Bad
from cds_service.audit.routed import Part
from cds_service.audit.tally import ASIDE, Tally
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes
from cds_service.facts.pool import relative

_SET_ASIDE = {
    "cancelled": "cancelled",
    "entered-in-error": "entered in error",
    "preauthorization": "an estimate, no claim",
    "predetermination": "an estimate, no claim",
}
REPLACED, ANSWERED, TWICE = "replaced by a later claim", "answers a claim that is here", "a second copy"


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    relationship: fhir.CodeableConcept | None = None


class _WithRelated(msgspec.Struct):
    related: list[_Related] = []


def claims_of(patient: Patient, unread: set[str], tally: Tally) -> dict[str, tuple[Part, fhir.Claim]]:
    """The claims to judge, by reference; the others are counted."""
    read: dict[str, tuple[Part, fhir.Claim]] = {}
    for one in patient.claims:
        try:
            claim = fhir.decode(one.raw)
        except fhir.Unreadable as error:
            unread.add(type_of(one))
            tally.bad.append(bad_of(one, error.where))
            continue
        if isinstance(claim, fhir.Claim):
            claim.id = claim.id or f"line-{one.place}"
            read[f"{claim.resourceType}/{claim.id}"] = (one, claim)
    replaced = _replaced(read)
    kept: dict[str, tuple[Part, fhir.Claim]] = {}
    for ref, (one, claim) in read.items():
        reason = _SET_ASIDE.get(claim.status or "") or _SET_ASIDE.get(claim.use or "")
        if ref in replaced:
            reason = REPLACED
        if reason:
            tally.claim(ASIDE, [reason])
        else:
            kept[ref] = (one, claim)
    return kept


def _replaced(read: dict[str, tuple[Part, fhir.Claim]]) -> set[str]:
    """Claims that a later one takes the place of, and answers to one claim of which another is newer."""
    found: set[str] = set()
    newest: dict[str, tuple[str, str]] = {}
    for ref, (one, claim) in read.items():
        if claim.status in _SET_ASIDE:
            continue
        if b'"related"' in one.raw:
            found |= set(_prior(one.raw)) - {ref}
        if claim.resourceType == "ExplanationOfBenefit" and one.link:
            mine = (claim.created or "", ref)
            other = newest.get(one.link)
            if other is not None:
                found.add(min(mine, other)[1])
            newest[one.link] = max(mine, other) if other else mine
    return found


def _prior(raw: bytes) -> Iterator[str]:
    try:
        related = msgspec.json.decode(raw, type=_WithRelated).related
    except msgspec.MsgspecError:
        return
    for each in related:
        if each.claim and each.claim.reference and {"prior", "replaces"} & set(any_codes(each.relationship)):
            yield relative(each.claim.reference.strip())


def bad_of(one: Part, what: str) -> Bad:
    """A resource of the patient's that cannot be read."""
    return Bad(one.place, type_of(one), f"cannot be read ({what}).", REFUSED)
