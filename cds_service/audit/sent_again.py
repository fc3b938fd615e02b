"""Claims of X12 837 files that went out more than once as originals, as after a clearinghouse has refused one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from cds_service.audit.numbered import numbered, numbers_of
from cds_service.audit.records import TRANSACTION
from cds_service.audit.routed import Part
from cds_service.audit.sent_claims import sent_claim
from cds_service.facts import fhir

Claims = Mapping[str, tuple[Part, fhir.Claim]]


def sent_again(claims: Claims) -> set[str]:
    """References of the claims that a newer one repeats: under the same number, with just the same lines and charges,
    to the same payer, and without a word that it replaces anything.

    Args:
        claims: those of one patient that are in force, by reference.
    """
    alike: dict[Hashable, list[str]] = {}
    for ref, (one, _) in claims.items():
        if (key := _key(one.raw)) is not None:
            alike.setdefault(key, []).append(ref)
    found: set[str] = set()
    for refs in alike.values():
        if len(refs) > 1:
            newest = max(refs, key=lambda ref: numbered(ref, *claims[ref]).age)
            found.update(ref for ref in refs if ref != newest)
    return found


def _key(raw: bytes) -> Hashable | None:
    sent = sent_claim(raw)
    numbers = [number for number in numbers_of(sent.identifier) if number[0] != TRANSACTION] if sent else []
    if sent is None or not numbers or bytes(sent.related) or not sent.item:
        return None
    lines = tuple(sorted(line.billed for line in sent.item))
    return frozenset(numbers), bytes(sent.subType), sent.payers, lines
