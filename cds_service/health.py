"""What has to work for the service to answer as it should: checks that /readyz and `igrt-cds doctor` run.

A part adds its own with `Checks.add`: a name of ours and a function that says how it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Level = Literal["ok", "warn", "fail"]
LEVELS: Final[tuple[Level, ...]] = ("ok", "warn", "fail")
"""From good to bad."""


@dataclass(frozen=True, slots=True)
class Health:
    """How one thing stands: `level`, what is seen, and what to do when it is not `ok`.

    `public` texts are constants of the code or names of our own data, safe for /readyz; others only `doctor` shows.
    """

    level: Level
    what: str
    remedy: str = ""
    public: bool = True


Check = Callable[[], Health]


@dataclass(slots=True)
class Checks:
    """Named checks, in the order in which they were added."""

    checks: dict[str, Check] = field(default_factory=dict)

    def add(self, name: str, check: Check) -> None:
        """Add a check, or put it in place of that of the same name."""
        self.checks[name] = check

    def run(self) -> Iterator[tuple[str, Health]]:
        """Name and result of each. One that raises counts as failed, with the type of its error."""
        for name, check in self.checks.items():
            try:
                yield name, check()
            except Exception as error:
                what = f"The check itself failed ({type(error).__name__})."
                yield name, Health("fail", what, "Run `igrt-cds doctor` where the service runs.")
