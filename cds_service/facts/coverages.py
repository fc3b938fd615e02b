"""Which Coverage governs a claim or an order (contract section 3; coding-facts 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cds_service.facts import fhir
from cds_service.facts.coverage_kinds import Kind, kind_of
from cds_service.facts.dates import bounds
from cds_service.facts.payer import focal_insurance, payor_names
from cds_service.facts.pool import Entry, Pool

_VOID = "entered-in-error"
_LIVE = frozenset({"active", "draft", None})
_UNNUMBERED = 1.5
"""Where a Coverage without `order` stands: behind the primary one, before a second one."""
_LAST = float("inf")


class Coverages:
    """The patient's Coverages. One that was entered in error governs nothing, whoever names it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._all = [c for c, _ in pool.every(fhir.Coverage) if c.status != _VOID]
        self._kinds: dict[int, Kind] = {}

    def governing(self, resource: fhir.Resource, start: date | None = None) -> fhir.Coverage | None:
        """The focal insurance of a claim, an order's own insurance, else the first live Coverage (active or draft).

        Each coverage governs its own claim, also one that was cancelled since. Where a claim names one that is not
        there, another one stands for it only if its period does not leave out the first day of service, `start`: a
        member who has changed insurers is not judged by the rules of the new one. An order goes by a cancelled one
        only where it names no live one and no other is in force.
        """
        if isinstance(resource, fhir.Claim):
            focal = focal_insurance(resource)
            for insurance in focal:
                found = self._named(insurance.coverage, resource)
                if found is not None:
                    return found
            return self._first(self._stand_ins(start) if focal else self._live(), start)
        if isinstance(resource, fhir.ServiceRequest):
            named = [c for r in resource.insurance if (c := self._named(r, resource)) is not None]
            if named:
                live = [c for c in named if c.status in _LIVE]
                return self._first(live or self._stand_ins(start) or named, start)
        return self._first(self._live(), start)

    def _named(self, reference: fhir.Reference | None, holder: fhir.Resource) -> fhir.Coverage | None:
        """The Coverage of a reference; of a logical one the only Coverage that bears its identifier."""
        found = self._pool.find(reference, holder, fhir.Coverage)
        if found is not None:
            return found if found.status != _VOID else None
        wanted = _key(reference.identifier) if reference and reference.identifier else None
        if wanted is None:
            return None
        bearers = [c for c in self._all if wanted in map(_key, c.identifier)]
        copies_of_one = len({c.id or id(c) for c in bearers}) == 1
        return bearers[0] if copies_of_one else None

    def _live(self) -> list[fhir.Coverage]:
        return [c for c in self._all if c.status in _LIVE]

    def _stand_ins(self, start: date | None) -> list[fhir.Coverage]:
        return [c for c in self._live() if _in_force(c, start) and self._kind(c) is not Kind.NOT_MEDICAL]

    def _first(self, coverages: Sequence[fhir.Coverage], start: date | None) -> fhir.Coverage | None:
        if len(coverages) < 2:
            return coverages[0] if coverages else None
        return min(coverages, key=lambda c: self._rank(c, start))

    def _rank(self, coverage: fhir.Coverage, start: date | None) -> tuple[bool, bool, float, bool]:
        """Medical ones first, of these the ones in force on the day, by `order`, those that pay last behind."""
        kind = self._kind(coverage)
        last = kind is Kind.LAST
        number = float(coverage.order) if coverage.order else _LAST if last else _UNNUMBERED
        return kind is Kind.NOT_MEDICAL, not _in_force(coverage, start), number, last

    def _kind(self, coverage: fhir.Coverage) -> Kind:
        known = self._kinds.get(id(coverage))
        if known is None:
            known = self._kinds[id(coverage)] = kind_of(coverage, payor_names(coverage, self._pool))
        return known


def has_coverage(review: Sequence[Entry], pool: Pool) -> bool:
    """Whether every resource under review has a Coverage that can be read."""
    coverages = Coverages(pool)
    return all(coverages.governing(entry.resource) is not None for entry in review)


def _in_force(coverage: fhir.Coverage, start: date | None) -> bool:
    """Whether the period does not leave out the day. A partial date means its whole month or year."""
    if start is None or coverage.period is None:
        return True
    first, last = bounds(coverage.period.start)[0], bounds(coverage.period.end)[1]
    return not ((first and start < first) or (last and start > last))


def _key(identifier: fhir.Identifier) -> tuple[str, str] | None:
    value = (identifier.value or "").strip()
    return ((identifier.system or "").strip(), value) if value else None
