"""How Medicare itself, its private plans and its supplements are called. All texts are `names.normalised`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_CACHED_NAMES = 2048
_SUPPLEMENT = r"(?:supp|suppl|supplement|supplements|supplemental|supplementary)"
_MEDICARE = r"(?:medicare|mcr)"

_PARTS = r"(?: (?:part|pt) [ab](?: (?:and )?(?:(?:part|pt) )?[ab])?)?"
_ANY_SUPPLEMENT = re.compile(rf"\b(?:medigap|medi gap|med ?supp?|{_SUPPLEMENT})\b")
_MEDIGAP = re.compile(
    rf"\b(?:medigap|medi gap|med ?supp?|(?:[a-z]*medicare|mcr) {_SUPPLEMENT}|{_SUPPLEMENT} (?:to|for) {_MEDICARE})\b"
)
_NOT_OF_MEDICARE = re.compile(rf"\b(?:non|not|no|pre|without) {_MEDICARE}\b")
_ADVANTAGE = re.compile(
    rf"\b(?:{_MEDICARE}{_PARTS} (?:advantage|adv|hmo|ppo|pos|pffs|[a-z]? ?snp|replacement|repl|risk|(?:part|pt) c"
    rf"|(?:managed|mgd|mngd)(?: care)?)|(?:managed|mgd|mngd)(?: care)? {_MEDICARE}|pffs|ma ?pd|[cdi] ?snp)\b"
    rf"|^(?:(?:hmo|ppo|replacement) {_MEDICARE}|part c)$"
)

_PRIVATE = re.compile(
    r"\b(?:advantage|adv|hmo|ppo|pos|pffs|[cdi]?snp|replacement|repl|risk|managed|mgd|mngd|(?:part|pt) [cd]|ma ?pd"
    r"|ma plan|cost|gold|complete|companion|giveback|drugs?|pdp|prescriptions?|rx|tricare)\b"
)

_PART = re.compile(r" (?:(?:part|parts|pt|pts) )?[ab](?: (?:and )?[ab])? ")
_RAILROAD = re.compile(r" (?:railroad|rail road|rrb|rr) ")
_FILLING = frozenset(["ffs", "of", "original", "primary", "the", "traditional", "us"])
_OTHER_MEANINGS = frozenset({"ma", "va"})
"""Letters of states that mean Medicare Advantage and Veterans Affairs as well: they need a Part beside them."""


def is_medigap(text: str) -> bool:
    """Whether the text names a Medicare supplement (Medigap)."""
    return _MEDIGAP.search(text) is not None


def is_private(text: str) -> bool:
    """Whether words beside "Medicare" show a private plan or a supplement: Medicare's own names have none of them."""
    return bool(_ANY_SUPPLEMENT.search(text) or _PRIVATE.search(text))


def rules_medicare_out(text: str) -> bool:
    """Whether a plan of this name is none of Medicare or Medicare Advantage: a supplement, or "Non-Medicare"."""
    supplement = _ANY_SUPPLEMENT.search(text) and "medicare advantage" not in text
    return bool(supplement or _NOT_OF_MEDICARE.search(text))


def advantage_words(text: str) -> str:
    """The words that say Medicare Advantage, by any of its names, unless `rules_medicare_out`; empty where none do.

    "HMO Medicare" and "Part C" have to be the whole text: in a longer one, "PPO, Medicare primary", they may be of two
    insurances.
    """
    return max((found[0] for found in _ADVANTAGE.finditer(text)), key=len, default="")


class MedicareNames:
    """Knows Medicare itself by any name made of "Medicare", its Part, a state, the railroad board and a contractor.

    Args:
        states: names and letters of states.
        is_contractor: whether a text is a name of a contractor that pays Medicare's claims.
    """

    def __init__(self, states: Iterable[str], is_contractor: Callable[[str], bool]) -> None:
        named = sorted(states)
        self._state = re.compile(rf" ({'|'.join(map(re.escape, named))}) ") if named else None
        self._is_contractor = is_contractor
        self.meant_by = lru_cache(maxsize=_CACHED_NAMES)(self._meant_by)

    def _meant_by(self, name: str) -> bool:
        if "medicare" not in name.split() or is_private(name):
            return False
        rest, parts = _PART.subn(" ", f" {name} ", count=1)
        state = self._state.search(rest) if self._state else None
        if state and (parts or state[1] not in _OTHER_MEANINGS):
            rest = f"{rest[: state.start()]} {rest[state.end() :]}"
        rest = _RAILROAD.sub(" ", rest, count=1)
        left = [word for word in rest.split() if word not in _FILLING and word != "medicare"]
        return not left or self._is_contractor(" ".join(left))
