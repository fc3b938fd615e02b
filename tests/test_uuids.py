"""Random identifiers are version 4 UUIDs in their one spelling."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from cds_service.uuids import random_uuid


def test_random_identifiers_are_version_4_uuids() -> None:
    made = [random_uuid() for _ in range(500)]
    for text in made:
        read = UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, RFC_4122)
    assert len(set(made)) == len(made)
    assert {text[19] for text in made} == set("89ab")
