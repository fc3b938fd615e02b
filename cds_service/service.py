"""One CDS Hooks call from its body to its answer. No HTTP here: `web` and the command line both call it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from cards.model import Card
from cards.render import rendered
from cds_service.books import Library
from cds_service.clock import today
from cds_service.engine.model import Finding
from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.assemble import Given, assemble
from cds_service.facts.case import Case
from cds_service.facts.compartment import home_of
from cds_service.facts.coverages import has_coverage
from cds_service.facts.pool import Entry, Pool
from cds_service.facts.readings import reading_findings, unselected_findings, with_notes
from cds_service.facts.views import CaseView
from cds_service.fhir_client.reading import FhirReader
from cds_service.request.access import Access, access_to, patient_of
from cds_service.request.bounds import require_bounded
from cds_service.request.copies import asked, without_copies
from cds_service.request.envelope import HookRequest, read_request
from cds_service.request.errors import Problem, Refusal, no_service
from cds_service.request.gather import Gathered, gather, why_no_coverage
from cds_service.request.named import Wanted, booked_days, missing, present, under_review, wanted
from cds_service.request.prefetch import State, read_prefetch
from cds_service.request.r4 import require_r4
from cds_service.request.selected import selected
from cds_service.request.services import CLAIM_HOOK, Service, services
from cds_service.trust.model import DEVELOPMENT, Client
from cds_service.turns import Turn

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_USELESS = "What was sent here could not be used: it is or holds no Coverage that can be read"
_EXACT = msgspec.json.Decoder(float_hook=Decimal)


@record(frozen=True)
class Seen:
    """What a call had to go by besides its body: what was read for it, or why nothing was. A replay goes by it too."""

    gathered: Gathered | None = None
    why_not: str = ""


@record(frozen=True)
class Answer:
    """Status and body of an answer. Decimals of embedded FHIR keep the digits that came in.

    For its record: `issued` are its cards with the findings that they show, `day` is the day of the call, and
    `seen` what was known besides its body.
    """

    status: int
    body: dict[str, Any]
    issued: tuple[tuple[Card, tuple[Finding, ...]], ...] = ()
    day: date | None = None
    seen: Seen = Seen()

    def encode(self) -> bytes:
        """The body as JSON."""
        return _ENCODER.encode(self.body)


@record(frozen=True)
class Reviewed:
    """What one evaluation saw and found."""

    case: Case
    view: CaseView
    findings: tuple[Finding, ...]
    resources: Mapping[str, Mapping[str, Any]]


class Resources(Mapping[str, Mapping[str, Any]]):
    """The resources under review as they came, parsed only when a correction needs one.

    One that shares its reference with another, or stands inside another, is not here: a card about it has
    words only.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._raw: dict[str, bytes | msgspec.Raw] = {}
        not_here = set()
        for entry in entries:
            reference = _reference(entry.resource)
            if reference in self._raw or not entry.raw:
                not_here.add(reference)
            self._raw[reference] = entry.raw
        for reference in not_here:
            del self._raw[reference]
        self._parsed: dict[str, Mapping[str, Any]] = {}

    def __getitem__(self, reference: str) -> Mapping[str, Any]:
        parsed = self._parsed.get(reference)
        if parsed is None:
            parsed = self._parsed[reference] = _EXACT.decode(self._raw[reference])
        return parsed

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class Advisor:
    """Answers calls of one library of policies. Holds no state of any call; safe to share between threads.

    Without a `reader` nothing is ever read from a FHIR server.
    """

    def __init__(
        self, library: Library, claim_hook: str = CLAIM_HOOK, reader: FhirReader | None = None
    ) -> None:
        self.library = library
        self.services = services(claim_hook)
        self.reader = reader
        self.turn = Turn()

    def advise(
        self,
        service_id: str,
        body: bytes,
        as_of: date | None = None,
        client: Client = DEVELOPMENT,
        seen: Seen | None = None,
        *,
        reading: bool = True,
    ) -> Answer:
        """Answer one call (contract sections 4 and 5). `as_of` is the day of the call, today by default; `client`
        is who calls, whose registered FHIR servers may be read. With `seen`, of a call of the past, nothing is read;
        nor is it without `reading`, for such a call of which only the body is at hand: whether it might read, and
        why not, is told as ever.

        A refusal comes back as an answer too: its status, and an OperationOutcome that says where and what.
        """
        day, used = as_of or today(), [seen or Seen()]
        try:
            service = self._service(service_id)
            request, reviewed = self._review(service, body, day, client, seen, used, reading)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.outcome(), day=day, seen=used[-1])
        issued = rendered(reviewed.findings, hook_instance=request.hookInstance, resources=reviewed.resources)
        answer: dict[str, Any] = {"cards": [card.to_json() for card, _ in issued]}
        if service.system_actions:
            answer["systemActions"] = []
        return Answer(200, answer, issued, day, used[-1])

    def explain(
        self, service_id: str, body: bytes, as_of: date | None = None, client: Client = DEVELOPMENT
    ) -> list[dict[str, Any]]:
        """Why each rule spoke or kept silent on the same call.

        Raises:
            Refusal: as `advise` would answer it.
        """
        _, reviewed = self._review(self._service(service_id), body, as_of, client)
        return self.library.explain(reviewed.view)

    def review(
        self, service_id: str, body: bytes, as_of: date | None = None, client: Client = DEVELOPMENT
    ) -> Reviewed:
        """What one call sees and finds, before it is rendered.

        Raises:
            Refusal: as `advise` would answer it.
        """
        return self._review(self._service(service_id), body, as_of, client)[1]

    def _service(self, service_id: str) -> Service:
        service = self.services.get(service_id)
        if service is None:
            raise no_service()
        return service

    def _review(
        self,
        service: Service,
        body: bytes,
        as_of: date | None,
        client: Client,
        seen: Seen | None = None,
        used: list[Seen] | None = None,
        reading: bool = True,
    ) -> tuple[HookRequest, Reviewed]:
        """As `review`. What it goes by besides the body is `seen`, or read now, if `reading`, and added to `used`."""
        started = time.monotonic()
        request, bundle = read_request(body, service)
        if seen is not None:
            access, why_not = None, seen.why_not
        else:
            access, why_not = access_to(request, client, self.reader, started)
            if access is not None and not reading:
                why_not, access = why_no_coverage(access), None
        given = (seen and seen.gathered) or Gathered(request.prefetch or {})
        filled = _fill(request, service, bundle, given, client)
        day = as_of or today()
        read = seen.gathered if seen else None
        if access is not None:
            situation = _given(request, service, bundle, filled, day, lenient=True)
            gathered = read = self._gathered(access, service, given, filled, situation)
            if gathered is not None:
                filled = _fill(request, service, bundle, gathered, client)
                why_not = why_no_coverage(access, gathered.unread)
        if used is not None:
            used.append(Seen(read, why_not))
        situation = _given(request, service, bundle, filled, day)
        return request, review_given(
            self.library,
            situation,
            filled.pool,
            _coverage_needed(filled.states),
            why_not,
            coverage_sent=filled.states.get("coverage") is State.unknown,
        )

    def _gathered(
        self, access: Access, service: Service, given: Gathered, filled: _Filled, situation: Given
    ) -> Gathered | None:
        """What the FHIR server adds; None when nothing under review is radiotherapy, so that nothing is read."""
        case = assemble(situation, filled.pool, self.library.knowledge)
        in_scope = {unit.ref for unit in case.units if unit.in_scope}
        concerned = [e for e in situation.review if _reference(e.resource) in in_scope]
        if not concerned and not missing(filled.named, filled.pool):
            return None
        with self.turn.aside():
            return gather(
                access, service.keys, given.prefetch, filled.states, concerned, filled.pool, filled.named
            )


