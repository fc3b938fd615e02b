"""`python -m benchmarks.audit`: what an audit costs, against the bare typed decoding of the same files.

Every audit is a process of its own, which measures itself once its rulebook is loaded: CPU seconds of it and its
workers, so that a busy machine does not tell a tale, the wall clock, and the memory of its largest worker. `--other N`
adds N claims a patient that no rule speaks of, as most of a billing office's are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.timing import Spread
from cds_service.audit.manifest import read_manifest
from cds_service.audit.run import Engine, Request, audit
from cds_service.audit.tasks import library_of
from cds_service.facts import fhir
from fhir_fixtures.bulk import write_export

BARE, ONE, TWO, SPARK = (
    "typed decoding alone",
    "audit, 1 process",
    "audit, 2 processes",
    "audit, Spark local[2]",
)
_JOBS = {ONE: 1, TWO: 2}
_DECODED = 3
"""Times that the files are decoded in a round: once takes too short a time to be measured well."""


class Once(msgspec.Struct):
    """One audit: seconds of CPU and of the clock, claims, MB of the largest worker, CPU seconds by stage."""

    cpu: float
    wall: float
    claims: dict[str, int]
    memory: float
    stages: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A job over all rounds. `cpu` in seconds, `ratio` to bare decoding, `rate` in claims a second, `gain` the rate to
    that of one process, `memory` in MB, the largest of all rounds; None is what cannot be said of the job.
    """

    name: str
    cpu: Spread | None
    ratio: Spread | None
    rate: Spread
    gain: Spread | None
    memory: float | None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What auditing one export costs. `size` in bytes; `radiotherapy` is the share of claims that rules speak of.

    `stages` are the CPU seconds of each stage with one process, as parts of bare decoding.
    """

    title: str
    size: int
    claims: int
    radiotherapy: float
    rows: tuple[Row, ...]
    stages: dict[str, Spread]

    def row(self, name: str) -> Row | None:
        """The row of a job, if it was measured."""
        return next((row for row in self.rows if row.name == name), None)


def measure(title: str, patients: int, other: int, rounds: int, spark: bool) -> AuditResult:
    """An export of so many patients, decoded and audited in turn, `rounds` times; with `spark` then on Spark too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "export"
        write_export(folder, patients, 1)
        _add_others(folder, patients, other)
        return measure_folder(title, folder, rounds, spark)


def measure_folder(title: str, folder: Path, rounds: int, spark: bool) -> AuditResult:
    """As `measure`, of an export that is there."""
    files = sorted(folder.glob("*.ndjson"))
    bare: list[float] = []
    once: dict[str, list[Once]] = {name: [] for name in _JOBS}
    for _ in range(rounds):
        bare.append(_decode(files))
        for name, workers in _JOBS.items():
            once[name] += _audited(folder, "--workers", str(workers))
    if spark:  # one session for all rounds: to start one takes longer than an audit
        once[SPARK] = _audited(folder, "--workers", "2", "--spark", "--rounds", str(rounds))
    first = once[ONE][0]
    claims = sum(first.claims.values())
    aside = first.claims.get("no-rule-speaks", 0) + first.claims.get("set-aside", 0)
    decoded = Spread.of([claims / seconds for seconds in bare])
    rows = [Row(BARE, Spread.of(bare), Spread(1, 1, 1), decoded, None, None)]
    rows += [_row(name, own, once[ONE], bare) for name, own in once.items()]
    return AuditResult(
        title,
        sum(file.stat().st_size for file in files),
        claims,
        (claims - aside) / claims,
        tuple(rows),
        {
            stage: Spread.of(
                [each.stages[stage] / seconds for each, seconds in zip(once[ONE], bare, strict=True)]
            )
            for stage in first.stages
        },
    )


def has_spark() -> bool:
    """Whether PySpark and the Java that it needs are installed."""
    return find_spec("pyspark") is not None and bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def _row(name: str, own: Sequence[Once], one: Sequence[Once], bare: Sequence[float]) -> Row:
    rates = [sum(each.claims.values()) / each.wall for each in own]
    alone = [sum(each.claims.values()) / each.wall for each in one]
    gain = Spread.of([rate / base for rate, base in zip(rates, alone, strict=True)])
    if name == SPARK:  # most of its CPU is spent, and its memory held, by Java and what that starts
        return Row(name, None, None, Spread.of(rates), gain, None)
    ratio = Spread.of([each.cpu / base for each, base in zip(own, bare, strict=True)])
    return Row(
        name,
        Spread.of([each.cpu for each in own]),
        ratio,
        Spread.of(rates),
        gain,
        max(each.memory for each in own),
    )


def _decode(files: Iterable[Path]) -> float:
    """CPU seconds for every line into the struct of its type: what reading costs at least."""
    began = time.process_time()
    for file in [file for file in files for _ in range(_DECODED)]:
        decoder = msgspec.json.Decoder(fhir.TYPES.get(file.name.partition(".")[0], fhir.Resource))
        with file.open("rb", buffering=1 << 20) as lines:
            for line in lines:
                decoder.decode(line)
    return (time.process_time() - began) / _DECODED


