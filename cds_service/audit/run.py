"""An audit from its inputs to its files. Whatever ends it, the same call goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from cds_service.audit import outputs
from cds_service.audit.errors import AuditError
from cds_service.audit.inputs import RANGE, Inputs, find_inputs
from cds_service.audit.manifest import MANIFEST, Manifest, manifest_of, read_manifest, write_manifest
from cds_service.audit.merge import FINDINGS, write_findings
from cds_service.audit.plan import Plan, Work, steps_of
from cds_service.audit.records import AS_THEY_SAY, Tables
from cds_service.audit.shared import SHARED_FILE, write_shared
from cds_service.audit.tasks import (
    Done,
    Task,
    Worker,
    bad_shared_file,
    digest_file,
    library_of,
    memory_used,
    partition_lines,
    parts,
    step_is_done,
    summary,
    tally_file,
)
from cds_service.audit.workers import Workers, files_told
from cds_service.clock import now, today
from cds_service.store.records import setup_of


class Progress(Protocol):
    """Told how the work goes on."""

    def stage(self, words: str, total: int) -> None:
        """A stage begins, of so much work."""

    def advance(self, by: int) -> None:
        """So much of it is done."""


@dataclass(frozen=True)
class Request:
    """What is asked of an audit. `as_of` None: today; `form` is ndjson, csv or parquet; `chart` False: documents that
    are not in the input are never called missing; `tables` is how tables are read that do not say it themselves.

    `length` is how many bytes of a plain file one step reads, `partitions` into how many the patients are divided (0:
    as the input's size asks for). Neither changes what is found.
    """

    given: tuple[Path, ...]
    output: Path
    workers: int = 1
    form: str = "ndjson"
    as_of: date | None = None
    with_patient: bool = False
    chart: bool = True
    tables: Tables = AS_THEY_SAY
    restart: bool = False
    catalogue: Path | None = None
    length: int = RANGE
    partitions: int = 0


Engine: TypeAlias = Callable[[Worker, int, Progress], int]
"""Does the work of an audit with so many workers; returns the memory in kB of the largest one."""


def audit(request: Request, progress: Progress, engine: Engine | None = None) -> Manifest:
    """Do an audit, or what is left of it, and return its manifest; worker processes do it, or another engine.

    Raises:
        AuditError: the inputs cannot be found, the output is another audit's, or a worker died.
        PolicyError: the policies cannot be used.
        SettingError: for a setting that cannot be used.
        EditFilesError: the catalogue cannot be read.
    """
    outputs.ready(request.form)
    started = now()
    library = library_of(request.catalogue)
    inputs = replace(find_inputs(request.given, request.output), tables=request.tables)
    day = request.as_of or today()
    wanted = Plan(
        inputs=inputs.files,
        as_of=day,
        with_patient=request.with_patient,
        chart=request.chart,
        tables=request.tables,
        book=library.engine.book.fingerprint,
        setup=setup_of(library),
        partitions=request.partitions or inputs.partitions(),
        length=request.length,
    )
    work = Work(request.output)
    with work.held():
        with files_told():
            plan = work.begin(wanted, request.as_of is not None, request.restart)
            if work.done and not _is_here(request.output):
                plan = work.begin(wanted, request.as_of is not None, restart=True)
        if not work.done:
            worker = Worker(inputs, plan, work.folder, request.catalogue)
            memory = (engine or _work)(worker, request.workers, progress)
            changed = inputs.changed()
            if changed:
                raise AuditError(changed, "changed while it was read.", "When it is whole, say --restart.")
            with files_told():
                if (request.output / MANIFEST).exists():
                    outputs.forget_tables(request.output)
                found = write_findings(request.output, work.folder, plan.partitions)
                manifest = manifest_of(worker, found)
                manifest.run.started, manifest.run.ended = started.isoformat(), now().isoformat()
                manifest.run.workers, manifest.run.memory_kb = request.workers, memory
                write_manifest(request.output, manifest)
                work.finish()
        else:
            work.clear()  # it may have been killed before it had done so
        with files_told():
            if request.form != "ndjson":
                outputs.convert(request.output, request.form)
            outputs.write_report(request.output)
    return read_manifest(request.output)


def _is_here(output: Path) -> bool:
    """Whether what a finished audit wrote is still in its folder."""
    try:
        read_manifest(output)
    except (OSError, msgspec.MsgspecError):
        return False
    return (output / FINDINGS).exists()


def _work(worker: Worker, count: int, progress: Progress) -> int:
    """Read and judge what has not been; the memory in kB of the largest worker."""
    inputs, plan, folder = worker.inputs, worker.plan, worker.folder
    memory = 0
    workers: Workers[Task, Done] = Workers(count, worker)
    try:
        reading = list(reading_tasks(inputs, plan, folder))
        progress.stage("reading, kB", sum(task.size for task in reading))
        for task, done in workers.run(reading):
            progress.advance(task.size)
            memory = max(memory, done.memory)
        if not (folder / SHARED_FILE).exists():
            steps = len(steps_of(plan, inputs))
            lines = partition_lines(parts(folder, steps), plan.partitions, plan.partitions + 1)
            with files_told():
                write_shared(folder / SHARED_FILE, bad_shared_file(folder), lines)
        judging = list(judging_tasks(inputs, plan, folder))
        progress.stage("judging claims", sum(task.size for task in judging))
        for task, done in workers.run(judging):
            progress.advance(task.size)
            memory = max(memory, done.memory)
    finally:
        workers.close()
    return memory or memory_used()


def reading_tasks(inputs: Inputs, plan: Plan, folder: Path) -> Iterator[Task]:
    """Digests of large files begin early: no second worker can help with one."""
    for number, file in enumerate(inputs.files):
        if not digest_file(folder, number).exists():
            yield Task("digest", number, _kilobytes(file.size))
    for step in steps_of(plan, inputs):
        if not step_is_done(folder, step.number):
            size = inputs.files[step.file].size
            end = size if step.end is None else min(step.end, size)
            yield Task("read", step.number, _kilobytes(end - step.start))


def judging_tasks(inputs: Inputs, plan: Plan, folder: Path) -> Iterator[Task]:
    """Partitions that are not judged yet, once everything has been read."""
    met = [summary(folder, step.number) for step in steps_of(plan, inputs)]
    documents = any("DocumentReference" in one.types for one in met) or any(
        Path(file.name).name.startswith("DocumentReference") for file in inputs.files
    )
    whole = not any(one.incomplete for one in met)
    claims = sum(one.types.get(kind, 0) for one in met for kind in ("Claim", "ExplanationOfBenefit"))
    claims -= sum(one.silent for one in met)
    for number in range(plan.partitions):
        if not tally_file(folder, number).exists():
            share = claims * (number + 1) // plan.partitions - claims * number // plan.partitions
            yield Task("judge", number, share, plan.chart and documents and whole)


def _kilobytes(size: int) -> int:
    return -(-size // 1000)
