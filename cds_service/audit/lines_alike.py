"""Whether two claims, or a claim and an answer, bill the same: form, days, codes."""

from __future__ import annotations

from datetime import date

from cds_service.audit.sites import NPI
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes, modifiers_of
from cds_service.facts.dates import first_day, last_day
from cds_service.facts.held import held_by
from cds_service.facts.pool import relative

_FORMS = frozenset({"institutional", "professional"})


def alike(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether both are of one form and bill days in common, as far as they say."""
    if not of_one_form(one, other):
        return False
    starts = [first_day(claim.billablePeriod) or date.min for claim in (one, other)]
    ends = [last_day(claim.billablePeriod) or date.max for claim in (one, other)]
    return max(starts) <= min(ends)


def of_one_form(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether both are professional, or both institutional, or of the same other type."""
    kinds, others = set(any_codes(one.type)), set(any_codes(other.type))
    return (kinds & _FORMS or kinds) == (others & _FORMS or others)


def bills_no_other(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether it has lines, and none with a code that the other does not have."""
    known = {code for item in other.item for code in any_codes(item.productOrService)}
    lines = [any_codes(item.productOrService) for item in one.item]
    return bool(lines) and all(not known.isdisjoint(codes) for codes in lines if codes)


def bills_no_other_part(one: fhir.Claim, other: fhir.Claim) -> bool:
    """As `bills_no_other`, where 26 and TC tell codes apart: the parts of a service are of two billers."""
    known = {key for item in other.item for key in _parts(item)}
    return bills_no_other(one, other) and all(
        not known.isdisjoint(keys) for item in one.item if (keys := _parts(item))
    )


def _parts(item: fhir.ClaimItem) -> set[tuple[str, frozenset[str]]]:
    part = frozenset(modifiers_of(item.modifier)) & {"26", "TC"}
    return {(code, part) for code in any_codes(item.productOrService)}


def may_be_one_biller(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether what both refer to as provider may be the same: resources of different types may be."""
    kind, _, biller = _provider(one)
    other_kind, _, other_biller = _provider(other)
    return kind != other_kind or biller == other_biller


def surely_one_biller(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether both name one provider: by reference, or by the NPI of those that they contain."""
    if first := _npis_of_biller(one):
        return not first.isdisjoint(_npis_of_biller(other))
    named = _provider(one)
    return bool(named[2]) and named == _provider(other)


def of_one_biller(one: fhir.Claim, other: fhir.Claim) -> bool:
    """As `may_be_one_biller`, where providers that the claims contain are told by their NPI."""
    first, second = _npis_of_biller(one), _npis_of_biller(other)
    return may_be_one_biller(one, other) and not (first and second and first.isdisjoint(second))


def _npis_of_biller(claim: fhir.Claim) -> frozenset[str]:
    named = (claim.provider.reference if claim.provider else None) or ""
    if not named.startswith("#"):
        return frozenset()
    return frozenset(
        [
            i.value
            for each in held_by(claim)
            if each.id == named[1:]
            for i in each.identifier
            if i.system in NPI and i.value
        ]
    )


def _provider(claim: fhir.Claim) -> tuple[str, str, str]:
    return relative((claim.provider.reference if claim.provider else None) or "").partition("/")
