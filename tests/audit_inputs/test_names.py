"""Which files an audit takes for claims, by their names and by how they begin."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cds_service.audit.errors import AuditError
from cds_service.audit.inputs import find_inputs
from tests.audit_inputs.support import ROW, read, table
from tests.audit_inputs.test_x12 import INSTITUTIONAL

REMITTANCE = INSTITUTIONAL.replace("GS*HC*", "GS*HP*").replace("ST*837*", "ST*835*")
NAMES = ["claims.837", "claims.CLM", "claims.837P", "20240401", "claims.dat", "claims.txt"]


def names(folder: Path) -> tuple[list[str], list[str]]:
    found = find_inputs([folder], folder / "out")
    return [file.name for file in found.files], list(found.left_aside)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("packed", [False, True])
def test_x12_is_read_whatever_its_name(tmp_path: Path, name: str, packed: bool) -> None:
    name += ".gz" if packed else ""
    data = gzip.compress(INSTITUTIONAL.encode()) if packed else INSTITUTIONAL.encode()
    claims, letters = read(tmp_path / name, data)
    assert (len(claims), letters) == (1, [])
    assert names(tmp_path) == ([name], [])
    assert [file.name for file in find_inputs([tmp_path / name], tmp_path / "out").files] == [name]


def test_of_unknown_names_in_a_folder_only_claims_are_read(tmp_path: Path) -> None:
    (tmp_path / "claims.csv").write_text(table([ROW]))
    (tmp_path / "payment.835").write_text(REMITTANCE)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (tmp_path / "notes.txt").write_text("ISABEL has the keys")
    assert names(tmp_path) == (["claims.csv"], ["broken.gz", "notes.txt", "payment.835", "report.pdf"])


@pytest.mark.parametrize("ending", [".txt", ".edi", ".x12", ".txt.gz"])
def test_answers_of_payers_are_left_aside_whatever_their_ending(tmp_path: Path, ending: str) -> None:
    def named(name: str, text: str) -> None:
        data = text.encode()
        (tmp_path / f"{name}{ending}").write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)

    named("a-claims", INSTITUTIONAL)
    named("b-remit", REMITTANCE)
    named("c-remit-then-claims", REMITTANCE + INSTITUTIONAL)
    named("d-cut", INSTITUTIONAL[:106])
    kept = [f"{name}{ending}" for name in ("a-claims", "c-remit-then-claims", "d-cut")]
    assert names(tmp_path) == (kept, [f"b-remit{ending}"])


def test_a_remittance_that_is_named_gets_a_letter_of_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "payment.835"
    claims, letters = read(path, REMITTANCE)
    assert claims == []
    assert letters[0].where == "ST"
    assert letters[0].what == "It is a 835 transaction set, which holds no claims."
    assert len(find_inputs([path], tmp_path / "out").files) == 1


def test_an_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "claims.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(AuditError, match="Unpack"):
        find_inputs([tmp_path / "claims.zip"], tmp_path / "out")
