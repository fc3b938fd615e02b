"""The machine-readable form of findings: the extension of a card (contract section 4)."""

from __future__ import annotations

from collections.abc import Sequence

from cards.limits import Json
from cards.protocol import EvidenceLike, FindingLike, LineLike, RemedyLike


def extension(findings: Sequence[FindingLike]) -> Json:
    """Which resources the card is about, and its findings as data."""
    concerned: dict[str, None] = {}
    for finding in findings:
        concerned[finding.unit] = None
        for line in finding.lines:
            concerned[line.resource] = None
    made: Json = {}
    if references := [{"reference": reference} for reference in concerned if reference]:
        made["davinci-crd.associated-resource"] = references
    if findings:
        made["org.igrt-cds.findings"] = [finding_json(finding) for finding in findings]
    return made


def finding_json(finding: FindingLike) -> Json:
    """One finding, without members that have no value."""
    made: Json = {}
    if finding.kind:
        made["kind"] = finding.kind
    made["severity"] = finding.severity.name
    if finding.rules:
        made["rules"] = list(finding.rules)
    if finding.lines:
        made["lines"] = [_line(line) for line in finding.lines]
    if finding.remedies:
        made["remedies"] = [remedy_json(remedy) for remedy in finding.remedies]
    if finding.evidence:
        made["evidence"] = [_evidence(evidence) for evidence in finding.evidence]
    if finding.all_of:
        made["allOf"] = finding.all_of
    if finding.document:
        made["document"] = finding.document
    if finding.missing:
        made["missing"] = list(finding.missing)
    return made


def remedy_json(remedy: RemedyLike) -> Json:
    """One remedy, without members that have no value."""
    made: Json = {}
    if remedy.action:
        made["action"] = remedy.action
    if remedy.code:
        made["code"] = remedy.code
    if remedy.to or remedy.to == 0:  # nought is a value
        made["to"] = remedy.to
    if remedy.modifier:
        made["modifier"] = remedy.modifier
    if remedy.document:
        made["document"] = remedy.document
    if remedy.indications:
        made["indications"] = list(remedy.indications)
    if remedy.modalities:
        made["modalities"] = list(remedy.modalities)
    if remedy.sequence is not None:
        made["sequence"] = remedy.sequence
    return made


def _line(line: LineLike) -> Json:
    made: Json = {}
    if line.resource:
        made["resource"] = line.resource
    if line.sequence is not None:
        made["sequence"] = line.sequence
    if line.code:
        made["code"] = line.code
    if line.modifiers:
        made["modifiers"] = list(line.modifiers)
    if line.date:
        made["date"] = line.date
    return made


def _evidence(evidence: EvidenceLike) -> Json:
    made: Json = {}
    if evidence.path:
        made["path"] = evidence.path
    if evidence.value:
        made["value"] = evidence.value
    return made
