"""A Medicare scenario as a CDS Hooks request: the general request, with what only the LCD text reads put in."""

from __future__ import annotations

from typing import Any

from tests.oracle.lcd_model import LcdLine, LcdPast, LcdScenario, Paper, extra
from tests.oracle.to_fhir import INFO, MCODE, PATIENT, RADIOTHERAPY, SNOMED, TEST, Json, to_request

ROLES = "urn:igrt-cds:performer-role"
DOCUMENTS = "urn:igrt-cds:document-type"
CARE_TEAM = "http://terminology.hl7.org/CodeSystem/claimcareteamrole"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def to_lcd_request(scenario: LcdScenario) -> tuple[str, Json]:
    """The service's id and the request body."""
    service, request = to_request(scenario)
    prefetch = request["prefetch"]
    prefetch["patient"]["address"] = [{"use": "home", "state": scenario.home}]
    bundle = request["context"]["claims" if scenario.hook == "claim" else "draftOrders"]
    reviewed = bundle["entry"][0]["resource"]
    if scenario.hook == "claim":
        _claim(reviewed, scenario)
    else:
        _order(reviewed, scenario)
    for entry, past in zip(prefetch["claimHistory"]["entry"], scenario.history, strict=True):
        _past(entry["resource"], past, scenario)
    if "documents" in prefetch:
        entries = prefetch["documents"]["entry"]
        entries += [
            {"resource": _document(f"paper-{n}", paper)} for n, paper in enumerate(scenario.papers, 1)
        ]
    if scenario.hook == "claim":
        _course_summary(prefetch["procedures"]["entry"], scenario)
    return service, request


def _diagnoses(codes: tuple[str, ...]) -> list[Json]:
    return [
        {"sequence": n, "diagnosisCodeableConcept": {"coding": [{"system": ICD, "code": code}]}}
        for n, code in enumerate(codes, 1)
    ]


class _Supporting:
    """The claim's supportingInfo, growing."""

    def __init__(self, claim: Json) -> None:
        self.claim = claim

    def add(self, category: str, **value: Any) -> int:
        """Sequence of the new entry."""
        entries = self.claim.setdefault("supportingInfo", [])
        number = len(entries) + 1
        entries.append(
            {"sequence": number, "category": {"coding": [{"system": INFO, "code": category}]}, **value}
        )
        return number

    def code(self, category: str, system: str, code: str) -> int:
        """The same for a coded entry."""
        return self.add(category, code={"coding": [{"system": system, "code": code}]})


def _claim(claim: Json, scenario: LcdScenario) -> None:
    if scenario.place:
        claim.setdefault("contained", []).append(
            {"resourceType": "Location", "id": "place", "address": {"state": scenario.place}}
        )
        claim["facility"] = {"reference": "#place"}
    claim["diagnosis"] = _diagnoses(scenario.diagnoses) if scenario.diagnoses else []
    supporting = _Supporting(claim)
    if scenario.complete is not None:
        supporting.add("history-complete", valueBoolean=scenario.complete)
    for modality in scenario.modalities:
        supporting.code("other-modality", "urn:igrt-cds:other-modality", modality)
    if scenario.level:
        supporting.code("supervision-level", "urn:igrt-cds:supervision-level", scenario.level)
    if scenario.performer:
        supporting.code("performer-role", ROLES, scenario.performer)
    for number, paper in enumerate(scenario.attached_papers, 1):
        document = _document(f"attached-paper-{number}", paper)
        claim.setdefault("contained", []).extend([document, *document.pop("contained", ())])
        supporting.add("attachment", valueReference={"reference": f"#attached-paper-{number}"})
    _items(claim, tuple(extra(line) for line in scenario.lines), supporting)
    if not claim["diagnosis"]:
        del claim["diagnosis"]


def _past(claim: Json, past: Any, scenario: LcdScenario) -> None:
    diagnoses = past.diagnoses if isinstance(past, LcdPast) else scenario.diagnoses
    claim["diagnosis"] = _diagnoses(diagnoses)
    supporting = _Supporting(claim)
    for slug in past.indications if isinstance(past, LcdPast) else ():
        supporting.code("indication", "urn:igrt-cds:indication", slug)
    _items(claim, tuple(extra(line) for line in past.lines), supporting)
    if not claim["diagnosis"]:
        del claim["diagnosis"]


