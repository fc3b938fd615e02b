"""One CDS Hooks call from its body to its answer. No HTTP here: `web` and the command line both call it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from cards.model import Card
from cards.render import rendered
from cds_service.books import Library
from cds_service.clock import today
from cds_service.engine.explain import explain_case
from cds_service.engine.model import Finding
from cds_service.facts import fhir
from cds_service.facts.assemble import Given, assemble, has_coverage
from cds_service.facts.case import Case
from cds_service.facts.pool import Entry, Pool, relative
from cds_service.facts.readings import reading_findings, with_notes
from cds_service.facts.views import CaseView
from cds_service.request.envelope import HookRequest, read_request
from cds_service.request.errors import Problem, Refusal
from cds_service.request.prefetch import State, read_prefetch
from cds_service.request.services import CLAIM_HOOK, Service, services

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_MAX_DEPTH = 100
"""FHIR resources of real senders stay below 20."""


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer. Decimals of embedded FHIR keep the digits that came in.

    `issued` are its cards with the findings that they show, for the record of it; `day` is the day of the call.
    """

    status: int
    body: dict[str, Any]
    issued: tuple[tuple[Card, tuple[Finding, ...]], ...] = ()
    day: date | None = None

    def encode(self) -> bytes:
        """The body as JSON."""
        return _ENCODER.encode(self.body)


@dataclass(frozen=True)
class Reviewed:
    """What one evaluation saw and found."""

    case: Case
    view: CaseView
    findings: tuple[Finding, ...]
    resources: Mapping[str, Mapping[str, Any]]


class Resources(Mapping[str, Mapping[str, Any]]):
    """The resources under review as they came, parsed only when a correction needs one.

    One that shares its reference with another, or holds what could not be sent back digit for digit, is not
    here: a card about it has words only.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        named = [(f"{e.resource.resourceType}/{e.resource.id or 'unidentified'}", e.raw) for e in entries]
        counted = Counter(reference for reference, _ in named)
        self._raw = {reference: raw for reference, raw in named if counted[reference] == 1}

    def __getitem__(self, reference: str) -> Mapping[str, Any]:
        try:
            parsed: Mapping[str, Any] = json.loads(bytes(self._raw[reference]), parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            raise KeyError(reference) from None
        if _deeper_than(parsed, _MAX_DEPTH):
            raise KeyError(reference)
        return parsed

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def _deeper_than(value: Any, limit: int) -> bool:
    """Whether objects and lists stand in each other more than `limit` deep."""
    level = [value]
    while level and limit >= 0:
        inner = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level = [member for members in inner for member in members]
        limit -= 1
    return bool(level)


class Advisor:
    """Answers calls of one library of policies. Holds no state of any call; safe to share between threads."""

    def __init__(self, library: Library, claim_hook: str = CLAIM_HOOK) -> None:
        self.library = library
        self.services = services(claim_hook)

    def advise(self, service_id: str, body: bytes, as_of: date | None = None) -> Answer:
        """Answer one call (contract sections 4 and 5). `as_of` is the day of the call, today by default.

        A refusal comes back as an answer too: its status, and an OperationOutcome that says where and what.
        """
        day = as_of or today()
        try:
            service = self._service(service_id)
            request, reviewed = self._review(service, body, day)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.outcome(), day=day)
        issued = rendered(reviewed.findings, hook_instance=request.hookInstance, resources=reviewed.resources)
        answer: dict[str, Any] = {"cards": [card.to_json() for card, _ in issued]}
        if service.system_actions:
            answer["systemActions"] = []
        return Answer(200, answer, issued, day)

    def explain(self, service_id: str, body: bytes, as_of: date | None = None) -> list[dict[str, Any]]:
        """Why each rule spoke or kept silent on the same call.

        Raises:
            Refusal: as `advise` would answer it.
        """
        _, reviewed = self._review(self._service(service_id), body, as_of)
        return explain_case(self.library.engine, reviewed.view)

    def review(self, service_id: str, body: bytes, as_of: date | None = None) -> Reviewed:
        """What one call sees and finds, before it is rendered.

        Raises:
            Refusal: as `advise` would answer it.
        """
        return self._review(self._service(service_id), body, as_of)[1]

    def _service(self, service_id: str) -> Service:
        service = self.services.get(service_id)
        if service is None:
            raise Refusal(
                404,
                [Problem("", "There is no service of this id.", "GET /cds-services lists them.")],
                code="not-found",
            )
        return service

    def _review(self, service: Service, body: bytes, as_of: date | None) -> tuple[HookRequest, Reviewed]:
        request, bundle = read_request(body, service)
        pool = Pool(patient_id=request.context.patientId.rpartition("/")[2].strip())
        states = read_prefetch(request.prefetch, pool)
        entries = pool.add_bundle(bundle, f"context.{service.bundle}")
        review = [e for e in entries if e.resource.resourceType in service.reviewed]
        unread = [t for t in pool.troubles if t.why == "unreadable" and t.path.startswith("context.")]
        if bundle.entry and not entries and len(unread) == len(bundle.entry):
            raise Refusal(
                400,
                [
                    Problem(t.path, f"This entry cannot be read ({t.what}).", "Send FHIR R4 JSON.")
                    for t in unread
                ],
                code="structure",
            )
        given = Given(
            hook=service.kind,
            as_of=as_of or today(),
            review=review,
            documents_visible=states.get("documents", State.absent).complete,
            advised=_advised(request, service),
        )
        return request, review_given(self.library, given, pool, _coverage_needed(states))


def _advised(request: HookRequest, service: Service) -> frozenset[str] | None:
    if not service.selections:
        return None
    return frozenset(relative(text.strip()) for text in request.context.selections or ())


def _coverage_needed(states: Mapping[str, State]) -> bool:
    return not states.get("coverage", State.absent).seen


def review_given(library: Library, given: Given, pool: Pool, coverage_needed: bool) -> Reviewed:
    """Facts, findings and what is said of the reading itself.

    Raises:
        Refusal: 412 when a radiotherapy order or claim has no Coverage that was supplied or is known to be none.
    """
    case = assemble(given, pool, library.knowledge)
    in_scope = {unit.ref for unit in case.units if unit.in_scope}
    concerned = [e for e in given.review if _reference(e.resource) in in_scope]
    if coverage_needed and concerned and not has_coverage(concerned, pool):
        raise Refusal(
            412,
            [
                Problem(
                    "prefetch.coverage",
                    "No Coverage was supplied, and none can be fetched from here.",
                    "Send the prefetch key `coverage` (an empty Bundle or null when there is none), "
                    "or contain the Coverage in the resource.",
                )
            ],
            code="required",
        )
    view = CaseView(case, library.knowledge, given.advised)
    findings = with_notes(library.engine.evaluate(view), case, library.knowledge, library.state_rules)
    if view.units or not case.units:
        findings = (*findings, *reading_findings(pool.troubles, case, library.knowledge))
    return Reviewed(case, view, findings, Resources(given.review))


def _reference(resource: fhir.Resource) -> str:
    return f"{resource.resourceType}/{resource.id or 'unidentified'}"
