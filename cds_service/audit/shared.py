"""What belongs to no patient: organizations, places and people that claims refer to, found by reference."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from cds_service.audit.notices import BUNDLE, GONE, deletions
from cds_service.audit.reading import REFUSED, Bad
from cds_service.audit.routed import EVERYBODYS, PATIENTS, URN, part
from cds_service.audit.spool import write_whole
from cds_service.facts import fhir
from cds_service.facts.pool import Entry, Pool, relative
from cds_service.facts.versions import NEVER, version_of

SHARED_FILE = "shared.sqlite"

R = TypeVar("R", bound=fhir.Resource)

_KEPT = 4096
"""Decoded resources that a worker keeps: an office bills from few places, to few payers."""


class SharedFile(Mapping[str, bytes]):
    """Resources by `Type/id` in a file: however many there are, they take no memory."""

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)

    def __getitem__(self, reference: str) -> bytes:
        row = self._base.execute("SELECT raw FROM shared WHERE reference = ?", (reference,)).fetchone()
        if row is None:
            raise KeyError(reference)
        raw: bytes = row[0]
        return raw

    def __iter__(self) -> Iterator[str]:
        for row in self._base.execute("SELECT reference FROM shared ORDER BY reference"):
            yield row[0]

    def __len__(self) -> int:
        count: int = self._base.execute("SELECT count(*) FROM shared").fetchone()[0]
        return count


def write_shared(path: Path, bad_path: Path, routed: Iterable[bytes]) -> None:
    """Write the file; what a rule could not read is left out and told in `bad_path`. Of two with one id the one that
    was updated later stays, else the greater text, whichever file it came from.
    """
    temporary = path.with_name(f".{path.name}")
    temporary.unlink(missing_ok=True)
    bad: list[Bad] = []
    base = sqlite3.connect(temporary)
    try:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("CREATE TABLE shared (reference TEXT PRIMARY KEY, raw BLOB NOT NULL) WITHOUT ROWID")
        base.create_function("later", 2, _later, deterministic=True)
        insert = (
            "INSERT INTO shared VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET raw = later(raw, excluded.raw)"  # fixed text
        )
        for line in routed:
            one = part(line)
            if one.kind == BUNDLE:
                base.executemany(insert, deletions(one.raw))
                continue
            try:
                fhir.decode(one.raw)
            except fhir.Unreadable as error:
                bad.append(Bad(one.place, error.resource_type, f"cannot be read ({error.where}).", REFUSED))
                continue
            base.execute(insert, (f"{one.kind}/{one.identity}", one.raw))
        base.commit()
    finally:
        base.close()
    write_whole(bad_path, [msgspec.json.encode(bad)])
    temporary.replace(path)


def _later(one: bytes, other: bytes) -> bytes:
    return max(one, other, key=lambda raw: (version_of(raw), raw))


class Everybody:
    """The shared resources, decoded when asked for."""

    def __init__(self, raw: Mapping[str, bytes]) -> None:
        self._raw = raw
        self._known: dict[str, fhir.Resource | None] = {}
        self._deletions: bool | None = None

    def get(self, reference: str) -> fhir.Resource | None:
        """The resource of a `Type/id` or a `urn:uuid:`, or None."""
        if reference not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[reference] = self._read(reference)
        return self._known[reference]

    def raw(self, reference: str) -> bytes:
        """Its JSON; empty when it is not here."""
        if reference.startswith(URN):
            return next(filter(None, (self._raw.get(each) for each in of_types(reference, EVERYBODYS))), b"")
        return self._raw.get(reference, b"")

    def was_deleted(self, reference: str, raw: bytes) -> bool:
        """Whether the server said that it deleted this resource, and not before it was last updated."""
        if self._deletions is None:
            self._deletions = GONE in self._raw
        note = self._raw.get(f"{GONE}{reference}") if self._deletions else None
        if note is None:
            return False
        when = version_of(note)[0]
        return when == NEVER or version_of(raw)[0] <= when

    def _read(self, reference: str) -> fhir.Resource | None:
        raw = self.raw(reference)
        try:
            return fhir.decode(raw) if raw else None
        except fhir.Unreadable:
            return None


class SharedPool(Pool):
    """One patient's resources, and everybody's behind them."""

    everybody: Everybody | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._named: dict[str, fhir.Resource | None] = {}

    def find(self, reference: fhir.Reference | None, holder: fhir.Resource, kind: type[R]) -> R | None:
        """As in `Pool`; what the patient's resources lack is looked for among everybody's.

        What a reference names is kept: each claim of a patient names the same payer, biller and coverage. A contained
        resource is its holder's own.
        """
        text = (reference.reference or "").strip() if reference else ""
        if not text or text.startswith("#"):
            return super().find(reference, holder, kind)
        if text not in self._named:
            self._named[text] = super().find(reference, holder, fhir.Resource) or self._by_id(text)
        named = self._named[text]
        return named if isinstance(named, kind) else None

    def add(self, raw: bytes | msgspec.Raw, path: str, full_url: str = "", depth: int = 0) -> Entry | None:
        """As in `Pool`."""
        self._named.clear()
        return super().add(raw, path, full_url, depth)

    def _by_id(self, text: str) -> fhir.Resource | None:
        """One of everybody's; by a `urn:uuid:` also one of the patient's, which has no other name than its id."""
        if text.startswith(URN):
            entries = (self._by_reference.get(each) for each in of_types(text, PATIENTS))
            entry = next(filter(None, entries), None)
            if entry is not None:
                return entry.resource
        elif relative(text).partition("/")[0] not in EVERYBODYS:
            return None
        return self.everybody.get(relative(text)) if self.everybody else None


def of_types(urn: str, types: Iterable[str]) -> list[str]:
    """What a `urn:uuid:` may stand for."""
    return [f"{kind}/{urn.removeprefix(URN)}" for kind in sorted(types)]
