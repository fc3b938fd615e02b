"""A scenario as a CDS Hooks request, by section 3 of the contract. All of it is synthetic and tagged as test data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.oracle.model import Line, PastClaim, Record, Scenario

Json = dict[str, Any]

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
SNOMED = "http://snomed.info/sct"
INFO = "urn:igrt-cds:supporting-info"
LOB = "urn:igrt-cds:line-of-business"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
CODEX = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
TEST = {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
PATIENT = {"reference": "Patient/oracle-patient"}
RADIOTHERAPY = {"coding": [{"system": SNOMED, "code": "1287742003"}]}

_PAYER_ID = {
    "coding": [{"system": "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType", "code": "payerid"}]
}
_FLORIDA_BLUE: Json = {"system": "urn:oid:2.16.840.1.113883.6.300", "value": "98167"}
_COVERAGES: dict[str, tuple[str, Json | None, str | None]] = {
    "medicare-ffs": ("Medicare", None, "ffs"),
    "medicare-advantage": ("Humana", {"type": _PAYER_ID, "value": "61101"}, "medicare-advantage"),
    "other-payer-medicare": ("UnitedHealthcare", {"type": _PAYER_ID, "value": "87726"}, "medicare"),
    "other": ("UnitedHealthcare", {"type": _PAYER_ID, "value": "87726"}, "commercial"),
    "aetna": ("Aetna", {"type": _PAYER_ID, "value": "60054"}, "commercial"),
    "molina-medicaid": ("Molina Healthcare of Florida", {"type": _PAYER_ID, "value": "51062"}, "medicaid"),
    "molina-marketplace": (
        "Molina Healthcare of Florida",
        {"type": _PAYER_ID, "value": "51062"},
        "marketplace",
    ),
    "molina-medicare": ("Molina Healthcare of Florida", {"type": _PAYER_ID, "value": "51062"}, "medicare"),
    "florida-blue": ("Florida Blue", _FLORIDA_BLUE, "commercial"),
    "florida-blue-ma": ("Florida Blue", _FLORIDA_BLUE, "medicare-advantage"),
    "florida-blue-fep": ("Florida Blue", _FLORIDA_BLUE, "fep"),
    "florida-blue-sao": ("Florida Blue", _FLORIDA_BLUE, "sao"),
    "unknown": ("Oracle Test Mutual", None, None),
}
_METHODS = {"ct": "717193008", "ultrasound": "16310003", "mri": "113091000", "fluoroscopy": "44491008"}
_FRACTION, _COURSE, _OTHER = "1297069006", "1217123003", "33195004"
_BREATH_HOLD = {
    "url": f"{CODEX}codexrt-radiotherapy-respiratory-motion-management",
    "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "721051000124109"}]},
}


_WHOLE_BRAIN = {"coding": [{"system": "urn:igrt-cds:body-site", "code": "whole-brain"}]}
_INTENTS = {"curative": "373808002", "palliative": "363676003"}


def to_request(scenario: Scenario) -> tuple[str, Json]:
    """The service's id and the request body."""
    claim = scenario.hook == "claim"
    reviewed = _claim(scenario) if claim else _order(scenario)
    bundle = _bundle("collection", [reviewed])
    request = {
        "hookInstance": str(uuid5(NAMESPACE_URL, scenario.name)),
        "hook": "org.igrt-cds.claim-submit" if claim else "order-sign",
        "context": {
            "userId": "Practitioner/oracle-user",
            "patientId": "oracle-patient",
            "claims" if claim else "draftOrders": bundle,
        },
        "prefetch": _prefetch(scenario),
    }
    return "igrt-claim-review" if claim else "igrt-order-sign", request


