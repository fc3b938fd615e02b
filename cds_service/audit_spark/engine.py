"""Spark in the place of the audit's own worker processes: it divides, shuffles by patient, and tries again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from cds_service.audit.errors import AuditError
from cds_service.audit.plan import steps_of
from cds_service.audit.reading import Summary, summary_file
from cds_service.audit.run import Progress, judging_tasks, reading_tasks
from cds_service.audit.shared import write_shared
from cds_service.audit.spool import write_whole
from cds_service.audit.tally import Tally
from cds_service.audit.tasks import Worker, bad_shared_file, digest_file, memory_used, rows_file, tally_file
from cds_service.audit.workers import fault_words
from cds_service.audit_spark.session import session_of
from cds_service.audit_spark.tasks import SUMMARY, Block, Setup, digest_of, guarded, judge, read

if TYPE_CHECKING:
    from pyspark import RDD, SparkContext


_AT_ONCE = 8
"""Partitions for each core whose rows come to the driver together; it holds so many in memory."""


def on_spark(worker: Worker, count: int, progress: Progress) -> int:
    """Read and judge on Spark; leaves in the work folder what worker processes would have left there.

    Raises:
        AuditError: Spark is not there, or a step failed on every attempt.
    """
    context = session_of(count).sparkContext
    try:
        _audit(context, worker, progress)
    except AuditError:
        raise
    except Exception as error:
        raise _letter(error) from None
    return memory_used()


def _audit(context: SparkContext, worker: Worker, progress: Progress) -> None:
    from pyspark import SparkFiles

    folder, plan, inputs = worker.folder, worker.plan, worker.inputs
    setup = Setup.of(worker)
    steps, partitions = steps_of(plan, inputs), plan.partitions
    files = range(len(inputs.files))
    reading = sum(task.size for task in reading_tasks(inputs, plan, folder))
    progress.stage("reading, kB", reading)
    # One shuffle: each partition is handed over once, and what is asked of one of them reads no other.
    routed: RDD[Block] = (
        context.parallelize(steps, len(steps))
        .flatMap(lambda step: guarded(read(setup, step)))
        .partitionBy(partitions + 2, lambda key: key if key >= 0 else partitions + 1)
    )
    for _, told in context.runJob(routed, lambda held: held, [partitions + 1]):
        step, summary = msgspec.json.decode(told, type=tuple[int, Summary])
        write_whole(summary_file(folder, step), [msgspec.json.encode(summary)])
    digests = context.parallelize(files, len(files)).map(lambda number: digest_of(setup, number))
    for number, hexadecimal in digests.collect():
        write_whole(digest_file(folder, number), [hexadecimal])
    progress.advance(reading)
    shared_file = (
        folder / "read" / f"shared-{uuid4().hex}.sqlite"
    )  # a context keeps the files of all its audits, by name
    shared = context.runJob(routed, lambda held: held, [partitions])
    lines = (line for _, block in shared for line in block.split(b"\n")[:-1])
    write_shared(shared_file, bad_shared_file(folder), lines)
    context.addFile(str(shared_file))
    name, tasks = shared_file.name, list(judging_tasks(inputs, plan, folder))
    chart = any(task.chart for task in tasks)
    progress.stage("judging claims", sum(task.size for task in tasks))
    judged: RDD[Block] = routed.mapPartitionsWithIndex(
        lambda number, held: guarded(judge(setup, SparkFiles.get(name), chart, number, held))
    )
    several = _AT_ONCE * context.defaultParallelism
    for first in range(0, partitions, several):
        some = range(first, min(first + several, partitions))
        _take(some, iter(context.runJob(judged, lambda held: held, some)), worker, progress)
    shared_file.unlink()


def _take(numbers: Iterable[int], found: Iterator[Block], worker: Worker, progress: Progress) -> None:
    """Write the rows and the counts of these partitions."""
    told: list[bytes] = []

    def rows(block: Block) -> Iterator[bytes]:
        while block[0] != SUMMARY:
            yield block[1]
            block = next(found)
        told.append(block[1])

    for number in numbers:
        write_whole(rows_file(worker.folder, number), rows(next(found)))
        tally = told.pop()
        write_whole(tally_file(worker.folder, number), [tally])
        progress.advance(sum(Tally.decode(tally).claims.values()))


def _letter(error: Exception) -> AuditError:
    """A letter out of what Spark says; its own words may hold anything."""
    for line in str(error).splitlines():
        if "AuditError: " in line:
            return AuditError("--engine spark", line.partition("AuditError: ")[2], "")
    return AuditError(
        "--engine spark",
        f"failed ({fault_words(error)}).",
        "See the logs of the executors; the same command begins again.",
    )
