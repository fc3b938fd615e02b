"""Findings and synthetic FHIR resources for the tests of cards."""

from __future__ import annotations

from typing import Any

from cds_service.engine.model import Evidence, Finding, LineRef, Remedy, Severity, Source, Text

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
HCPCS_HTTP = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
SYNTHETIC = {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}

SOCIETY = Source(
    statement="AST-15",
    section="Hospitals, first heading sentence",
    document="astro-igrt-coding",
    title="IGRT coding guidance",
    owner="ASTRO",
    label="ASTRO coding guidance",
    url="https://society.example/coding",
    edition="cpt-2020",
    rank="society",
)
PAYER = Source(
    statement="FLB-23",
    section="CPT list, 77387",
    document="florida-blue-igrt",
    title="Image-guided radiation therapy",
    owner="Florida Blue",
    label="Florida Blue guideline",
    url="https://payer.example/mcg",
    edition="mcg-2024-05-15",
    rank="payer",
)


def concept(code: str, system: str | None = CPT, **members: Any) -> dict[str, Any]:
    coding = {"system": system, "code": code} if system else {"code": code}
    return {"coding": [coding | members]}


def item(
    sequence: int, code: str, *modifiers: str, system: str | None = None, **members: Any
) -> dict[str, Any]:
    """A claim item as most senders write it; CPT or HCPCS by the code's shape."""
    made: dict[str, Any] = {
        "sequence": sequence,
        "productOrService": concept(code, system or (HCPCS if code[0].isalpha() else CPT)),
    }
    if modifiers:
        made["modifier"] = [concept(m, CPT if m.isdigit() else HCPCS) for m in modifiers]
    return made | {"servicedDate": "2023-05-08", "quantity": {"value": 1}} | members


def claim(*items: dict[str, Any], **members: Any) -> dict[str, Any]:
    made = {"resourceType": "Claim", "id": "c1", "meta": SYNTHETIC, "status": "active", "item": list(items)}
    return made | members


def order(*codings: dict[str, Any], **members: Any) -> dict[str, Any]:
    made = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "meta": SYNTHETIC,
        "status": "draft",
        "intent": "order",
        "code": {"coding": list(codings)},
        "subject": {"reference": "Patient/p1"},
    }
    return made | members


def line(index: int, code: str, *modifiers: str, date: str = "2023-05-08") -> LineRef:
    """The line of a claim's item `index` whose sequence is one more."""
    return LineRef("Claim/c1", index + 1, code, modifiers, date, f"Claim.item[{index}]")


def order_line(index: int, code: str, *modifiers: str) -> LineRef:
    path = f"ServiceRequest.code.coding[{index}]"
    return LineRef("ServiceRequest/s1", None, code, modifiers, "2023-05-08", path)


def finding(**members: Any) -> Finding:
    """A finding that names 77387-TC on line 2 of Claim/c1, unless told otherwise."""
    made: dict[str, Any] = {
        "kind": "bundling",
        "severity": Severity.critical,
        "unit": "Claim/c1",
        "rules": ("AST-15",),
        "rule_names": ("technical-guidance-inside-imrt-delivery",),
        "summary": Text("Guidance is included in IMRT delivery: remove {line}.", (("line", "77387-TC"),)),
        "because": (Text("The technical part of guidance is in the delivery code."),),
        "sources": (SOCIETY,),
        "lines": (line(1, "77387", "TC"),),
        "remedies": (Remedy("remove-line", code="77387"),),
        "evidence": (Evidence("Claim.item[1].productOrService", "77387"),),
    }
    return Finding(**(made | members))
