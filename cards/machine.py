"""The machine-readable form of findings: the extension of a card (contract section 4)."""

from __future__ import annotations

from collections.abc import Sequence

from cards.limits import Json, without_blanks
from cards.protocol import EvidenceLike, FindingLike, LineLike, RemedyLike


def extension(findings: Sequence[FindingLike]) -> Json:
    """Which resources the card is about, and its findings as data."""
    concerned = [reference for f in findings for reference in (f.unit, *(line.resource for line in f.lines))]
    return without_blanks(
        (
            ("davinci-crd.associated-resource", [{"reference": r} for r in dict.fromkeys(concerned) if r]),
            ("org.igrt-cds.findings", [finding_json(finding) for finding in findings]),
        )
    )


def finding_json(finding: FindingLike) -> Json:
    """One finding, without members that have no value."""
    return without_blanks(
        (
            ("kind", finding.kind),
            ("severity", finding.severity.name),
            ("rules", list(finding.rules)),
            ("lines", [_line(line) for line in finding.lines]),
            ("remedies", [remedy_json(remedy) for remedy in finding.remedies]),
            ("evidence", [_evidence(evidence) for evidence in finding.evidence]),
            ("allOf", finding.all_of or None),
            ("document", finding.document),
            ("missing", list(finding.missing)),
        )
    )


def remedy_json(remedy: RemedyLike) -> Json:
    """One remedy, without members that have no value."""
    return without_blanks(
        (
            ("action", remedy.action),
            ("code", remedy.code),
            ("to", remedy.to),
            ("modifier", remedy.modifier),
            ("document", remedy.document),
            ("indications", list(remedy.indications)),
            ("modalities", list(remedy.modalities)),
            ("sequence", remedy.sequence),
        )
    )


def _line(line: LineLike) -> Json:
    return without_blanks(
        (
            ("resource", line.resource),
            ("sequence", line.sequence),
            ("code", line.code),
            ("modifiers", list(line.modifiers)),
            ("date", line.date),
        )
    )


def _evidence(evidence: EvidenceLike) -> Json:
    return without_blanks((("path", evidence.path), ("value", evidence.value)))
