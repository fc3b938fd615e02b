"""Documents, indications and dated records of a patient (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cds_service.engine.model import Unknown
from cds_service.facts import fhir
from cds_service.facts.case import DayRecord, Document, Radiotherapy, Signer
from cds_service.facts.codes import LOINC, icd10_codes
from cds_service.facts.dates import day, first_day, within_one_day
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.pool import Pool
from cds_service.facts.radiotherapy import local_codes, read_extensions

_GONE = frozenset({"entered-in-error", "superseded"})
_COURSE_LEVELS = frozenset({"course", "phase", "plan"})
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
"""Indication slugs (rules.md 1.4)."""


def read_documents(pool: Pool) -> tuple[Document, ...]:
    """Every current DocumentReference with its type codes, day and signers."""
    return tuple(
        document
        for resource, path in pool.every(fhir.DocumentReference)
        if (document := read_document(resource, path, pool)) is not None
    )


def read_document(
    resource: fhir.DocumentReference, path: str, pool: Pool, attached: bool = False
) -> Document | None:
    """One document; None when it is entered in error or superseded."""
    if resource.status in _GONE:
        return None
    types = {
        c.code.strip()
        for c in (resource.type.coding if resource.type else ())
        if c.code and c.system == LOINC
    }
    types |= set(local_codes(resource.type, "document-type"))
    context = resource.context.period if resource.context else None
    signers = [*resource.author, *([resource.authenticator] if resource.authenticator else [])]
    return Document(
        types=frozenset(types),
        day=day(resource.date) or first_day(context),
        path=path,
        attached=attached,
        signers=tuple(_signer(s, resource, pool) for s in signers),
    )


def _signer(reference: fhir.Reference, holder: fhir.Resource, pool: Pool) -> Signer:
    role = pool.find(reference, holder, fhir.PractitionerRole)
    codes = [r for concept in (role.code if role else ()) for r in local_codes(concept, "performer-role")]
    person = role.practitioner.reference if role and role.practitioner else reference.reference
    return Signer(person or reference.display or "", codes[0] if codes else "")


def indications_in(concepts: Iterable[fhir.CodeableConcept | None]) -> frozenset[str]:
    """Indication slugs coded in `urn:igrt-cds:indication`."""
    return frozenset(s for c in concepts for s in local_codes(c, "indication") if s in INDICATIONS)


def answered_indications(pool: Pool) -> frozenset[str]:
    """Indications answered in a Questionnaire."""
    found: set[str] = set()

    def walk(items: list[fhir.QuestionnaireItem]) -> None:
        for item in items:
            for answer in item.answer:
                coding = answer.valueCoding
                if coding and coding.system == "urn:igrt-cds:indication" and coding.code in INDICATIONS:
                    found.add(coding.code)
            walk(item.item)

    for response, _ in pool.every(fhir.QuestionnaireResponse):
        if response.status in ("completed", "amended", None):
            walk(response.item)
    return frozenset(found)


def active_conditions(pool: Pool) -> tuple[fhir.Condition, ...]:
    """Conditions that are neither refuted, entered in error, inactive nor resolved."""
    kept = []
    for condition, _ in pool.every(fhir.Condition):
        status = {c.code for c in condition.clinicalStatus.coding} if condition.clinicalStatus else set()
        verified = (
            {c.code for c in condition.verificationStatus.coding} if condition.verificationStatus else set()
        )
        if not status & {"inactive", "resolved", "remission"} and not verified & {
            "entered-in-error",
            "refuted",
        }:
            kept.append(condition)
    return tuple(kept)


def condition_codes(conditions: Iterable[fhir.Condition]) -> tuple[str, ...]:
    """ICD-10-CM codes of conditions, each once."""
    return tuple(dict.fromkeys(c for condition in conditions for c in icd10_codes(condition.code)))


def read_procedures(
    pool: Pool, knowledge: Knowledge
) -> tuple[list[tuple[fhir.Procedure, Radiotherapy]], tuple[DayRecord, ...]]:
    """Procedures that speak for a course, and the records of single days (contract section 3)."""
    courses: list[tuple[fhir.Procedure, Radiotherapy]] = []
    records: list[DayRecord] = []
    for procedure, path in pool.every(fhir.Procedure):
        if procedure.status in ("entered-in-error", "not-done"):
            continue
        read = read_extensions(procedure.extension, procedure.bodySite, knowledge.table, path)
        modalities = local_codes(procedure.code, "other-modality")
        if modalities:
            read = _with_modalities(read, modalities)
        level = knowledge.table.values("level", procedure.code)
        when = within_one_day(procedure.performedDateTime, procedure.performedPeriod)
        if "fraction" in level:
            when = when or first_day(procedure.performedPeriod)
        if _COURSE_LEVELS & set(level) or when is None:
            courses.append((procedure, read))
        elif procedure.status in ("completed", None):
            fraction = "fraction" in level
            if fraction or read.techniques or not isinstance(read.methods, Unknown):
                records.append(DayRecord(when, read.methods, read.techniques, fraction, path))
    return courses, tuple(records)


def _with_modalities(read: Radiotherapy, modalities: tuple[str, ...]) -> Radiotherapy:
    return replace(read, other_modalities=read.other_modalities | frozenset(modalities))
