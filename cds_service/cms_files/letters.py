"""Why files of CMS could not be imported, or the catalogue not be read: where, what, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.engine.letters import Problem
from cds_service.zipped.limits import Refuse

SHOWN = 20
"""Letters printed for one import; the rest is counted."""


class EditFilesError(Exception):
    """Nothing was imported, or nothing can be read. `problems` are the letters, `more` those that are only counted."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        self.problems = tuple(problems)
        self.more = more
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line a letter."""
        shown = [str(problem) for problem in self.problems[:SHOWN]]
        hidden = len(self.problems) - len(shown) + self.more
        return [*shown, f"… and {hidden} more like these."] if hidden else shown


def refusal(file: str, what: str, remedy: str, line: int = 0) -> EditFilesError:
    """An error with a single letter."""
    return EditFilesError([Problem(file, line, "", what, remedy)])


def refused(file: str, remedy: str) -> Refuse:
    """How what reads archives, streams and workbooks refuses this file."""
    return lambda what, row: refusal(file, what, remedy, row)
