"""Writes a claim as one FHIR R4 Claim that carries its Coverage, payer, biller and place (contract section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace

from cds_service.audit.records import CLAIM_NUMBER, REFUSED, TRANSACTION, UNREAD_LINES, VOIDED_LINE
from cds_service.audit_inputs import cells
from cds_service.audit_inputs.drafts import Draft, Head, Line, Payer
from cds_service.facts.codes import CPT, HCPCS, ICD10, POS

_HL7 = "http://terminology.hl7.org/CodeSystem"
_NPI = "http://hl7.org/fhir/sid/us-npi"
_ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
_BILL = "https://www.nubc.org/CodeSystem/TypeOfBill"
_REVENUE = "https://www.nubc.org/CodeSystem/RevenueCodes"
_PAYER_ID = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType"
_LOB = "urn:igrt-cds:line-of-business"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_INFO = "urn:igrt-cds:supporting-info"
_INDICATION = "urn:igrt-cds:indication"
CURRENCY = "USD"
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9.-]+")
_encoder = msgspec.json.Encoder()
Json = dict[str, Any]


def ident(number: str) -> str:
    """A FHIR id (letters, digits, `-` and `.`, at most 64) for a number as an office writes it.

    A number that is no id by itself gets a part of its hash behind it: two numbers never share an id.
    """
    made = _NOT_IN_AN_ID.sub("-", number)
    if made == number and len(number) <= 64:
        return number
    return f"{made[:51].strip('-')}-{sha256(number.encode()).hexdigest()[:12]}"


def claim_json(draft: Draft) -> bytes:
    """The Claim as JSON on one line."""
    return _encoder.encode(_claim(draft))


def _is_void(head: Head) -> bool:
    """Whether it is a bill that takes back another (NUBC, frequency 8): its type says so, and it is in force itself."""
    bill = head.type_of_bill.lstrip("0")
    return len(bill) == 3 and bill.endswith("8")


def _claim(draft: Draft) -> Json:
    head = draft.head
    patient = {"reference": f"Patient/{ident(head.patient)}"}
    start = draft.start or min((line.start for line in draft.lines), default=None)
    end = draft.end or max((line.end or line.start for line in draft.lines), default=None)
    listed = list(
        dict.fromkeys((*draft.diagnoses, *(code for line in draft.lines for code in line.diagnoses)))
    )
    team = _team(draft)
    made: Json = {"resourceType": "Claim", "id": draft.ident}
    if draft.ident != draft.claim:
        made["identifier"] = [{"system": CLAIM_NUMBER, "value": draft.claim}]
        if draft.sent:
            made["identifier"].append({"system": TRANSACTION, "value": draft.sent})
    marks: list[Json] = []
    if draft.unread:
        marks.append({"url": UNREAD_LINES, "valueUnsignedInt": draft.unread})
    if head.status == "refused":
        marks.append({"url": REFUSED, "valueBoolean": True})
    marks += [{"url": VOIDED_LINE, "valueString": _voided(line)} for line in draft.voided]
    if marks:
        made["extension"] = marks
    made |= {
        "contained": _contained(head, patient),
        "status": "cancelled" if head.status == "cancelled" and not _is_void(head) else "active",
        "use": "claim",
        "patient": patient,
        "provider": _provider(head),
        # What FHIR asks for and a file does not say: said to be unknown.
        **(
            {"created": draft.created.isoformat()}
            if draft.created
            else {"_created": {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}}
        ),
        "priority": {"text": "not given"},
        "type": _concept(f"{_HL7}/claim-type", head.form) if head.form else {"text": "not given"},
    }
    if start and end:
        made["billablePeriod"] = {"start": start.isoformat(), "end": end.isoformat()}
    if draft.takes_place:
        relationship = _concept(f"{_HL7}/ex-relatedclaimrelationship", "prior")
        number = {"identifier": {"system": CLAIM_NUMBER, "value": draft.claim}}
        made["related"] = [{"claim": number, "relationship": relationship}]
    if head.type_of_bill:
        made["subType"] = _concept(_BILL, head.type_of_bill)
    if head.site or head.state or head.site_npi:
        made["facility"] = _given(
            reference="#site",
            identifier={"system": _NPI, "value": head.site_npi} if head.site_npi else None,
            display=head.site,
        )
    if team:
        made["careTeam"] = [
            {
                "sequence": number,
                "provider": {"identifier": {"system": _NPI, "value": npi}},
                "role": _concept(f"{_HL7}/claimcareteamrole", role),
            }
            for number, (npi, role) in enumerate(team, start=1)
        ]
    if head.indications:
        made["supportingInfo"] = [
            {
                "sequence": number,
                "category": _concept(_INFO, "indication"),
                "code": _concept(_INDICATION, indication),
            }
            for number, indication in enumerate(head.indications, start=1)
        ]
    if listed:
        made["diagnosis"] = [_diagnosis(n, code) for n, code in enumerate(listed, start=1)]
    made["insurance"] = [{"sequence": 1, "focal": True, "coverage": {"reference": "#coverage"}}]
    if draft.lines:
        made["item"] = [_item(line, number, listed, team) for number, line in _numbered(draft.lines)]
    charges = [line.charge for line in draft.lines]
    if charges and None not in charges:
        made["total"] = _money(sum(c for c in charges if c is not None))
    elif draft.total is not None:
        made["total"] = _money(draft.total)
    return made


def _numbered(lines: Iterable[Line]) -> Iterable[tuple[int, Line]]:
    """Lines with their own numbers; those without one get numbers that nobody has."""
    lines = tuple(lines)
    taken = {line.sequence for line in lines}
    free = (n for n in range(1, 2 * len(lines) + 1) if n not in taken)
    return [(line.sequence or next(free), line) for line in lines]


def _contained(head: Head, patient: Json) -> list[Json]:
    made = [_payer(head.payer), _coverage(head.payer, patient)]
    if head.billing_npi or head.billing_name or head.billing_state:
        made.append(
            _given(
                resourceType="Organization",
                id="biller",
                identifier=[{"system": _NPI, "value": head.billing_npi}] if head.billing_npi else None,
                name=head.billing_name,
                address=[{"state": head.billing_state}] if head.billing_state else None,
            )
        )
    if head.site or head.state or head.site_npi:
        address = {"state": head.state} if head.state else None
        made.append(_given(resourceType="Location", id="site", name=head.site, address=address))
    return made


def _payer(payer: Payer) -> Json:
    identifier = {"type": _concept(_PAYER_ID, "payerid"), "value": payer.identifier}
    return _given(
        resourceType="Organization",
        id="payer",
        identifier=[identifier] if payer.identifier else None,
        name=payer.name,
    )


def _coverage(payer: Payer, patient: Json) -> Json:
    classes = [
        {"type": _concept(f"{_HL7}/coverage-class", kind), "value": value}
        for kind, value in (("plan", payer.plan), ("group", payer.group))
        if value
    ]
    kind = _concept(_LOB, payer.line_of_business) if payer.line_of_business else {}
    if payer.plan_words:
        kind = {**kind, "text": payer.plan_words}
    made: Json = {"resourceType": "Coverage", "id": "coverage", "status": "active", "beneficiary": patient}
    payor = {"reference": "#payer"} | ({"display": payer.name} if payer.name else {})
    return made | _given(type=kind or None, payor=[payor], order=payer.order, **{"class": classes})


def _provider(head: Head) -> Json:
    if head.billing_npi or head.billing_name or head.billing_state:
        return {"reference": "#biller"}
    return {"display": "not given"}


def _team(draft: Draft) -> list[tuple[str, str]]:
    """NPI and role of everybody who is named; a rendering provider of several lines once."""
    rendering = dict.fromkeys(line.rendering_npi for line in draft.lines if line.rendering_npi)
    team = [(npi, "primary") for npi in rendering]
    if draft.head.ordering_npi:
        team.append((draft.head.ordering_npi, "referring"))
    return team


def _diagnosis(number: int, code: str) -> Json:
    if not code:
        return {"sequence": number, "diagnosisCodeableConcept": {"text": "not given"}}
    system = _ICD9 if cells.is_icd9(code) else ICD10
    made: Json = {"sequence": number, "diagnosisCodeableConcept": _concept(system, code)}
    if number == 1:
        made["type"] = [_concept(f"{_HL7}/ex-diagnosistype", "principal")]
    return made


def _item(line: Line, number: int, listed: list[str], team: list[tuple[str, str]]) -> Json:
    made: Json = {"sequence": number}
    if line.rendering_npi:
        made["careTeamSequence"] = [team.index((line.rendering_npi, "primary")) + 1]
    if line.diagnoses:
        made["diagnosisSequence"] = [listed.index(code) + 1 for code in dict.fromkeys(line.diagnoses)]
    if line.revenue_code:
        made["revenue"] = _concept(_REVENUE, line.revenue_code)
    system = CPT if line.code[:1].isdecimal() else HCPCS
    made["productOrService"] = _concept(system, line.code) if line.code else {"text": "revenue code only"}
    if line.modifiers:
        made["modifier"] = [
            _concept(CPT if modifier.isdecimal() else HCPCS, modifier) for modifier in line.modifiers
        ]
    if line.end and line.end != line.start:
        made["servicedPeriod"] = {"start": line.start.isoformat(), "end": line.end.isoformat()}
    else:
        made["servicedDate"] = line.start.isoformat()
    if line.place_of_service:
        made["locationCodeableConcept"] = _concept(POS, line.place_of_service)
    if line.units is not None:
        made["quantity"] = {"value": _number(line.units)}
    if line.charge is not None:
        made["net"] = _money(line.charge)
    return made


def _voided(line: Line) -> str:
    """A line of a void: what the one that it takes back bills, and when."""
    bare = replace(line, rendering_npi="", diagnoses=(), revenue_code="")
    return _encoder.encode(_item(bare, 1, [], [])).decode()


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _number(value: Any) -> msgspec.Raw:
    """A decimal as a JSON number with the digits that were read."""
    return msgspec.Raw(format(value, "f").encode())


def _money(value: Any) -> Json:
    return {"value": _number(value), "currency": CURRENCY}


def _given(**members: Any) -> Json:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value}
