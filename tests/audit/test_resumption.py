"""Killed at any moment and called again: the same output as an undisturbed run, to the byte."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cds_service.audit import tasks
from cds_service.audit.errors import AuditError
from cds_service.audit.reading import summary_file
from cds_service.audit.run import Progress, Request, _work, audit, judging_tasks, reading_tasks
from cds_service.audit.tasks import Worker
from fhir_fixtures.bulk import write_export
from tests.audit.exports import around, double_billed
from tests.audit.running import DAY, Quiet, rows_in, run, write_ndjson
from tests.conftest import ROOT

LENGTH, PARTITIONS = 60_000, 20
PROGRAM = """
import sys
from pathlib import Path
from tests.audit.running import run
run(Path(sys.argv[1]), Path(sys.argv[2]), workers=2, length={length}, partitions={partitions})
"""


def done_in(work: Path) -> dict[str, int]:
    """What steps have written, and when."""
    paths = [path for name in ("read", "found", "digests") for path in (work / name).glob("[0-9]*.json")]
    return {path.name: path.stat().st_mtime_ns for path in paths}


def files_in(work: Path) -> int:
    """How much of the work is done."""
    return sum(1 for name in ("read", "found", "digests") for _ in (work / name).glob("[0-9]*"))


def started(export: Path, output: Path) -> subprocess.Popen[bytes]:
    program = PROGRAM.format(length=LENGTH, partitions=PARTITIONS)
    return subprocess.Popen(
        [sys.executable, "-c", program, str(export), str(output)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.PIPE,
    )


def without_run(output: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((output / "run.json").read_bytes())
    del manifest["run"]
    return manifest


@pytest.mark.parametrize("whom", ["the whole group", "the parent alone"])
def test_a_killed_audit_goes_on_where_it_stopped(tmp_path: Path, whom: str) -> None:
    export = tmp_path / "export"
    write_export(export, 60, 5)
    run(export, tmp_path / "undisturbed")
    rng = random.Random(whom)
    moments = sorted(rng.sample(range(3, 70), 3))
    killed = 0
    done: dict[str, int] = {}
    for moment in moments:
        process = started(export, tmp_path / "out")
        while process.poll() is None and files_in(tmp_path / "out/.audit") < moment:
            time.sleep(0.002)
        if process.poll() is None:
            killed += 1
            kill = os.killpg if whom == "the whole group" else os.kill
            kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert done.items() <= done_in(tmp_path / "out/.audit").items(), "what was done was done again"
        done = done_in(tmp_path / "out/.audit")
    assert killed == len(moments)
    assert done
    last = started(export, tmp_path / "out")
    _, said = last.communicate()
    assert last.returncode == 0, said.decode()
    ours, theirs = (tmp_path / name / "findings.ndjson" for name in ("out", "undisturbed"))
    assert ours.read_bytes() == theirs.read_bytes() != b""
    assert without_run(tmp_path / "out") == without_run(tmp_path / "undisturbed")


def test_a_second_audit_of_the_same_output_waits_its_turn(tmp_path: Path) -> None:
    export = tmp_path / "export"
    write_export(export, 60, 5)
    process = started(export, tmp_path / "out")
    while files_in(tmp_path / "out/.audit") < 3:
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(AuditError, match="another audit"):
        run(export, tmp_path / "out")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert run(export, tmp_path / "out").output.rows > 0


def test_an_output_on_a_disk_that_knows_no_locks_is_not_taken_for_another_audits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    monkeypatch.setattr(fcntl, "lockf", refuse)
    with pytest.raises(AuditError, match=r"cannot be locked \(No locks available\)\. Choose an --output"):
        run(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(("number", "ends"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_disk_that_does_not_sync_folders_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, ends: bool
) -> None:
    real = os.fsync

    def sync(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(number, os.strerror(number))
        real(file)

    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    monkeypatch.setattr(os, "fsync", sync)
    if ends:
        assert run(tmp_path / "in", tmp_path / "out").output.rows == 1
    else:
        with pytest.raises(AuditError, match="Input/output error"):
            run(tmp_path / "in", tmp_path / "out")


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    export = tmp_path / "export"
    write_export(export, 60, 5)
    process = started(export, tmp_path / "out")
    while files_in(tmp_path / "out/.audit") < 3:
        time.sleep(0.002)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a worker outlived its parent")


def test_a_lost_worker_is_told_and_the_rest_goes_on_later(tmp_path: Path) -> None:
    export = tmp_path / "export"
    write_export(export, 60, 5)
    run(export, tmp_path / "undisturbed")
    process = started(export, tmp_path / "out")
    while files_in(tmp_path / "out/.audit") < 3:
        time.sleep(0.002)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode != 0
    assert b"lost a worker process" in said
    assert b"goes on where it stopped" in said
    run(export, tmp_path / "out", length=LENGTH, partitions=PARTITIONS)
    assert (tmp_path / "out/findings.ndjson").read_bytes() == (
        tmp_path / "undisturbed/findings.ndjson"
    ).read_bytes()


@pytest.mark.parametrize("gone", ["findings.ndjson", "run.json"])
def test_what_a_finished_audit_wrote_is_made_again_where_it_was_taken_away(tmp_path: Path, gone: str) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    run(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out" / gone).unlink()
    assert run(tmp_path / "in", tmp_path / "out").output.rows == 1
    assert (tmp_path / "out" / gone).exists()
    (tmp_path / "out" / gone).unlink()
    with pytest.raises(AuditError, match="other options"):
        run(tmp_path / "in", tmp_path / "out", with_patient=True)


def test_a_work_folder_of_another_form_is_not_gone_on_with(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    run(tmp_path / "in", tmp_path / "out")
    plan = tmp_path / "out/.audit/plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_bytes()) | {"form": 0}))
    (tmp_path / "out/findings.ndjson").write_text("of another form")
    run(tmp_path / "in", tmp_path / "out")
    assert [row.claim for row in rows_in(tmp_path / "out")] == ["Claim/c1"]


@pytest.mark.parametrize(
    ("member", "value", "named"),
    [("book", "", "policies"), ("setup", "{}", "settings"), ("chart", False, "options")],
)
def test_an_audit_by_other_rules_is_not_gone_on_with(
    tmp_path: Path, member: str, value: object, named: str
) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    run(tmp_path / "in", tmp_path / "out")
    plan = tmp_path / "out/.audit/plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_bytes()) | {member: value}))
    with pytest.raises(AuditError, match=rf"holds an audit with other {named}\."):
        run(tmp_path / "in", tmp_path / "out")


def test_an_audit_goes_on_by_its_own_day_when_none_is_asked_for(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    run(tmp_path / "in", tmp_path / "out")
    assert run(tmp_path / "in", tmp_path / "out", as_of=None).options.as_of == DAY.isoformat()


def test_what_another_engine_read_and_kept_elsewhere_is_read_again(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])

    def died(worker: Worker, count: int, progress: Progress) -> int:
        for task in reading_tasks(worker.inputs, worker.plan, worker.folder):
            worker(task)
        for part in (worker.folder / "read").glob("*.part"):
            part.unlink()
        raise AuditError("--engine spark", "failed.", "")

    with pytest.raises(AuditError, match="spark"):
        audit(Request((tmp_path / "in",), tmp_path / "out", as_of=DAY), Quiet(), died)
    assert run(tmp_path / "in", tmp_path / "out").output.rows == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_the_program_is_told_without_what_it_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    def failing(*_: object) -> None:
        raise ValueError("the patient is Verysecret")

    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "audit_shard", failing)
        with pytest.raises(AuditError, match=r"fault of this program \(ValueError in ") as told:
            run(tmp_path / "in", tmp_path / "out", workers=workers)
    assert "Verysecret" not in str(told.value)
    assert run(tmp_path / "in", tmp_path / "out").output.rows == 1


def test_only_what_is_not_done_is_left_to_do(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    left: list[list[tuple[str, int]]] = []

    def engine(worker: Worker, count: int, progress: Progress) -> int:
        memory = _work(worker, count, progress)
        given, folder = (worker.inputs, worker.plan, worker.folder), worker.folder

        def look() -> None:
            found = [*judging_tasks(*given)] if summary_file(folder, 1).exists() else []
            left.append([(task.kind, task.number) for task in (*reading_tasks(*given), *found)])

        look()
        for path in (tasks.digest_file(folder, 2), tasks.tally_file(folder, 3), summary_file(folder, 1)):
            path.unlink()
            look()
        _work(worker, count, progress)
        look()
        return memory

    manifest = audit(Request((tmp_path / "in",), tmp_path / "out", as_of=DAY), Quiet(), engine)
    assert left == [[], [("digest", 2)], [("digest", 2), ("judge", 3)], [("digest", 2), ("read", 1)], []]
    assert manifest.output.rows == 1
