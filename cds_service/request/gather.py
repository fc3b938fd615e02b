"""What a request lacks is read from its FHIR server, if that is permitted; the answer is the same as from prefetch.

Permitted is what the caller registered (its base URLs), authorized (`fhirAuthorization`) and let us read (scopes).
Asked for are our own templates under the keys that are absent, unknown or go on, and the references that facts need.
What was read takes the place of the prefetch value: everything after this does not know the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from cds_service.facts import fhir
from cds_service.facts.needs import Need, needed
from cds_service.facts.pool import Entry, Pool, Trouble
from cds_service.fhir_client.addresses import page_at, query_at, resource_at
from cds_service.fhir_client.answers import Page, bundle_of, next_link, page_of, resource_of
from cds_service.fhir_client.authorization import Right
from cds_service.fhir_client.exchange import Fault, ReadFailed
from cds_service.fhir_client.reading import Outcome, Reading
from cds_service.request import gate
from cds_service.request.access import Access
from cds_service.request.named import ORDER, Wanted, missing, present
from cds_service.request.prefetch import TYPES, State
from cds_service.request.services import TEMPLATES
from cds_service.trust.bases import BadAddress

Prefetch = Mapping[str, msgspec.Raw]
_POINTLESS = frozenset(
    {"security", "login", "unknown", "expired", "forbidden", "suppressed", "not-supported", "throttled"}
)
"""Issue types of an OperationOutcome for which asking again is useless (CDS Hooks: prefetch, FHIR: IssueType)."""

NOT_GIVEN: Final = "the request's FHIR server did not give it"
"""Why a Coverage is not there although the FHIR server of the call might be asked."""
_TO_COVERAGE = frozenset({"prefetch.coverage", "Claim.insurance.coverage", "ServiceRequest.insurance"})
"""Where what could not be read may have been the Coverage."""


@dataclass
class Gathered:
    """Prefetch with what was read added, resources behind references, and what could not be read (by key)."""

    prefetch: Prefetch
    further: list[tuple[str, msgspec.Raw]] = field(default_factory=list)
    unread: list[Trouble] = field(default_factory=list)
    reads: int = 0


@dataclass
class _Search:
    """One key on its way: the pages so far, and how many more there may be."""

    kind: str
    entries: list[msgspec.Raw] = field(default_factory=list)
    whole: bool = True
    total: int | None = None
    pages: int = 0
    empty: int = 0
    fault: Fault | None = None


def gather(
    access: Access,
    keys: Sequence[str],
    prefetch: Prefetch,
    states: Mapping[str, State],
    review: Sequence[Entry],
    pool: Pool,
    named: Sequence[Wanted] = (),
) -> Gathered:
    """Read what is missing under `keys`, the orders that the call only names, and what is behind the references of
    all that is under review, within one budget.

    `pool` holds what the request brought; it is filled on the way, to see which references are still needed.
    """
    opened = access.reader.open(access.client, access.base, access.authorization.token, access.started)
    with opened as reading:
        work = _Work(access, reading, pool, dict(prefetch), named)
        for key in keys:
            work.start(key, states.get(key, State.absent))
        work.follow(review)
        for outcome in reading.outcomes():
            work.take(outcome)
            work.follow(review)
        return work.result(keys)


def why_no_coverage(access: Access, unread: Sequence[Trouble] = ()) -> str:
    """Why a Coverage that was to be read is not there, as the end of a sentence, in words of ours alone."""
    faults = dict.fromkeys(trouble.what for trouble in unread if trouble.path in _TO_COVERAGE)
    if not faults and access.authorization.right("Coverage", searched=True) is Right.none:
        return "fhirAuthorization has no scope to search Coverage"
    return NOT_GIVEN + (f" ({'; '.join(faults)})" if faults else "")


class _Work:
    def __init__(
        self,
        access: Access,
        reading: Reading,
        pool: Pool,
        prefetch: dict[str, msgspec.Raw],
        named: Sequence[Wanted],
    ) -> None:
        self._named = named
        self._access, self._reading, self._pool = access, reading, pool
        self._prefetch = prefetch
        self._searches: dict[str, _Search] = {}
        self._going: set[str] = set()
        self._needs: dict[str, Need] = {}
        self._lost: set[str] = set()
        self._further: dict[str, tuple[str, msgspec.Raw]] = {}
        self._unread: dict[str, Fault] = {}

    def start(self, key: str, state: State) -> None:
        """Ask for a key that the request does not answer, or for the rest of one that it answers in part."""
        kind, template = TYPES[key], TEMPLATES[key]
        right = self._access.authorization.right(kind, "?" in template)
        if right is Right.none or state in (State.supplied, State.none):
            return
        given = self._prefetch.get(key)
        if state is State.unknown and given is not None and _pointless(given):
            return
        self._searches[key] = search = _Search(kind)
        if right is Right.part:
            search.whole, search.fault = False, Fault.not_granted
        if state is State.partial:
            self._go_on_from(key, search, given)
            return
        self._going.add(key)
        self._reading.ask(key, query_at(self._access.base, template, self._access.patient_id))

    def _go_on_from(self, key: str, search: _Search, given: msgspec.Raw | None) -> None:
        """Begin with the page that was sent, if it is one of several; what cannot be read there stays unread."""
        try:
            bundle = fhir.decode(given) if given is not None else None
        except fhir.Unreadable:  # told where the prefetch is read
            bundle = None
        link = next_link(bundle.link) if isinstance(bundle, fhir.Bundle) else None
        if link is None or given is None:
            del self._searches[key]
            return
        search.entries = list(msgspec.json.decode(given, type=_Entries).entry)
        search.pages = 1
        self._next_page(key, search, link)

    def follow(self, review: Sequence[Entry]) -> None:
        """Ask for references that facts need, once no search under way could bring what they name."""
        coming = {self._searches[key].kind for key in self._going}
        absent = () if ORDER in coming else missing(self._named, self._pool)
        for each in absent:
            if each.text not in self._needs:
                self._ask_for(Need(each.text, each.where, ORDER))
        review = [*review, *present(self._named, self._pool)]
        lost = -1
        while lost != len(self._lost):  # a place that cannot be asked for lets the next one speak
            lost = len(self._lost)
            for need in needed(review, self._pool, self._lost):
                if need.kind not in coming and need.reference not in self._needs:
                    self._ask_for(need)

    def _ask_for(self, need: Need) -> None:
        self._needs[need.reference] = need
        try:
            target = resource_at(self._access.base, need.reference)
        except BadAddress:
            self._lost.add(need.reference)  # on another server: never called
            return
        if self._access.authorization.right(need.kind, False) is Right.none:
            self._lost.add(need.reference)
            return
        self._reading.ask(need, target)

    def take(self, outcome: Outcome) -> None:
        """One outcome: a key's page or resource, or the resource behind a reference."""
        if isinstance(outcome.key, str):
            self._take_key(outcome.key, outcome)
            return
        if not isinstance(outcome.key, Need):
            return
        need = outcome.key
        try:
            if outcome.fault is not None:
                raise ReadFailed(outcome.fault)
            target = resource_at(self._access.base, need.reference)
            raw = resource_of(outcome.body, target.segments[0], target.segments[1], gate.check)
        except ReadFailed as failed:
            self._access.reader.count(failed.fault)
            self._unread.setdefault(need.element, failed.fault)
            self._lost.add(need.reference)
            return
        self._access.reader.count(None)
        self._further[need.reference] = need.element, raw
        self._pool.add(raw, need.element)

    def _take_key(self, key: str, outcome: Outcome) -> None:
        search = self._searches[key]
        self._going.discard(key)
        try:
            page = self._page_of(key, search, outcome)
        except ReadFailed as failed:
            self._access.reader.count(failed.fault)
            search.fault, search.whole = failed.fault, False
            return
        self._access.reader.count(None)
        if page is None:
            return
        search.entries += page.entries
        search.pages += 1
        search.empty = 0 if page.entries else search.empty + 1
        search.total = page.total if search.total is None else search.total
        search.whole &= page.whole
        for entry in page.entries:
            resource = msgspec.json.decode(entry, type=fhir.BundleEntry).resource
            self._pool.add(resource, f"prefetch.{key}")
        if page.next is not None:
            self._next_page(key, search, page.next)

    def _page_of(self, key: str, search: _Search, outcome: Outcome) -> Page | None:
        """The page that came; None of a key that is one resource, which is taken at once.

        Raises:
            ReadFailed: nothing came, or something else.
        """
        if outcome.fault is not None:
            raise ReadFailed(outcome.fault)
        if "?" in TEMPLATES[key]:
            return page_of(outcome.body, search.kind, gate.check)
        raw = resource_of(outcome.body, search.kind, self._access.patient_id, gate.check)
        self._prefetch[key] = raw
        self._pool.add(raw, f"prefetch.{key}")
        return None

    def _next_page(self, key: str, search: _Search, link: str) -> None:
        try:
            target = page_at(self._access.base, link)
        except BadAddress:
            search.fault, search.whole = Fault.elsewhere, False
            return
        limits = self._access.reader.limits
        if search.pages >= limits.pages or search.empty >= limits.empty_pages:
            search.fault, search.whole = Fault.too_many, False
            return
        self._going.add(key)
        self._reading.ask(key, target)

    def result(self, keys: Sequence[str]) -> Gathered:
        """Everything together. A key of which nothing came keeps the value that it had."""
        unread = []
        for key in keys:
            search = self._searches.get(key)
            if search is None:
                continue
            counted = search.total is None or len(search.entries) >= search.total
            if search.entries or (search.pages and search.whole and counted):
                self._prefetch[key] = bundle_of(tuple(search.entries), search.whole and counted)
            if search.fault or not counted or not search.whole:
                fault = search.fault or (Fault.too_many if not counted else Fault.otherwise)
                unread.append(Trouble("unread", f"prefetch.{key}", fault.value))
        unread += [Trouble("unread", element, fault.value) for element, fault in sorted(self._unread.items())]
        return Gathered(self._prefetch, list(self._further.values()), unread, self._reading.asked)


class _Entries(msgspec.Struct):
    entry: list[msgspec.Raw] = []


class _Issue(msgspec.Struct):
    code: str = ""


class _Outcome(msgspec.Struct):
    resourceType: str = ""
    issue: list[_Issue] = []


def _pointless(given: msgspec.Raw) -> bool:
    """Whether a prefetch value tells that the query failed in a way that asking again does not mend."""
    try:
        value = fhir.decode(given)
        inner = (
            [e.resource for e in value.entry if bytes(e.resource)] if isinstance(value, fhir.Bundle) else []
        )
        outcomes = [msgspec.json.decode(raw, type=_Outcome) for raw in (given, *inner)]
    except (fhir.Unreadable, msgspec.MsgspecError, RecursionError):
        return False
    codes = {i.code for o in outcomes if o.resourceType == "OperationOutcome" for i in o.issue}
    return not codes.isdisjoint(_POINTLESS)
