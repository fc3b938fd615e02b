"""What is found where something may be of another course: a finding that needs it is info (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cds_service.engine.model import Finding, Severity, Text

NOTE = (
    "What may be of another disease (a Procedure, an order, a reason without ICD-10 code, the problem list), or a "
    "reason that is not here, has a part in this, so it is said more mildly."
)


def graded(found: Sequence[Finding], without: Sequence[Finding]) -> tuple[Finding, ...]:
    """What is found with and `without` what is in doubt, put together.

    What both say is said as it is without, no stricter than with it: doubt may lower. What is said without it only is
    info where doubt silences it, and stays as it is where another finding of its lines took its place. What is said
    with it only is info, and nothing beside a finding whose place it took.
    """
    kept: list[Finding] = []
    displaced: set[object] = set()
    for sure in without:
        alike = [finding for finding in found if _same(finding, sure)]
        if alike:
            kept.append(_at_most(sure, max(f.severity for f in alike)))
        elif _meets(sure, found):
            kept.append(sure)
            displaced.update(sure.lines)
        else:
            kept.append(_at_most(sure, Severity.info))
    for finding in found:
        if not any(_same(finding, sure) for sure in without) and displaced.isdisjoint(finding.lines):
            kept.append(_at_most(finding, Severity.info))
    return tuple(kept)


def _at_most(finding: Finding, severity: Severity) -> Finding:
    if finding.severity <= severity:
        return finding
    return replace(finding, severity=severity, notes=(*finding.notes, Text(NOTE)))


def _same(one: Finding, other: Finding) -> bool:
    """Whether both are of one matter, whatever they would have done."""
    return (
        (one.unit, one.kind, one.document) == (other.unit, other.kind, other.document)
        and not set(one.rules).isdisjoint(other.rules)
        and (not one.lines or not other.lines or not set(one.lines).isdisjoint(other.lines))
    )


def _meets(sure: Finding, found: Iterable[Finding]) -> bool:
    return any(not set(sure.lines).isdisjoint(finding.lines) for finding in found)
