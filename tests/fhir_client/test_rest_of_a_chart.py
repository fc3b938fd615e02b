"""What of a chart, or behind a reference, could not be read whole is said, and nothing is called missing in it."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.facts.pool import Pool
from cds_service.service import Advisor
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, findings
from tests.fhir_client.ehr import Ehr, client_of, outcome, reader, serving, with_server

DAY = date(2026, 11, 24)
LIBRARY = standard_library()
CLAIM = "florida-blue-document-one-day-too-old"
DISPATCH = "dispatch-tracking-with-modifier-other"
NO_PLAIN_JSON = {"x": 10**100}
"""A number that the gate does not let through."""
Json = dict[str, Any]


def asked(
    name: str, request: Json, ehr: Ehr, scope: str = "", **limits: Any
) -> tuple[list[Json], list[tuple[str, str]]]:
    """Findings, and what is told to be unread: places and reasons."""
    body = json.dumps(with_server(request, ehr.base, scope)).encode()
    answer = Advisor(LIBRARY, reader=reader(**limits)).advise(
        SERVICE_OF[name], body, DAY, client_of(ehr.base)
    )
    assert answer.status == 200
    found = findings(json.loads(answer.encode()))
    told = [
        (e["path"], e["value"]) for f in found for e in f.get("evidence", ()) if f["kind"] == "informational"
    ]
    return found, told


def by_id(ehr: Ehr) -> list[str]:
    return [path.removeprefix("/fhir/") for path, _ in ehr.seen if "?" not in path]


def severities(found: list[Json]) -> set[str]:
    return {f["severity"] for f in found if f["kind"] == "documentation"}


class Paging(Ehr):
    """The documents, and behind their first page what `second` says; further pages are empty."""

    def __init__(self, second: tuple[int, Json], first: Json | None = None) -> None:
        super().__init__([])
        self.second, self.first = second, first

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and body for a path below the base."""
        if path == "second":
            return self.second
        status, body = super().answer(path.replace("third?", "DocumentReference?subject=none&"))
        if path.startswith("DocumentReference?"):
            body = {"resourceType": "Bundle", "type": "searchset", "entry": []}
            body |= {"link": [{"relation": "next", "url": f"{self.base}/second"}]} | (self.first or {})
        return status, body


EMPTY: Json = {"resourceType": "Bundle", "type": "searchset", "entry": []}
NEXT = [{"relation": "next", "url": "third?"}]


def test_of_a_chart_that_holds_nothing_all_is_missing() -> None:
    request = load(CLAIM)
    del request["prefetch"]["documents"]
    with serving(Ehr([])) as ehr:
        found, told = asked(CLAIM, request, ehr)
    assert severities(found) == {"warning"}
    assert "prefetch.documents" not in dict(told)


