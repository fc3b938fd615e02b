"""The state of the place of service (contract section 3)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts import fhir
from cds_service.facts.names import normalised
from cds_service.facts.pool import Pool

_LETTERS = re.compile(r"[a-z]{2}")
_PROVIDER_STATE = "/prvdr_state_cd"
"""Where Medicare's exports say in which state a line was given (Blue Button, LINE_PRVDR_STATE_CD)."""


def load_states(path: Path) -> Mapping[str, str]:
    """Two letters of a state or territory by its names, from catalogues/states.csv."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {_plain(row["name"]): row["code"] for row in csv.DictReader(handle)}


def addresses_of_service(
    resource: fhir.Resource, pool: Pool, states: Mapping[str, str]
) -> Iterator[Sequence[fhir.Address]]:
    """Addresses of where a claim's or order's service is given, the surest place first."""
    references: list[fhir.Reference | None] = []
    if isinstance(resource, fhir.Claim):
        yield from _of_references((resource.facility,), resource, pool)
        if is_located(resource):
            yield _of_items(resource, pool, states)
        references = [resource.provider]
    elif isinstance(resource, fhir.ServiceRequest):
        references = [*resource.locationReference, *resource.performer, resource.requester]
    yield from _of_references(references, resource, pool)


def is_located(claim: fhir.Claim) -> bool:
    """Whether an item says where it was given, but for the kind of place."""
    return any(
        i.locationAddress
        or i.locationReference
        or (i.locationCodeableConcept and i.locationCodeableConcept.extension)
        for i in claim.item
    )


def _of_items(claim: fhir.Claim, pool: Pool, states: Mapping[str, str]) -> Sequence[fhir.Address]:
    """The address of the items that tell one; none where they tell of two states."""
    found: dict[str, fhir.Address] = {}
    for item in claim.item:
        location = pool.find(item.locationReference, claim, fhir.Location) if item.locationReference else None
        concept = item.locationCodeableConcept
        stated = [
            fhir.Address(state=each.valueCoding.code)
            for each in (concept.extension if concept else ())
            if each.valueCoding and (each.url or "").rstrip("/").endswith(_PROVIDER_STATE)
        ]
        for address in (item.locationAddress, location.address if location else None, *stated):
            if address and (state := _state([address], states)):
                found[state] = address
    return list(found.values()) if len(found) == 1 else ()


def _of_references(
    references: Iterable[fhir.Reference | None], resource: fhir.Resource, pool: Pool
) -> Iterator[Sequence[fhir.Address]]:
    for reference in references:
        location = pool.find(reference, resource, fhir.Location)
        if location and location.address:
            yield [location.address]
        organization = pool.find(reference, resource, fhir.Organization)
        role = pool.find(reference, resource, fhir.PractitionerRole)
        if role:
            # What a contained role refers to is contained beside it, in the same resource.
            organization = pool.find(role.organization, role, fhir.Organization) or pool.find(
                role.organization, resource, fhir.Organization
            )
        if organization:
            yield organization.address


def state_of(
    places: Iterable[Sequence[fhir.Address]], patient: fhir.Patient | None, states: Mapping[str, str]
) -> tuple[str | Unknown, bool]:
    """State of the place of service, else of the home address, then marked as assumed."""
    for addresses in places:
        state = _state(addresses, states)
        if state:
            return state, False
    home = _state(patient.address if patient else (), states)
    return (home, True) if home else (UNKNOWN, False)


class States:
    """The states of one request's claims and orders. Most of them name one place, whose state is made out once."""

    def __init__(self, pool: Pool, patient: fhir.Patient | None, states: Mapping[str, str]) -> None:
        self._pool = pool
        self._patient = patient
        self._states = states
        self._found: dict[tuple[str | None, ...], tuple[str | Unknown, bool]] = {}

    def of(self, resource: fhir.Resource) -> tuple[str | Unknown, bool]:
        """As `state_of`."""
        if not isinstance(resource, fhir.Claim) or resource.contained or is_located(resource):
            return self._of(resource)  # what is contained, or stands on items, is each one's own
        named = tuple([r.reference if r else None for r in (resource.facility, resource.provider)])
        found = self._found.get(named)
        if found is None:
            found = self._found[named] = self._of(resource)
        return found

    def _of(self, resource: fhir.Resource) -> tuple[str | Unknown, bool]:
        return state_of(addresses_of_service(resource, self._pool, self._states), self._patient, self._states)


def _state(addresses: Sequence[fhir.Address], states: Mapping[str, str]) -> str:
    """State of the first usable address; one that has ended, is for some time, for bills or for mail only when there is
    no other."""
    current = [a for a in addresses if a.use != "old"]
    for address in sorted(current, key=_lesser):
        name = _plain(address.state or "")
        if name in states:
            return states[name]
        if _LETTERS.fullmatch(name):
            return name.upper()
    return ""


def _lesser(address: fhir.Address) -> tuple[bool, bool, bool]:
    ended = address.period is not None and address.period.end is not None
    return ended, address.use == "billing" or address.type == "postal", address.use == "temp"


def _plain(text: str) -> str:
    """A state as the table has it: "N.Y." is "ny", "US-FL" is "fl"."""
    return _plain_once(text) if len(text) <= _USUAL_LENGTH else _normalised(text)


_USUAL_LENGTH = 40
"""Characters of a state's name that are kept, once read."""


def _normalised(text: str) -> str:
    return normalised(text.replace(".", "")).removeprefix("us ")


_plain_once = lru_cache(maxsize=512)(_normalised)
