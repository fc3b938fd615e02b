"""Small FHIR resources and the readers around them: JSON in, facts out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from cds_service.books import standard_library
from cds_service.facts import fhir
from cds_service.facts.assemble import Given, assemble
from cds_service.facts.case import Case, Line, Unit
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.pool import Entry, Pool
from cds_service.facts.views import CaseView, UnitView

Json = dict[str, Any]

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
BILL = "https://www.nubc.org/CodeSystem/TypeOfBill"
CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
SOPT = "https://nahdo.org/sopt"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
CODEX = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
LOCAL = "urn:igrt-cds:"
PATIENT: Json = {"reference": "Patient/p1"}
TODAY = date(2026, 11, 23)

PHOTONS, ELECTRONS, PROTONS, NEUTRONS, CARBON = (
    "1156506007",
    "45643008",
    "10611004",
    "80347004",
    "1156505006",
)
IMRT, VMAT, CONFORMAL, PLANE = "441799006", "1156530009", "1162782007", "1156526006"
COURSE, PHASE, PLAN, FRACTION = "1217123003", "1222565005", "1255724003", "1297069006"
CONE_BEAM_CT = "717193008"
BREATH_HOLD, FREE_BREATHING = "721051000124109", "721071000124104"


def knowledge() -> Knowledge:
    return standard_library().knowledge


def coded(code: str, system: str | None = CPT, **more: Any) -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code} if system else {"code": code}], **more}


def concept(value: Json) -> fhir.CodeableConcept:
    """A CodeableConcept as the readers get it."""
    raw = json.dumps({"resourceType": "Condition", "code": value}).encode()
    found = fhir.decode(raw)
    assert isinstance(found, fhir.Condition)
    assert found.code is not None
    return found.code


def item(code: str | Json, sequence: int = 1, *, day: str | None = "2024-06-03", **more: Any) -> Json:
    """A Claim.item; `day` is its servicedDate."""
    made: Json = {"sequence": sequence, "productOrService": coded(code) if isinstance(code, str) else code}
    if day:
        made["servicedDate"] = day
    return {**made, **more}


def claim(*items: Json, id: str | None = "c1", type: str = "professional", **more: Any) -> Json:
    """A Claim without dates of its own."""
    made: Json = {"resourceType": "Claim", "status": "active", "use": "claim", "patient": PATIENT}
    if id:
        made["id"] = id
    return {**made, "type": coded(type, CLAIM_TYPE), "item": list(items), **more}


def info(category: str, sequence: int = 1, **more: Any) -> Json:
    """A Claim.supportingInfo of one of our own categories."""
    return {"sequence": sequence, "category": coded(category, LOCAL + "supporting-info"), **more}


def order(code: str | Json | None = "77387", id: str | None = "o1", **more: Any) -> Json:
    """A ServiceRequest for 2024-06-03."""
    made: Json = {"resourceType": "ServiceRequest", "status": "draft", "intent": "order", "subject": PATIENT}
    if id:
        made["id"] = id
    if code is not None:
        made["code"] = coded(code) if isinstance(code, str) else code
    made["occurrenceDateTime"] = "2024-06-03"
    return {key: value for key, value in {**made, **more}.items() if value is not None}


def procedure(level: str | Json = COURSE, id: str | None = "proc", **more: Any) -> Json:
    """A completed Procedure; `level` is the SNOMED CT code of course, phase, plan or fraction."""
    made: Json = {"resourceType": "Procedure", "status": "completed", "subject": PATIENT}
    if id:
        made["id"] = id
    return {**made, "code": coded(level, SNOMED) if isinstance(level, str) else level, **more}


def extension(url: str, code: str, system: str = SNOMED) -> Json:
    return {"url": url, "valueCodeableConcept": coded(code, system)}


def technique(modality: str | None, *techniques: str, local: str | None = None) -> Json:
    """The mCODE extension; `local` stands beside the technique as a second coding of ours."""
    inner = [extension(MCODE + "mcode-radiotherapy-modality", modality)] if modality else []
    inner += [extension(MCODE + "mcode-radiotherapy-technique", t) for t in techniques]
    if local:
        inner.append(extension(MCODE + "mcode-radiotherapy-technique", local, LOCAL + "technique"))
    return {"url": MCODE + "mcode-radiotherapy-modality-and-technique", "extension": inner}


def guidance(code: str, system: str = SNOMED) -> Json:
    """The CodeX image guidance extension, with an energy as real senders add it."""
    energy = extension("energy", "kV", "http://unitsofmeasure.org")
    return {
        "url": CODEX + "codexrt-image-guided-radiotherapy-modality",
        "extension": [extension("modality", code, system), energy],
    }


def number(url: str, value: int, kind: str = "valuePositiveInt") -> Json:
    return {"url": url, kind: value}


def coverage(
    name: str | None = None, id: str = "cov1", *, identifier: Json | None = None, **more: Any
) -> Json:
    """A Coverage whose payor is only displayed or identified; give `payor` for another."""
    payor: Json = {
        **({"display": name} if name else {}),
        **({"identifier": identifier} if identifier else {}),
    }
    return {
        "resourceType": "Coverage",
        "id": id,
        "status": "active",
        "beneficiary": PATIENT,
        "payor": [payor],
        **more,
    }


def plan(kind: str, value: str, name: str | None = None) -> Json:
    """An entry of Coverage.class."""
    system = "http://terminology.hl7.org/CodeSystem/coverage-class"
    return {"type": coded(kind, system), "value": value, **({"name": name} if name else {})}


def document(code: str, when: str | None, id: str = "d1", *, system: str = LOINC, **more: Any) -> Json:
    made: Json = {"resourceType": "DocumentReference", "id": id, "status": "current", "subject": PATIENT}
    return {**made, "type": coded(code, system), **({"date": when} if when else {}), **more}


def filled(*resources: Json, patient: str = "p1") -> Pool:
    """A pool of these resources."""
    pool = Pool(patient_id=patient)
    for number_, resource in enumerate(resources):
        pool.add(json.dumps(resource).encode(), f"prefetch.{number_}")
    return pool


def case(
    *review: Json,
    beside: Sequence[Json] = (),
    hook: str = "",
    visible: bool = False,
    exported: bool = False,
    conditions_whole: bool = True,
) -> Case:
    """The case of claims or orders under review, with other resources beside them; today is TODAY. `exported`: as an
    audit reads them.
    """
    pool = filled(*beside)
    entries: list[Entry] = []
    for number_, resource in enumerate(review):
        entry = pool.add(json.dumps(resource).encode(), f"context.{number_}")
        assert entry is not None, pool.troubles
        entries.append(entry)
    kind = hook or ("claim" if review[0]["resourceType"] == "Claim" else "order")
    given = Given(kind, TODAY, entries, visible, insurer_tells=exported, conditions_whole=conditions_whole)
    return assemble(given, pool, knowledge())


def unit(*review: Json, beside: Sequence[Json] = (), visible: bool = False) -> Unit:
    """The first claim or order under review."""
    return case(*review, beside=beside, visible=visible).units[0]


def line(claim_or_order: Json, *beside: Json) -> Line:
    """The only line of a claim or order."""
    (only,) = unit(claim_or_order, beside=beside).lines
    return only


def view(*review: Json, beside: Sequence[Json] = (), visible: bool = False) -> UnitView:
    """The first claim or order as rules see it."""
    return CaseView(case(*review, beside=beside, visible=visible), knowledge()).all_units[0]
