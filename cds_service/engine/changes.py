"""One change between two books, in words: for which payer or society, which rule, which codes and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.engine.rules import Span


@dataclass(frozen=True, slots=True)
class Detail:
    """What changes on some days of service; `days` None: no days are meant."""

    says: tuple[str, ...]
    days: Span | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes.

    `who` is the payer or society that it belongs to, `what` is policy, rule, document, statement, payer,
    position or resolution, `change` is added, removed, changed, dates (only its days change) or renamed.
    """

    who: str
    what: str
    name: str
    change: str
    details: tuple[Detail, ...] = ()
    codes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "who": self.who,
            "what": self.what,
            "name": self.name,
            "change": self.change,
            "codes": list(self.codes),
            "details": [
                {
                    "from": str(detail.days.first) if detail.days and detail.days.first else None,
                    "through": str(detail.days.last) if detail.days and detail.days.last else None,
                    "says": list(detail.says),
                }
                for detail in self.details
            ],
        }


def list_difference(label: str, old: Sequence[str], new: Sequence[str]) -> str:
    """`cites: now also B; no longer A`."""
    added = [each for each in new if each not in old]
    gone = [each for each in old if each not in new]
    if not added and not gone:
        return f"{label}: the same in another order"
    said = [f"now also {', '.join(added)}"] if added else []
    said += [f"no longer {', '.join(gone)}"] if gone else []
    return f"{label}: {'; '.join(said)}"


def before_and_now(label: str, old: str, new: str) -> str:
    """`severity: warning, now critical`."""
    return f"{label}: before “{old}”, now “{new}”"
