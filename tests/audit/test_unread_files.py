"""Files that cannot be opened, or only in part: they are named, the others are audited, and nothing that they may have
held is called missing.
"""

from __future__ import annotations

import gzip
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.audit import outputs, reading
from cds_service.audit.errors import AuditError
from cds_service.audit.reading import Bad
from cds_service.audit.records import ReaderItem, Tables
from cds_service.audit.run import Progress, Request, _work, audit
from cds_service.audit.spool import write_whole
from cds_service.audit.tally import Tally
from cds_service.audit.tasks import Worker, tally_file
from tests.audit.exports import around, claim, double_billed, item
from tests.audit.running import DAY, Quiet, rows_in, run, write_ndjson

AGAIN = "See that it is there and that you may read it, and run the audit again with --restart."
NOTE = b'{"resourceType":"DocumentReference","id":"d9","status":"current","subject":{"reference":"Patient/p9"}}\n'


def with_chart(folder: Path) -> None:
    """A claim of a patient without documents, whose payer asks for three, and a document of somebody else."""
    people = around()
    people[1] |= {"type": {"coding": [{"system": "https://nahdo.org/sopt", "code": "512"}]}}
    people[2]["name"] = "Florida Blue"
    guided = claim("c1", item(1, "77412", "2024-03-04"), item(2, "77387", "2024-03-04", "TC"))
    write_ndjson(folder, [*people, guided])
    (folder / "Seen.ndjson").write_bytes(NOTE)


def missing_documents(path: Path) -> set[str]:
    run(path / "in", path / "out")
    return {row.document for row in rows_in(path / "out") if row.document}


def closed(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    """Let nobody look into these, whoever runs the tests."""
    real_open, real_scan = Path.open, os.scandir

    def refuse(path: Any) -> None:
        if str(path) in set(map(str, paths)):
            raise PermissionError(13, "Permission denied", str(path))

    def open_(self: Path, *given: Any, **more: Any) -> Any:
        refuse(self)
        return real_open(self, *given, **more)

    def scan(path: Any = ".") -> Any:
        refuse(path)
        return real_scan(path)

    monkeypatch.setattr(Path, "open", open_)
    monkeypatch.setattr(os, "scandir", scan)


def test_what_cannot_be_opened_is_named_and_the_others_are_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "in"
    write_ndjson(export, [*around(), double_billed()])
    write_ndjson(export / "old", [double_billed("c2", "2024-03-05")])
    (export / "claims.csv").write_text(outputs.template())
    (export / "Gone.ndjson").symlink_to("nowhere")
    (export / "scan.pdf").symlink_to("nowhere")
    with monkeypatch.context() as patch:
        closed(patch, export / "claims.csv", export / "old")
        manifest = run(export, tmp_path / "out")
    assert [(bad.file, bad.place, bad.what, bad.remedy) for bad in manifest.bad] == [
        ("Gone.ndjson", "the file as a whole", "The file cannot be read: No such file or directory.", AGAIN),
        ("claims.csv", "the file as a whole", "The file cannot be read: Permission denied.", AGAIN),
        ("old/", "the folder as a whole", "The folder cannot be read: Permission denied.", AGAIN),
    ]
    assert manifest.left_aside == ["scan.pdf"]
    assert [row.claim for row in rows_in(tmp_path / "out")] == ["Claim/c1"]
    whole = {file.name for file in manifest.inputs if file.complete and file.sha256}
    assert whole == {f"{name}.ndjson" for name in ("Claim", "Coverage", "Organization", "Patient")}
    with pytest.raises(AuditError, match="other input files"):
        run(export, tmp_path / "out")
    mended = run(export, tmp_path / "out", restart=True)
    assert (mended.claims["found"], [bad.file for bad in mended.bad]) == (4, ["Gone.ndjson"])


@pytest.mark.parametrize("name", ["in", "in/scan"])
def test_what_was_named_and_cannot_be_looked_at_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/scan").write_text("x")
    closed(monkeypatch, tmp_path / name)
    with pytest.raises(AuditError, match=rf"{name}: cannot be read \(Permission denied\)"):
        run(tmp_path / name, tmp_path / "out")


def test_links_to_folders_are_named_and_pipes_are_not_waited_for(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    write_ndjson(tmp_path / "old", [double_billed("c2")])
    (tmp_path / "in/old").symlink_to(tmp_path / "old")
    os.mkfifo(tmp_path / "in/pipe.ndjson")
    manifest = run(tmp_path / "in", tmp_path / "out")
    assert (manifest.left_aside, manifest.bad_count, manifest.output.rows) == (["old/"], 0, 1)
    with pytest.raises(AuditError, match="is not there"):
        run(tmp_path / "in/pipe.ndjson", tmp_path / "out2")


@pytest.mark.parametrize("name", ["Claim.ndjson", "claims.csv"])
def test_a_file_that_is_no_longer_to_be_read_when_its_turn_comes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    (tmp_path / "in/claims.csv").write_text(outputs.template())

    class Closing(Quiet):
        def stage(self, words: str, total: int) -> None:
            if words.startswith("reading"):
                closed(monkeypatch, tmp_path / "in" / name)

    with pytest.raises(AuditError, match=rf"{name}: cannot be read \(Permission denied\)"):
        audit(Request((tmp_path / "in",), tmp_path / "out", as_of=DAY), Closing())


def test_a_table_that_the_disk_gives_no_more_of_is_read_as_far_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path, tables: Tables) -> Iterator[ReaderItem]:
        yield from outputs.records(path, tables)
        raise OSError(5, "Input/output error")

    (tmp_path / "claims.csv").write_text(outputs.template())
    monkeypatch.setattr(reading, "records", failing)
    manifest = run(tmp_path / "claims.csv", tmp_path / "out")
    (bad,) = manifest.bad
    assert (bad.file, bad.what) == ("claims.csv", "The file cannot be read: Input/output error.")
    assert "--restart" in bad.remedy
    assert (manifest.claims["found"], manifest.inputs[0].complete) == (2, False)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("DocumentReference.ndjson", NOTE, False),
        ("DocumentReference.ndjson.gz", gzip.compress(NOTE * 2000)[:-12], True),
        ("DocumentReference.ndjson", NOTE + b'{"x":"%b"}\n' % (b"x" * (17 << 20)), True),
        ("DocumentReference.ndjson", NOTE + b'{"resourceType":"DocumentReference","id":"d1","sta\n', True),
        ("DocumentReference.ndjson", NOTE + b'{"resourceType":"DocumentReference","id":"d1"}\n', True),
        ("Bundle.ndjson", NOTE + b'{"resourceType":"Bundle","entry":[{"resource":{"id":"d1"}}]}\n', True),
        ("DocumentReference.ndjson", NOTE[:-3] + b"\n", False),
        ("Condition.ndjson", NOTE + b'{"resourceType":"Condition","id":"d1"}\n', False),
        ("lines.csv.gz", b"not packed at all", False),
    ],
    ids=["whole", "cut", "too long", "damaged", "nobody's", "in a Bundle", "somebody else's", "another", "no FHIR"],
)  # fmt: skip
def test_what_may_stand_where_nobody_can_read_is_not_called_missing(
    tmp_path: Path, name: str, content: bytes, told: bool
) -> None:
    with_chart(tmp_path / "in")
    (tmp_path / "in" / name).write_bytes(content)
    assert missing_documents(tmp_path) == (set() if told else {"28626-0", "18741-9", "18776-5"})