def _audited(folder: Path, *options: str) -> list[Once]:
    command = [sys.executable, "-m", "benchmarks.audit", "--folder", str(folder), *options]
    done = subprocess.run(
        ["/bin/sh", "-c", _APART, "sh", *command],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return [
        msgspec.json.decode(line, type=Once) for line in done.stdout.splitlines() if line.startswith(b"{")
    ]


_APART = '"$@"; exit $?'
"""A shell between this process and an audit: what Linux tells of a process's largest memory begins with that of
whoever has started it."""


class _Stages:
    """CPU seconds at the beginning of each stage, children included once they have ended."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def stage(self, words: str, total: int) -> None:
        """Note when a stage begins."""
        self.began.append((words.partition(",")[0], _cpu()))

    def advance(self, by: int) -> None:
        """Nothing to note."""

    def seconds(self) -> dict[str, float]:
        """CPU seconds by stage, until now."""
        ends = [*(at for _, at in self.began[1:]), _cpu()]
        return {stage: end - at for (stage, at), end in zip(self.began, ends, strict=True)}


def on_processes(folder: Path, workers: int) -> Once:
    """Audit a folder in this process and its workers; what has to be loaded first is not counted."""
    library_of(None)
    return _once(folder, workers, None)


def in_one_session(folder: Path, workers: int, rounds: int) -> Iterator[Once]:
    """Audit a folder on Spark, so many times. One more audit goes before, in which its Python workers load the
    rulebook."""
    from cds_service.audit_spark.engine import on_spark

    for number in range(rounds + 1):
        found = _once(folder, workers, on_spark)
        if number:
            yield found


def _once(folder: Path, workers: int, engine: Engine | None) -> Once:
    stages = _Stages()
    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / "out"
        cpu, wall = _cpu(), time.perf_counter()
        audit(Request((folder,), output, workers), stages, engine)
        cpu, wall = _cpu() - cpu, time.perf_counter() - wall
        manifest = read_manifest(output)
    by_stage = stages.seconds() if workers == 1 else {}
    return Once(cpu, wall, manifest.claims, manifest.run.memory_kb / 1024, by_stage)


def _add_others(folder: Path, patients: int, count: int) -> None:
    """Claims of laboratory tests, as long as the others."""
    if not count:
        return
    with (folder / "Claim.ndjson").open("rb") as lines:
        model = json.loads(max((line for line, _ in zip(lines, range(200), strict=False)), key=len))
    for item in model["item"]:
        item["productOrService"]["coding"][0]["code"] = "80053"
    with (folder / "Claim.other.ndjson").open("w", encoding="utf-8") as file:
        for number in range(patients * count):
            model |= {
                "id": f"other-{number}",
                "patient": {"reference": f"Patient/other-{number % (patients * 4)}"},
            }
            file.write(json.dumps(model, separators=(",", ":")) + "\n")


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--patients", type=int, default=1000, help="default: %(default)s")
    parser.add_argument(
        "--other", type=int, default=0, help="further claims a patient (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="three at least (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="an export that is there already")
    parser.add_argument(
        "--workers", type=int, help="only audit --folder with these; prints the figures as JSON"
    )
    parser.add_argument("--spark", action="store_true", help="on Spark, too; with --workers: only")
    options = parser.parse_args(arguments)
    if options.rounds < 3:
        parser.error("--rounds: a spread needs 3 rounds at least.")
    if options.workers and options.spark:
        for found in in_one_session(options.folder, options.workers, options.rounds):
            print(msgspec.json.encode(found).decode())
    elif options.workers:
        print(msgspec.json.encode(on_processes(options.folder, options.workers)).decode())
    elif options.folder:
        _show(measure_folder(str(options.folder), options.folder, options.rounds, options.spark))
    else:
        title = f"{options.patients} patients"
        _show(measure(title, options.patients, options.other, options.rounds, options.spark))


def _show(found: AuditResult) -> None:
    console = Console()
    console.print(
        f"{found.title}: {found.size / 1e6:,.0f} MB, {found.claims:,} claims, "
        f"{found.radiotherapy:.0%} of them of radiotherapy"
    )
    table = Table("job")
    for head in ("CPU s", "ratio", "claims/s", "rate, × 1 process", "memory MB"):
        table.add_column(head, justify="right")
    for row in found.rows:
        shown = [_median(row.cpu, 2), _median(row.ratio, 2), _median(row.rate, 0), _median(row.gain, 2)]
        table.add_row(row.name, *shown, f"{row.memory:.0f}" if row.memory else "")
        if row.name == ONE:
            for stage, ratio in found.stages.items():
                table.add_row(f"  {stage}", "", _median(ratio, 2))
    console.print(table)


def _median(spread: Spread | None, digits: int) -> str:
    return f"{spread.median:,.{digits}f}" if spread else ""


if __name__ == "__main__":
    main()
