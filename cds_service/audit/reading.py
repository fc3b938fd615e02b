"""One step of the reading: a part of an input becomes routed lines by partition, and a summary of what was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from cds_service.audit.inputs import RANGE, Inputs, Step, is_ndjson
from cds_service.audit.lines import LONGEST_LINE, Damaged, cannot_be_read, lines
from cds_service.audit.notices import BUNDLE, OUTCOME
from cds_service.audit.outputs import records
from cds_service.audit.records import BadRecord, ReaderItem, Record, Tables, Unread, VoidLines
from cds_service.audit.routed import SHARED
from cds_service.audit.routing import Router, damaged
from cds_service.audit.spool import partition_of, write_partitions, write_whole

REFUSED = "It was left out: have it exported again."
_MAY_READ = "See that it is there and that you may read it, and run the audit again with --restart."
_TITLES_TOLD, _LONG_TITLE = 200, 80
BAD_KEPT = 1000
"""Bad lines of a step that are described; more are counted."""


class Bad(msgspec.Struct, omit_defaults=True):
    """Something that could not be read. `place` is "step:line" in NDJSON until the lines of all steps are known, and
    "=file:words" elsewhere.
    """

    place: str
    where: str
    what: str
    remedy: str = ""


class Summary(msgspec.Struct):
    """What a step read: lines, resources by type, claims that no rule speaks of, parts written, what was bad.
    `unread` are titles of columns of a table that nothing reads, `sheets_aside` numbers of sheets without claim lines,
    `void_lines` lines that were left out since their rows are void.
    `broken`: the file ends too early, or cannot be read;
    `incomplete`: documents of any patient may be missing, since the server could not export something, or what may have
    been one cannot be read.
    """

    lines: int = 0
    silent: int = 0
    types: dict[str, int] = {}
    parts: int = 0
    bad: list[Bad] = []
    bad_count: int = 0
    unread: list[str] = []
    sheets_aside: list[int] = []
    void_lines: int = 0
    broken: bool = False
    incomplete: bool = False


def summary_file(work: Path, number: int) -> Path:
    """Where the summary of a step is; that it is there says that the step was done."""
    return work / "read" / f"{number:06}.json"


def part_file(work: Path, number: int, part: int) -> Path:
    """A part of what a step wrote. Names sort in the order of reading."""
    return work / "read" / f"{number:06}-{part:04}.part"


def read_step(step: Step, inputs: Inputs, router: Router, partitions: int, work: Path) -> Summary:
    """Do a step: write its parts, then its summary. What is SHARED goes to a partition of its own, the last."""
    summary = Summary()
    types: Counter[str] = Counter()
    held: list[list[bytes]] = [[] for _ in range(partitions + 1)]
    size = 0

    def bad(record: BadRecord) -> None:
        summary.bad_count += 1
        if len(summary.bad) < BAD_KEPT:
            summary.bad.append(Bad(record.place, record.where, record.what, record.remedy))

    def flush() -> None:
        write_partitions(part_file(work, step.number, summary.parts), held)
        summary.parts += 1
        for each in held:
            each.clear()

    try:
        for raw, place in _resources(step, inputs, summary, bad):
            routed = router.route(raw, place)
            if isinstance(routed, BadRecord):
                bad(routed)
                mark = damaged(raw, place)
                if routed.where.startswith((OUTCOME, BUNDLE)) or (mark and mark.is_lost_document):
                    summary.incomplete = True
                if mark is None or mark.line is None:
                    continue
                key, line = mark.key, mark.line
            else:
                types[routed.resource_type] += 1
                if routed.line is None:
                    summary.silent += routed.silent
                    continue
                key, line = routed.key, routed.line
            held[partitions if key == SHARED else partition_of(key, partitions)].append(line)
            size += len(line)
            if size >= RANGE:
                flush()
                size = 0
    except Damaged as damage:
        file = inputs.files[step.file]
        folder, ndjson = file.name.endswith("/"), is_ndjson(file.name)
        summary.broken, summary.incomplete = True, summary.incomplete or ndjson or folder
        kind = "folder" if folder else "file"
        in_line = ndjson and not file.refused
        place = f"{step.number}:{summary.lines + 1}" if in_line else _worded(step, f"the {kind} as a whole")
        bad(BadRecord(place, "", f"The {kind} {damage.what}", damage.remedy))
    if size:
        flush()
    summary.types = dict(sorted(types.items()))
    write_whole(summary_file(work, step.number), [msgspec.json.encode(summary)])
    return summary


def _resources(
    step: Step, inputs: Inputs, summary: Summary, bad: Callable[[BadRecord], None]
) -> Iterator[tuple[bytes, str]]:
    path, file = inputs.paths[step.file], inputs.files[step.file]
    if file.refused:
        raise Damaged(f"cannot be read: {file.refused}.", _MAY_READ)
    if not is_ndjson(file.name):
        for record in _records(path, inputs.tables):
            if isinstance(record, Unread):
                summary.unread += [title[:_LONG_TITLE] for title in record.titles[:_TITLES_TOLD]]
                summary.sheets_aside += record.sheets
                continue
            if isinstance(record, VoidLines):
                summary.void_lines += record.count
                continue
            summary.lines += 1
            if isinstance(record, BadRecord):
                bad(BadRecord(_worded(step, record.place), record.where, record.what, record.remedy))
            else:
                yield _one_line(record), _worded(step, record.place)
        return
    for raw in lines(path, step.start, step.end):
        summary.lines += 1
        place = f"{step.number}:{summary.lines}"
        if raw is None:
            what = f"is longer than {LONGEST_LINE >> 20} MB."
            bad(BadRecord(place, "", f"The line {what}", "Export it again, one resource a line."))
            summary.incomplete = True  # nothing but a document with its scan is so long
        elif raw and not raw.isspace():
            yield raw, place


def _records(path: Path, tables: Tables) -> Iterator[ReaderItem]:
    try:
        yield from records(path, tables)
    except OSError as error:
        raise cannot_be_read(error) from None


def _worded(step: Step, place: str) -> str:
    """A place in words, marked as such, fit for a routed line."""
    return f"={step.file}:{' '.join(place.split())}"


def _one_line(record: Record) -> bytes:
    return msgspec.json.format(record.data, indent=-1) if b"\n" in record.data else record.data
