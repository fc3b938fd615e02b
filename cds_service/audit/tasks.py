"""The steps of an audit as any worker does them. Each leaves a file that is there when it is done, and only then."""

from __future__ import annotations

import hashlib
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec

from cds_service.audit.errors import AuditError
from cds_service.audit.inputs import MAY_READ, Inputs
from cds_service.audit.judge import Options
from cds_service.audit.plan import Plan, steps_of
from cds_service.audit.reading import Summary, part_file, read_step, summary_file
from cds_service.audit.routing import Router
from cds_service.audit.shard import audit_shard
from cds_service.audit.shared import SHARED_FILE, Everybody, SharedFile
from cds_service.audit.spool import read_partition, write_whole
from cds_service.audit.tally import Tally
from cds_service.books import Library, library_with, standard_library


@dataclass(frozen=True, slots=True)
class Task:
    """`kind` is "digest" (of a file), "read" (a step) or "judge" (a partition, with `chart`); `size` is its share of
    the work, in kB or claims.
    """

    kind: str
    number: int
    size: int
    chart: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What a task came to: the worker's memory at its largest so far, in kB."""

    memory: int = 0


@lru_cache(maxsize=2)
def library_of(catalogue: Path | None) -> Library:
    """The library of this process; the first call loads it, and forked workers have it already."""
    return library_with(catalogue) if catalogue else standard_library()


@dataclass
class Worker:
    """Does tasks of one audit. `read` are the summaries' numbers and their parts, known when judging begins."""

    inputs: Inputs
    plan: Plan
    folder: Path
    catalogue: Path | None = None
    _everybody: Everybody | None = field(default=None, repr=False)
    _parts: list[Path] | None = field(default=None, repr=False)

    def __call__(self, task: Task) -> Done:
        """Do one."""
        if task.kind == "digest":
            write_whole(digest_file(self.folder, task.number), [digest(self.inputs, task.number)])
        elif task.kind == "read":
            router = Router.of(library_of(self.catalogue).knowledge)
            step = steps_of(self.plan, self.inputs)[task.number]
            read_step(step, self.inputs, router, self.plan.partitions, self.folder)
        else:
            self._judge(task)
        return Done(memory_used())

    def _judge(self, task: Task) -> None:
        if self._everybody is None:
            self._everybody = Everybody(SharedFile(self.folder / SHARED_FILE))
        if self._parts is None:
            self._parts = parts(self.folder, len(steps_of(self.plan, self.inputs)))
        tally = Tally()
        options = Options(self.plan.as_of, task.chart, self.plan.with_patient)
        rows = audit_shard(
            partition_lines(self._parts, task.number, self.plan.partitions + 1),
            self._everybody,
            library_of(self.catalogue),
            options,
            tally,
        )
        write_whole(rows_file(self.folder, task.number), (row + b"\n" for row in rows))
        write_whole(tally_file(self.folder, task.number), [tally.encode()])


def partition_lines(files: list[Path], number: int, partitions: int) -> Iterator[bytes]:
    """The routed lines of one partition, out of everything that was read; the last one is what is shared."""
    for file in files:
        yield from read_partition(file, number, partitions).split(b"\n")[:-1]


def parts(folder: Path, steps: int) -> list[Path]:
    """The part files of all steps, in the order of reading."""
    return [
        part_file(folder, number, part)
        for number in range(steps)
        for part in range(summary(folder, number).parts)
    ]


def summary(folder: Path, number: int) -> Summary:
    """What a step met."""
    return msgspec.json.decode(summary_file(folder, number).read_bytes(), type=Summary)


def step_is_done(folder: Path, number: int) -> bool:
    """Whether a step has been read, and its lines are here: another engine keeps them elsewhere."""
    return summary_file(folder, number).exists() and all(
        part_file(folder, number, part).exists() for part in range(summary(folder, number).parts)
    )


def digest_file(folder: Path, number: int) -> Path:
    """Where the digest of an input is."""
    return folder / "digests" / f"{number:06}"


def rows_file(folder: Path, number: int) -> Path:
    """Where the rows of a partition are."""
    return folder / "found" / f"{number:06}.ndjson"


def tally_file(folder: Path, number: int) -> Path:
    """Where the counts of a partition are; that they are there says that the partition is done."""
    return folder / "found" / f"{number:06}.json"


def bad_shared_file(folder: Path) -> Path:
    """Where it is told which shared resources could not be read."""
    return folder / "shared-bad.json"


def digest(inputs: Inputs, number: int) -> bytes:
    """SHA-256 of an input, in hexadecimal digits; nothing of one that cannot be opened.

    Raises:
        AuditError: it cannot be read here, though it could be when it was found.
    """
    if inputs.files[number].refused:
        return b""
    try:
        with inputs.paths[number].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest().encode()
    except OSError as error:
        why = f"cannot be read ({error.strerror})."
        raise AuditError(inputs.files[number].name, why, MAY_READ) from None


def memory_used() -> int:
    """The most memory that this process has had, in kB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most
