"""The state of the place of service (contract section 3)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts import fhir
from cds_service.facts.names import normalised
from cds_service.facts.pool import Pool

_LETTERS = re.compile(r"[a-z]{2}")
_PROVIDER_STATE = "/prvdr_state_cd"
"""Where Medicare's exports say in which state a line was given (Blue Button, LINE_PRVDR_STATE_CD)."""
_MEDICARES = "https://bluebutton.cms.gov/"
"""What the systems of codes and identifiers of Medicare's exports begin with."""
_NUMBER = re.compile(r"[0-9]{1,2}")
_SSA = "ssa"
"""Stands before a state's number of the Social Security Administration: Florida's is 10, which is Delaware's among the
FIPS numbers. A number that nothing tells to be the one or the other is no state here."""


def load_states(path: Path) -> Mapping[str, str]:
    """Two letters of a state or territory by its names, and by its SSA number as "ssa 10", from
    catalogues/states.csv."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = {_plain(row["name"]): row["code"] for row in rows}
    return names | {f"{_SSA} {row['ssa']}": row["code"] for row in rows if row["ssa"]}


def letters_of(state: str, states: Mapping[str, str]) -> str:
    """The two letters of a state that is given by them or by its name; empty when it is neither."""
    name = _plain(state)
    return states.get(name) or (name.upper() if _LETTERS.fullmatch(name) else "")


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
    medicares = _is_medicares(claim)
    for item in claim.item:
        location = pool.find(item.locationReference, claim, fhir.Location) if item.locationReference else None
        concept = item.locationCodeableConcept
        stated = [
            _numbered(
                fhir.Address(state=each.valueCoding.code),
                _is_provider_state(each.valueCoding.system or each.url),
            )
            for each in (concept.extension if concept else ())
            if each.valueCoding and _is_provider_state(each.url)
        ]
        own = _numbered(item.locationAddress, medicares) if item.locationAddress else None
        for address in (own, location.address if location else None, *stated):
            if address and (state := _state([address], states)):
                found[state] = address
    return list(found.values()) if len(found) == 1 else ()


def _is_provider_state(address: str | None) -> bool:
    return (address or "").rstrip("/").endswith(_PROVIDER_STATE)


def _is_medicares(claim: fhir.Claim) -> bool:
    """Whether a claim is of one of Medicare's exports, in which states are SSA numbers."""
    codings = claim.type.coding if claim.type else ()
    return any((coding.system or "").startswith(_MEDICARES) for coding in codings)


def _numbered(address: fhir.Address, by_ssa: bool) -> fhir.Address:
    """The address with the number of its state, if that is one, read as the SSA's, where it is one of these."""
    number = (address.state or "").strip()
    if not by_ssa or not _NUMBER.fullmatch(number):
        return address
    return msgspec.structs.replace(address, state=f"{_SSA} {number.zfill(2)}")


def _home(patient: fhir.Patient, medicares: bool) -> list[fhir.Address]:
    """A patient's addresses; `medicares`: who has no identifiers is of the export of the claim."""
    systems = [each.system or "" for each in patient.identifier]
    by_ssa = any(system.startswith(_MEDICARES) for system in systems) or (medicares and not systems)
    return [_numbered(address, by_ssa) for address in patient.address]


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
    places: Iterable[Sequence[fhir.Address]],
    patient: fhir.Patient | None,
    states: Mapping[str, str],
    medicares: bool = False,
) -> tuple[str | Unknown, bool]:
    """State of the place of service, else of the home address, then marked as assumed.

    Args:
        medicares: whether what is asked about is a claim of one of Medicare's exports.
    """
    for addresses in places:
        state = _state(addresses, states)
        if state:
            return state, False
    home = _state(_home(patient, medicares) if patient else (), states)
    return (home, True) if home else (UNKNOWN, False)


class States:
    """The states of one request's claims and orders. Most of them name one place, whose state is made out once."""

    def __init__(self, pool: Pool, patient: fhir.Patient | None, states: Mapping[str, str]) -> None:
        self._pool = pool
        self._patient = patient
        self._states = states
        self._found: dict[tuple[str | bool | None, ...], tuple[str | Unknown, bool]] = {}

    def of(self, resource: fhir.Resource) -> tuple[str | Unknown, bool]:
        """As `state_of`."""
        if not isinstance(resource, fhir.Claim) or resource.contained or is_located(resource):
            return self._of(resource)  # what is contained, or stands on items, is each one's own
        references = [r.reference if r else None for r in (resource.facility, resource.provider)]
        named = (*references, _is_medicares(resource))
        found = self._found.get(named)
        if found is None:
            found = self._found[named] = self._of(resource)
        return found

    def _of(self, resource: fhir.Resource) -> tuple[str | Unknown, bool]:
        places = addresses_of_service(resource, self._pool, self._states)
        medicares = isinstance(resource, fhir.Claim) and _is_medicares(resource)
        return state_of(places, self._patient, self._states, medicares)


def _state(addresses: Sequence[fhir.Address], states: Mapping[str, str]) -> str:
    """State of the first usable address; one that has ended, is for some time, for bills or for mail only when there is
    no other."""
    current = [a for a in addresses if a.use != "old"]
    for address in sorted(current, key=_lesser):
        if found := letters_of(address.state or "", states):
            return found
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
