"""A replay of a body that the caller kept: who called is known from the registry, and nothing is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cds_service.clock import now
from cds_service.replay import Replayed, replay
from cds_service.service import Advisor
from cds_service.store.database import Store
from cds_service.store.records import Decision
from cds_service.trust.model import Client
from fhir_fixtures import load
from tests.fhir_client.ehr import Ehr, client_of, reader, serving, with_server
from tests.fhir_client.test_same_answer import resources, scope_of
from tests.store.test_replay import LIBRARY, NAME, kept, recorded

OURS = "https://ehr.example/fhir"
SECOND = "https://second.example/fhir"


def without_prefetch(**more: Any) -> dict[str, Any]:
    request = load(NAME) | more
    del request["prefetch"]
    return request


def with_authorization(server: str, **members: Any) -> dict[str, Any]:
    request = with_server(without_prefetch(), server)
    request["fhirAuthorization"] |= members
    return request


def with_a_patient_that_is_no_id() -> dict[str, Any]:
    request = with_server(without_prefetch(), OURS)
    request["context"]["patientId"] = "x" * 65
    request["context"]["claims"]["entry"][0]["resource"]["patient"]["reference"] = f"Patient/{'x' * 65}"
    return request


def asked(request: Mapping[str, Any], client: Client, store: Store) -> tuple[Decision, bytes, bytes]:
    """A call that is answered and kept: its decision, its body and what was sent."""
    body = json.dumps(request).encode()
    decision, answer = recorded(body, client)
    kept(store, decision)
    return decision, body, answer.encode()


def again(store: Store, decision: Decision, body: bytes, *clients: Client) -> Replayed:
    return replay(
        store,
        Advisor(LIBRARY, reader=reader()),
        decision.id,
        body=body,
        clients={client.name: client for client in clients},
        sealer=None,
        who="auditor",
        at=now(),
    )


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (without_prefetch(), 412, "names no FHIR server"),
        (with_server(without_prefetch(), "https://elsewhere.example/fhir"), 412, "is not registered"),
        (with_authorization(OURS, expires_in=0), 412, "no bearer token that is still valid"),
        (with_a_patient_that_is_no_id(), 412, "context.patientId is no FHIR id"),
        (with_authorization(OURS, patient="another"), 400, "name two patients"),
    ],
    ids=["no-server", "server-not-registered", "token-over", "patient-no-id", "token-of-another-patient"],
)
def test_a_refusal_of_a_body_kept_elsewhere_has_its_reason_again(
    store: Store, request_: Mapping[str, Any], status: int, reason: str
) -> None:
    client = client_of(OURS)
    decision, body, sent = asked(request_, client, store)
    assert decision.status == status
    assert reason in sent.decode()
    made = again(store, decision, body, client)
    assert made.encoded == sent
    assert (made.same_answer, made.registered, made.seen_is_gone) == (True, True, False)


def test_references_to_another_server_of_the_caller_are_the_same_patient_again(store: Store) -> None:
    request = load(NAME) | {"fhirServer": OURS}
    claim = request["context"]["claims"]["entry"][0]["resource"]
    claim["patient"]["reference"] = f"{SECOND}/{claim['patient']['reference']}"
    client = client_of(OURS, SECOND)
    decision, body, sent = asked(request, client, store)
    assert again(store, decision, body, client).encoded == sent
    stranger = again(store, decision, body)
    assert stranger.encoded != sent
    assert (stranger.registered, stranger.seen_is_gone) == (False, False)


def test_what_was_read_is_not_read_again_and_is_told_as_gone(store: Store) -> None:
    request = load(NAME)
    prefetch = request.pop("prefetch")
    with serving(Ehr(resources(prefetch))) as ehr:
        client = client_of(ehr.base)
        decision, body, _ = asked(with_server(request, ehr.base, scope_of(prefetch)), client, store)
        assert decision.reads > 0
        ehr.seen.clear()
        made = again(store, decision, body, client)
        assert ehr.seen == []
    assert (made.same_answer, made.answer.status, made.seen_is_gone) == (False, 412, True)


def test_a_server_that_gave_nothing_leaves_the_same_refusal_but_for_its_reason(store: Store) -> None:
    client = client_of("http://127.0.0.1:9/fhir")
    decision, body, sent = asked(with_server(without_prefetch(), client.fhir_bases[0]), client, store)
    assert decision.status == 412
    made = again(store, decision, body, client)
    assert made.encoded == sent.replace(b" did not give it (no connection)", b" did not give it")
    assert made.encoded != sent
    assert made.seen_is_gone


def test_a_server_that_might_not_be_asked_leaves_the_same_refusal(store: Store) -> None:
    client = client_of("http://127.0.0.1:9/fhir")
    request = with_server(without_prefetch(), client.fhir_bases[0], "patient/Observation.read")
    decision, body, sent = asked(request, client, store)
    assert (decision.status, decision.reads) == (412, 0)
    made = again(store, decision, body, client)
    assert made.encoded == sent
    assert not made.seen_is_gone
