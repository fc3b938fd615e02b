"""Where a claim was billed and to whom, as reports group it. Names are those of organizations, never of people."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds_service.audit.shared import Everybody
from cds_service.facts import fhir
from cds_service.facts.payer import focal_insurance
from cds_service.facts.pool import Pool, relative

NPI = frozenset({"http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"})


class _Party(msgspec.Struct):
    resourceType: str = ""
    identifier: list[fhir.Identifier] = []
    name: msgspec.Raw = msgspec.Raw(b"null")


_DECODER = msgspec.json.Decoder(_Party)


def site_of(claim: fhir.Claim, pool: Pool, everybody: Everybody) -> tuple[str, str]:
    """NPI and name of the facility, else of the billing provider; without an NPI the first one's reference."""
    first = name = ""
    for reference in (claim.facility, claim.provider):
        if reference is None:
            continue
        text = (reference.reference or "").strip()
        party = _contained(claim, text[1:]) if text.startswith("#") else _party(text, everybody)
        organization = pool.find(reference, claim, fhir.Organization)
        identifiers = [*([reference.identifier] if reference.identifier else ()), *party.identifier]
        identifiers += organization.identifier if organization else []
        name = name or _name(party) or ((organization.name or "") if organization else "")
        npi = _npi(identifiers)
        if npi:
            return npi, name
        first = first or ("" if text.startswith("#") else relative(text)) or _any(identifiers)
    return first, name


def payer_name(claim: fhir.Claim, pool: Pool) -> str:
    """Name of the organization that the claim's coverage names, else the claim as insurer; a person who pays for
    herself is not named."""
    for insurance in focal_insurance(claim):
        coverage = pool.find(insurance.coverage, claim, fhir.Coverage)
        for payor in coverage.payor[:1] if coverage else ():
            found = pool.find(payor, coverage or claim, fhir.Organization) or pool.find(
                payor, claim, fhir.Organization
            )
            if found:
                return found.name or ""
    insurer = pool.find(claim.insurer, claim, fhir.Organization)
    return (insurer.name or "") if insurer else ""


def _party(reference: str, everybody: Everybody) -> _Party:
    raw = everybody.raw(relative(reference)) if reference and not reference.startswith("#") else b""
    try:
        return _DECODER.decode(raw) if raw else _Party()
    except msgspec.MsgspecError:
        return _Party()


def _contained(claim: fhir.Claim, wanted: str) -> _Party:
    for raw in claim.contained:
        try:
            if fhir.peek(raw).id == wanted:
                return _DECODER.decode(raw)
        except (fhir.Unreadable, msgspec.MsgspecError):
            continue
    return _Party()


def _name(party: _Party) -> str:
    if party.resourceType not in ("Organization", "Location"):
        return ""
    try:
        return msgspec.json.decode(party.name, type=str | None) or ""
    except msgspec.MsgspecError:
        return ""


def _npi(identifiers: Iterable[fhir.Identifier]) -> str:
    return next((i.value.strip() for i in identifiers if i.value and (i.system or "").strip() in NPI), "")


def _any(identifiers: Iterable[fhir.Identifier]) -> str:
    return next((i.value.strip() for i in identifiers if i.value and i.value.strip()), "")
