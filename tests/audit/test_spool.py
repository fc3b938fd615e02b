"""Files of the work folder: whole or not there, and no line is lost between those who write and those who read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cds_service.audit import merge
from cds_service.audit.errors import AuditError
from cds_service.audit.merge import write_findings
from cds_service.audit.spool import partition_of, read_partition, write_partitions, write_whole
from cds_service.audit.tasks import rows_file
from tests.audit.exports import around, double_billed
from tests.audit.running import run, write_ndjson


def test_every_line_is_read_from_the_partition_that_it_was_written_to(tmp_path: Path) -> None:
    rng = random.Random(3)
    held = [[rng.randbytes(20).hex().encode() for _ in range(rng.choice((0, 0, 1, 5)))] for _ in range(40)]
    write_partitions(tmp_path / "part", held)
    assert [read_partition(tmp_path / "part", n, 40).split(b"\n")[:-1] for n in range(40)] == held


@pytest.mark.parametrize("left", [1.0, 0.99, 0.5])
def test_a_part_that_is_cut_short_is_an_error_and_not_fewer_lines(tmp_path: Path, left: float) -> None:
    file = tmp_path / "part"
    write_partitions(file, [[b"a" * 500], [b"b" * 500]])
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * left)])
    if left == 1.0:
        assert read_partition(file, 1, 2) == b"b" * 500 + b"\n"
    else:
        with pytest.raises(OSError, match="cut short") as told:
            read_partition(file, 1, 2)
        assert told.value.filename == str(file)


def test_a_patient_has_one_partition_on_every_machine_and_in_every_version() -> None:
    assert [partition_of(f"p{n}", 256) for n in range(4)] == [165, 51, 137, 31]


def test_a_file_that_could_not_be_written_whole_is_not_there_and_takes_no_room(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"x" * 5_000_000
        raise OSError(28, "No space left on device")

    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", failing())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"before"


def test_while_findings_are_merged_nothing_lies_in_the_output_that_a_kill_would_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])

    def killed(files: Any) -> Iterator[bytes]:
        yield b"x" * 5_000_000
        assert [path.name for path in (tmp_path / "out").iterdir()] == [".audit"]
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(merge, "merged", killed)
        with pytest.raises(AuditError, match="Input/output error"):
            run(tmp_path / "in", tmp_path / "out")
    assert run(tmp_path / "in", tmp_path / "out").output.rows == 1
    assert not list((tmp_path / "out").rglob("*.ndjson.*"))


@pytest.mark.parametrize("together", [2, 3, 200])
def test_rows_of_many_partitions_are_merged_in_the_order_of_their_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(merge, "_TOGETHER", together)
    rng = random.Random(together)
    claims = [f'{{"claim":"Claim/c{n:03}"' for n in range(50)]
    rows = {claim: [f'{claim},"number":{n}}}\n' for n in range(rng.randint(1, 3))] for claim in claims}
    (tmp_path / "found").mkdir()
    where = {claim: rng.randrange(9) for claim in claims}
    for number in range(9):
        text = "".join(row for claim in claims if where[claim] == number for row in rows[claim])
        rows_file(tmp_path, number).write_text(text)
    found = write_findings(tmp_path, tmp_path, 9)
    expected = "".join(row for claim in claims for row in rows[claim])
    assert (tmp_path / "findings.ndjson").read_text() == expected
    assert (found.rows, found.sha256) == (expected.count("\n"), sha256(expected.encode()).hexdigest())