@record(frozen=True, slots=True)
class _Filled:
    pool: Pool
    states: Mapping[str, State]
    entries: Sequence[Entry]
    named: tuple[Wanted, ...] = ()


def _fill(
    request: HookRequest, service: Service, bundle: fhir.Bundle, gathered: Gathered, client: Client
) -> _Filled:
    """The pool of one call: prefetch, what was read beside it, then what is under review."""
    servers = [request.fhirServer, *client.fhir_bases] if request.fhirServer else []
    homes = frozenset([home for url in servers if url and (home := home_of(url))])
    pool = Pool(patient_id=patient_of(request), homes=homes)
    states = read_prefetch(gathered.prefetch, pool)
    for element, raw in gathered.further:
        pool.add(raw, element)
    entries = without_copies(pool.add_bundle(bundle, f"context.{service.bundle}"))
    pool.prefer(entries)
    pool.troubles += gathered.unread
    named = wanted(request.context, entries if service.bundle else None, pool) if service.by_reference else ()
    return _Filled(pool, states, entries, named)


def _given(
    request: HookRequest,
    service: Service,
    bundle: fhir.Bundle,
    filled: _Filled,
    as_of: date,
    lenient: bool = False,
) -> Given:
    """What is under review, and what could be seen beside it; `lenient`: orders that are not here may still come.

    Raises:
        Refusal: 400 when nothing of what is under review can be read, or is R4, 412 when an order that the context
            names is not here.
    """
    troubles = filled.pool.troubles
    unread = [t for t in troubles if t.why == "unreadable" and t.path.startswith("context.")]
    if bundle.entry and not filled.entries and len(unread) == len(bundle.entry):
        raise Refusal(
            400,
            [Problem(t.path, f"This entry cannot be read ({t.what}).", "Send FHIR R4 JSON.") for t in unread],
            code="structure",
        )
    if service.by_reference:
        review = (present if lenient else under_review)(filled.named, filled.pool)
    else:
        entries = [e for e in filled.entries if e.resource.resourceType in service.reviewed]
        review = asked(entries, filled.pool)
    require_bounded(review, f"context.{service.bundle or 'dispatchedOrders'}")
    require_r4(review)
    selections = request.context.selections if service.selections else None
    advised = None if selections is None else selected(selections, bundle)
    not_given = {t.path for t in troubles if t.why == "unread"}
    return Given(
        hook=service.kind,
        as_of=as_of,
        review=review,
        documents_visible=filled.states.get("documents", State.absent).complete,
        history_whole="prefetch.claimHistory" not in not_given
        and filled.states.get("claimHistory") not in (State.unknown, State.partial),
        advised=advised,
        booked=booked_days(filled.entries, filled.pool) if service.by_reference else {},
        selects_none=bool(selections) and not advised,
        conditions_whole="prefetch.conditions" not in not_given
        and filled.states.get("conditions") not in (State.unknown, State.partial),
    )


