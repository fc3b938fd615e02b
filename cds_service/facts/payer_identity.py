"""One payer as payer.yaml describes it: its names, the words of its plans and its enrolled groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.engine.payers import NOT_A_PAYER_FILE


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A group of Coverage.class whose members belong to a programme from `first` to `last`, both days included."""

    group: str
    program: str
    first: date = date.min
    last: date = date.max

    def holds(self, text: str, day: date | None) -> bool:
        """Whether `text` is the group's value or name and the group is enrolled on `day`, or on some day if None."""
        return self.group == plain_group(text) and (day is None or self.first <= day <= self.last)


@dataclass(frozen=True, slots=True)
class Identity:
    """One payer as payer.yaml describes it; `words` as `told_by` makes them."""

    payer: str
    name: str
    words: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """What tells payers apart whose groups are listed in several files; `other` is many payers."""
        return self.payer if self.named else self.name

    @property
    def named(self) -> bool:
        """Whether rules have a name for it: the payers called `other` have no policy."""
        return self.payer not in NOT_A_PAYER_FILE


def plain_group(text: str) -> str:
    """A group's value or name as it is compared."""
    return text.strip().lower()


def told_by(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Words and the lines of business that they tell; each stands between spaces, as whole words are looked for."""
    return tuple((f" {word} ", lob) for word, lob in pairs)


def read_identity(raw: Mapping[str, Any], kin: Iterable[Mapping[str, Any]]) -> Identity:
    """The payer of an entry of payer.yaml; `kin` are entries whose words hold for it too, after its own."""
    return Identity(
        payer=raw["payer"],
        name=raw.get("name", ""),
        words=told_by((w["word"], w["lob"]) for r in (raw, *kin) for w in r.get("lines_of_business", ())),
    )


def read_enrolment(raw: Mapping[str, Any]) -> Enrolment:
    """An entry of `programs`."""
    first, last = raw.get("from"), raw.get("through")
    return Enrolment(
        group=plain_group(raw["value"]),
        program=raw["program"],
        first=date.fromisoformat(first) if first else date.min,
        last=date.fromisoformat(last) if last else date.max,
    )
