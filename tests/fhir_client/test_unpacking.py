"""Packed answers: whole when they are JSON, cut early when they are a bomb (threat T14)."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir_client.exchange import Fault, ReadFailed, unzipped

MOST = 4 * 1024 * 1024


def in_chunks(packed: bytes, size: int = 16 * 1024) -> Iterator[bytes]:
    return (packed[n : n + size] for n in range(0, len(packed), size))


@given(st.binary(max_size=5_000), st.integers(1, 3), st.integers(1, 4096))
def test_what_was_packed_comes_back(text: bytes, times: int, size: int) -> None:
    packed = gzip.compress(text * times)
    assert b"".join(unzipped(in_chunks(packed, size), MOST)) == text * times


def test_a_large_bundle_of_like_resources_comes_whole() -> None:
    rng = random.Random(5)
    entries = [
        {
            "resource": {
                "resourceType": "DocumentReference",
                "id": f"synthetic-{rng.getrandbits(64):x}",
                "status": "current",
                "type": {
                    "coding": [{"system": "http://loinc.org", "code": "18776-5", "display": "Plan of care"}]
                },
                "subject": {"reference": "Patient/synthetic"},
                "description": " " * 400,
            }
        }
        for _ in range(3000)
    ]
    body = json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}, indent=4).encode()
    assert 1_000_000 < len(body) < MOST
    packed = gzip.compress(body, compresslevel=9)
    assert len(body) / len(packed) > 40
    assert b"".join(unzipped(in_chunks(packed), MOST)) == body


def test_a_bomb_is_known_by_its_ratio() -> None:
    kept: list[bytes] = []
    with pytest.raises(ReadFailed) as caught:
        kept.extend(unzipped(in_chunks(gzip.compress(b" " * 50_000_000)), MOST))
    assert caught.value.fault is Fault.too_large
    assert sum(map(len, kept)) <= 256 * 1024


def test_no_more_than_the_allowance_comes_whatever_the_ratio() -> None:
    text = random.Random(6).randbytes(300_000)
    with pytest.raises(ReadFailed) as caught:
        list(unzipped(in_chunks(gzip.compress(text)), 200_000))
    assert caught.value.fault is Fault.too_large
    assert len(b"".join(unzipped(in_chunks(gzip.compress(text)), 300_000))) == 300_000


def test_of_a_small_answer_the_ratio_is_not_asked() -> None:
    text = b" " * 100_000
    packed = gzip.compress(text)
    assert len(text) / len(packed) > 400
    assert b"".join(unzipped(in_chunks(packed), MOST)) == text
