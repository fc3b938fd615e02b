"""The points on which documents take positions, and the dimensions in which a position is bounded.

A point is a question that two documents may answer differently. Its answers (stances) differ by a declared
table, or, where the answer is a list of codes, modifiers or documents, by comparing the lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

Compare = Literal["table", "unequal", "disjoint"]
Listed = Literal["", "codes", "modifiers", "documents"]


@dataclass(frozen=True, slots=True)
class Point:
    """A question, its answers in words and which of them exclude each other.

    `compare` is `table` (the pairs of `excludes` differ), `unequal` (lists that are not the same differ) or
    `disjoint` (lists without a common member differ). `lists` says of what the lists are made.
    """

    about: str
    stances: Mapping[str, str] = field(default_factory=dict)
    excludes: frozenset[frozenset[str]] = frozenset()
    compare: Compare = "table"
    lists: Listed = ""

    def differ(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether two stances on this point cannot both hold."""
        if self.compare == "unequal":
            return one != other
        if self.compare == "disjoint":
            return one.isdisjoint(other)
        return any(frozenset({a, b}) in self.excludes for a in one for b in other)


def _table(*pairs: tuple[str, str]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for pair in pairs)


_LEVELS = {
    "none": "no level is asked for",
    "general": "under general supervision",
    "direct": "under direct supervision",
    "personal": "under personal supervision",
}

POINTS: Mapping[str, Point] = {
    "separate-line": Point(
        "Is the service billed as a line of its own?",
        {
            "own-line": "a line of its own is right",
            "covered": "a service that is needed and covered",
            "contained": "no line of its own: it is inside another service",
        },
        _table(("own-line", "contained"), ("covered", "contained")),
    ),
    "code-taken": Point(
        "Is the code taken on such a claim?",
        {
            "taken": "the code is taken",
            "not-taken": "the code is not taken",
            "not-shown": "the code is left out where the others are shown",
        },
        _table(("taken", "not-taken"), ("taken", "not-shown")),
    ),
    "guidance-codes": Point(
        "Which codes report image guidance?",
        compare="unequal",
        lists="codes",
    ),
    "modifier": Point(
        "Which modifier does the line carry (`none`: it carries none)?",
        compare="disjoint",
        lists="modifiers",
    ),
    "nature": Point(
        "Whose work does the code stand for?",
        {"technical-only": "technical work only", "professional-only": "a physician's work only"},
        _table(("technical-only", "professional-only")),
    ),
    "necessity": Point(
        "Is the service necessary?",
        {
            "necessary": "necessary as it stands",
            "reason-needed": "necessary only with a further reason",
            "not-necessary": "not necessary",
        },
        _table(("necessary", "reason-needed"), ("necessary", "not-necessary")),
    ),
    "medicare-determination": Point(
        "Does a Medicare coverage determination speak of image guidance?",
        {"none-known": "no determination is known", "exists": "a determination has a section on it"},
        _table(("none-known", "exists")),
    ),
    "claims-meant": Point(
        "Which claims does the document speak of?",
        {
            "every-bill-type": "claims of every bill type",
            "fee-schedule-codes": "claims with codes of the fee schedule",
        },
        _table(("every-bill-type", "fee-schedule-codes")),
    ),
    "documents": Point(
        "Which documents may be asked for?",
        compare="unequal",
        lists="documents",
    ),
    "supervision": Point(
        "Which level of supervision does the technical part need?",
        _LEVELS,
        _table(*combinations(_LEVELS, 2)),
    ),
    "together": Point(
        "May two codes of image guidance stand on one date?",
        {"allowed": "they may", "not-together": "they may not"},
        _table(("allowed", "not-together")),
    ),
    "counts-as-guidance": Point(
        "Does this kind of imaging count as image guidance?",
        {"counts": "it counts", "does-not-count": "it does not count"},
        _table(("counts", "does-not-count")),
    ),
}
"""Point -> its question and answers. docs/add-a-payer.md is made from this table."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way in which a position is bounded. Left out of a position, it does not bound it.

    Its answers are those of the vocabulary's `fact` and `values`; when both are empty any word may stand.
    `codes` means billing codes. `words` is how a bound is read out, with a gap for the values.
    """

    about: str
    words: str = "{}"
    fact: str = ""
    values: tuple[str, ...] = ()
    codes: bool = False


DIMENSIONS: Mapping[str, Dimension] = {
    "payer": Dimension("payers, as payer.yaml names them", "members of {}"),
    "line_of_business": Dimension("lines of business", "{}", fact="line_of_business"),
    "program": Dimension("programmes of the member, as `cvs-radonc`", "clients of the programme {}"),
    "state": Dimension("states of the place of service, two letters", "in {}"),
    "code": Dimension("billing codes that the position is about", "{}", codes=True),
    "component": Dimension("part of the service that the line reports", "{} part", fact="component"),
    "beside": Dimension("codes next to which the line stands", "beside {}", codes=True),
    "timing": Dimension(
        "when the other code is dated", "{}", values=("same-date", "another-date-of-the-course")
    ),
    "side": Dimension("who bills and where", "{}", fact="side"),
    "technique": Dimension("techniques of treatment", "{}", fact="techniques_of_date"),
    "method": Dimension("methods of imaging", "by {}", fact="methods_of_date"),
    "intent": Dimension("intent of treatment", "{} intent", values=("curative", "palliative")),
    "site": Dimension(
        "what is treated, where a document singles it out",
        "{}",
        values=("whole-brain", "bone-metastasis", "another-site"),
    ),
    "reason": Dimension(
        "coded reasons (`none`: no reason is coded)",
        "with the reason {}",
        fact="indications",
        values=("none",),
    ),
    "circumstance": Dimension(
        "what else holds, where a document makes an exception for it",
        "with {}",
        values=("another-modality", "anatomy-change", "separate-device", "nothing-of-the-kind"),
    ),
}
"""Dimension -> what bounds a position, in the order in which an overlap is read out."""


def listed(values: Sequence[str], joiner: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} {joiner} {values[-1]}"
