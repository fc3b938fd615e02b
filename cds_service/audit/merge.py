"""The partitions' rows as one findings file, in the order of the claims."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from cds_service.audit.shard import merged
from cds_service.audit.spool import write_whole
from cds_service.audit.tasks import rows_file

FINDINGS = "findings.ndjson"
_TOGETHER = 200
"""Files open at once: systems allow 256 and more."""


class Found(msgspec.Struct):
    """The findings file: its name, rows and SHA-256."""

    file: str = FINDINGS
    rows: int = 0
    sha256: str = ""


def write_findings(output: Path, folder: Path, partitions: int) -> Found:
    """Merge the rows of all partitions. What a kill leaves on the way lies in the work folder."""
    files = [rows_file(folder, number) for number in range(partitions)]
    level = 0
    while len(files) > _TOGETHER:
        level += 1
        groups = [files[n : n + _TOGETHER] for n in range(0, len(files), _TOGETHER)]
        files = []
        for number, group in enumerate(groups):
            files.append(folder / "found" / f"merged-{level}-{number:06}")
            _merge(group, files[-1])
    merged_file = folder / "found" / FINDINGS
    found = _merge(files, merged_file)
    merged_file.replace(output / FINDINGS)
    return found


def _merge(files: list[Path], target: Path) -> Found:
    found = Found()
    digest = hashlib.sha256()

    def counted(rows: Iterator[bytes]) -> Iterator[bytes]:
        for row in rows:
            found.rows += 1
            digest.update(row)
            yield row

    with ExitStack() as stack:
        opened = [stack.enter_context(file.open("rb")) for file in files]
        write_whole(target, counted(merged(map(iter, opened))))
    found.sha256 = digest.hexdigest()
    return found
