"""Problems found in policy files: where, what, what to do. All are reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem in one file. `line` is 1-based, 0 when the whole file is meant."""

    file: str
    line: int
    rule: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        about = f" [{self.rule}]" if self.rule else ""
        return f"{place}{about}: {self.what} {self.remedy}".rstrip()


class PolicyError(Exception):
    """The policy book cannot be used. `problems` lists everything that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__(
            f"{len(problems)} problem(s) in the policy files:\n" + "\n".join(f"  {p}" for p in self.problems)
        )


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "Check its spelling.") -> str:
    """The remedy for a misspelt name: the nearest of the names that are known, `otherwise` when none is near."""
    close = get_close_matches(word, sorted(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else otherwise
