"""What a FHIR server answered: only what was asked for is taken, and what is left out of it is known (T7, T11)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.fhir_client.addresses import query_at
from cds_service.fhir_client.answers import Page, page_of, resource_of
from cds_service.fhir_client.exchange import Fault, ReadFailed
from cds_service.request import gate
from tests.fhir_client.ehr import TOKEN, Ehr, client_of, reader, serving

CLAIM = {"resourceType": "Claim", "id": "c"}
COVERAGE = {"resourceType": "Coverage", "id": "v"}


def entry(resource: Any, mode: str | None = "match") -> dict[str, Any]:
    return {"resource": resource} | ({"search": {"mode": mode}} if mode else {})


def remark(*severities: str | None, code: Any = "x") -> dict[str, Any]:
    issues = [{"code": code} | ({"severity": each} if each else {}) for each in severities]
    return entry({"resourceType": "OperationOutcome", "issue": issues}, "outcome")


def page(*entries: Any, **members: Any) -> Page:
    body = {"resourceType": "Bundle", "type": "searchset", "entry": list(entries)} | members
    return page_of(json.dumps(body).encode(), "Claim", gate.check)


@pytest.mark.parametrize(
    ("beside", "whole"),
    [
        ((), True),
        ((entry(COVERAGE, "include"),), True),
        ((entry(COVERAGE),), False),
        ((entry(COVERAGE, None),), False),
        ((remark("information"),), True),
        ((remark("warning", "information"),), True),
        ((remark("error"),), False),
        ((remark("warning", "fatal"),), False),
        ((remark(None),), False),
        ((entry({"resourceType": "OperationOutcome"}, "outcome"),), False),
        ((entry({"resourceType": "OperationOutcome", "issue": [5]}, "outcome"),), False),
        ((remark(),), False),
        ((remark("warning", code="suppressed"),), False),
        ((remark("information", code="incomplete"),), False),
        ((remark("warning", code=["suppressed"]),), True),
        ((7,), False),
        ((entry(7),), False),
        (({},), False),
        ((entry({"resourceType": "Claim", "id": 5}),), False),
    ],
    ids=str,
)
def test_what_was_asked_for_is_taken_and_it_is_known_whether_that_is_all(
    beside: tuple[Any, ...], whole: bool
) -> None:
    for entries in ((entry(CLAIM), *beside), (*beside, entry(CLAIM, None))):
        made = page(*entries)
        assert [json.loads(bytes(each))["resource"] for each in made.entries] == [CLAIM]
        assert made.whole is whole
    if whole:
        assert page(*beside).entries == ()
    else:
        with pytest.raises(ReadFailed):
            page(*beside)


@pytest.mark.parametrize(
    ("total", "told"), [(3, 3), (0, 0), (None, None), ("3", None), (True, None), (2.5, None)]
)
def test_how_many_there_are_is_a_whole_number_or_not_told(total: Any, told: int | None) -> None:
    assert page(entry(CLAIM), total=total).total == told


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ([{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}], "b"),
        ([5, {"relation": "next", "url": "b"}], "b"),
        ([{"relation": "next"}], ""),
        ([{"relation": "next", "url": 5}], ""),
        ([{"relation": "self", "url": "a"}], None),
        ({"relation": "next", "url": "b"}, None),
        (None, None),
    ],
)
def test_where_a_search_goes_on(link: Any, leads: str | None) -> None:
    assert page(entry(CLAIM), link=link).next == leads


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"resourceType": "OperationOutcome"}',
        b'{"resourceType": "Claim"}',
        b'{"resourceType": "Bundle",',
        b'{"resourceType": "Bundle", "resourceType": "Bundle"}',
        b'{"resourceType": "Bundle", "entry": [], "x": NaN}',
    ],
)
def test_what_is_no_page_is_not_read(body: bytes) -> None:
    with pytest.raises(ReadFailed):
        page_of(body, "Claim", gate.check)


FAULTS = {
    201: Fault.otherwise,
    302: Fault.redirected,
    400: Fault.otherwise,
    401: Fault.refused,
    403: Fault.refused,
    404: Fault.absent,
    410: Fault.absent,
    429: Fault.failing,
    500: Fault.failing,
    503: Fault.failing,
}


@pytest.mark.parametrize(("status", "fault"), FAULTS.items())
def test_each_status_has_its_reason(status: int, fault: Fault) -> None:
    class Answering(Ehr):
        def answer(self, path: str) -> tuple[int, Any]:
            return status, {"Location": "/fhir/elsewhere"}

    with serving(Answering([])) as ehr:
        client, asking = client_of(ehr.base), reader()
        base = asking.base_of(client, ehr.base)
        assert base is not None
        with asking.open(client, base, TOKEN) as reading:
            reading.ask("claims", query_at(base, "Claim?patient={{context.patientId}}", "p1"))
            (outcome,) = reading.outcomes()
    assert outcome.fault is fault
    assert len(ehr.seen) == (2 if status == 503 else 1)


@pytest.mark.parametrize(
    "answer",
    [
        CLAIM | {"id": "another"},
        CLAIM | {"resourceType": "Coverage"},
        {"resourceType": "Claim"},
        {"resourceType": "Bundle", "entry": [{"resource": CLAIM}]},
        {"resourceType": "OperationOutcome", "id": "c"},
        [CLAIM],
    ],
    ids=str,
)
def test_another_resource_than_was_asked_for_is_not_taken(answer: Any) -> None:
    with pytest.raises(ReadFailed):
        resource_of(json.dumps(answer).encode(), "Claim", "c", gate.check)
    asked_for = resource_of(json.dumps(CLAIM).encode(), "Claim", "c", gate.check)
    assert json.loads(bytes(asked_for)) == CLAIM
