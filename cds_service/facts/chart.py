"""Documents, indications and dated records of a patient (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.record import refined
from cds_service.facts import fhir
from cds_service.facts.case import DayRecord, Document, Radiotherapy, Signer
from cds_service.facts.codes import LOINC, billing_codes, icd10_codes
from cds_service.facts.dates import day, first_day, within_one_day
from cds_service.facts.document_types import NO_DOCUMENT_TYPES, DocumentTypes
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.later import Later
from cds_service.facts.parties import party_of
from cds_service.facts.pool import Pool, relative
from cds_service.facts.radiotherapy import local_codes, merge, read_extensions

_GONE = frozenset({"entered-in-error", "superseded"})
_COURSE_LEVELS = frozenset({"course", "phase", "plan"})
_NO_SIGNERS = frozenset({"Organization", "Device", "Patient", "RelatedPerson"})
INDICATIONS = frozenset(
    {
        "bony-anatomy-inadequate",
        "dose-escalation",
        "implanted-fiducials",
        "normal-structure-sparing",
        "close-to-critical-structure",
        "setup-variation",
        "internal-motion",
        "prior-irradiation-adjacent",
        "narrow-margins",
        "concave-convex-target",
        "conventional-targeting-inadequate",
        "hippocampal-sparing",
    }
)
"""Indication slugs (rulebook 1.4)."""


def read_documents(pool: Pool, mapped: DocumentTypes = NO_DOCUMENT_TYPES) -> Sequence[Document]:
    """Every current DocumentReference with its type codes, day and signers; `mapped` are codes of the site."""
    found = [*pool.every(fhir.DocumentReference)]
    documents = Later(
        lambda: tuple(
            document
            for resource, path in found
            if (document := read_document(resource, path, pool, mapped=mapped)) is not None
        )
    )
    # What is contained may be unreadable, and that is to be told whether or not a rule asks for documents.
    return documents.all if any(resource.contained for resource, _ in found) else documents


def read_document(
    resource: fhir.DocumentReference,
    path: str,
    pool: Pool,
    claim: fhir.Claim | None = None,
    mapped: DocumentTypes = NO_DOCUMENT_TYPES,
) -> Document | None:
    """One document; None when it is entered in error or superseded.

    `claim` is the claim that it is attached to. A document that the claim contains cannot contain its signers
    itself: they stand beside it, in the claim.
    """
    if resource.status in _GONE:
        return None
    coded = [
        ((c.system or "").strip(), c.code.strip())
        for c in (resource.type.coding if resource.type else ())
        if c.code
    ]
    types = {code for system, code in coded if system == LOINC}
    types |= {mapped[pair] for pair in coded if pair in mapped}
    types |= set(local_codes(resource.type, "document-type"))
    of_service = first_day(resource.context.period if resource.context else None)
    signers = [*resource.author, *([resource.authenticator] if resource.authenticator else [])]
    holder = resource if claim is None or resource.contained else claim
    people = Later(
        lambda: tuple(_signer(s, holder, path, pool) for s in signers if _is_person(s, holder, pool))
    )
    return Document(
        types=frozenset(types),
        day=day(resource.date) or of_service,
        of_service=of_service,
        path=path,
        attached=claim is not None,
        # What is contained may be unreadable, and that is to be told whether or not a rule asks who signed.
        signers=people.all if holder.contained else people,
    )


def _is_person(reference: fhir.Reference, holder: fhir.Resource, pool: Pool) -> bool:
    kind = reference.type or relative((reference.reference or "").strip()).partition("/")[0]
    if kind.startswith("#"):
        return not any(pool.find(reference, holder, k) for k in (fhir.Organization, fhir.Patient))
    return kind not in _NO_SIGNERS


def _signer(reference: fhir.Reference, holder: fhir.Resource, path: str, pool: Pool) -> Signer:
    """The person behind a reference, with the role that a PractitionerRole or a qualification gives.

    `#1` of one resource is not `#1` of another, so a contained person is named together with its container.
    """
    role = pool.find(reference, holder, fhir.PractitionerRole)
    of_role = role.practitioner if role and role.practitioner else reference
    person = party_of(of_role, holder, pool)
    practitioner = pool.find(of_role, holder, fhir.Practitioner)
    roles = [role] if role else [r for r, _ in pool.every(fhir.PractitionerRole) if _plays(r, person, pool)]
    concepts = [c for r in roles for c in r.code]
    concepts += [q.code for q in (practitioner.qualification if practitioner else ()) if q.code]
    codes = [r for concept in concepts for r in local_codes(concept, "performer-role")]
    named = reference.reference or reference.display or ""
    if named.startswith("#"):
        named = f"{holder.resourceType}/{holder.id}{named}" if holder.id else f"{path}{named}"
    return Signer(person or named, codes[0] if codes else "")


def _plays(role: fhir.PractitionerRole, person: str, pool: Pool) -> bool:
    return bool(person) and party_of(role.practitioner, role, pool) == person


def indications_in(concepts: Iterable[fhir.CodeableConcept | None]) -> frozenset[str]:
    """Indication slugs coded in `urn:igrt-cds:indication`."""
    return frozenset([s for c in concepts if c for s in local_codes(c, "indication") if s in INDICATIONS])


def answered_indications(pool: Pool) -> frozenset[str]:
    """Indications answered in a Questionnaire, also in questions that an answer opened."""
    found: set[str] = set()
    for response, _ in pool.every(fhir.QuestionnaireResponse):
        if response.status in ("completed", "amended", None):
            for answer in _answers(response):
                coding = answer.valueCoding
                if coding and coding.system == "urn:igrt-cds:indication" and coding.code in INDICATIONS:
                    found.add(coding.code)
    return frozenset(found)


def _answers(response: fhir.QuestionnaireResponse) -> Iterator[fhir.Answer]:
    """All answers, in no order: items stand in items, and in answers."""
    items = [*response.item]
    while items:
        item = items.pop()
        items += item.item
        for answer in item.answer:
            yield answer
            items += answer.item


def active_conditions(pool: Pool) -> tuple[fhir.Condition, ...]:
    """Conditions that are neither refuted, entered in error, inactive nor resolved."""
    kept = []
    for condition, _ in pool.every(fhir.Condition):
        status = {c.code for c in condition.clinicalStatus.coding} if condition.clinicalStatus else set()
        if not status & {"inactive", "resolved", "remission"} and not _refuted(condition):
            kept.append(condition)
    return tuple(kept)


def _refuted(condition: fhir.Condition) -> bool:
    status = condition.verificationStatus
    return status is not None and any(c.code in ("entered-in-error", "refuted") for c in status.coding)


def condition_codes(conditions: Iterable[fhir.Condition]) -> tuple[str, ...]:
    """ICD-10-CM codes of conditions, each once."""
    return tuple(dict.fromkeys(c for condition in conditions for c in icd10_codes(condition.code)))


def procedure_diagnoses(procedure: fhir.Procedure, pool: Pool) -> frozenset[str]:
    """ICD-10-CM codes that a Procedure gives as its reason, itself or by conditions."""
    coded = [c for concept in procedure.reasonCode for c in icd10_codes(concept)]
    return frozenset([*coded, *condition_codes(_reasons(procedure, pool))])


def procedure_indications(procedure: fhir.Procedure, pool: Pool) -> frozenset[str]:
    """Indications that a Procedure gives as its reason, itself or by conditions."""
    return indications_in([*procedure.reasonCode, *(c.code for c in _reasons(procedure, pool))])


def _reasons(procedure: fhir.Procedure, pool: Pool) -> list[fhir.Condition]:
    found = (pool.find(reference, procedure, fhir.Condition) for reference in procedure.reasonReference)
    return [c for c in found if c is not None and not _refuted(c)]


def links_of(procedure: fhir.Procedure) -> frozenset[str]:
    """References of a Procedure, and of what it is a part of or based on, as `Type/id`."""
    named = [relative((r.reference or "").strip()) for r in (*procedure.partOf, *procedure.basedOn)]
    return frozenset(filter(None, [f"Procedure/{procedure.id}" if procedure.id else "", *named]))


def read_procedures(
    pool: Pool, knowledge: Knowledge
) -> tuple[list[tuple[fhir.Procedure, Radiotherapy]], tuple[DayRecord, ...]]:
    """Procedures that speak for a course, and the records of single days (contract section 3).

    Of a dated record the course learns everything but what was done on that day: method, technique, dose.
    """
    courses: list[tuple[fhir.Procedure, Radiotherapy]] = []
    records: list[DayRecord] = []
    seen: set[str] = set()
    for procedure, path in pool.every(fhir.Procedure):
        if procedure.status in ("entered-in-error", "not-done") or procedure.id in seen:
            continue
        seen |= {procedure.id} if procedure.id else set()
        read = _read_procedure(procedure, path, knowledge)
        level = knowledge.table.values("level", procedure.code)
        when = within_one_day(procedure.performedDateTime, procedure.performedPeriod)
        fraction = "fraction" in level
        if fraction:
            when = when or first_day(procedure.performedPeriod)
        if _COURSE_LEVELS & set(level) or when is None:
            courses.append((procedure, read))
        elif procedure.status in ("completed", None):
            courses.append((procedure, _of_the_course(read)))
            if fraction or read.techniques or not isinstance(read.methods, Unknown):
                of = procedure_diagnoses(procedure, pool)
                links = links_of(procedure)
                records.append(DayRecord(when, read.methods, read.techniques, fraction, path, of, links))
    return courses, tuple(records)


def _read_procedure(procedure: fhir.Procedure, path: str, knowledge: Knowledge) -> Radiotherapy:
    """What a Procedure codes; body site and intent only of radiotherapy: surgery and imaging have them too."""
    read = read_extensions(procedure.extension, procedure.bodySite, knowledge.table, path)
    if not _is_radiotherapy(procedure, read, knowledge):
        read = refined(read, sites=frozenset(), intents=frozenset())
    held = knowledge.table.values("breath-hold", procedure.code)
    coded = Radiotherapy(
        breath_hold="yes" in held if held else UNKNOWN,
        other_modalities=frozenset(local_codes(procedure.code, "other-modality")),
    )
    return merge([read, coded])


def _is_radiotherapy(procedure: fhir.Procedure, read: Radiotherapy, knowledge: Knowledge) -> bool:
    if read.techniques or any(not isinstance(v, Unknown) for v in (read.methods, read.breath_hold)):
        return True
    if any(not isinstance(v, Unknown) for v in (read.fractions, read.fractions_delivered)):
        return True
    table = knowledge.table
    if table.values("radiotherapy", procedure.category) or table.values("radiotherapy", procedure.code):
        return True
    codes = billing_codes(procedure.code, knowledge.catalogue)
    return bool(table.values("level", procedure.code)) or any(
        c.code in knowledge.catalogue.radiotherapy for c in codes
    )


def _of_the_course(read: Radiotherapy) -> Radiotherapy:
    return Radiotherapy(
        breath_hold=read.breath_hold,
        intents=read.intents,
        sites=read.sites,
        other_modalities=read.other_modalities,
    )