def _items(claim: Json, lines: tuple[LcdLine, ...], supporting: _Supporting) -> None:
    team: dict[str, int] = {}
    for item, line in zip(claim["item"], lines, strict=True):
        item.pop("diagnosisSequence", None)
        if line.pointers:
            item["diagnosisSequence"] = list(line.pointers)
        named = item.setdefault("informationSequence", [])
        if line.course:
            named.append(supporting.add("course", valueString=line.course))
        if line.level:
            named.append(supporting.code("supervision-level", "urn:igrt-cds:supervision-level", line.level))
        if line.performer:
            named.append(supporting.code("performer-role", ROLES, line.performer))
        if not named:
            del item["informationSequence"]
        if line.rendering:
            team.setdefault(line.rendering, len(team) + 1)
            item["careTeamSequence"] = [team[line.rendering]]
    if team:
        claim["careTeam"] = [
            {
                "sequence": number,
                "provider": {"reference": f"Practitioner/{person}"},
                "role": {"coding": [{"system": CARE_TEAM, "code": "primary"}]},
            }
            for person, number in team.items()
        ]
    claim["billablePeriod"]["end"] = max(line.last for line in lines).isoformat()
    claim["created"] = max(line.last for line in lines).isoformat()


def _order(order: Json, scenario: LcdScenario) -> None:
    if scenario.place:
        order.setdefault("contained", []).append(
            {"resourceType": "Location", "id": "place", "address": {"state": scenario.place}}
        )
        order["locationReference"] = [{"reference": "#place"}]
    slugs = [c for c in order["reasonCode"] if c["coding"][0]["system"] != ICD]
    order["reasonCode"] = [
        *({"coding": [{"system": ICD, "code": code}]} for code in scenario.diagnoses),
        *slugs,
    ]


def _document(identifier: str, paper: Paper) -> Json:
    """Signers are contained, so that each has its own role, or none."""
    document: Json = {
        "resourceType": "DocumentReference",
        "id": identifier,
        "meta": TEST,
        "status": "current",
        "type": {"coding": [{"system": DOCUMENTS, "code": paper.slug}]},
        "subject": PATIENT,
        "content": [{"attachment": {"contentType": "text/plain", "title": "Test document without content"}}],
    }
    if paper.date:
        document["date"] = f"{paper.date.isoformat()}T09:30:00-05:00"
    for number, (person, role) in enumerate(paper.signers):
        if role is None:
            reference = {"reference": f"Practitioner/{person}"}
        else:
            document.setdefault("contained", []).append(
                {
                    "resourceType": "PractitionerRole",
                    "id": f"{identifier}-signer-{number}",
                    "practitioner": {"reference": f"Practitioner/{person}"},
                    "code": [{"coding": [{"system": ROLES, "code": role}]}],
                }
            )
            reference = {"reference": f"#{identifier}-signer-{number}"}
        if number == 0:
            document["author"] = [reference]
        else:
            document["authenticator"] = reference
    return document


def _course_summary(entries: list[Json], scenario: LcdScenario) -> None:
    """Fractions delivered, on the course's own Procedure: an existing one, else a new one."""
    if scenario.course_fractions is None and not scenario.spine:
        return
    course = next((e["resource"] for e in entries if "performedPeriod" in e["resource"]), None)
    if course is None:
        first = min(line.date for line in scenario.lines).isoformat()
        last = max(line.date for line in scenario.lines).isoformat()
        course = {
            "resourceType": "Procedure",
            "id": "procedure-course",
            "meta": TEST,
            "status": "completed",
            "category": RADIOTHERAPY,
            "code": {"coding": [{"system": SNOMED, "code": "1217123003"}]},
            "subject": PATIENT,
            "performedPeriod": {"start": first, "end": last},
        }
        entries.append({"resource": course})
    if scenario.course_fractions is not None:
        course.setdefault("extension", []).append(
            {
                "url": f"{MCODE}mcode-radiotherapy-dose-delivered-to-volume",
                "extension": [{"url": "fractionsDelivered", "valueUnsignedInt": scenario.course_fractions}],
            }
        )
    if scenario.spine:
        course["bodySite"] = [{"coding": [{"system": "urn:igrt-cds:body-site", "code": "spine"}]}]
