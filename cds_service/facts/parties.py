"""Who stands behind a reference: one name for the same party, however it is referred to."""

from __future__ import annotations

from cds_service.facts import fhir
from cds_service.facts.pool import Pool, relative

_KINDS = (fhir.Organization, fhir.PractitionerRole, fhir.Practitioner)


def party_of(reference: fhir.Reference | None, holder: fhir.Resource, pool: Pool) -> str:
    """`Type/id` of what `reference` names, else its identifier; empty when neither tells.

    Absolute, versioned and `urn:uuid` references to one resource give one name. A contained resource is
    named by its identifier: `#1` of one claim is not `#1` of another.
    """
    if reference is None:
        return ""
    text = (reference.reference or "").strip()
    if text.startswith("#"):
        contained = pool.find(reference, holder, fhir.Resource)
        given = contained.identifier if isinstance(contained, _KINDS) else []
        return next((name for i in given if (name := _identified(i))), "") or _identified(
            reference.identifier
        )
    if text:
        found = pool.find(reference, holder, fhir.Resource)
        if isinstance(found, _KINDS) and found.id:
            return f"{found.resourceType}/{found.id}"
        return relative(text)
    return _identified(reference.identifier)


def performer_of(reference: fhir.Reference | None, holder: fhir.Resource, pool: Pool) -> str:
    """As `party_of`; who has no identifier is named by the place in `holder`, or as displayed: what tells the
    performers of one claim apart."""
    named = party_of(reference, holder, pool)
    if named or reference is None:
        return named
    text = (reference.reference or "").strip()
    return f"{holder.resourceType}/{holder.id}{text}" if text else " ".join((reference.display or "").split())


def _identified(identifier: fhir.Identifier | None) -> str:
    if identifier is None or not (identifier.value or "").strip():
        return ""
    return f"{(identifier.system or '').strip()}|{(identifier.value or '').strip()}"
