"""Which of a patient's claims are judged, and why the others are not."""

from __future__ import annotations

from cds_service.audit.patients import Patient, type_of
from cds_service.audit.reading import REFUSED, Bad
from cds_service.audit.replaced import answers_unnamed, cancelled_later, replaced_of
from cds_service.audit.routed import Part
from cds_service.audit.sent_again import sent_again
from cds_service.audit.tally import ASIDE, Tally
from cds_service.facts import fhir
from cds_service.facts.type_of_bill import types_of_bill

_SET_ASIDE = {
    "cancelled": "cancelled",
    "entered-in-error": "entered in error",
    "preauthorization": "an estimate, no claim",
    "predetermination": "an estimate, no claim",
}
REPLACED, ANSWERED, TWICE = "replaced by a later claim", "answers a claim that is here", "a second copy"
MOST_LINKED = 2000
"""Claims of one patient that are compared with each other: more are none's in particular."""
DELETED, VOID, SENT_AGAIN = "deleted on the server", "a void", "sent again later, with the same lines"


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
    linked = len(read) <= MOST_LINKED
    for ref, answered in answers_unnamed(read).items() if linked else ():
        patient.answered.setdefault(answered, []).append(read.pop(ref)[0])
        tally.claim(ASIDE, [ANSWERED])
    withdrawn = cancelled_later(read) if linked else set()
    in_force = {
        ref: each for ref, each in read.items() if each[1].status not in _SET_ASIDE and ref not in withdrawn
    }
    repeated = sent_again(in_force) if linked else set()
    once = {ref: each for ref, each in in_force.items() if ref not in repeated}
    replaced = replaced_of(once, patient.answered) if linked else set()
    kept: dict[str, tuple[Part, fhir.Claim]] = {}
    for ref, (one, claim) in read.items():
        reason = _SET_ASIDE.get(claim.status or "") or _SET_ASIDE.get(claim.use or "")
        if not reason and _is_void(claim):
            reason = VOID
        if ref in withdrawn:
            reason = _SET_ASIDE["cancelled"]
        if ref in repeated:
            reason = SENT_AGAIN
        if ref in replaced:
            reason = REPLACED
        if reason:
            tally.claim(ASIDE, [reason])
        else:
            kept[ref] = (one, claim)
    return kept


def _is_void(claim: fhir.Claim) -> bool:
    """Whether a bill only takes back an earlier one: the frequency, third digit of its type of bill (NUBC), is 8. Its
    lines repeat those that it takes back."""
    return any(len(bill) == 3 and bill.endswith("8") for bill in types_of_bill(claim))


def bad_of(one: Part, what: str) -> Bad:
    """A resource of the patient's that cannot be read."""
    return Bad(one.place, type_of(one), f"cannot be read ({what}).", REFUSED)
