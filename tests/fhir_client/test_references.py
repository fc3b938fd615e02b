"""References that facts need are read where the request does not bring them, each once and a few steps far (T13)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.service import Advisor
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, findings
from tests.fhir_client.ehr import Ehr, client_of, outcome, reader, serving, with_server

DAY = date(2026, 11, 24)
LIBRARY = standard_library()
CLAIM = "florida-blue-document-one-day-too-old"
ORDER = "order-left-breast-breath-hold-florida-blue"
Json = dict[str, Any]


def asked(name: str, request: Json, ehr: Ehr, **limits: Any) -> tuple[list[Json], list[str]]:
    """Findings, and the resources that were read by id."""
    advisor = Advisor(LIBRARY, reader=reader(**limits))
    body = json.dumps(with_server(request, ehr.base)).encode()
    answer = advisor.advise(SERVICE_OF[name], body, DAY, client_of(ehr.base))
    assert answer.status == 200
    reads = [path.removeprefix("/fhir/") for path, _ in ehr.seen if "?" not in path]
    return findings(json.loads(answer.encode())), reads


def without_notes(found: list[Json]) -> list[Json]:
    return [f for f in found if f["kind"] != "informational"]


@pytest.mark.parametrize(
    "written", ["Organization/payer", "{base}/Organization/payer", "Organization/payer/_history/2"]
)
def test_the_payer_behind_a_coverage(written: str) -> None:
    request = load(CLAIM)
    (coverage,) = [e["resource"] for e in request["prefetch"]["coverage"]["entry"]]
    (payer,) = coverage.pop("contained")
    with serving(Ehr([payer | {"id": "payer"}])) as ehr:
        coverage["payor"] = [{"reference": written.replace("{base}", ehr.base)}]
        found, reads = asked(CLAIM, request, ehr)
    assert reads == ["Organization/payer"]
    advisor = Advisor(LIBRARY)
    plain = advisor.advise(SERVICE_OF[CLAIM], json.dumps(load(CLAIM)).encode(), DAY)
    assert without_notes(found) == without_notes(findings(json.loads(plain.encode())))


def test_a_payer_that_cannot_be_read_is_named_by_its_element() -> None:
    request = load(CLAIM)
    (coverage,) = [e["resource"] for e in request["prefetch"]["coverage"]["entry"]]
    del coverage["contained"]
    coverage["payor"] = [{"reference": "Organization/gone"}]
    with serving(Ehr([])) as ehr:
        found, _ = asked(CLAIM, request, ehr)
    (said,) = [f for f in found if any(e["path"] == "Coverage.payor" for e in f.get("evidence", ()))]
    assert {"path": "Coverage.payor", "value": "the server does not have it"} in said["evidence"]
    assert "gone" not in json.dumps(said)


def test_orders_that_stand_on_each_other_end() -> None:
    request = load(ORDER)
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    subject = order["subject"]
    ring = [
        {
            "resourceType": "ServiceRequest",
            "id": f"ring-{n}",
            "status": "active",
            "intent": "order",
            "subject": subject,
            "basedOn": [{"reference": f"ServiceRequest/ring-{m}"} for m in range(6) if m != n],
        }
        for n in range(6)
    ]
    order["basedOn"] = [{"reference": "ServiceRequest/ring-0"}]

    class Blind(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            return (403, outcome("forbidden")) if path.startswith("ServiceRequest?") else super().answer(path)

    with serving(Blind(ring)) as ehr:
        _, reads = asked(ORDER, request, ehr)
    assert sorted(reads) == [f"ServiceRequest/ring-{n}" for n in range(6)]


def test_a_long_chain_is_followed_a_few_steps_only() -> None:
    request = load(ORDER)
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    chain = [
        {
            "resourceType": "ServiceRequest",
            "id": f"link-{n}",
            "status": "active",
            "intent": "order",
            "subject": order["subject"],
            "basedOn": [{"reference": f"ServiceRequest/link-{n + 1}"}],
        }
        for n in range(30)
    ]
    order["basedOn"] = [{"reference": "ServiceRequest/link-0"}]

    class Blind(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            return (403, outcome("forbidden")) if path.startswith("ServiceRequest?") else super().answer(path)

    with serving(Blind(chain)) as ehr:
        _, reads = asked(ORDER, request, ehr)
    assert reads == [f"ServiceRequest/link-{n}" for n in range(4)]


def test_another_patients_order_is_read_and_not_used() -> None:
    request = load(ORDER)
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    other = {"resourceType": "ServiceRequest", "id": "other", "status": "active", "intent": "order"}
    other["subject"] = {"reference": "Patient/somebody-else"}  # type: ignore[assignment]
    order["basedOn"] = [{"reference": "ServiceRequest/other"}]
    with serving(Ehr([other])) as ehr:
        found, reads = asked(ORDER, request, ehr)
    assert reads == ["ServiceRequest/other"]
    evidence = [e for f in found for e in f.get("evidence", ())]
    assert {"path": "ServiceRequest.basedOn", "value": "ServiceRequest"} in evidence


def test_the_place_of_service_is_read_before_its_biller() -> None:
    request = load(CLAIM)
    claim = request["context"]["claims"]["entry"][0]["resource"]
    claim["facility"] = {"reference": "Location/here"}
    claim["provider"] = {"reference": "Organization/biller"}
    here = {"resourceType": "Location", "id": "here", "address": {"state": "GA"}}
    biller = {"resourceType": "Organization", "id": "biller", "address": [{"state": "OH"}]}
    with serving(Ehr([here, biller])) as ehr:
        _, reads = asked(CLAIM, request, ehr)
        assert reads == ["Location/here"]
    with serving(Ehr([{"resourceType": "Location", "id": "here"}, biller])) as ehr:
        _, reads = asked(CLAIM, request, ehr)
        assert reads == ["Location/here", "Organization/biller"]
    with serving(Ehr([biller])) as ehr:
        _, reads = asked(CLAIM, request, ehr)
        assert reads == ["Location/here", "Organization/biller"]


def test_the_place_of_an_item_is_read_before_the_claims_biller() -> None:
    request = load(CLAIM)
    claim = request["context"]["claims"]["entry"][0]["resource"]
    claim["provider"] = {"reference": "Organization/biller"}
    claim["item"][-1]["locationReference"] = {"reference": "Location/here"}
    here = {"resourceType": "Location", "id": "here", "address": {"state": "GA"}}
    biller = {"resourceType": "Organization", "id": "biller", "address": [{"state": "OH"}]}
    with serving(Ehr([here, biller])) as ehr:
        _, reads = asked(CLAIM, request, ehr)
    assert reads == ["Location/here"]


def test_nothing_is_read_for_an_order_outside_radiotherapy() -> None:
    name = "order-brain-mri-and-lipid-panel"
    request = load(name) | {"prefetch": {}}
    with serving(Ehr([])) as ehr:
        found, _ = asked(name, request, ehr)
        assert ehr.seen == []
    assert found == []


def test_the_rest_of_a_paged_prefetch_is_read() -> None:
    request = load(CLAIM)
    documents = request["prefetch"]["documents"]
    with serving(Ehr([e["resource"] for e in documents["entry"]], page=1)) as ehr:
        patient = request["context"]["patientId"]
        first = {"resourceType": "Bundle", "type": "searchset", "entry": documents["entry"][:1]}
        first["link"] = [
            {"relation": "next", "url": f"{ehr.base}/DocumentReference?patient={patient}&_offset=1"}
        ]
        request["prefetch"]["documents"] = first
        found, _ = asked(CLAIM, request, ehr)
        pages = [path for path, _ in ehr.seen if path.startswith("/fhir/DocumentReference")]
    assert len(pages) == len(documents["entry"]) - 1
    plain = Advisor(LIBRARY).advise(SERVICE_OF[CLAIM], json.dumps(load(CLAIM)).encode(), DAY)
    assert without_notes(found) == without_notes(findings(json.loads(plain.encode())))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("coverage", {"resourceType": "Coverage", "id": "x", "payor": 5}),
        ("patient", {"resourceType": "Patient", "id": "x", "address": 5}),
    ],
)
def test_a_resource_that_cannot_be_read_is_told_and_the_rest_is_read(key: str, value: Json) -> None:
    request = load(CLAIM)
    request["prefetch"][key] = value
    with serving(Ehr([])) as ehr:
        found, _ = asked(CLAIM, request, ehr)
        kinds = {path.removeprefix("/fhir/").partition("?")[0] for path, _ in ehr.seen if "?" in path}
    assert {"Condition", "Procedure", "Claim"} <= kinds
    assert f"prefetch.{key}" in {e["path"] for f in found for e in f.get("evidence", ())}


@pytest.mark.parametrize(("code", "again"), [("timeout", True), ("forbidden", False), ("throttled", False)])
def test_a_query_that_failed_is_asked_again_if_that_can_help(code: str, again: bool) -> None:
    request = load(CLAIM)
    request["prefetch"]["documents"] = outcome(code)
    with serving(Ehr([])) as ehr:
        asked(CLAIM, request, ehr)
        assert any(path.startswith("/fhir/DocumentReference") for path, _ in ehr.seen) is again


def test_an_order_that_a_hook_only_names_is_read_by_its_id() -> None:
    """The client says that it has no orders to send; the one that it dispatches is asked for all the same."""
    name = "dispatch-tracking-with-modifier-other"
    request = load(name)
    orders = [e["resource"] for e in request["prefetch"]["serviceRequests"]["entry"]]
    request["prefetch"]["serviceRequests"] = None
    with serving(Ehr(orders)) as ehr:
        found, reads = asked(name, request, ehr)
    assert reads == ["ServiceRequest/guidance-order"]
    plain = Advisor(LIBRARY).advise(SERVICE_OF[name], json.dumps(load(name)).encode(), DAY)
    assert without_notes(found) == without_notes(findings(json.loads(plain.encode())))


@pytest.mark.parametrize(
    ("server", "status", "reads"),
    [("own", 200, ["ServiceRequest/guidance-order"]), ("https://other.example/fhir", 412, [])],
)
def test_an_order_that_is_named_at_another_server_is_not_read_by_its_id_from_this_one(
    server: str, status: int, reads: list[str]
) -> None:
    name = "dispatch-tracking-with-modifier-other"
    request = load(name)
    orders = [e["resource"] for e in request["prefetch"]["serviceRequests"]["entry"]]
    request["prefetch"]["serviceRequests"] = None
    with serving(Ehr(orders)) as ehr:
        at = ehr.base if server == "own" else server
        request["context"]["dispatchedOrders"] = [f"{at}/ServiceRequest/guidance-order"]
        body = json.dumps(with_server(request, ehr.base)).encode()
        answer = Advisor(LIBRARY, reader=reader()).advise(SERVICE_OF[name], body, DAY, client_of(ehr.base))
        assert answer.status == status
        assert [path.removeprefix("/fhir/") for path, _ in ehr.seen if "?" not in path] == reads
