"""Whether the FHIR server of a request may be read, and for which patient."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.fhir_client.addresses import is_id
from cds_service.fhir_client.authorization import Authorization, Unbound, read_authorization
from cds_service.fhir_client.reading import FhirReader
from cds_service.request.envelope import HookRequest
from cds_service.request.errors import Problem, Refusal
from cds_service.trust.bases import Base
from cds_service.trust.model import Client


@dataclass(frozen=True, slots=True)
class Access:
    """The way to the FHIR server of one call, once it is known to be permitted. `started`: monotonic seconds."""

    reader: FhirReader
    client: Client
    base: Base
    authorization: Authorization
    patient_id: str
    started: float


def patient_of(request: HookRequest) -> str:
    """The id of the patient of the call."""
    return request.context.patientId.rpartition("/")[2].strip()


def access_to(
    request: HookRequest, client: Client, reader: FhirReader | None, started: float
) -> tuple[Access | None, str]:
    """The way to the request's FHIR server, or None and why it is not read.

    Raises:
        Refusal: 400 when the access token is bound to another patient than the request speaks of, or nobody can tell
            to which (threat T7).
    """
    try:
        authorization, bound_to = read_authorization(request.fhirAuthorization)
    except Unbound:
        raise Refusal(
            400,
            [
                Problem(
                    "fhirAuthorization.patient",
                    "fhirAuthorization.patient is no text.",
                    "Send the id of the patient of the call. Nothing was read and nothing was reviewed.",
                )
            ],
        ) from None
    patient_id = patient_of(request)
    if bound_to and bound_to != patient_id:
        raise Refusal(
            400,
            [
                Problem(
                    "fhirAuthorization.patient",
                    "fhirAuthorization.patient and context.patientId name two patients.",
                    "Send a token for the patient of the call. Nothing was read and nothing was reviewed.",
                )
            ],
            code="conflict",
        )
    if not request.fhirServer:
        return None, "the request names no FHIR server"
    if authorization is None:
        return None, "fhirAuthorization gives no bearer token that is still valid"
    base = reader.base_of(client, request.fhirServer) if reader else None
    if reader is None or base is None:
        return None, "the request's FHIR server is not registered for this caller"
    if not is_id(patient_id):
        return None, "context.patientId is no FHIR id"
    return Access(reader, client, base, authorization, patient_id, started), ""
