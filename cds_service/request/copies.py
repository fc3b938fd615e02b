"""What is under review: each resource once, and no claim that bills nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cds_service.facts import fhir
from cds_service.facts.claims import is_asked
from cds_service.facts.pool import Entry, Pool
from cds_service.facts.replaced import Replaced
from cds_service.facts.versions import version_of

_JSON = msgspec.json.Decoder()


def without_copies(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, without second copies of one resource and without its older versions.

    Two of one id that differ, and whose `meta` does not tell which is the newer one, are both kept: a sender may
    give all its drafts one id.
    """
    if len(entries) < 2:
        return list(entries)
    alike: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.resource.id:
            alike.setdefault((entry.resource.resourceType, entry.resource.id), []).append(entry)
    gone: set[int] = set()
    for copies in alike.values():
        if len(copies) > 1:
            gone |= _superseded(copies)
    return [entry for entry in entries if id(entry) not in gone]


def asked(entries: Sequence[Entry], pool: Pool) -> list[Entry]:
    """Without claims that bill nothing: withdrawn, void, or replaced by another one of them."""
    claims = [entry for entry in entries if isinstance(entry.resource, fhir.Claim)]
    gone = {
        id(entry)
        for entry in claims
        if isinstance(entry.resource, fhir.Claim) and not is_asked(entry.resource)
    }
    if len(claims) > 1:
        replaced = Replaced(claims, (), pool)
        gone |= {id(entry) for entry in claims if replaced.holds(entry)}
    return [entry for entry in entries if id(entry) not in gone] if gone else list(entries)


def _superseded(copies: Sequence[Entry]) -> set[int]:
    versions = [version_of(bytes(entry.raw)) for entry in copies]
    newest = max(range(len(copies)), key=lambda number: versions[number])
    kept = _content(copies[newest])
    return {
        id(entry)
        for number, entry in enumerate(copies)
        if number != newest and (versions[number] < versions[newest] or _content(entry) == kept)
    }


def _content(entry: Entry) -> Mapping[str, Any]:
    found: dict[str, Any] = _JSON.decode(entry.raw)
    return {name: value for name, value in found.items() if name != "meta"}
