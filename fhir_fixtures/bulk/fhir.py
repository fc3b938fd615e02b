"""The patient as FHIR R4 resources of a Bulk Data export."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from fhir_fixtures.bulk.model import HOSPITAL, IMRT, Claim, Document, Line, Patient, Payer

Resource = dict[str, Any]

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_SNOMED = "http://snomed.info/sct"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_CODEX = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition"
_MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition"
_META = {"tag": [{"system": f"{_HL7}/v3-ActReason", "code": "HTEST", "display": "test health data"}]}
_PRICES = {
    "77385": "610.00",
    "77386": "610.00",
    "G6015": "372.50",
    "G6012": "268.40",
    "77412": "291.75",
    "77407": "291.75",
    "77402": "291.75",
    "77373": "1790.00",
    "77401": "41.20",
    "77301": "1980.00",
    "77295": "512.30",
    "77338": "488.00",
    "77427": "198.10",
    "77435": "612.00",
    "77336": "84.90",
    "77263": "171.25",
}
_METHODS = {"ct": "77477000", "ultrasound": "16310003"}
_TECHNIQUES = {IMRT: "441799006", "3dcrt": "1162782007"}
_LOINC = "http://loinc.org"


def resources(patient: Patient) -> Iterator[Resource]:
    """Everything of a patient, in no particular order of types."""
    subject = {"reference": f"Patient/{patient.id}"}
    yield {
        **_head("Patient", patient.id),
        "name": [{"family": "Synthetic", "given": [f"Patient {patient.number}"]}],
        "gender": "unknown",
        "birthDate": f"{1940 + patient.number % 30}-06-15",
        "address": [{"use": "home", "city": "Testville", "state": patient.state}],
    }
    yield _coverage(patient, subject)
    yield {
        **_head("Condition", f"{patient.id}-diagnosis"),
        "clinicalStatus": _concept(f"{_HL7}/condition-clinical", "active"),
        "code": _concept("http://hl7.org/fhir/sid/icd-10-cm", patient.diagnosis),
        "subject": subject,
    }
    yield from _procedures(patient, subject)
    yield {
        **_head("ServiceRequest", f"{patient.id}-order"),
        "status": "completed",
        "intent": "order",
        "code": _concept(_SNOMED, "1217123003"),
        "subject": subject,
        "authoredOn": patient.claims[0].first.isoformat(),
    }
    for number, document in enumerate(patient.documents):
        yield _document(patient, number, document, subject)
    for claim in patient.claims:
        yield from _claim(patient, claim, subject)


def organization(identity: str, name: str, state: str = "", npi: str = "", naic: str = "") -> Resource:
    """A payer or a biller."""
    identifiers = [{"system": "http://hl7.org/fhir/sid/us-npi", "value": npi}] if npi else []
    identifiers += [{"system": "urn:oid:2.16.840.1.113883.6.300", "value": naic}] if naic else []
    found: Resource = {**_head("Organization", identity), "active": True, "name": name}
    if identifiers:
        found["identifier"] = identifiers
    if state:
        found["address"] = [{"line": ["1 Test Street"], "city": "Testville", "state": state}]
    return found


def payer_id(payer: Payer) -> str:
    """Id of a payer's Organization."""
    return f"payer-{payer.rule}"


def site_id(patient: Patient) -> str:
    """Id of the biller's Organization: some sites in each state, of either setting."""
    return f"site-{patient.state.lower()}-{patient.setting}-{patient.number % 3}"


def _coverage(patient: Patient, subject: Resource) -> Resource:
    found: Resource = {
        **_head("Coverage", f"{patient.id}-coverage"),
        "status": "active",
        "type": _concept("https://nahdo.org/sopt", patient.payer.sopt),
        "subscriberId": f"TEST{patient.number:06}",
        "beneficiary": subject,
        "payor": [{"reference": f"Organization/{payer_id(patient.payer)}"}],
    }
    if patient.payer.groups:
        kind = _concept(f"{_HL7}/coverage-class", "group")
        found["class"] = [{"type": kind, "value": group} for group in patient.payer.groups]
    return found


def _procedures(patient: Patient, subject: Resource) -> Iterator[Resource]:
    common = {"status": "completed", "category": _concept(_SNOMED, "1287742003"), "subject": subject}
    if patient.technique in _TECHNIQUES and patient.course_coded:
        technique = [
            {
                "url": f"{_MCODE}/mcode-radiotherapy-technique",
                "valueCodeableConcept": _concept(_SNOMED, _TECHNIQUES[patient.technique]),
            }
        ]
        yield {
            **_head("Procedure", f"{patient.id}-course"),
            **common,
            "extension": [
                {
                    "url": f"{_MCODE}/mcode-procedure-intent",
                    "valueCodeableConcept": _concept(_SNOMED, "373808002"),
                },
                {"url": f"{_MCODE}/mcode-radiotherapy-modality-and-technique", "extension": technique},
            ],
            "code": _concept(_SNOMED, "1217123003"),
            "performedPeriod": {
                "start": patient.fractions[0].isoformat(),
                "end": patient.fractions[-1].isoformat(),
            },
        }
    for day, method in patient.imaged.items():
        if method not in _METHODS:
            continue
        modality = [{"url": "modality", "valueCodeableConcept": _concept(_SNOMED, _METHODS[method])}]
        yield {
            **_head("Procedure", f"{patient.id}-fraction-{day.isoformat()}"),
            **common,
            "extension": [
                {"url": f"{_CODEX}/codexrt-image-guided-radiotherapy-modality", "extension": modality}
            ],
            "code": _concept(_SNOMED, "1297069006"),
            "performedDateTime": f"{day.isoformat()}T10:00:00-05:00",
        }