@pytest.mark.parametrize("documents", [0, 1])
@pytest.mark.parametrize(
    ("second", "first", "limits", "reason"),
    [
        ((500, {}), {}, {}, "the server fails"),
        ((404, {}), {}, {}, "the server does not have it"),
        ((200, EMPTY | NO_PLAIN_JSON), {}, {}, "the server answered something else"),
        ((200, EMPTY | {"entry": [{}], "link": NEXT}), {}, {}, "the server answered something else"),
        ((200, EMPTY | {"link": [{"relation": "next"}]}), {}, {}, "it leads to another server"),
        ((200, EMPTY | {"link": NEXT}), {}, {"empty_pages": 1}, "more than is read for one call"),
        ((200, EMPTY | {"link": NEXT}), {}, {"pages": 2, "empty_pages": 9}, "more than is read for one call"),
        ((200, EMPTY), {"total": 9}, {}, "more than is read for one call"),
        ((200, EMPTY | {"total": 0}), {"total": 9}, {}, "more than is read for one call"),
    ],
    ids=[
        "fails",
        "is not there",
        "no plain JSON",
        "an entry that is none",
        "says not where it goes on",
        "empty for long",
        "many pages",
        "fewer than were counted",
        "fewer than were counted at first",
    ],
)
def test_a_chart_that_breaks_off_is_told_and_nothing_is_called_missing(
    documents: int, second: tuple[int, Json], first: Json, limits: Json, reason: str
) -> None:
    request = load(CLAIM)
    entries = request["prefetch"].pop("documents")["entry"][:documents]
    with serving(Paging(second, {"entry": entries} | first)) as ehr:
        found, told = asked(CLAIM, request, ehr, **limits)
    assert dict(told)["prefetch.documents"] == reason
    assert severities(found) == {"info"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (EMPTY | {"total": 3}, (200, EMPTY)),
        (EMPTY | {"link": [{"relation": "next", "url": "second"}]}, (500, {})),
    ],
    ids=["none of several", "breaks off before the first"],
)
def test_coverages_that_did_not_come_are_not_known_to_be_none(first: Json, second: tuple[int, Json]) -> None:
    class Without(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            if path == "second":
                return second
            return (200, first) if path.startswith("Coverage?") else super().answer(path)

    request = load(CLAIM)
    del request["prefetch"]["coverage"]
    with serving(Without([])) as ehr:
        body = json.dumps(with_server(request, ehr.base)).encode()
        answer = Advisor(LIBRARY, reader=reader()).advise(SERVICE_OF[CLAIM], body, DAY, client_of(ehr.base))
    assert answer.status == 412
    assert b"did not give it" in answer.encode()


def test_one_page_with_a_damaged_entry_is_told_though_the_next_one_is_whole() -> None:
    request = load(CLAIM)
    entries = request["prefetch"].pop("documents")["entry"][:1]
    with serving(Paging((200, EMPTY), {"entry": [*entries, {"resource": 5}]})) as ehr:
        found, told = asked(CLAIM, request, ehr)
    assert dict(told)["prefetch.documents"] == "the server answered something else"
    assert severities(found) == {"info"}


def test_the_rest_of_a_page_that_was_sent_is_a_part_where_the_scope_is_narrow() -> None:
    request = load(CLAIM)
    documents = request["prefetch"]["documents"]
    with serving(Paging((200, EMPTY))) as ehr:
        documents |= {
            "entry": documents["entry"][:1],
            "link": [{"relation": "next", "url": f"{ehr.base}/second"}],
        }
        documents.pop("total", None)
        found, told = asked(CLAIM, request, ehr, "user/DocumentReference.rs?type=x")
        assert [path for path, _ in ehr.seen] == ["/fhir/second"]
    assert dict(told)["prefetch.documents"] == "the authorization covers a part only"
    assert severities(found) == {"info"}


@pytest.mark.parametrize(("limits", "pages"), [({}, ["/fhir/second"]), ({"pages": 1}, [])])
def test_a_remark_of_the_server_is_no_reason_not_to_go_on_and_the_page_that_was_sent_counts(
    limits: Json, pages: list[str]
) -> None:
    request = load(CLAIM)
    documents = request["prefetch"]["documents"]
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "suppressed"}]}
    with serving(Paging((200, EMPTY))) as ehr:
        documents |= {"link": [{"relation": "next", "url": f"{ehr.base}/second"}], "total": None}
        documents["entry"].append({"resource": remark, "search": {"mode": "outcome"}})
        _, told = asked(CLAIM, request, ehr, "user/DocumentReference.rs", **limits)
        assert [path for path, _ in ehr.seen] == pages
    assert ("prefetch.documents", "more than is read for one call") in told or pages


def test_a_list_with_a_gap_and_no_further_page_is_no_matter_of_scopes() -> None:
    request = load(CLAIM)
    request["prefetch"]["documents"]["entry"][0]["resource"]["subject"] = {"reference": "Patient/another"}
    with serving(Ehr([])) as ehr:
        found, told = asked(CLAIM, request, ehr, "user/DocumentReference.rs?type=x")
        assert ehr.seen == []
    assert "the authorization covers a part only" not in dict(told).values()
    assert severities(found) == {"info"}


@pytest.mark.parametrize(
    ("value", "again"),
    [
        (EMPTY | {"entry": [{"resource": outcome("timeout")}, {"fullUrl": "x"}]}, True),
        (EMPTY | {"entry": [{"resource": outcome("forbidden")}, {"fullUrl": "x"}]}, False),
        ({"resourceType": "OperationOutcome", "issue": "forbidden"}, True),
    ],
    ids=["may help", "is useless", "cannot be read"],
)
def test_a_failed_query_is_asked_again_if_that_can_help(value: Json, again: bool) -> None:
    request = load(CLAIM)
    request["prefetch"]["documents"] = value
    with serving(Ehr([])) as ehr:
        asked(CLAIM, request, ehr)
        assert any(path.startswith("/fhir/DocumentReference") for path, _ in ehr.seen) is again


