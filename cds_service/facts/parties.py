"""Who stands behind a reference: one name for the same party, however it is referred to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes
from cds_service.facts.pool import Pool, relative

_KINDS = (fhir.Organization, fhir.PractitionerRole, fhir.Practitioner)
_RENDERING = frozenset({"rendering", "performing"})
"""HL7's and CARIN Blue Button's word. Beside it `primary` is whom Medicare's exports say was paid."""
_NPI, _NPI_OID = "http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"


@record(frozen=True, slots=True)
class Rendering:
    """Who rendered the items of a claim, by the numbers of its care team; `primary` where nobody else is named."""

    rendering: dict[int, str]
    primary: dict[int, str]

    @classmethod
    def of(cls, claim: fhir.Claim, pool: Pool) -> Rendering:
        """The performers of a claim."""
        found = cls({}, {})
        for number, member in enumerate(claim.careTeam, start=1):
            roles = any_codes(member.role)
            of_role = found.rendering if not _RENDERING.isdisjoint(roles) else found.primary
            if of_role is found.rendering or "primary" in roles:
                sequence = member.sequence if member.sequence is not None else number
                of_role[sequence] = performer_of(member.provider, claim, pool)
        return found

    def by(self, sequences: Sequence[int]) -> str:
        """Who rendered an item that names these; the only one there is, where it names none of them."""
        for known in (self.rendering, self.primary):
            if name := next((known[n] for n in sequences if n in known), ""):
                return name
        only = self.rendering if self.rendering and not sequences else self.rendering | self.primary
        return next(iter(only.values())) if len(only) == 1 else ""


def party_of(reference: fhir.Reference | None, holder: fhir.Resource, pool: Pool) -> str:
    """The NPI of what `reference` names, else its `Type/id`, else its identifier; empty when none tells.

    Absolute, versioned and `urn:uuid` references to one resource give one name, as do two resources of one NPI. A
    contained resource is named by its identifier: `#1` of one claim is not `#1` of another.
    """
    if reference is None:
        return ""
    text = (reference.reference or "").strip()
    if text.startswith("#"):
        contained = pool.find(reference, holder, fhir.Resource)
        given = contained.identifier if isinstance(contained, _KINDS) else []
        names = [name for i in given if (name := _identified(i))]
        return _npi(names) or next(iter(names), "") or _identified(reference.identifier)
    if text:
        found = pool.find(reference, holder, fhir.Resource)
        if isinstance(found, _KINDS) and found.id:
            return _npi(map(_identified, found.identifier)) or f"{found.resourceType}/{found.id}"
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


def _npi(names: Iterable[str]) -> str:
    return next((name for name in names if name.startswith(_NPI)), "")


def _identified(identifier: fhir.Identifier | None) -> str:
    if identifier is None or not (identifier.value or "").strip():
        return ""
    system = (identifier.system or "").strip()
    typed = not system and any(code.upper() == "NPI" for code in any_codes(identifier.type))
    if typed or system == _NPI_OID:
        system = _NPI
    return f"{system}|{(identifier.value or '').strip()}"