@pytest.mark.parametrize("name", ["DocumentReference.ndjson", "DocumentReference.000.ndjson", "Other.ndjson"])
def test_an_empty_file_of_documents_says_that_there_are_none(tmp_path: Path, name: str) -> None:
    with_chart(tmp_path / "in")
    (tmp_path / "in/Seen.ndjson").unlink()
    (tmp_path / "in" / name).write_bytes(b"")
    assert len(missing_documents(tmp_path)) == (0 if name.startswith("Other") else 3)


def test_what_may_stand_in_a_folder_that_cannot_be_looked_into_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_chart(tmp_path / "in")
    (tmp_path / "in/more").mkdir()
    with monkeypatch.context() as patch:
        closed(patch, tmp_path / "in/more")
        assert missing_documents(tmp_path) == set()


def test_of_claims_none_of_which_can_be_judged_not_all_are_held(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    words = "cannot be read (at Claim.item[0].productOrService.coding[0].system: a text is expected)."

    def engine(worker: Worker, count: int, progress: Progress) -> int:
        memory = _work(worker, count, progress)
        for number in range(worker.plan.partitions):
            bad = [Bad(f"0:{16 * line + number}", "Claim", words, AGAIN) for line in range(1500)]
            write_whole(tally_file(worker.folder, number), [Tally(bad=bad).encode()])
        tracemalloc.start()
        return memory

    manifest = audit(Request((tmp_path / "in",), tmp_path / "out", as_of=DAY), Quiet(), engine)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (manifest.bad_count, len(manifest.bad)) == (24_000, 1000)
    assert [bad.place for bad in manifest.bad] == [f"line {n}" for n in range(1000)]
    assert most < 5_000_000
