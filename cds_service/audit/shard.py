"""One partition of patients, judged: a pure function of its lines, which every engine calls."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from cds_service.audit.findings import rows_of
from cds_service.audit.judge import Options, judge
from cds_service.audit.patients import patients
from cds_service.audit.rows import encode
from cds_service.audit.second_bills import counted_elsewhere
from cds_service.audit.shared import Everybody
from cds_service.audit.tally import Tally
from cds_service.books import Library


def audit_shard(
    lines: Iterable[bytes], everybody: Everybody, library: Library, options: Options, tally: Tally
) -> Iterator[bytes]:
    """The rows of a partition, in the order of `merge_key`, without line feeds.

    `lines` are routed lines (`routing.Router`) that hold all of each patient in them; their order does not matter.
    What was counted is added to `tally`, which is complete when the last row has been given.
    """
    found: list[tuple[str, list[bytes]]] = []
    for patient in patients(lines, everybody.was_deleted):
        claims = list(judge(patient, everybody, library, options, tally))
        for judged, elsewhere in zip(claims, counted_elsewhere(claims), strict=True):
            rows = rows_of(judged, everybody, options.with_patient, elsewhere)
            for row in rows:
                tally.row(row)
            found.append((rows[0].claim, [encode(row) for row in rows]))
    found.sort(key=lambda each: merge_key(each[1][0]))
    for _, encoded in found:
        yield from encoded


def merge_key(row: bytes) -> bytes:
    """What orders claims over all partitions; rows of one claim stay in the order in which they were made."""
    return row[: row.index(b",")]  # {"claim":"Claim/c1"


def merged(files: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
    """The rows of several partitions as one sequence in the order of the claims."""
    return heapq.merge(*files, key=merge_key)
