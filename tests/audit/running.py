"""Audits run by tests: over folders, and over a few resources without files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from cds_service.audit.judge import Options
from cds_service.audit.manifest import Manifest
from cds_service.audit.records import BadRecord
from cds_service.audit.routed import SHARED
from cds_service.audit.routing import Router
from cds_service.audit.rows import Row, decode
from cds_service.audit.run import Request, audit
from cds_service.audit.shard import audit_shard
from cds_service.audit.shared import Everybody
from cds_service.audit.tally import SILENT, Tally
from cds_service.books import Library

DAY = date(2026, 11, 22)
Resource = dict[str, Any]


class Quiet:
    """Progress that nobody looks at."""

    def stage(self, words: str, total: int) -> None: ...

    def advance(self, by: int) -> None: ...


def write_ndjson(folder: Path, resources: Iterable[Mapping[str, Any]]) -> None:
    """One file a type, as a server exports them."""
    folder.mkdir(parents=True, exist_ok=True)
    for resource in resources:
        with (folder / f"{resource['resourceType']}.ndjson").open("ab") as file:
            file.write(msgspec.json.encode(resource) + b"\n")


def run(folder: Path, output: Path, **asked: Any) -> Manifest:
    return audit(Request((folder,), output, **({"as_of": DAY} | asked)), Quiet())


def rows_in(output: Path) -> list[Row]:
    return [decode(line) for line in (output / "findings.ndjson").read_bytes().splitlines()]


def judged(
    resources: Iterable[Mapping[str, Any]], library: Library, chart: bool = False, with_patient: bool = False
) -> tuple[list[Row], Tally]:
    """Rows and counts of some resources, without files."""
    router = Router.of(library.knowledge)
    shared: dict[str, bytes] = {}
    tally = Tally()

    def lines() -> Iterator[bytes]:
        for number, resource in enumerate(resources, start=1):
            raw = msgspec.json.encode(resource)
            routed = router.route(raw, f"0:{number}")
            assert not isinstance(routed, BadRecord), routed
            if routed.key == SHARED:
                shared[f"{resource['resourceType']}/{resource['id']}"] = raw
            elif routed.line is not None:
                yield routed.line
            elif routed.silent:
                tally.claim(SILENT)

    routed = list(lines())
    options = Options(DAY, chart, with_patient)
    return [decode(row) for row in audit_shard(routed, Everybody(shared), library, options, tally)], tally
