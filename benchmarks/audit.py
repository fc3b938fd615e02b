"""`python -m benchmarks.audit`: what an audit costs, against the bare typed decoding of the same files.

CPU seconds of this process and its children, so that a busy machine does not tell a tale; the wall clock is printed
too. `--other N` adds N claims a patient that no rule speaks of, as most of a billing office's are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from cds_service.audit.manifest import read_manifest
from cds_service.audit.run import Request, audit
from cds_service.audit.tasks import library_of
from cds_service.facts import fhir
from fhir_fixtures.bulk import write_export


class Stages:
    """CPU seconds of each stage of an audit, children included once they have ended."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def stage(self, words: str, total: int) -> None:
        """Note when a stage begins."""
        self.began.append((words, _cpu()))

    def advance(self, by: int) -> None:
        """Nothing to note."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--patients", type=int, default=2000, help="default: %(default)s")
    parser.add_argument(
        "--other", type=int, default=0, help="further claims a patient (default: %(default)s)"
    )
    parser.add_argument("--folder", type=Path, help="an export that is there already")
    options = parser.parse_args(arguments)
    library_of(None)
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name) / "export"
        if options.folder is None:
            write_export(folder, options.patients, 1)
            _add_others(folder, options.patients, options.other)
        files = sorted(folder.glob("*.ndjson"))
        size = sum(file.stat().st_size for file in files)
        table = Table("job")
        for head in ("CPU s", "ratio", "wall s", "claims/s", "memory MB"):
            table.add_column(head, justify="right")
        bare, wall = _timed(lambda: _decode(files))
        table.add_row("typed decoding alone", f"{bare:.1f}", "1.00", f"{wall:.1f}")
        for workers in (1, 2):
            output = Path(name) / f"out{workers}"
            stages = Stages()
            cpu, wall = _timed(partial(audit, Request((folder,), output, workers), stages))
            manifest = read_manifest(output)
            rate = sum(manifest.claims.values()) / wall
            memory = f"{manifest.run.memory_kb / 1024:.0f}"
            words = f"audit, {workers} process{'es' if workers > 1 else ''}"
            table.add_row(words, f"{cpu:.1f}", f"{cpu / bare:.2f}", f"{wall:.1f}", f"{rate:,.0f}", memory)
            if workers == 1:
                console.print(f"{size / 1e6:,.0f} MB; claims: {json.dumps(manifest.claims)}")
                ends = [*(at for _, at in stages.began[1:]), _cpu()]
                for (stage, at), end in zip(stages.began, ends, strict=True):
                    table.add_row(f"  {stage}", f"{end - at:.1f}", f"{(end - at) / bare:.2f}")
            shutil.rmtree(output)
        console.print(table)


def _decode(files: Sequence[Path]) -> None:
    """Every line into the struct of its type: what reading costs at least."""
    for file in files:
        decoder = msgspec.json.Decoder(fhir.TYPES.get(file.name.partition(".")[0], fhir.Resource))
        with file.open("rb", buffering=1 << 20) as lines:
            for line in lines:
                decoder.decode(line)


def _add_others(folder: Path, patients: int, count: int) -> None:
    """Claims of laboratory tests, as long as the others."""
    if not count:
        return
    with (folder / "Claim.ndjson").open("rb") as lines:
        model = json.loads(max((next(lines) for _ in range(200)), key=len))
    for item in model["item"]:
        item["productOrService"]["coding"][0]["code"] = "80053"
    with (folder / "ClaimOther.ndjson").open("w") as file:
        for number in range(patients * count):
            model |= {
                "id": f"other-{number}",
                "patient": {"reference": f"Patient/other-{number % (patients * 4)}"},
            }
            file.write(json.dumps(model, separators=(",", ":")) + "\n")
    (folder / "ClaimOther.ndjson").rename(folder / "Claim.other.ndjson")


def _timed(job: Callable[[], object]) -> tuple[float, float]:
    began, wall = _cpu(), time.perf_counter()
    job()
    return _cpu() - began, time.perf_counter() - wall


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    main()
