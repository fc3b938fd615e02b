"""Copies of a resource: one counts, the one that the server wrote last, and every one is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.audit.patients import _standing
from cds_service.audit.records import REFUSED
from cds_service.audit.shared import SharedFile, write_shared
from cds_service.books import Library
from cds_service.facts.versions import version_of
from tests.audit.exports import around, claim, double_billed, item
from tests.audit.running import judged, run
from tests.audit_inputs.support import table

DAY = "2024-03-04"
OLDER_NEWER = [
    ({"lastUpdated": "2024-06-01T00:00:00.12Z"}, {"lastUpdated": "2024-06-01T00:00:00.123Z"}),
    ({"lastUpdated": "2024-06-01T00:00:00Z"}, {"lastUpdated": "2024-06-01T00:00:00.5Z"}),
    ({"lastUpdated": "2024-06-01T00:30:00Z"}, {"lastUpdated": "2024-05-31T22:00:00-05:00"}),
    ({"versionId": "9"}, {"versionId": "10"}),
    (
        {"versionId": "9", "lastUpdated": "2024-06-01T00:00:00Z"},
        {"versionId": "10", "lastUpdated": "2024-06-01T00:00:00Z"},
    ),
    ({}, {"lastUpdated": "1970-01-01T00:00:04.000+00:00"}),
    ({"lastUpdated": "IGNORED"}, {"lastUpdated": "2024-06-01T00:00:00.000000Z"}),
]


@pytest.mark.parametrize(("older", "newer"), OLDER_NEWER)
def test_the_copy_that_was_updated_later_counts(
    library: Library, older: dict[str, Any], newer: dict[str, Any]
) -> None:
    faulty, clean = double_billed("c1", meta=older), claim("c1", item(1, "77385", DAY), meta=newer)
    for resources in ([faulty, clean], [clean, faulty]):
        rows, tally = judged([*around(), *resources], library)
        assert rows == []
        assert tally.claims == {"nothing-found": 1, "set-aside": 1}


@pytest.mark.parametrize("raw", [b"", b"{", b'{"meta":[]}', b'{"meta":{"versionId":"\xc2\xb2"}}'])
def test_a_version_that_cannot_be_read_is_the_oldest(raw: bytes) -> None:
    assert version_of(raw) < version_of(b'{"meta":{"versionId":"0"}}')


def test_every_copy_is_counted(library: Library) -> None:
    _, tally = judged([*around(), double_billed(), double_billed(), double_billed()], library)
    assert tally.claims == {"found": 1, "set-aside": 2}
    assert tally.reasons == {"set-aside: a second copy": 2}


@pytest.mark.parametrize("backwards", [False, True])
def test_of_an_organization_too_the_copy_that_was_updated_later_counts(
    tmp_path: Path, backwards: bool
) -> None:
    told = [("9", "Medicare", "2024-06-01T00:00:00Z"), ("10", "Aetna", "2024-06-02T00:00:00Z")]
    lines = [
        b"*\tOrganization\tpayer\t\t0:1\t"
        + msgspec.json.encode(
            {
                "resourceType": "Organization",
                "id": "payer",
                "meta": {"versionId": version, "lastUpdated": when},
                "name": name,
            }
        )
        for version, name, when in (told[::-1] if backwards else told)
    ]
    write_shared(tmp_path / "shared.sqlite", tmp_path / "bad.json", lines)
    assert b"Aetna" in SharedFile(tmp_path / "shared.sqlite")["Organization/payer"]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_copy_that_cannot_be_read_takes_no_place(tmp_path: Path, backwards: bool) -> None:
    whole = {"resourceType": "Organization", "id": "payer", "name": "Medicare"}
    damaged = whole | {"name": 7, "meta": {"lastUpdated": "2024-06-02T00:00:00Z"}}
    lines = [b"*\tOrganization\tpayer\t\t0:1\t" + msgspec.json.encode(each) for each in (whole, damaged)]
    write_shared(tmp_path / "shared.sqlite", tmp_path / "bad.json", lines[::-1] if backwards else lines)
    assert b"Medicare" in SharedFile(tmp_path / "shared.sqlite")["Organization/payer"]
    (bad,) = msgspec.json.decode((tmp_path / "bad.json").read_bytes())
    assert (bad["where"], bad["place"]) == ("Organization", "0:1")


def test_a_copy_that_was_withdrawn_and_emptied_takes_the_place_of_the_one_that_billed(
    library: Library,
) -> None:
    first = double_billed("c1", meta={"lastUpdated": "2024-05-01T00:00:00Z"})
    withdrawn = {
        "resourceType": "Claim",
        "id": "c1",
        "status": "entered-in-error",
        "meta": {"lastUpdated": "2024-06-01T00:00:00Z"},
        "patient": {"reference": "Patient/p1"},
    }
    other = claim("c2", item(1, "77385", "2024-03-05"))
    rows, tally = judged([*around(), first, withdrawn, other], library)
    assert rows == []
    assert tally.reasons == {"set-aside: a second copy": 1, "set-aside: entered in error": 1}


@pytest.mark.parametrize("turned", [False, True], ids=["first", "last"])
def test_of_tables_that_differ_the_later_state_of_a_claim_counts(tmp_path: Path, turned: bool) -> None:
    """Two exports of a billing system: in the second one the claim was taken back, refused, or has a line more."""
    line = {
        "claim_id": "SYN-1",
        "patient_id": "P1",
        "service_date": "2024-03-04",
        "code": "77386",
        "units": "1",
    }
    line |= {
        "payer_name": "Medicare",
        "line_of_business": "ffs",
        "claim_form": "institutional",
        "state": "GA",
    }
    double = {**line, "code": "77387", "modifier_1": "TC"}

    def counts(name: str, *newer: dict[str, str]) -> dict[str, int]:
        export = tmp_path / name
        export.mkdir()
        older = table([line])
        for file, text in zip("ba" if turned else "ab", (older, table(newer)), strict=True):
            (export / f"{file}.csv").write_text(text)
        manifest = run(export, tmp_path / f"{name}-out")
        return {key: count for key, count in (manifest.claims | manifest.reasons).items() if count}

    void = counts("void", {**line, "claim_status": "void"})
    assert void == {"set-aside": 2, "set-aside: a second copy": 1, "set-aside: cancelled": 1}
    void = counts("void-bill", {**line, "type_of_bill": "0138"})
    assert void == {"set-aside": 2, "set-aside: a second copy": 1, "set-aside: a void": 1}
    more = counts("more", line, double)
    assert more == {"found": 1, "set-aside": 1, "set-aside: a second copy": 1}


def test_of_copies_without_a_version_one_taken_back_goes_before_one_refused_and_then_the_longer_one() -> None:
    def made(*numbers: int, refused: bool = False, **more: Any) -> bytes:
        marks = [{"url": REFUSED, "valueBoolean": True}] if refused else []
        items = [{"sequence": number} for number in numbers]
        return msgspec.json.encode({"status": "active", "extension": marks, "item": items} | more)

    ordered = [
        made(9),
        made(1, 2),
        made(9, refused=True),
        made(1, 2, refused=True),
        made(9, status="cancelled"),
        made(
            9,
            10,
            subType={"coding": [{"system": "https://www.nubc.org/CodeSystem/TypeOfBill", "code": "0138"}]},
        ),
        made(meta={"lastUpdated": "2024-06-01T00:00:00Z"}),
    ]
    turned = ordered[::-1]
    assert sorted(turned, key=_standing) == ordered
