"""What the report shows of a run beside its findings: read from run.json, each part only if it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

_NOT_JUDGED = frozenset({"set-aside", "no-rule-speaks"})


@dataclass(frozen=True, slots=True)
class Unread:
    """A record that could not be read, as the manifest tells it."""

    file: str = ""
    place: str = ""
    where: str = ""
    what: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `claims` counts claims by what became of them, `reasons` why some could not be judged."""

    claims: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    unread: Sequence[Unread] = ()
    unread_count: int = 0
    inputs: Sequence[Mapping[str, Any]] = ()
    details: Sequence[tuple[str, str]] = ()
    day: str = ""
    left_aside: Sequence[str] = ()
    claim_form: str = ""
    charges: bool = False
    with_patients: bool = False

    @property
    def judged(self) -> int:
        """Claims with a line that a rule speaks of, other than those that were set aside."""
        return sum(count for status, count in self.claims.items() if status not in _NOT_JUDGED)

    @property
    def silent(self) -> int:
        """Claims without any line that a rule speaks of."""
        return self.claims.get("no-rule-speaks", 0)


def read_run(path: Path) -> Run:
    """The run; empty when there is no manifest or it cannot be read: the report then says less."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return Run()
    return _run(found) if isinstance(found, dict) else Run()


def _run(told: Mapping[str, Any]) -> Run:
    unread = [_unread(each) for each in _list(told.get("bad")) if isinstance(each, dict)]
    policies, run = _mapping(told.get("policies")), _mapping(told.get("run"))
    details = [("policy book", policies.get("book")), ("rule versions", policies.get("rules"))]
    options = _mapping(told.get("options"))
    details += [("began", run.get("started")), ("ended", run.get("ended"))]
    return Run(
        claims=_counts(told.get("claims")),
        reasons=_counts(told.get("reasons")),
        unread=unread,
        unread_count=max(len(unread), _number(told.get("bad_count"))),
        inputs=[each for each in _list(told.get("inputs")) if isinstance(each, dict)],
        details=[(name, str(value)) for name, value in details if value],
        day=str(options.get("as_of") or ""),
        left_aside=[str(name) for name in _list(told.get("left_aside"))],
        claim_form=str(options.get("claim_form") or ""),
        charges=options.get("charges") is True,
        with_patients=options.get("with_patient") is True,
    )


def _unread(each: Mapping[str, Any]) -> Unread:
    return Unread(**{name: str(each.get(name) or "") for name in Unread.__dataclass_fields__})


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> int:
    return value if type(value) is int else 0


def _counts(value: Any) -> dict[str, int]:
    return {str(name): count for name, count in _mapping(value).items() if type(count) is int}
