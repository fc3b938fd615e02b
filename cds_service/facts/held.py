"""Coverages and organizations that a claim contains, for who reads claims without a pool."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cds_service.facts import fhir


class Held(msgspec.Struct):
    """A contained resource, as far as it is a Coverage or an Organization."""

    id: str = ""
    payor: list[fhir.Reference] = []
    identifier: list[fhir.Identifier] = []
    name: str = ""


_DECODER = msgspec.json.Decoder(Held)


def held_by(claim: fhir.Claim) -> Iterator[Held]:
    """What a claim contains; resources of other types, which have what they like in these members, are left out."""
    for raw in claim.contained:
        try:
            yield _DECODER.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