def _document(patient: Patient, number: int, document: Document, subject: Resource) -> Resource:
    loinc = document.type[0].isdigit()
    roles = [
        {
            "resourceType": "PractitionerRole",
            "id": role,
            "practitioner": {"reference": f"Practitioner/{role}"},
            "code": [_concept("urn:igrt-cds:performer-role", role)],
        }
        for role in document.signers
    ]
    return {
        **_head("DocumentReference", f"{patient.id}-document-{number}"),
        "contained": roles,
        "status": "current",
        "type": _concept(_LOINC if loinc else "urn:igrt-cds:document-type", document.type),
        "subject": subject,
        "date": f"{document.day.isoformat()}T09:30:00-05:00",
        "author": [{"reference": f"#{role}"} for role in document.signers],
        "content": [{"attachment": {"contentType": "text/plain", "title": "Test document, empty"}}],
    }


def _claim(patient: Patient, claim: Claim, subject: Resource) -> Iterator[Resource]:
    body: Resource = {
        "status": claim.status,
        "type": _concept(f"{_HL7}/claim-type", "institutional" if claim.institutional else "professional"),
        "use": "claim",
        "patient": subject,
        "billablePeriod": {"start": claim.first.isoformat(), "end": claim.last.isoformat()},
        "created": claim.last.isoformat(),
        "insurer": {"reference": f"Organization/{payer_id(patient.payer)}"},
        "provider": {"reference": f"Organization/{_biller(patient, claim)}"},
        "supportingInfo": [
            {
                "sequence": number,
                "category": _concept("urn:igrt-cds:supporting-info", "indication"),
                "code": _concept("urn:igrt-cds:indication", indication),
            }
            for number, indication in enumerate(patient.indications, start=1)
        ],
        "diagnosis": [
            {
                "sequence": 1,
                "diagnosisCodeableConcept": _concept("http://hl7.org/fhir/sid/icd-10-cm", patient.diagnosis),
                "type": [_concept(f"{_HL7}/ex-diagnosistype", "principal")],
            }
        ],
        "insurance": [
            {"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/{patient.id}-coverage"}}
        ],
    }
    items = [_item(claim, number, line) for number, line in enumerate(claim.lines, start=1)]
    if not claim.benefit_only:
        yield {
            **_head("Claim", claim.id),
            **body,
            "priority": _concept(f"{_HL7}/processpriority", "normal"),
            "item": items,
        }
    if claim.benefit_only or patient.number % 4 == 0:
        yield _benefit(claim, body, items)


def _biller(patient: Patient, claim: Claim) -> str:
    group = patient.setting == HOSPITAL and not claim.institutional
    return f"group-{patient.state.lower()}-{patient.number % 2}" if group else site_id(patient)


def _benefit(claim: Claim, body: Resource, items: list[Resource]) -> Resource:
    """What the payer answered: four fifths of each line paid."""
    answered = []
    for item in items:
        paid = (Decimal(str(item["net"]["value"])) * Decimal("0.8")).quantize(Decimal("0.01"))
        benefit = {
            "category": _concept(f"{_HL7}/adjudication", "benefit"),
            "amount": {"value": float(paid), "currency": "USD"},
        }
        answered.append({**item, "itemSequence": [item["sequence"]], "adjudication": [benefit]})
    found: Resource = {
        **_head("ExplanationOfBenefit", claim.id if claim.benefit_only else f"{claim.id}-benefit"),
        **body,
        "outcome": "complete",
        "item": answered,
    }
    if not claim.benefit_only:
        found["claim"] = {"reference": f"Claim/{claim.id}"}
    return found


def _item(claim: Claim, number: int, line: Line) -> Resource:
    amount = {
        "value": float(Decimal(_PRICES.get(line.code, "96.35")) * line.units),
        "currency": "USD",
    }
    found: Resource = {
        "sequence": number,
        "diagnosisSequence": [1],
        "productOrService": _concept(HCPCS if line.code[0] == "G" else CPT, line.code),
        "servicedDate": line.day.isoformat(),
        "quantity": {"value": line.units},
        "net": amount,
    }
    if line.modifiers:
        found["modifier"] = [_concept(CPT, modifier) for modifier in line.modifiers]
    if claim.place:
        found["locationCodeableConcept"] = _concept(_POS, claim.place)
    return found


def _head(kind: str, identity: str) -> Resource:
    return {"resourceType": kind, "id": identity, "meta": _META}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}
