"""Problems found in policy files: where, what, what to do. All are reported at once."""

from __future__ import annotations

from dataclasses import dataclass


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
