"""What became of each read from a FHIR server is counted, by fixed words; a 412 says why Coverage did not come."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from cds_service import metrics
from cds_service.app import create_app
from cds_service.books import standard_library
from cds_service.fhir_client.exchange import Fault
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.reading import FhirReader
from cds_service.service import Advisor, Answer
from fhir_fixtures import load
from tests.conftest import ROOT
from tests.contract.calls import JSON, SERVICE_OF, outcome
from tests.fhir_client.ehr import Ehr, client_of, serving, with_server
from tests.fhir_client.faults import misbehaving
from tests.fhir_client.test_reading import Told
from tests.trust.tokens import EVERYWHERE, SigningClient, client, registry, settings

DAY = date(2026, 11, 24)
LIBRARY = standard_library()
CLAIM = "florida-blue-document-one-day-too-old"


class Refusing(Told):
    """Answers all that is asked of Coverage, searched or read, with one status."""

    def __init__(self, status: int) -> None:
        super().__init__(Coverage=status)

    def answer(self, path: str) -> tuple[int, Any]:
        return super().answer("Coverage" if path.startswith("Coverage") else path)


def request(base: str, *leave_out: str, scope: str = "") -> bytes:
    made = load(CLAIM)
    for key in leave_out:
        del made["prefetch"][key]
    return json.dumps(with_server(made, base, scope)).encode()


def call(base: str, *leave_out: str, scope: str = "", **limits: Any) -> tuple[Answer, Counter[str]]:
    """An answer to a claim, and what was counted of the reads for it."""
    counted: Counter[str] = Counter()
    given = {"budget": 20.0, "http_on_loopback": True} | limits
    reader = FhirReader(ReadLimits(**given), lambda outcome: counted.update([outcome]))
    advisor = Advisor(LIBRARY, reader=reader)
    return advisor.advise(
        SERVICE_OF[CLAIM], request(base, *leave_out, scope=scope), DAY, client_of(base)
    ), counted


@pytest.mark.parametrize(
    ("shape", "counted", "limits"),
    [
        ("refused", "unreachable", {}),
        ("silent accept", "timeout", {"budget": 0.5}),
        ("body drip", "timeout", {"budget": 0.5}),
        ("redirects", "redirected", {}),
        ("5xx", "failing", {}),
        ("wrong type", "otherwise", {}),
        ("gzip bomb", "too_large", {}),
        ("refused", "busy", {"threads": 0, "first_threads": 0}),
    ],
    ids=[
        *("nobody listens", "silence", "a dripping body", "redirects", "5xx", "another type", "a bomb"),
        "no thread",
    ],
)
def test_each_way_to_fail_has_its_count(shape: str, counted: str, limits: dict[str, Any]) -> None:
    with misbehaving(shape) as server:
        _, found = call(server.base, "coverage", **limits)
    assert set(found) == {counted}
    assert found[counted] >= 1


def test_each_read_is_counted_once() -> None:
    with serving(Refusing(403)) as ehr:
        answer, found = call(ehr.base, "coverage")
    assert answer.seen.gathered is not None
    assert found.total() == answer.seen.gathered.reads == len(ehr.seen)
    assert found["refused"] == 2, "searched, and read where the claim names it"
    assert set(found) <= {"refused", "ok", "otherwise"}, "a Patient is asked for, and a Bundle comes"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        pytest.param(403, " (the server does not allow it)", id="refused"),
        pytest.param(500, " (the server fails)", id="failing"),
        pytest.param(404, " (the server does not have it)", id="absent"),
    ],
)
def test_a_412_says_what_the_server_answered(status: int, why: str) -> None:
    with serving(Refusing(status)) as ehr:
        answer, _ = call(ehr.base, "coverage")
    assert told(answer) == f"the request's FHIR server did not give it{why}"


def test_a_412_says_that_the_circuit_is_open() -> None:
    reader = FhirReader(ReadLimits(budget=20.0, http_on_loopback=True, failures=1, rest=600.0))
    advisor = Advisor(LIBRARY, reader=reader)
    with serving(Refusing(500)) as ehr:
        body = request(ehr.base, "coverage")
        for _ in range(2):
            answer = advisor.advise(SERVICE_OF[CLAIM], body, DAY, client_of(ehr.base))
    assert told(answer).endswith(" (left out for a while, since the server failed before)")


def test_a_412_says_that_no_scope_was_granted() -> None:
    with serving(Told()) as ehr:
        answer, _ = call(ehr.base, "coverage", scope="patient/Claim.read")
    assert told(answer) == "fhirAuthorization has no scope to search Coverage"
    assert not [path for path, _ in ehr.seen if "Coverage" in path]


def told(answer: Answer) -> str:
    """Why no Coverage could be fetched, in the letter of a 412."""
    assert answer.status == 412
    ((_, letter),) = outcome(json.loads(answer.encode()), "required")
    return letter.partition("none can be fetched: ")[2].partition(". ")[0]


def test_the_application_counts_into_its_metrics() -> None:
    def counted(name: str) -> float:
        return metrics.REGISTRY.get_sample_value("igrt_cds_fhir_reads_total", {"outcome": name}) or 0.0

    with serving(Ehr([])) as ehr:
        known = registry(client(audiences=frozenset({EVERYWHERE}), fhir_bases=(ehr.base,)))
        app = create_app(settings(development=True), LIBRARY, known)
        app.test_client_class = SigningClient
        before = counted("ok")
        answer = app.test_client().post(
            f"/cds-services/{SERVICE_OF[CLAIM]}", data=request(ehr.base, "coverage"), headers=JSON
        )
    assert answer.status_code in (200, 412)
    assert counted("ok") > before


def test_the_manual_names_every_outcome() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert {"ok", *(fault.name for fault in Fault)} == metrics.FHIR_OUTCOMES
    assert [name for name in sorted(metrics.FHIR_OUTCOMES) if f"| `{name}` |" not in page] == []
