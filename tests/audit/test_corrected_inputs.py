"""What was corrected is audited again where the letter says so, and nothing that was found is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.audit.errors import AuditError
from tests.audit.running import run
from tests.audit_inputs.support import ROW, table

WRONG = {**ROW, "line_number": "2", "service_date": "someday"}
CHARGES = {name: cell for name, cell in ROW.items() if name != "claim_id"}


@pytest.mark.parametrize(
    "text",
    [table([ROW, WRONG]), table([{**ROW, "modifier_1": ""}]).replace("modifier_1", "Mod. of line")],
    ids=["a row", "the modifiers' title"],
)
def test_the_remedy_of_a_letter_can_be_followed(tmp_path: Path, text: str) -> None:
    export, output = tmp_path / "in", tmp_path / "out"
    export.mkdir()
    (export / "a.csv").write_text(text)
    (bad,) = run(export, output).bad
    assert "run the audit again with --restart" in bad.remedy
    (export / "a.csv").write_text(table([ROW]))
    before = (output / "run.json").read_bytes()
    with pytest.raises(
        AuditError, match=r"other input files \(of the same names, before they changed\)\. .*--restart"
    ):
        run(export, output)
    assert (output / "run.json").read_bytes() == before
    assert run(export, output, restart=True).bad_count == 0


def test_charges_without_claim_numbers_are_audited_as_their_letter_says(tmp_path: Path) -> None:
    export, output = tmp_path / "in", tmp_path / "out"
    export.mkdir()
    (export / "a.csv").write_text(table([CHARGES]))
    (bad,) = run(export, output).bad
    assert "run the audit with --charges --restart" in bad.remedy


def test_files_under_other_names_are_other_files(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    (export / "a.csv").write_text(table([ROW]))
    run(export, tmp_path / "out")
    (export / "b.csv").write_text(table([{**ROW, "claim_id": "SYN-2"}]))
    with pytest.raises(AuditError, match=r"other input files\."):
        run(export, tmp_path / "out")