def _bundle(kind: str, resources: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": r} for r in resources]}


def _coding(code: str, modifiers: tuple[str, ...] = ()) -> Json:
    return {"system": CPT if code[0].isdigit() else HCPCS, "code": ":".join((code, *modifiers))}


def _prefetch(scenario: Scenario) -> Json:
    prefetch: Json = {
        "patient": {
            "resourceType": "Patient",
            "id": "oracle-patient",
            "meta": TEST,
            "address": [{"use": "home", "state": scenario.state}],
        },
        "coverage": _bundle("searchset", _coverages(scenario)),
        "procedures": _bundle("searchset", _procedures(scenario)),
        "claimHistory": _bundle("searchset", [_past(n, c) for n, c in enumerate(scenario.history, 1)]),
    }
    if scenario.documents is not None:
        documents = [
            _document(f"document-{n}", d.loinc, d.date.isoformat()) for n, d in enumerate(scenario.documents)
        ]
        prefetch["documents"] = _bundle("searchset", documents)
    return prefetch


def _coverages(scenario: Scenario) -> list[Json]:
    found = [_coverage("oracle-coverage", scenario.payer, scenario.programme)]
    if scenario.other_coverage:
        other = _coverage("other-coverage", scenario.other_coverage, scenario.other_programme)
        found.insert(0, other)
    return found


def _coverage(identifier: str, payer_key: str, programme: bool) -> Json:
    name, payer_id, lob = _COVERAGES[payer_key]
    payer: Json = {"resourceType": "Organization", "id": "payer", "name": name}
    if payer_id:
        payer["identifier"] = [payer_id]
    coverage: Json = {
        "resourceType": "Coverage",
        "id": identifier,
        "meta": TEST,
        "contained": [payer],
        "status": "active",
        "beneficiary": PATIENT,
        "payor": [{"reference": "#payer"}],
    }
    if lob:
        coverage["type"] = {"coding": [{"system": LOB, "code": lob}]}
    if programme:
        group = {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/coverage-class", "code": "group"}]
        }
        coverage["class"] = [{"type": group, "value": "cvs-radonc"}]
    return coverage


def _document(identifier: str, loinc: str, day: str) -> Json:
    return {
        "resourceType": "DocumentReference",
        "id": identifier,
        "meta": TEST,
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": PATIENT,
        "date": f"{day}T09:30:00-05:00",
        "content": [{"attachment": {"contentType": "text/plain", "title": "Test document without content"}}],
    }


def _extensions(record: Record) -> list[Json]:
    found: list[Json] = []
    for technique in record.techniques:
        name, coding = "technique", {"system": "urn:igrt-cds:technique", "code": technique}
        if technique == "photon":
            name, coding = "modality", {"system": SNOMED, "code": "1156506007"}
        coded = {"coding": [coding]}
        found.append(
            {
                "url": f"{MCODE}mcode-radiotherapy-modality-and-technique",
                "extension": [{"url": f"{MCODE}mcode-radiotherapy-{name}", "valueCodeableConcept": coded}],
            }
        )
    for method in record.methods:
        if method in _METHODS:
            coding = {"system": SNOMED, "code": _METHODS[method]}
        else:
            coding = {"system": "urn:igrt-cds:igrt-method", "code": method}
        found.append(
            {
                "url": f"{CODEX}codexrt-image-guided-radiotherapy-modality",
                "extension": [{"url": "modality", "valueCodeableConcept": {"coding": [coding]}}],
            }
        )
    return found


def _course_extensions(scenario: Scenario) -> list[Json]:
    found: list[Json] = [_BREATH_HOLD] if scenario.breath_hold else []
    if scenario.intent:
        coded = {"coding": [{"system": SNOMED, "code": _INTENTS[scenario.intent]}]}
        found.append({"url": f"{MCODE}mcode-procedure-intent", "valueCodeableConcept": coded})
    return found


def _procedures(scenario: Scenario) -> list[Json]:
    if scenario.hook == "order":
        return []
    found = []
    records = list(scenario.records)
    of_the_course = scenario.breath_hold or scenario.intent or scenario.whole_brain
    if of_the_course and not any(record.what == "course" for record in records):
        records.append(Record("course"))
    for number, record in enumerate(records, 1):
        code = {"fraction": _FRACTION, "course": _COURSE}.get(record.what, _OTHER)
        procedure: Json = {
            "resourceType": "Procedure",
            "id": f"procedure-{number}",
            "meta": TEST,
            "extension": _extensions(record),
            "status": "completed",
            "category": RADIOTHERAPY,
            "code": {"coding": [{"system": SNOMED, "code": code}]},
            "subject": PATIENT,
        }
        if record.what == "course":
            procedure["extension"] += _course_extensions(scenario)
            if scenario.whole_brain:
                procedure["bodySite"] = [_WHOLE_BRAIN]
        if record.date:
            procedure["performedDateTime"] = f"{record.date.isoformat()}T{8 + number % 9:02d}:00:00-05:00"
        else:
            first = min(line.date for line in scenario.lines) - timedelta(days=7)
            last = max(line.date for line in scenario.lines) + timedelta(days=7)
            procedure["performedPeriod"] = {"start": first.isoformat(), "end": last.isoformat()}
        found.append(procedure)
    return found


def _item(line: Line, sequence: int, claim_type: str) -> Json:
    item: Json = {
        "sequence": sequence,
        "diagnosisSequence": list(line.points),
        "productOrService": {"coding": [_coding(line.code)]},
        "quantity": {"value": line.units},
    }
    if not line.points:
        del item["diagnosisSequence"]
    if line.end:
        item["servicedPeriod"] = {"start": line.date.isoformat(), "end": line.end.isoformat()}
    else:
        item["servicedDate"] = line.date.isoformat()
    if line.modifiers:
        item["modifier"] = [{"coding": [{"system": CPT, "code": m}]} for m in line.modifiers]
    if line.pos and claim_type == "professional":
        item["locationCodeableConcept"] = {"coding": [{"system": POS, "code": line.pos}]}
    return item


def _claim_shell(identifier: str, claim_type: str, biller: str, lines: tuple[Line, ...], start: str) -> Json:
    last = max(line.end or line.date for line in lines).isoformat()
    claim: Json = {
        "resourceType": "Claim",
        "id": identifier,
        "meta": TEST,
        "status": "draft" if identifier == "claim-under-review" else "active",
        "type": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": claim_type}]
        },
        "use": "claim",
        "patient": PATIENT,
        "billablePeriod": {"start": start, "end": last},
        "created": last,
        "contained": [
            {"resourceType": "Organization", "id": "biller", "name": biller, "address": [{"state": "GA"}]},
        ],
        "provider": {"reference": "#biller"},
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/oracle-coverage"}}],
        "item": [_item(line, n, claim_type) for n, line in enumerate(lines, 1)],
    }
    return claim


