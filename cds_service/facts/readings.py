"""What is said of the reading itself: parts left out, and values that had to be assumed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cds_service.engine.model import Evidence, Finding, Remedy, Severity, Source, Text
from cds_service.facts.case import Case
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.pool import Trouble

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,119}")
_MOST_PLACES, _MOST_TEXT = 5, 280
"""Places named in a card, and their characters: a card keeps 300 of one value."""

_SOURCE = Source(
    statement="",
    section="Reading of the request",
    document="igrt-cds",
    title="FHIR R4, as igrt-cds reads it",
    owner="igrt-cds",
    label="igrt-cds",
    url="https://hl7.org/fhir/R4/",
    edition="",
    rank="facts",
)


def reading_findings(troubles: Sequence[Trouble], case: Case, knowledge: Knowledge) -> tuple[Finding, ...]:
    """One info finding for each kind of trouble: unreadable, another patient's, not given by the FHIR server, several
    codes in one text. Each names the places, never what stands there.
    """
    if not troubles:
        return ()
    unit = case.units[0].ref if case.units else ""
    kinds = ("unreadable", "foreign", "unread", "composite")
    found = [(why, [t for t in troubles if t.why == why]) for why in kinds]
    return tuple([_finding(why, unit, places, knowledge) for why, places in found if places])


def unselected_findings(case: Case, knowledge: Knowledge) -> tuple[Finding, ...]:
    """That the selections of order-select name nothing that came, said of each radiotherapy order, none of which was
    checked. Of other orders nothing is said (M-7)."""
    place = Trouble("unselected", "context.selections", "names no entry of draftOrders")
    units = dict.fromkeys([unit.ref for unit in case.units if unit.in_scope])
    return tuple([_finding("unselected", unit, [place], knowledge) for unit in units])


def _finding(why: str, unit: str, places: Sequence[Trouble], knowledge: Knowledge) -> Finding:
    return Finding(
        kind="informational",
        severity=Severity.info,
        unit=unit,
        rules=(),
        rule_names=(),
        summary=Text(knowledge.notes[f"{why}-summary"], (("count", str(len(places))),)),
        because=(Text(knowledge.notes[f"{why}-because"]), _where(places, knowledge)),
        sources=(_SOURCE,),
        remedies=(Remedy("review"),),
        evidence=tuple(Evidence(t.path, t.what) for t in places[:20]),
        advice=Text(knowledge.notes[f"{why}-advice"]),
    )


def _where(troubles: Sequence[Trouble], knowledge: Knowledge) -> Text:
    """The places in words: a handful, and how many more there are."""
    places = list(dict.fromkeys(_place(trouble) for trouble in troubles))
    shown = places[:_MOST_PLACES]
    while len(", ".join(shown)) > _MOST_TEXT:
        shown.pop()
    values = (("places", ", ".join(shown)),)
    if len(shown) == len(places):
        return Text(knowledge.notes["places"], values)
    return Text(knowledge.notes["places-and-more"], (*values, ("count", str(len(places) - len(shown)))))


def _place(trouble: Trouble) -> str:
    """The path, with that of the element where one is at fault."""
    path = trouble.path
    if not _PLAIN.fullmatch(path):  # a prefetch key is the client's own word, and could be anything
        path = "prefetch.?" if path.startswith("prefetch.") else "?"
    element = trouble.what.partition(":")[0] if trouble.why == "unreadable" else ""
    return f"{path} ({element})" if "." in element and _PLAIN.fullmatch(element) else path


def with_notes(
    findings: tuple[Finding, ...],
    case: Case,
    knowledge: Knowledge,
    state_rules: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Add to each finding what had to be assumed for its claim or order.

    That the state is the home address's (contract section 3) is said where one of `state_rules` spoke.
    """
    units = case.units
    dates = {
        "date-assumed": {unit.ref for unit in units if unit.date_assumed},
        "date-booked": {unit.ref for unit in units if unit.date_booked},
        "date-partial": {unit.ref for unit in units if any(line.begins_by for line in unit.lines)},
    }
    states = {unit.ref for unit in units if unit.member.state_assumed}
    if not (any(dates.values()) or states):
        return findings

    def noted(finding: Finding) -> Finding:
        assumed = [
            Text(knowledge.notes[note])
            for note, holds in (
                *((note, finding.unit in refs) for note, refs in dates.items()),
                (
                    "state-assumed",
                    finding.unit in states and not state_rules.isdisjoint(finding.rule_names),
                ),
            )
            if holds
        ]
        return replace(finding, notes=(*finding.notes, *assumed)) if assumed else finding

    return tuple(noted(finding) for finding in findings)
