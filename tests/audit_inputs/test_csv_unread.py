"""Claims some rows of which could not be read: what is said of them is open."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from cds_service.audit.records import UNREAD_LINES
from cds_service.audit_inputs import records
from cds_service.audit_inputs.drafts import Head, Line
from cds_service.audit_inputs.spool import Spool, Spooled
from cds_service.request.strict import require_valid
from tests.audit.running import rows_in, run
from tests.audit_inputs.support import ROW, read, table
from tests.audit_inputs.test_x12 import INSTITUTIONAL

UNKNOWN = "not-enough-information: unread lines"
RIGHT = {**ROW, "line_number": "2", "charge": "x"}
VISIT = {**ROW, "line_number": "3", "code": "99213", "modifier_1": ""}
WITHOUT_26 = {**ROW, "line_number": "4", "modifier_1": ""}


def audited(tmp_path: Path, *rows: Mapping[str, str]) -> tuple[dict[str, int], list[list[str]]]:
    """Counts of claims with their reasons, and what is missing of the findings at warning or above."""
    export = tmp_path / "export"
    export.mkdir()
    (export / "c.csv").write_text(table(rows))
    manifest = run(export, tmp_path / "out")
    counts = {name: count for name, count in (manifest.claims | manifest.reasons).items() if count}
    return counts, [row.missing for row in rows_in(tmp_path / "out") if row.severity != "info"]


def test_a_claim_without_a_finding_is_not_called_clean(tmp_path: Path) -> None:
    counts, found = audited(tmp_path, {**ROW, "indications": "implanted-fiducials"}, RIGHT)
    assert (counts, found) == ({"not-enough-information": 1, UNKNOWN: 1}, [])


def test_a_claim_whose_line_of_ours_was_lost_is_not_called_none_of_ours(tmp_path: Path) -> None:
    assert audited(tmp_path, VISIT, RIGHT) == ({"not-enough-information": 1, UNKNOWN: 1}, [])


def test_beside_claims_of_the_patient_that_speak_too(tmp_path: Path) -> None:
    whole = {**WITHOUT_26, "claim_id": "SYN-2"}
    counts, found = audited(tmp_path, VISIT, RIGHT, whole)
    assert counts == {"found": 1, "not-enough-information": 1, UNKNOWN: 1}
    assert found == [[]]


def test_what_is_found_on_such_a_claim_says_what_is_not_known(tmp_path: Path) -> None:
    counts, found = audited(tmp_path, WITHOUT_26, RIGHT)
    assert (counts, found) == ({"found": 1}, [["unread lines"]])


def test_whole_claims_are_not_concerned(tmp_path: Path) -> None:
    lost = {**RIGHT, "claim_id": "SYN-2", "patient_id": "SYN-P2"}
    counts, found = audited(tmp_path, WITHOUT_26, lost)
    assert counts == {"found": 1}
    assert found == [[]]


@pytest.mark.parametrize(
    ("row", "unread"),
    [
        (RIGHT, 1),
        ({**RIGHT, "charge": "1"}, 0),
        ({**RIGHT, "charge": "1", "payer_name": "Another"}, 1),
        (ROW, 0),
        ({**ROW, "units": "2"}, 1),
        ({**RIGHT, "claim_id": "#N/A"}, 0),
    ],
)
def test_rows_that_were_left_out_are_counted_on_their_claim(
    tmp_path: Path, row: Mapping[str, str], unread: int
) -> None:
    """But not one that repeats another to the letter, nor one whose claim cannot be read."""
    (claim,), _ = read(tmp_path / "c.csv", table([ROW, row]))
    assert claim.get("extension", []) == (
        [{"url": UNREAD_LINES, "valueUnsignedInt": unread}] if unread else []
    )


def test_rows_none_of_which_can_be_read_do_not_fill_the_memory() -> None:
    """A column of dates that a spreadsheet saved as numbers costs every row of the file."""
    with closing(Spool()) as spool:
        tracemalloc.start()
        for row in range(20_000):
            spool.lose(f"SYN-{row}", row)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        spool.add("SYN-7", Spooled(20_000, Head("P"), Line("77387", date(2024, 3, 4))))
        ((claim, found, lost),) = spool.claims()
    assert (claim, len(found), lost) == ("SYN-7", 1, [7])
    assert most < 1_000_000


def test_such_a_claim_is_valid_fhir(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(table([ROW, RIGHT]))
    *_, claim = records(path)
    require_valid(claim.data)  # type: ignore[union-attr]


def packed(text: str, cut: int) -> bytes:
    """The text packed, and then cut where `cut` of its characters can still be unpacked."""
    stored = gzip.compress(text.encode(), 0)
    return stored[: stored.index(text[:20].encode()) + cut]


def test_a_packed_file_that_breaks_off_costs_what_is_behind_the_place_and_no_other_file(
    tmp_path: Path,
) -> None:
    export = tmp_path / "export"
    export.mkdir()
    row = {name: cell for name, cell in WITHOUT_26.items() if name != "charge"} | {"charge": "185.00"}
    lines = table([row | {"claim_id": f"CUT-{n}", "patient_id": f"P{n}"} for n in range(9)])
    within_an_amount = lines.index("CUT-7") - len("5.00\r\n")
    (export / "a.csv.gz").write_bytes(packed(lines, within_an_amount))
    (export / "b.837.gz").write_bytes(packed(INSTITUTIONAL, INSTITUTIONAL.index("SE*")))
    (export / "c.csv.gz").write_bytes(b"not packed at all")
    (export / "d.csv").write_text(table([WITHOUT_26]))
    manifest = run(export, tmp_path / "out")
    letters = [(bad.file, bad.place) for bad in manifest.bad if "damaged or cut short" in bad.what]
    assert letters == [(name, "the file as a whole") for name in ("a.csv.gz", "b.837.gz", "c.csv.gz")]
    assert [file.complete for file in manifest.inputs] == [False, False, False, True]
    found = [
        (row.claim, row.billed, row.missing) for row in rows_in(tmp_path / "out") if row.severity != "info"
    ]
    cut = [(f"Claim/CUT-{n}", "185.00", ["unread lines"]) for n in range(6)]
    assert found == [*cut, ("Claim/SYN-1", "185.00", [])]


def test_where_a_packed_file_breaks_off_within_a_letter_its_accents_stay(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    text = table([{**WITHOUT_26, "claim_id": f"CUT-{n}", "site": "Clínica"} for n in range(3)])
    place = text.encode().rindex("í".encode()) + 1
    (export / "a.csv.gz").write_bytes(packed(text, place))
    run(export, tmp_path / "out")
    assert {row.site_name for row in rows_in(tmp_path / "out")} == {"Clínica"}
