"""Spark finds what worker processes find, to the byte, however the work is divided."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service.audit.errors import AuditError
from cds_service.audit.inputs import Inputs, find_inputs
from cds_service.audit.judge import Options
from cds_service.audit.manifest import Manifest
from cds_service.audit.plan import Plan, steps_of
from cds_service.audit.run import Request, audit
from cds_service.audit.tasks import Worker
from cds_service.audit_spark import tasks
from cds_service.audit_spark.engine import _letter, on_spark
from cds_service.audit_spark.tasks import SUMMARY, Setup, guarded, judge, read
from cds_service.books import standard_library
from cds_service.store.records import setup_of
from fhir_fixtures.bulk import write_export
from tests.audit.running import DAY, Quiet
from tests.conftest import ROOT

PARTITIONS = 5
LENGTH = 300_000
"""Bytes of a step: the files below make a dozen of them."""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FHIR resources, billing lines and 837 files, some of them damaged."""
    folder = tmp_path_factory.mktemp("export")
    write_export(folder, 16, 5)
    shutil.copytree(ROOT / "fhir_fixtures/billing", folder / "billing")
    with (folder / "Claim.ndjson").open("ab") as file:
        file.write(b'{"resourceType":"Claim","id":7}\n{broken\n')
    header = "claim_id,patient_id,service_date,code,payer_name,claim_form,type_of_bill,charge,state\n"
    rows = [
        f"SYN-{n // 2},SYN-P{n // 4},2024-03-0{1 + n % 9},{'77386' if n % 2 else '77387-TC'},Medicare,I,131,{n}.50,GA\n"
        for n in range(40)
    ]
    (folder / "lines.csv").write_text(
        header + "".join(rows) + "SYN-X,SYN-PX,never,77387,Medicare,I,131,1,GA\n"
    )
    return folder


def done(export: Path, output: Path, engine: Any = None, **asked: Any) -> Manifest:
    given: dict[str, Any] = {"as_of": DAY, "workers": 2, "length": LENGTH, "partitions": PARTITIONS} | asked
    return audit(Request((export,), output, **given), Quiet(), engine)


def without_run(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((output / "run.json").read_bytes())
    assert found.pop("run")
    return found


@pytest.mark.parametrize("asked", [{}, {"partitions": 2, "with_patient": True, "chart": False}])
def test_the_same_findings_to_the_byte(
    spark: None, export: Path, tmp_path: Path, asked: dict[str, Any]
) -> None:
    local = done(export, tmp_path / "local", **asked)
    done(export, tmp_path / "spark", on_spark, **asked)
    assert local.output.rows > 10
    assert local.bad_count > 3
    found = [(tmp_path / name / "findings.ndjson").read_bytes() for name in ("local", "spark")]
    assert found[0] == found[1]
    assert without_run(tmp_path / "local") == without_run(tmp_path / "spark")
    reports = [(tmp_path / name / "report.html").exists() for name in ("local", "spark")]
    assert reports == [True, True]
    left = sorted(path.name for path in (tmp_path / "spark").iterdir())
    assert left == [".audit", "findings.ndjson", "report.html", "run.json"]
    assert not list((tmp_path / "spark").rglob("*.sqlite"))


def setup_for(export: Path, **other: Any) -> Setup:
    inputs: Inputs = find_inputs([export], export / "nowhere")
    library = standard_library()
    plan = Plan(
        inputs=inputs.files,
        as_of=date(2026, 11, 22),
        with_patient=False,
        chart=True,
        book=library.engine.book.fingerprint,
        setup=setup_of(library),
        partitions=PARTITIONS,
        length=LENGTH,
    )
    return Setup(inputs, msgspec.structs.replace(plan, **other))


def test_a_step_that_is_done_again_gives_the_same(export: Path) -> None:
    setup = setup_for(export)
    steps = steps_of(setup.plan, setup.inputs)
    assert len(steps) > 5
    for step in steps[:3]:
        assert list(read(setup, step)) == list(read(setup, step))


def test_every_block_belongs_to_a_partition_and_each_step_ends_with_its_summary(export: Path) -> None:
    setup = setup_for(export)
    numbers = set()
    for step in steps_of(setup.plan, setup.inputs):
        *blocks, last = read(setup, step)
        assert last[0] == SUMMARY
        assert all(block.endswith(b"\n") for _, block in blocks)
        numbers |= {number for number, _ in blocks}
    assert numbers == set(range(PARTITIONS + 1))


def test_executors_look_for_a_catalogue_where_the_driver_does(export: Path) -> None:
    setup = setup_for(export)
    worker = Worker(setup.inputs, setup.plan, export, Path("edits"))
    assert Setup.of(worker).catalogue == Path.cwd() / "edits"
    assert Setup.of(replace(worker, catalogue=None)).catalogue is None


@pytest.mark.parametrize("other", [{"book": "another"}, {"setup": "{}"}])
def test_an_executor_with_other_rules_refuses(export: Path, other: dict[str, str]) -> None:
    setup = setup_for(export, **other)
    with pytest.raises(AuditError, match="other policies or settings"):
        list(read(setup, steps_of(setup.plan, setup.inputs)[0]))


def test_a_refusal_of_an_executor_arrives_as_a_letter(spark: None, export: Path, tmp_path: Path) -> None:
    def elsewhere(worker: Any, count: int, progress: Any) -> int:
        worker.plan = msgspec.structs.replace(worker.plan, book="another")
        return on_spark(worker, count, progress)

    with pytest.raises(AuditError, match="other policies or settings than the driver") as refused:
        done(export, tmp_path / "out", elsewhere)
    assert "Traceback" not in str(refused.value)


def test_unexpected_errors_are_told_without_their_text() -> None:
    def failing() -> Any:
        yield 1
        raise ValueError("the patient is Verysecret")

    found = guarded(failing())
    assert next(found) == 1
    with pytest.raises(AuditError) as told:
        next(found)
    assert "ValueError in test_engine.py" in str(told.value)
    assert "Verysecret" not in str(told.value)
    letter = _letter(RuntimeError("job aborted: Verysecret"))
    assert "Verysecret" not in str(letter)


def test_rows_are_handed_over_in_blocks(
    export: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No partition's rows are held at once, and their order is that of the audit's own."""
    made = [b'{"claim":"Claim/%d","x":1}' % n for n in range(5)]
    monkeypatch.setattr(tasks, "_ROWS", 2)
    monkeypatch.setattr(
        tasks, "audit_shard", lambda lines, *_: iter(made if list(lines) == [b"a", b"b"] else [])
    )
    monkeypatch.setattr(tasks, "_everybody", lambda path: None)
    *rows, last = judge(setup_for(export), "", False, 3, [(3, b"a\n"), (3, b"b\n")])
    assert [number for number, _ in rows] == [3, 3, 3]
    assert b"".join(block for _, block in rows) == b"\n".join(made) + b"\n"
    assert last[0] == SUMMARY
    assert Options(DAY).as_of == DAY