def placed(request: Json, facility: str, provider: str) -> Json:
    claim: Json = request["context"]["claims"]["entry"][0]["resource"]
    claim |= {"facility": {"reference": facility}, "provider": {"reference": provider}}
    return request


@pytest.mark.parametrize(
    ("facility", "scope"),
    [
        ("https://other.example/fhir/Location/here", ""),
        ("Location/here", "user/Organization.read user/Coverage.read"),
    ],
    ids=["on another server", "not permitted"],
)
def test_a_place_that_may_not_be_asked_for_lets_the_next_one_speak(facility: str, scope: str) -> None:
    request = placed(load(CLAIM), facility, "Organization/biller")
    with serving(Ehr([{"resourceType": "Location", "id": "here", "address": {"state": "GA"}}])) as ehr:
        asked(CLAIM, request, ehr, scope)
        assert by_id(ehr) == ["Organization/biller"]


@pytest.mark.parametrize("kind", ["Patient", "Location"])
def test_a_resource_that_is_no_plain_json_is_not_taken(kind: str) -> None:
    class Odd(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            status, body = super().answer(path)
            return status, body | NO_PLAIN_JSON if path.startswith(f"{kind}/") else body

    request = placed(load(CLAIM), "Location/here", "Organization/biller")
    patient = request["prefetch"].pop("patient")
    here = {"resourceType": "Location", "id": "here", "address": {"state": "GA"}}
    with serving(Odd([patient, here])) as ehr:
        _, told = asked(CLAIM, request, ehr)
    place = {"Patient": "prefetch.patient", "Location": "Claim.facility"}[kind]
    assert dict(told)[place] == "the server answered something else"


def test_the_payer_behind_a_coverage_that_was_itself_read() -> None:
    request = load(CLAIM)
    (coverage,) = [e["resource"] for e in request["prefetch"].pop("coverage")["entry"]]
    (payer,) = coverage.pop("contained")
    coverage["payor"] = [{"reference": "Organization/payer"}]
    with serving(Ehr([coverage, payer | {"id": "payer"}])) as ehr:
        asked(CLAIM, request, ehr)
        assert by_id(ehr) == ["Organization/payer"]


def test_a_payer_is_asked_for_when_the_patient_that_was_read_tells_whose_the_coverage_is() -> None:
    request = load(CLAIM)
    patient = request["prefetch"].pop("patient")
    (coverage,) = [e["resource"] for e in request["prefetch"].pop("coverage")["entry"]]
    del coverage["contained"]
    number = {"system": "urn:hospital", "value": "4711"}
    patient["identifier"] = [number]
    coverage |= {"payor": [{"reference": "Organization/payer"}], "beneficiary": {"identifier": number}}
    known = threading.Event()

    class Ordered(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            if path.startswith("Coverage?"):
                assert known.wait(20)
                return 200, EMPTY | {"entry": [{"resource": coverage}]}
            return super().answer(path)

    class Noted(Pool):
        def add(self, *given: Any, **more: Any) -> Any:
            done = super().add(*given, **more)
            if given[1:] == ("prefetch.patient",):
                known.set()
            return done

    with serving(Ordered([patient])) as ehr, pytest.MonkeyPatch.context() as patch:
        patch.setattr("cds_service.service.Pool", Noted)
        asked(CLAIM, request, ehr)
        assert by_id(ehr) == ["Patient/test-patient-florida", "Organization/payer"]


@pytest.mark.parametrize("searched", [True, False])
def test_an_order_that_is_only_named_is_asked_for_when_no_search_brings_it_and_leads_on(
    searched: bool,
) -> None:
    request = load(DISPATCH)
    orders = [e["resource"] for e in request["prefetch"].pop("serviceRequests")["entry"]]
    (named,) = [each for each in orders if each["id"] == "guidance-order"]
    named["basedOn"] = [{"reference": "ServiceRequest/behind"}]
    behind = {"resourceType": "ServiceRequest", "id": "behind", "status": "completed", "intent": "order"}

    class Hiding(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            if path.startswith("ServiceRequest?") and not searched:
                return 403, outcome("forbidden")
            return super().answer(path)

    with serving(Hiding([*orders, behind])) as ehr:
        asked(DISPATCH, request, ehr)
        read = by_id(ehr)
    assert read == (
        ["ServiceRequest/behind"] if searched else ["ServiceRequest/guidance-order", "ServiceRequest/behind"]
    )
