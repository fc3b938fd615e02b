"""`run.json`: what an audit read, by which rules it judged, what it counted. Two runs over the same differ in `run`
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from heapq import nsmallest
from pathlib import Path

import msgspec

from cds_service.audit.amounts import written
from cds_service.audit.inputs import Step
from cds_service.audit.merge import Found
from cds_service.audit.plan import steps_of
from cds_service.audit.reading import BAD_KEPT, Bad
from cds_service.audit.spool import write_whole
from cds_service.audit.tally import SILENT, STATUSES, Tally
from cds_service.audit.tasks import Worker, bad_shared_file, digest_file, library_of, summary, tally_file

MANIFEST = "run.json"


class ReadFile(msgspec.Struct):
    """An input: size in bytes, SHA-256, lines or records, and resources by type. `complete` False: it broke off.
    `unread` are titles of columns of a table that nothing reads, `sheets_aside` numbers of sheets without claim lines,
    `void_lines` lines that were left out since their rows are void and others of their claim are not.
    """

    name: str
    size: int
    sha256: str
    lines: int = 0
    types: dict[str, int] = {}
    complete: bool = True
    unread: list[str] = []
    sheets_aside: list[int] = []
    void_lines: int = 0


class BadLine(msgspec.Struct, omit_defaults=True):
    """Something that could not be read: file, line or other place, element, what is wrong, what to do."""

    file: str
    place: str
    where: str
    what: str
    remedy: str = ""


class Options(msgspec.Struct):
    """How the audit judged."""

    as_of: str = ""
    with_patient: bool = False
    chart: bool = True
    claim_form: str = ""
    charges: bool = False


class Policies(msgspec.Struct):
    """The rules: fingerprint of the book, its rule versions, and what besides it decides (version, edits …)."""

    book: str = ""
    rules: int = 0
    setup: msgspec.Raw = msgspec.Raw(b"{}")


class RuleCount(msgspec.Struct):
    """Findings of a statement by severity; at stake in those at warning or above, by currency."""

    findings: dict[str, int] = {}
    stake: dict[str, str] = {}


class Run(msgspec.Struct):
    """How it went: ISO 8601 times, worker processes, and the most memory that one of them had, in kB."""

    started: str = ""
    ended: str = ""
    workers: int = 1
    memory_kb: int = 0


class Manifest(msgspec.Struct):
    """The whole of it. `claims` by status, `reasons` of statuses, `findings` by severity, `rules` by statement,
    `stake` by currency in findings at warning or above, no line counted twice. `bad_count` counts what `bad` lists,
    and more.
    """

    options: Options = msgspec.field(default_factory=Options)
    policies: Policies = msgspec.field(default_factory=Policies)
    inputs: list[ReadFile] = []
    left_aside: list[str] = []
    types: dict[str, int] = {}
    claims: dict[str, int] = {}
    reasons: dict[str, int] = {}
    findings: dict[str, int] = {}
    rules: dict[str, RuleCount] = {}
    stake: dict[str, str] = {}
    bad_count: int = 0
    bad: list[BadLine] = []
    output: Found = msgspec.field(default_factory=Found)
    run: Run = msgspec.field(default_factory=Run)


def manifest_of(worker: Worker, found: Found) -> Manifest:
    """The manifest of finished work, all but `run`."""
    plan, folder, inputs = worker.plan, worker.folder, worker.inputs
    steps = steps_of(plan, inputs)
    library = library_of(worker.catalogue)
    tally, count = Tally(), len(_bad_shared(folder))
    for number in range(plan.partitions):
        one = Tally.decode(tally_file(folder, number).read_bytes())
        tally.add(one)
        count += len(one.bad)
    files = [
        ReadFile(file.name, file.size, digest_file(folder, number).read_text())
        for number, file in enumerate(inputs.files)
    ]
    before: list[int] = []
    for step in steps:
        met, file = summary(folder, step.number), files[step.file]
        before.append(file.lines)
        file.lines += met.lines
        tally.claims[SILENT] = tally.claims.get(SILENT, 0) + met.silent
        file.complete = file.complete and not met.broken
        file.unread += met.unread
        file.sheets_aside += met.sheets_aside
        file.void_lines += met.void_lines
        for kind, resources in met.types.items():
            file.types[kind] = file.types.get(kind, 0) + resources
        count += met.bad_count
    placed = (_placed(one, steps, before) for one in _bad(folder, steps, plan.partitions))
    first = nsmallest(BAD_KEPT, placed, key=lambda each: each[0])
    return Manifest(
        options=Options(
            plan.as_of.isoformat(), plan.with_patient, plan.chart, plan.tables.claim_form, plan.tables.charges
        ),
        policies=Policies(plan.book, len(library.engine.book.rules), msgspec.Raw(plan.setup.encode())),
        inputs=files,
        left_aside=list(inputs.left_aside),
        types=_summed(file.types for file in files),
        claims={status: tally.claims.get(status, 0) for status in STATUSES},
        reasons=dict(sorted(tally.reasons.items())),
        findings={name: tally.findings.get(name, 0) for name in ("critical", "warning", "info")},
        rules={
            name: RuleCount(dict(sorted(rule.findings.items())), _amounts(rule.stake))
            for name, rule in sorted(tally.rules.items())
        },
        stake=_amounts(tally.stake),
        bad_count=count,
        bad=[
            BadLine(files[file].name, place, one.where, one.what, one.remedy)
            for (file, _, place), one in first
        ],
        output=found,
    )


def write_manifest(output: Path, manifest: Manifest) -> None:
    """Write it, indented: people read it too."""
    write_whole(output / MANIFEST, [msgspec.json.format(msgspec.json.encode(manifest), indent=2), b"\n"])


def read_manifest(output: Path) -> Manifest:
    """The manifest of a finished audit."""
    return msgspec.json.decode((output / MANIFEST).read_bytes(), type=Manifest)


def _bad(folder: Path, steps: list[Step], partitions: int) -> Iterator[Bad]:
    """All that is described as bad, a file of the work folder at a time: in an export of another version of FHIR that
    is every claim.
    """
    yield from _bad_shared(folder)
    for number in range(partitions):
        yield from Tally.decode(tally_file(folder, number).read_bytes()).bad
    for step in steps:
        yield from summary(folder, step.number).bad


def _bad_shared(folder: Path) -> list[Bad]:
    return msgspec.json.decode(bad_shared_file(folder).read_bytes(), type=list[Bad])


_COUNTED = re.compile(r"segment ([0-9]{1,18})|line[s ]+([0-9]{1,18})")
"""What orders the places of a file that has no lines of its own kind: segments of X12, lines of a table."""


def _placed(one: Bad, steps: list[Step], before: list[int]) -> tuple[tuple[int, int, str], Bad]:
    """File, rank and place of something bad, its line counted from the file's beginning."""
    if one.place.startswith("="):
        file, _, words = one.place[1:].partition(":")
        found = _COUNTED.search(words)
        return (int(file), int(found[1] or found[2]) if found else 0, words), one
    number, _, line = one.place.partition(":")
    counted = before[int(number)] + int(line)
    return (steps[int(number)].file, counted, f"line {counted}"), one


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            found[name] = found.get(name, 0) + count
    return dict(sorted(found.items()))


def _amounts(stake: dict[str, Decimal]) -> dict[str, str]:
    return {currency: written(amount) or "" for currency, amount in sorted(stake.items())}
