"""What a finding weighs that rests on something that may be of another course (contract section 3)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from cds_service.engine.model import Finding, Severity


def graded(found: Iterable[Finding], without: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each as severe as it is `without` what is in doubt; what is not found there is info."""
    sure = {_matter(finding): finding.severity for finding in without}
    return tuple(replace(f, severity=min(f.severity, sure.get(_matter(f), Severity.info))) for f in found)


def _matter(finding: Finding) -> Hashable:
    return finding.unit, finding.kind, finding.lines, finding.remedies, finding.document
