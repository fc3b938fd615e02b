"""What is said of the reading itself: parts left out, and values that had to be assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cds_service.engine.model import Evidence, Finding, Remedy, Severity, Source, Text
from cds_service.facts.case import Case
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.pool import Trouble

_SOURCE = Source(
    statement="",
    section="Reading of the request",
    document="igrt-cds",
    title="igrt-cds",
    owner="igrt-cds",
    label="igrt-cds",
    url="https://igrt-cds.org/",
    edition="",
    rank="facts",
)


def reading_findings(troubles: Sequence[Trouble], case: Case, knowledge: Knowledge) -> tuple[Finding, ...]:
    """One info finding for each kind of trouble: unreadable, another patient's, several codes in one text."""
    found = []
    for why in ("unreadable", "foreign", "composite"):
        places = [t for t in troubles if t.why == why]
        if not places:
            continue
        found.append(
            Finding(
                kind="informational",
                severity=Severity.info,
                unit=case.units[0].ref if case.units else "",
                rules=(),
                rule_names=(),
                summary=Text(knowledge.notes[f"{why}-summary"], (("count", str(len(places))),)),
                because=(Text(knowledge.notes[f"{why}-because"]),),
                sources=(_SOURCE,),
                remedies=(Remedy("review"),),
                evidence=tuple(Evidence(t.path, t.what) for t in places[:20]),
            )
        )
    return tuple(found)


def with_notes(findings: tuple[Finding, ...], case: Case, knowledge: Knowledge) -> tuple[Finding, ...]:
    """Add to each finding what had to be assumed for its claim or order."""
    assumed = {unit.ref: Text(knowledge.notes["date-assumed"]) for unit in case.units if unit.date_assumed}
    if not assumed:
        return findings
    return tuple(replace(f, notes=(*f.notes, assumed[f.unit])) if f.unit in assumed else f for f in findings)
