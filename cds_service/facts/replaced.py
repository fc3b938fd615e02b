"""Earlier claims that are billed no more: another one takes their place, or takes them back."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds_service.facts import fhir
from cds_service.facts.claims import was_sent
from cds_service.facts.codes import any_codes
from cds_service.facts.pool import Entry, Pool, relative

_PRIOR = frozenset({"prior", "replaces"})


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    relationship: fhir.CodeableConcept | None = None


class _Linked(msgspec.Struct):
    related: list[_Related] = []
    identifier: list[fhir.Identifier] = []


_DECODER = msgspec.json.Decoder(_Linked)


class Replaced:
    """What claims say of those before them (`related` with relationship `prior`), by reference or by number."""

    def __init__(self, review: Iterable[Entry], earlier: Iterable[Entry], pool: Pool) -> None:
        """`review` are the claims asked about; of the `earlier` ones those count that were sent."""
        self._pool = pool
        self._found: set[int] = set()
        self._references: set[str] = set()
        self._numbers: set[tuple[str, str]] = set()
        for entry in review:
            self._note(entry)
        for entry in earlier:
            if isinstance(entry.resource, fhir.Claim) and was_sent(entry.resource):
                self._note(entry)

    def holds(self, entry: Entry) -> bool:
        """Whether a claim, or the one that an ExplanationOfBenefit answers, is named by one that takes its place."""
        claim = entry.resource
        names = {f"{claim.resourceType}/{claim.id}"} if claim.id else set()
        if isinstance(claim, fhir.Claim) and claim.claim:
            names.add(_named(claim.claim))
        if id(claim) in self._found or not self._references.isdisjoint(names):
            return True
        return bool(self._numbers) and not self._numbers.isdisjoint(
            _numbers(_linked(entry, b'"identifier"').identifier)
        )

    def _note(self, entry: Entry) -> None:
        for each in _linked(entry, b'"related"').related:
            if each.claim is None or _PRIOR.isdisjoint(any_codes(each.relationship)):
                continue
            found = self._pool.find(each.claim, entry.resource, fhir.Claim)
            if found is entry.resource:
                continue
            if found is not None:
                self._found.add(id(found))
            if named := _named(each.claim):
                self._references.add(named)
            else:
                self._numbers.update(_numbers([each.claim.identifier]))


def _named(reference: fhir.Reference) -> str:
    return relative((reference.reference or "").strip())


def _linked(entry: Entry, member: bytes) -> _Linked:
    """What a claim's JSON says of its number and of related claims; nothing when that cannot be read."""
    raw = bytes(entry.raw)
    if member not in raw:
        return _Linked()
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Linked()


def _numbers(identifiers: Iterable[fhir.Identifier | None]) -> set[tuple[str, str]]:
    return {((each.system or "").strip(), each.value.strip()) for each in identifiers if each and each.value}