def _diagnoses(*codes: str) -> list[Json]:
    coded = [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]} for code in codes]
    return [{"sequence": n, "diagnosisCodeableConcept": concept} for n, concept in enumerate(coded, 1)]


def _own_biller(claim: Json, own: bool) -> Json:
    """Billers by a reference that is the same on every claim of the same biller."""
    del claim["contained"]
    claim["provider"] = {"reference": f"Organization/{'own' if own else 'another'}-biller"}
    return claim


def _past(number: int, past: PastClaim) -> Json:
    start = min(line.date for line in past.lines).isoformat()
    claim = _claim_shell(f"earlier-claim-{number}", past.claim_type, "Earlier Test Biller", past.lines, start)
    claim["diagnosis"] = _diagnoses("C61")
    return _own_biller(claim, past.own)


def _claim(scenario: Scenario) -> Json:
    start = scenario.service_start.isoformat()
    claim = _own_biller(
        _claim_shell("claim-under-review", scenario.claim_type, "Test Biller", scenario.lines, start), True
    )
    claim["diagnosis"] = _diagnoses(*scenario.diagnoses)
    if scenario.other_coverage:
        second = {"sequence": 2, "focal": False, "coverage": {"reference": "Coverage/other-coverage"}}
        claim["insurance"].append(second)
    if scenario.bill:
        claim["subType"] = {
            "coding": [{"system": "https://www.nubc.org/CodeSystem/TypeOfBill", "code": scenario.bill}]
        }
    supporting: list[Json] = []

    def add(category: str, **value: Any) -> int:
        entry = {
            "sequence": len(supporting) + 1,
            "category": {"coding": [{"system": INFO, "code": category}]},
        }
        supporting.append(entry | value)
        return len(supporting)

    for slug in scenario.indications:
        add("indication", code={"coding": [{"system": "urn:igrt-cds:indication", "code": slug}]})
    for item, line in zip(claim["item"], scenario.lines, strict=True):
        if line.fractions is not None:
            item["informationSequence"] = [add("fractions", valueQuantity={"value": line.fractions})]
    if scenario.fractions is not None:
        add("fractions", valueQuantity={"value": scenario.fractions})
    for number, document in enumerate(scenario.attached, 1):
        resource = _document(f"attached-{number}", document.loinc, document.date.isoformat())
        claim.setdefault("contained", []).append(resource)
        add("attachment", valueReference={"reference": f"#attached-{number}"})
    if supporting:
        claim["supportingInfo"] = supporting
    return claim


def _order(scenario: Scenario) -> Json:
    (line,) = scenario.lines
    extensions = [e for record in scenario.records for e in _extensions(record)]
    extensions += _course_extensions(scenario)
    reasons = [
        {"coding": [{"system": "urn:igrt-cds:indication", "code": slug}]} for slug in scenario.indications
    ]
    diagnoses = [
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}
        for code in scenario.diagnoses
    ]
    order: Json = {
        "resourceType": "ServiceRequest",
        "id": "order-under-review",
        "meta": TEST,
        "extension": extensions,
        "status": "draft",
        "intent": "order",
        "category": [RADIOTHERAPY],
        "code": {"coding": [_coding(line.code, line.modifiers)]},
        "subject": PATIENT,
        "occurrenceDateTime": line.date.isoformat(),
        "authoredOn": (line.date - timedelta(days=2)).isoformat(),
        "requester": {"reference": "Practitioner/oracle-user"},
        "reasonCode": [*diagnoses, *reasons],
    }
    if scenario.whole_brain:
        order["bodySite"] = [_WHOLE_BRAIN]
    if not extensions:
        del order["extension"]
    if line.units != 1:
        order["quantityQuantity"] = {"value": line.units}
    return order
