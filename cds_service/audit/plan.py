"""What an audit is an audit of: kept in its output folder, so that a later call can tell whether it is the same."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from cds_service.audit.errors import AuditError
from cds_service.audit.inputs import RANGE, InputFile, Inputs, Step
from cds_service.audit.records import AS_THEY_SAY, Tables
from cds_service.audit.spool import sync_folder, write_whole

FORM = 1
"""Changes when work folders of earlier versions cannot be gone on with."""


class Plan(msgspec.Struct, frozen=True):
    """Inputs, options and rules of one audit, and how it is divided. `setup` is what besides the book decides."""

    inputs: tuple[InputFile, ...]
    as_of: date
    with_patient: bool
    chart: bool
    book: str
    setup: str
    partitions: int
    length: int = RANGE
    form: int = FORM
    tables: Tables = AS_THEY_SAY


class Work:
    """The folder `.audit` in the output: the plan, and what of it is done."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output / ".audit"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs out of this output.

        Raises:
            AuditError: the folder cannot be made, or another run is at it.
        """
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)  # it holds patient data until the end
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise AuditError(
                str(self.output), f"cannot be written ({error.strerror}).", "Choose another --output."
            ) from None
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike flock not kept by orphaned workers
        except OSError as error:
            os.close(lock)
            if error.errno in (errno.EACCES, errno.EAGAIN):
                what, remedy = (
                    "is being written by another audit.",
                    "Wait for it, or choose another --output.",
                )
            else:
                what, remedy = f"cannot be locked ({error.strerror}).", "Choose an --output on a local disk."
            raise AuditError(str(self.output), what, remedy) from None
        try:
            yield
        finally:
            os.close(lock)

    def begin(self, wanted: Plan, day_given: bool, restart: bool) -> Plan:
        """The plan to follow: the one that was begun here if it is the same, else the wanted one in a clean folder.

        Raises:
            AuditError: another audit was begun here.
        """
        begun = self._read()
        if begun is not None and not restart:
            other = _differences(begun, wanted, day_given)
            if other:
                raise AuditError(
                    str(self.output),
                    f"holds an audit with other {', '.join(other)}.",
                    "Choose another --output, or --restart to begin this one anew.",
                )
            return begun
        for name in ("done", "plan.json"):  # first: without them nothing that is left would be gone on with
            (self.folder / name).unlink(missing_ok=True)
        self.clear()
        for name in ("read", "found", "digests"):
            (self.folder / name).mkdir(exist_ok=True)
        write_whole(self.folder / "plan.json", [msgspec.json.encode(wanted)])
        return wanted

    @property
    def done(self) -> bool:
        """Whether the audit has been finished here."""
        return (self.folder / "done").exists()

    def finish(self) -> None:
        """Say so, and throw away what was needed on the way."""
        sync_folder(self.output)
        write_whole(self.folder / "done", [b""])
        sync_folder(self.folder)
        self.clear()

    def clear(self) -> None:
        """Throw away what was needed on the way."""
        for name in ("read", "found", "digests"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for left in ("shared.sqlite", "shared-bad.json"):
            (self.folder / left).unlink(missing_ok=True)

    def _read(self) -> Plan | None:
        try:
            plan = msgspec.json.decode((self.folder / "plan.json").read_bytes(), type=Plan)
        except (OSError, msgspec.MsgspecError):
            return None
        return plan if plan.form == FORM else None  # another form of ours: nothing to go on with


def steps_of(plan: Plan, inputs: Inputs) -> list[Step]:
    """The reading as the plan divides it."""
    return list(inputs.steps(plan.length))


def _differences(begun: Plan, wanted: Plan, day_given: bool) -> list[str]:
    same_names = [file.name for file in begun.inputs] == [file.name for file in wanted.inputs]
    compared = [
        (
            "input files (of the same names, before they changed)" if same_names else "input files",
            begun.inputs,
            wanted.inputs,
        ),
        ("policies", begun.book, wanted.book),
        ("settings", begun.setup, wanted.setup),
        (
            "options",
            (begun.with_patient, begun.chart, begun.tables, begun.as_of if day_given else None),
            (wanted.with_patient, wanted.chart, wanted.tables, wanted.as_of if day_given else None),
        ),
    ]
    return [name for name, one, other in compared if one != other]
