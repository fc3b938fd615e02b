"""Scope, coverage and document rules that speak once for a claim or order: AST-02, FLB-10 to FLB-41, MOL-25."""

from __future__ import annotations

import calendar
from datetime import date

from tests.oracle.model import DELIVERY, IGRT, MOLINA_FROM, RETIRED, Line, Scenario, era
from tests.oracle.raw import Raw
from tests.oracle.technique import FLB_13_CLASS, technique_on

SLUGS = (
    "bony-anatomy-inadequate",
    "close-to-critical-structure",
    "dose-escalation",
    "implanted-fiducials",
    "internal-motion",
    "narrow-margins",
    "normal-structure-sparing",
    "prior-irradiation-adjacent",
    "setup-variation",
)
_WEAK = frozenset({"2d", "electron", "superficial", "brachytherapy"})
_LEFT_BREAST = ("C50.012", "C50.112", "C50.412", "C50.912", "C50.A2", "D05.12")
_DOCUMENTS = (
    ("28626-0", {"28626-0", "34117-2"}),
    ("18741-9", {"18741-9", "18733-6", "11506-3"}),
    ("18776-5", {"18776-5", "80785-9"}),
)
FLB_FROM = date(2016, 5, 1)
FLB_EXISTS = date(2010, 2, 15)


def in_scope(line: Line) -> bool:
    """M-7: does the line belong to radiotherapy? The generator's other codes do not."""
    return line.code in IGRT | RETIRED | DELIVERY or line.code.startswith("77")


def scope_rules(scenario: Scenario) -> list[Raw]:
    """AST-02 (from 2015, rulebook 4.1), FLB-35 and FLB-36.

    Open: whether a claim without guidance gets them. Taken: FLB-35/36 stand in the coverage column of 3.1 and need
    guidance to cover; AST-02 needs a line that an ASTRO rule could speak about, guidance or delivery.
    """
    found = []
    for rule in (scenario.facts.scope, _not_yet(scenario)):
        about = IGRT | RETIRED | DELIVERY if rule == "AST-02" else IGRT
        lines = [line for line in scenario.lines if line.code in about]
        if rule is None or not lines:
            continue
        if rule == "AST-02" and era(scenario.service_start) == "old":
            continue
        found.append(Raw(1, "scope-applicability", "info", (), ("review",), rule))
    return found


def _not_yet(scenario: Scenario) -> str | None:
    """FLB-41 by the first day of service, MOL-25 by the date of a guidance line, as their inputs say (3.3)."""
    if scenario.facts.florida_blue and scenario.service_start < FLB_EXISTS:
        return "FLB-41"
    guidance = [line for line in scenario.lines if line.code in IGRT]
    if scenario.facts.molina and any(line.date < MOLINA_FROM for line in guidance):
        return "MOL-25"
    return None


def coverage_rules(scenario: Scenario) -> list[Raw]:
    """FLB-21 and the document rules FLB-28 to FLB-32."""
    guidance = [line for line in scenario.lines if line.code in IGRT]
    if not guidance or not scenario.facts.florida_blue or scenario.service_start < FLB_FROM:
        return []
    if scenario.programme:  # it replaces the payer's coverage rules, not its document rules (3.1)
        return _documents(scenario)
    return [*_necessity(scenario, guidance), *_documents(scenario)]


def _necessity(scenario: Scenario, guidance: list[Line]) -> list[Raw]:
    if set(scenario.indications) & set(SLUGS):
        return []
    if scenario.breath_hold and scenario.diagnosis in _LEFT_BREAST:  # FLB-15
        return []
    severity = None
    for line in guidance:
        technique = technique_on(scenario, line.date)
        if technique.likely & FLB_13_CLASS:  # hints and lists may silence
            continue
        # known = one technique: several possible ones give info at most (1.3)
        weak = technique.step != "hint" and len(technique.values) == 1 and technique.values <= _WEAK
        severity = "warning" if weak or severity == "warning" else "info"
    if severity is None:
        return []
    remedy = f"attest-indication {','.join(SLUGS)}"
    return [Raw(4, "coverage-necessity", severity, (), (remedy,), "FLB-21")]


def six_months_before(day: date) -> date:
    """FLB-32: the same day six calendar months earlier, or that month's last day."""
    year, month = (day.year, day.month - 6) if day.month > 6 else (day.year - 1, day.month + 6)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _documents(scenario: Scenario) -> list[Raw]:
    claim = scenario.hook == "claim"
    start = scenario.service_start
    at_hand = (*(scenario.documents or ()), *scenario.attached)
    missing = []
    for name, accepted in _DOCUMENTS[: 3 if claim else 2]:  # FLB-31 on claims only
        if not any(d.loinc in accepted and six_months_before(start) <= d.date <= start for d in at_hand):
            missing.append(name)
    if not missing:
        return []
    if scenario.documents is None:  # M-5: one reminder that names them all
        return [
            Raw(9, "documentation", "info", (), tuple(f"add-document {name}" for name in missing), "FLB-28")
        ]
    severity = "warning" if claim else "info"
    return [Raw(9, "documentation", severity, (), (f"add-document {name}",), "FLB-28") for name in missing]
