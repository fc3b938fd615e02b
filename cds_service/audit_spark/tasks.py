"""What executors do: read a step, judge a partition. Pure functions of what they are given, by the audit's own code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias, TypeVar

import msgspec

from cds_service.audit.errors import AuditError
from cds_service.audit.inputs import Inputs, Step
from cds_service.audit.judge import Options
from cds_service.audit.plan import Plan
from cds_service.audit.reading import part_file, read_step
from cds_service.audit.routing import Router
from cds_service.audit.shard import audit_shard
from cds_service.audit.shared import Everybody, SharedFile
from cds_service.audit.spool import read_partition
from cds_service.audit.tally import Tally
from cds_service.audit.tasks import Worker, digest, library_of
from cds_service.audit.workers import fault_words
from cds_service.books import Library
from cds_service.memory import keep_what_is_loaded
from cds_service.store.records import setup_of

T = TypeVar("T")
Block: TypeAlias = tuple[int, bytes]
"""A partition's number, and lines of it."""
SUMMARY = -1
"""Takes the place of the number where a block holds counts: of a step, or of the partition before it."""
_ROWS = 2000


@dataclass(frozen=True)
class Setup:
    """What every executor gets of an audit."""

    inputs: Inputs
    plan: Plan
    catalogue: Path | None = None

    @classmethod
    def of(cls, worker: Worker) -> Setup:
        """Of an audit; a catalogue is looked for where the driver would, whatever folder an executor works in."""
        catalogue = worker.catalogue.absolute() if worker.catalogue else None
        return cls(worker.inputs, worker.plan, catalogue)

    def library(self) -> Library:
        """The rulebook of this process, which has to be the driver's.

        Raises:
            AuditError: this machine has other policies or settings.
        """
        library = _loaded(self.catalogue)
        if (library.engine.book.fingerprint, setup_of(library)) != (self.plan.book, self.plan.setup):
            raise AuditError(
                "A Spark executor",
                "has other policies or settings than the driver.",
                "Give all machines the same igrt-cds and the same IGRT_CDS_ settings.",
            )
        return library


@lru_cache(maxsize=2)
def _loaded(catalogue: Path | None) -> Library:
    library = library_of(catalogue)
    keep_what_is_loaded()  # PySpark collects garbage after each task, over the whole rulebook otherwise
    return library


def read(setup: Setup, step: Step) -> Iterator[Block]:
    """One step of the reading: blocks of routed lines by partition, then the step's summary.

    The step writes to a folder of its own on the executor's disk, which is gone when its last block has been given.
    """
    router = Router.of(setup.library().knowledge)
    partitions = setup.plan.partitions
    with TemporaryDirectory(prefix="igrt-cds-audit-") as folder:
        work = Path(folder)
        (work / "read").mkdir()
        summary = read_step(step, setup.inputs, router, partitions, work)
        for number in range(summary.parts):
            path = part_file(work, step.number, number)
            for partition in range(partitions + 1):
                block = read_partition(path, partition, partitions + 1)
                if block:
                    yield partition, block
    yield SUMMARY, msgspec.json.encode((step.number, summary))


def judge(
    setup: Setup, shared_file: str, chart: bool, number: int, blocks: Iterable[Block]
) -> Iterator[Block]:
    """One partition: blocks of its rows, then its counts."""
    plan = setup.plan
    tally = Tally()
    rows = audit_shard(
        chain.from_iterable(block.split(b"\n")[:-1] for _, block in blocks),
        _everybody(shared_file),
        setup.library(),
        Options(plan.as_of, chart, plan.with_patient),
        tally,
    )
    while some := list(islice(rows, _ROWS)):
        yield number, b"\n".join(some) + b"\n"
    yield SUMMARY, tally.encode()


def digest_of(setup: Setup, number: int) -> tuple[int, bytes]:
    """The digest of an input."""
    return number, digest(setup.inputs, number)


def guarded(blocks: Iterator[T]) -> Iterator[T]:
    """The same; an unexpected error is told without its text, which Spark would write to the logs of a cluster.

    Raises:
        AuditError: with type and place of whatever went wrong.
    """
    try:
        yield from blocks
    except AuditError:
        raise
    except Exception as error:
        words = fault_words(error)
        raise AuditError("A Spark executor", f"failed: {words}.", "Report this fault of igrt-cds.") from None


@lru_cache(maxsize=1)
def _everybody(path: str) -> Everybody:
    """What belongs to no patient; one file for all partitions of an audit."""
    return Everybody(SharedFile(Path(path)))
