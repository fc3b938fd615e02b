"""Small exports made by hand: a Medicare patient in Georgia whose hospital bills IMRT."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]
CPT = "http://www.ama-assn.org/go/cpt"


def concept(system: str, *codes: str) -> Resource:
    return {"coding": [{"system": system, "code": code} for code in codes]}


def item(
    sequence: int, code: str, day: str, *modifiers: str, net: float | None = 100.0, **more: Any
) -> Resource:
    found: Resource = {
        "sequence": sequence,
        "productOrService": concept(CPT, code),
        "servicedDate": day,
        "quantity": {"value": 1},
    }
    if modifiers:
        found["modifier"] = [concept(CPT, modifier) for modifier in modifiers]
    if net is not None:
        found["net"] = {"value": net, "currency": "USD"}
    return found | more


def claim(
    identity: str, *items: Resource, patient: str = "p1", kind: str = "institutional", **more: Any
) -> Resource:
    days = sorted(each["servicedDate"] for each in items) or ["2024-03-04"]
    return {
        "resourceType": "Claim",
        "id": identity,
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", kind),
        "use": "claim",
        "patient": {"reference": f"Patient/{patient}"},
        "created": days[-1],
        "billablePeriod": {"start": days[0], "end": days[-1]},
        "provider": {"reference": "Organization/hospital"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/{patient}-cover"}}],
        "item": list(items),
    } | more


def benefit(identity: str, of: str, *items: Resource, **more: Any) -> Resource:
    found = claim(identity, *items, **more)
    return found | {"resourceType": "ExplanationOfBenefit", "claim": {"reference": of}}


def around(patient: str = "p1") -> list[Resource]:
    """The patient, the coverage, and who bills and pays."""
    return [
        {
            "resourceType": "Patient",
            "id": patient,
            "name": [{"family": "Verysecret"}],
            "address": [{"state": "GA", "line": ["7 Hidden Lane"]}],
        },
        {
            "resourceType": "Coverage",
            "id": f"{patient}-cover",
            "status": "active",
            "type": concept("https://nahdo.org/sopt", "121"),
            "subscriberId": "SECRET-NUMBER",
            "beneficiary": {"reference": f"Patient/{patient}"},
            "payor": [{"reference": "Organization/medicare"}],
        },
        {"resourceType": "Organization", "id": "medicare", "name": "Medicare"},
        {
            "resourceType": "Organization",
            "id": "hospital",
            "name": "Synthetic Hospital",
            "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "0000000000"}],
            "address": [{"state": "GA"}],
        },
    ]


def double_billed(identity: str = "c1", day: str = "2024-03-04", **more: Any) -> Resource:
    """IMRT delivery with the technical part of guidance beside it (AST-15)."""
    return claim(identity, item(1, "77385", day, net=610.0), item(2, "77387", day, "TC", net=125.4), **more)
