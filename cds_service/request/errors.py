"""Refusals that the caller can mend: status, and a letter for each problem. Never patient data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """Where in the request, what is wrong, what to do."""

    where: str
    what: str
    remedy: str


class Refusal(Exception):
    """The request cannot be answered; becomes an HTTP error with an OperationOutcome (contract section 5)."""

    def __init__(
        self, status: int, problems: Sequence[Problem], code: str = "invalid", retry_after: int = 0
    ) -> None:
        """`retry_after` are the seconds after which the caller may try again, for 429 and 503; 0 says nothing."""
        super().__init__(f"{status}: {'; '.join(p.what for p in problems)}")
        self.status, self.problems, self.code = status, tuple(problems), code
        self.retry_after = retry_after

    def letters(self) -> list[str]:
        """Each problem as one line for a terminal: where, what, what to do."""
        return [" ".join(part for part in (p.where, p.what, p.remedy) if part) for p in self.problems]

    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome of the answer."""
        return operation_outcome(self.problems, self.code)


def no_service() -> Refusal:
    """The refusal of an id that no service has."""
    problem = Problem("", "There is no service of this id.", "GET /cds-services lists them.")
    return Refusal(404, [problem], code="not-found")


def operation_outcome(problems: Sequence[Problem], code: str) -> dict[str, Any]:
    """A FHIR R4 OperationOutcome; `code` is an IssueType such as `invalid`, `not-found`, `required`."""
    issues = []
    for problem in problems:
        text = " ".join(part for part in (problem.what, problem.remedy) if part)
        issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": text}
        if problem.where:
            issue["expression"] = [problem.where]
        issues.append(issue)
    return {"resourceType": "OperationOutcome", "issue": issues}