def _coverage_needed(states: Mapping[str, State]) -> bool:
    return not states.get("coverage", State.absent).seen


def review_given(
    library: Library,
    given: Given,
    pool: Pool,
    coverage_needed: bool,
    why_not_read: str = "",
    *,
    coverage_sent: bool = False,
) -> Reviewed:
    """Facts, findings and what is said of the reading itself. `coverage_sent`: the prefetch key was there, and told
    nothing.

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
                    (_USELESS if coverage_sent else "No Coverage was supplied")
                    + ", and none can be fetched"
                    + (f": {why_not_read}." if why_not_read else " from here."),
                    "Send the prefetch key `coverage` (an empty Bundle or null when there is none), "
                    "or contain the Coverage in the resource.",
                )
            ],
            code="required",
        )
    view = CaseView(case, library.knowledge, given.advised)
    findings = with_notes(library.findings(view), case, library.knowledge, library.state_rules)
    if pool.troubles and (view.units or not case.units):
        findings = (*findings, *reading_findings(pool.troubles, case, library.knowledge))
    if given.selects_none:
        findings = (*findings, *unselected_findings(case, library.knowledge))
    return Reviewed(case, view, findings, Resources(given.review))


def _reference(resource: fhir.Resource) -> str:
    return f"{resource.resourceType}/{resource.id or 'unidentified'}"
