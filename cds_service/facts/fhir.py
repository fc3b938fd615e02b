"""Lean, tolerant structs of the FHIR R4 elements that rules read; everything else is skipped while decoding.

Real clients send slightly invalid FHIR (Bundle without type, empty codings): nothing is required here, and
what a reader needs it asks for itself. Full validation is `--strict` (docs/decisions/0003).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import msgspec


class Fhir(msgspec.Struct):
    """Base of all structs: unknown members are ignored."""


class Coding(Fhir):
    system: str | None = None
    code: str | None = None


class CodeableConcept(Fhir):
    coding: list[Coding] = []
    text: str | None = None
    extension: list[Extension] = []


class Identifier(Fhir):
    type: CodeableConcept | None = None
    system: str | None = None
    value: str | None = None


class Reference(Fhir):
    reference: str | None = None
    identifier: Identifier | None = None
    display: str | None = None
    type: str | None = None
    extension: Any = msgspec.UNSET


class Period(Fhir):
    start: str | None = None
    end: str | None = None


class Quantity(Fhir):
    value: float | None = None


class Extension(Fhir):
    url: str | None = None
    extension: list[Extension] = []
    valueCodeableConcept: CodeableConcept | None = None
    valueCoding: Coding | None = None
    valuePositiveInt: int | None = None
    valueUnsignedInt: int | None = None
    valueInteger: int | None = None
    valueQuantity: Quantity | None = None


class Timing(Fhir):
    event: list[str] = []
    repeat: msgspec.Raw = msgspec.Raw()


class Address(Fhir):
    state: str | None = None
    use: str | None = None
    type: str | None = None
    period: Period | None = None


class Resource(Fhir):
    """What every resource may hold; `contained` stays undecoded until a reference asks for it."""

    resourceType: str = ""
    id: str | None = None
    contained: list[msgspec.Raw] = []


class ServiceRequest(Resource):
    status: str | None = None
    intent: str | None = None
    doNotPerform: bool | None = None
    category: list[CodeableConcept] = []
    code: CodeableConcept | None = None
    orderDetail: list[CodeableConcept] = []
    quantityQuantity: Quantity | None = None
    subject: Reference | None = None
    occurrenceDateTime: str | None = None
    occurrencePeriod: Period | None = None
    occurrenceTiming: Timing | None = None
    authoredOn: str | None = None
    requester: Reference | None = None
    performer: list[Reference] = []
    locationCode: list[CodeableConcept] = []
    locationReference: list[Reference] = []
    reasonCode: list[CodeableConcept] = []
    reasonReference: list[Reference] = []
    insurance: list[Reference] = []
    basedOn: list[Reference] = []
    replaces: list[Reference] = []
    bodySite: list[CodeableConcept] = []
    extension: list[Extension] = []


class Procedure(Resource):
    status: str | None = None
    code: CodeableConcept | None = None
    category: CodeableConcept | None = None
    subject: Reference | None = None
    performedDateTime: str | None = None
    performedPeriod: Period | None = None
    basedOn: list[Reference] = []
    partOf: list[Reference] = []
    reasonCode: list[CodeableConcept] = []
    reasonReference: list[Reference] = []
    bodySite: list[CodeableConcept] = []
    extension: list[Extension] = []


class ClaimItem(Fhir):
    sequence: int | None = None
    careTeamSequence: list[int] = []
    diagnosisSequence: list[int] = []
    informationSequence: list[int] = []
    productOrService: CodeableConcept | None = None
    modifier: list[CodeableConcept] = []
    servicedDate: str | None = None
    servicedPeriod: Period | None = None
    locationCodeableConcept: CodeableConcept | None = None
    locationAddress: Address | None = None
    locationReference: Reference | None = None
    quantity: Quantity | None = None


class ClaimDiagnosis(Fhir):
    sequence: int | None = None
    diagnosisCodeableConcept: CodeableConcept | None = None
    diagnosisReference: Reference | None = None
    type: list[CodeableConcept] = []


class ClaimCareTeam(Fhir):
    sequence: int | None = None
    provider: Reference | None = None
    role: CodeableConcept | None = None


class ClaimInsurance(Fhir):
    sequence: int | None = None
    focal: bool | None = None
    coverage: Reference | None = None


class SupportingInfo(Fhir):
    sequence: int | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    valueBoolean: bool | None = None
    valueString: str | None = None
    valueQuantity: Quantity | None = None
    valueReference: Reference | None = None


class Claim(Resource):
    extension: Any = msgspec.UNSET
    status: str | None = None
    type: CodeableConcept | None = None
    subType: CodeableConcept | None = None
    use: str | None = None
    patient: Reference | None = None
    billablePeriod: Period | None = None
    created: str | None = None
    insurer: Reference | None = None
    claim: Reference | None = None  # of an ExplanationOfBenefit: the Claim it answers
    provider: Reference | None = None
    facility: Reference | None = None
    careTeam: list[ClaimCareTeam] = []
    supportingInfo: list[SupportingInfo] = []
    diagnosis: list[ClaimDiagnosis] = []
    insurance: list[ClaimInsurance] = []
    item: list[ClaimItem] = []


class CoverageClass(Fhir):
    type: CodeableConcept | None = None
    value: str | None = None
    name: str | None = None


class Coverage(Resource):
    identifier: list[Identifier] = []
    status: str | None = None
    type: CodeableConcept | None = None
    beneficiary: Reference | None = None
    payor: list[Reference] = []
    class_: list[CoverageClass] = msgspec.field(default=[], name="class")
    order: int | None = None
    period: Period | None = None


class Organization(Resource):
    name: str | None = None
    alias: list[str] = []
    identifier: list[Identifier] = []
    address: list[Address] = []


class Location(Resource):
    address: Address | None = None
    managingOrganization: Reference | None = None


class Qualification(Fhir):
    code: CodeableConcept | None = None


class Practitioner(Resource):
    identifier: list[Identifier] = []
    qualification: list[Qualification] = []


class PractitionerRole(Resource):
    identifier: list[Identifier] = []
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] = []


class Patient(Resource):
    identifier: list[Identifier] = []
    address: list[Address] = []


class Condition(Resource):
    subject: Reference | None = None
    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    code: CodeableConcept | None = None
    bodySite: list[CodeableConcept] = []


class DocumentContext(Fhir):
    period: Period | None = None


class DocumentReference(Resource):
    status: str | None = None
    subject: Reference | None = None
    type: CodeableConcept | None = None
    date: str | None = None
    context: DocumentContext | None = None
    author: list[Reference] = []
    authenticator: Reference | None = None


class Appointment(Resource):
    status: str | None = None
    start: str | None = None
    basedOn: list[Reference] = []


class Task(Resource):
    status: str | None = None
    focus: Reference | None = None
    basedOn: list[Reference] = []
    for_: Reference | None = msgspec.field(default=None, name="for")


class Answer(Fhir):
    valueCoding: Coding | None = None
    item: list[QuestionnaireItem] = []


class QuestionnaireItem(Fhir):
    answer: list[Answer] = []
    item: list[QuestionnaireItem] = []


class QuestionnaireResponse(Resource):
    status: str | None = None
    subject: Reference | None = None
    item: list[QuestionnaireItem] = []


class BundleEntry(Fhir):
    fullUrl: Any = None  # a fault here must not cost the whole Bundle
    search: Any = None
    resource: msgspec.Raw = msgspec.Raw()


class Bundle(Resource):
    type: str | None = None
    link: Any = None
    total: Any = None
    entry: list[BundleEntry] = []

    @property
    def goes_on(self) -> bool:
        """Whether this is one page of several: what is not here may stand on the next."""
        links = self.link if isinstance(self.link, list) else []
        return any(isinstance(each, dict) and each.get("relation") == "next" for each in links)

    def counts_more_than(self, matches: int) -> bool:
        """Whether the server counted more matches than these."""
        return type(self.total) is int and self.total > matches


TYPES: dict[str, type[Resource]] = {
    "ServiceRequest": ServiceRequest,
    "Procedure": Procedure,
    "Claim": Claim,
    "ExplanationOfBenefit": Claim,
    "Coverage": Coverage,
    "Organization": Organization,
    "Location": Location,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Patient": Patient,
    "Condition": Condition,
    "DocumentReference": DocumentReference,
    "QuestionnaireResponse": QuestionnaireResponse,
    "Appointment": Appointment,
    "Task": Task,
    "Bundle": Bundle,
}
"""Resource types that rules read; an ExplanationOfBenefit is read as the Claim that it repeats."""

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(type=kind) for name, kind in TYPES.items()
}
_FIRST_MEMBER = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_PEEK = msgspec.json.Decoder(type=Resource)


class Unreadable(Exception):
    """A resource whose needed elements have the wrong JSON type. `where` is the FHIR path, no values."""

    def __init__(self, resource_type: str, where: str) -> None:
        super().__init__(f"{resource_type}{'' if where.startswith('.') else ' '}{where}")
        self.resource_type, self.where = resource_type, where


def peek(raw: bytes | msgspec.Raw) -> Resource:
    """Type and id of a resource.

    Raises:
        Unreadable: when it is no JSON object with a textual resourceType.
    """
    try:
        return _PEEK.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("resource", _place(error)) from None


def kind_of(raw: bytes | msgspec.Raw) -> str:
    """Type of a resource in a body that was read already: as `peek`, but not read again where its type stands first.

    Raises:
        Unreadable: as `peek`.
    """
    first = _FIRST_MEMBER.match(raw)
    return first[1].decode() if first else peek(raw).resourceType


def decode(raw: bytes | msgspec.Raw) -> Resource | None:
    """The resource as a lean struct, or None for a type that no rule reads.

    Raises:
        Unreadable: when an element that rules read has the wrong JSON type.
    """
    first = _FIRST_MEMBER.match(raw)
    if first is not None and (decoder := _DECODERS.get(named := first[1].decode())) is not None:
        with suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):  # said below, read once more
            read: Resource = decoder.decode(raw)
            if read.resourceType == named:
                return read
    if (decoder := _DECODERS.get(kind := peek(raw).resourceType)) is None:
        return None
    try:
        resource: Resource = decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(kind, _place(error)) from None
    return resource


def _place(error: Exception) -> str:
    """Where decoding failed, without the value that was found there (it may be patient data)."""
    text = str(error)
    what = text.partition(" - at ")[0] if isinstance(error, msgspec.ValidationError) else "malformed JSON"
    _, _, path = text.partition(" - at `$")
    return f"{path.rstrip('`') or 'as a whole'}: {what}"
