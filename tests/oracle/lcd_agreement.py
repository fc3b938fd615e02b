"""Compares the oracle with the product for Medicare members, finding by finding and line by line.

What rulebook leaves open is put aside here, each with its rule id: see `_open`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from tests.oracle.agreement import WHOLE
from tests.oracle.evaluator import contested_days, paired_lines
from tests.oracle.lcd_evaluator import Settled, evaluate, raw_findings
from tests.oracle.lcd_model import LcdScenario, period
from tests.oracle.lcd_to_fhir import to_lcd_request
from tests.oracle.model import DELIVERY, IGRT, RETIRED
from tests.oracle.product import ask
from tests.oracle.raw import RANK
from tests.oracle.technique import PLANNING_HINTS, technique_on

# Attestations whose list of choices is a matter of wording.
_BARE = ("attest-other-modality", "attest-indication")


@dataclass(frozen=True, order=True)
class Atom:
    """One finding on one line (empty = for the whole claim), with the remedies of this line."""

    kind: str
    severity: str
    line: str
    remedies: tuple[str, ...]

    def tell(self) -> str:
        """In one line, as the hand-written expectations have it."""
        return f"{self.kind} {self.severity} {self.line or 'claim'}: {' | '.join(self.remedies)}"


# Documents about single lines, on a claim that crosses the border of a period: judged by the line or by the claim.
STRADDLING = frozenset(f"LCD-{n}" for n in (24, 28, 29, 31, 40, 44, 51))

Answer = Mapping[Atom, frozenset[str]]


@cache
def told_by_product(scenario: LcdScenario) -> tuple[tuple[Atom, frozenset[str]], ...]:
    """The product's findings as it tells them, each with its rule ids."""
    service, request = to_lcd_request(scenario)
    return tuple(
        (atom, frozenset(finding["rules"]))
        for card in ask(service, request)
        for finding in card["extension"]["org.igrt-cds.findings"]
        for atom in _atoms(finding)
    )


def product(scenario: LcdScenario) -> Answer:
    """The product's findings with their rule ids, for comparison."""
    found: dict[Atom, frozenset[str]] = {}
    for atom, rules in told_by_product(scenario):
        found[atom] = found.get(atom, frozenset()) | rules
    return _reviews(found)


def replaced_pairs(scenario: LcdScenario) -> frozenset[str]:
    """Days on which AST-24 replaces a delivery that LCD-53 speaks about: 2.1 puts the one first, and whether its info
    hides the other's warning (Medicare Advantage) is open in M-2."""
    found = raw_findings(scenario)
    replaced = {line for raw in found if raw.rule == "AST-24" for line in raw.lines}
    paired = {line for raw in found if raw.rule == "LCD-53" for line in raw.lines}
    return frozenset(line.date.isoformat() for line in replaced & paired)


def hinted_lines(scenario: LcdScenario) -> frozenset[str]:
    """Lines that only an info finding removes or replaces (AST-01, 05, 24, MOL-11 for Medicare Advantage): whether
    that hides a review of more weight is open in M-2."""
    found = [raw for raw in raw_findings(scenario) if raw.severity == "info" and raw.decides is not None]
    return frozenset(line.label for raw in found for line in raw.lines)


def oracle(scenario: LcdScenario) -> Answer:
    """The oracle's findings in the same form."""
    settled: Settled = evaluate(scenario)
    found: dict[Atom, frozenset[str]] = {}
    groups: dict[tuple[str, tuple[str, ...]], list[Any]] = defaultdict(list)
    for raw in settled.lines:
        for line in raw.lines:
            groups[line.label, _plain(raw.remedies)].append(raw)
    for (label, remedies), raws in groups.items():  # M-1: strictest severity, its kind leading
        lead = min(raws, key=lambda r: (-RANK[r.severity], r.stage))
        kinds = {r.kind for r in raws if r.severity == lead.severity}
        for kind in kinds if remedies == ("review",) else {lead.kind}:
            rules = frozenset(part for r in raws for part in r.rule.split("+"))
            found[Atom(kind, lead.severity, label, remedies)] = rules
    for raw in settled.whole:
        atom = Atom(raw.kind, raw.severity, "", _plain(raw.remedies))
        found[atom] = found.get(atom, frozenset()) | {raw.rule}
    return _reviews(found)


def _atoms(finding: Mapping[str, Any]) -> Iterable[Atom]:
    remedies = finding.get("remedies", [])
    kind, severity = finding["kind"], finding["severity"]
    lines = finding.get("lines", [])
    if kind in WHOLE or not lines:
        yield Atom(kind, severity, "", _plain(_remedy(r) for r in remedies))
        return
    for line in lines:
        own = remedies
        if finding.get("allOf"):
            own = [r for r in remedies if r.get("sequence", line.get("sequence")) == line.get("sequence")]
        label = (
            f"{line.get('sequence', 1)} {'-'.join((line['code'], *line.get('modifiers', ())))} {line['date']}"
        )
        yield Atom(kind, severity, label, _plain(_remedy(r) for r in own))


def _remedy(remedy: Mapping[str, Any]) -> str:
    action = remedy["action"]
    if action == "attest-indication":
        return f"{action} {','.join(sorted(remedy['indications']))}"
    if action == "add-document":
        return f"{action} {remedy['document']}"
    if action in {"replace", "reduce-units"}:
        return f"{action} {remedy['code']} -> {remedy['to']}"
    parts = (action, remedy.get("code", ""), remedy.get("modifier", ""))
    return " ".join(str(part) for part in parts if part)


def _plain(remedies: Iterable[str]) -> tuple[str, ...]:
    """Sorted, attestations without their lists.

    Open in LCD-43: whether a review is offered too on the plan's day where there is another modality; taken as none.
    """
    remedies = tuple(remedies)
    if set(remedies) == {"remove-line 77331", "review"}:
        remedies = ("remove-line 77331",)
    return tuple(sorted(next((b for b in _BARE if r.startswith(b)), r) for r in remedies))


def _reviews(found: Mapping[Atom, frozenset[str]]) -> Answer:
    """Of several bare reviews of one line only the strictest count (open in M-1, as in `agreement`)."""
    top: dict[str, int] = defaultdict(int)
    for atom in found:
        if atom.line and atom.remedies == ("review",):
            top[atom.line] = max(top[atom.line], RANK[atom.severity])
    return {
        atom: rules
        for atom, rules in found.items()
        if not (atom.line and atom.remedies == ("review",)) or RANK[atom.severity] == top[atom.line]
    }


def differences(scenario: LcdScenario) -> tuple[Answer, Answer]:
    """Findings that only the product has, and findings that only the oracle has."""
    theirs, ours = product(scenario), oracle(scenario)
    only_theirs = {a: r for a, r in theirs.items() if a not in ours}
    only_ours = {a: r for a, r in ours.items() if a not in theirs}
    for one, other in ((only_theirs, ours), (only_ours, theirs)):  # which kind leads a merged review is open
        for atom in [a for a in one if a.line and a.remedies == ("review",) and _alike(a, one[a], other)]:
            del one[atom]
    return _compared(scenario, only_theirs), _compared(scenario, only_ours)


def _alike(atom: Atom, rules: frozenset[str], other: Answer) -> bool:
    """Is the same review of the line there with another of its rules' kinds?"""
    return any(
        (a.severity, a.line, a.remedies) == (atom.severity, atom.line, atom.remedies) and r & rules
        for a, r in other.items()
    )


def _compared(scenario: LcdScenario, found: Answer) -> Answer:
    days, paired = contested_days(scenario) | replaced_pairs(scenario), paired_lines(scenario)
    return {a: rules for a, rules in found.items() if not _open(scenario, a, rules, days, paired)}


def _open(
    scenario: LcdScenario, atom: Atom, rules: frozenset[str], days: frozenset[str], paired: frozenset[str]
) -> bool:
    text = any(rule.startswith("LCD-") for rule in rules)
    if "LCD-27" in rules and not scenario.charted:
        return True  # whether a chart that is not seen holds the reason
    if "FLB-21" in rules and PLANNING_HINTS.keys() & {o.code for c in scenario.history for o in c.lines}:
        return True  # whether a plan of another course hints at this one's technique (rulebook 1.3, step 3)
    if "LCD-63" in rules and hinted_lines(scenario):
        return True  # whether a removal at info is one that M-3 means
    if _several_techniques(scenario, atom):
        return True
    if {"FLB-27", "AST-08"} & rules and atom.severity == "info":
        return True  # whether the units of the day's deliveries tell its fractions (rulebook 1.2)
    straddles = len({period(line.date) for line in scenario.lines} | {period(scenario.service_start)}) > 1
    if straddles and not atom.line and rules & STRADDLING:
        return True
    if not atom.line:
        # AST-02 on a claim without guidance, and M-3 on a contested day: as in `agreement`
        return "AST-02" in rules or (bool(days) and not text)
    label, code = atom.line, atom.line.split()[1].split("-")[0]
    if code in IGRT | RETIRED | DELIVERY and label.split()[-1] in days:
        return True
    return label in paired | hinted_lines(scenario) and atom.remedies == ("review",)


def _mixed(scenario: LcdScenario, day: date) -> bool:
    return len(technique_on(scenario, day).values) > 1


def _several_techniques(scenario: LcdScenario, atom: Atom) -> bool:
    """Guidance of a day with deliveries of several techniques: how certain its removal is (AST-15, 20, 23), and with it
    all that hangs on that, is compared in `agreement`."""
    mixed = {
        line.date.isoformat() for line in scenario.lines if line.code in IGRT and _mixed(scenario, line.date)
    }
    if atom.line:
        return atom.line.split()[1].split("-")[0] in IGRT and atom.line.split()[-1] in mixed
    return bool(mixed) and (
        scenario.facts.florida_blue or atom.remedies == ("add-document igrt-physician-review",)
    )


def describe(scenario: LcdScenario) -> str:
    """The scenario and both answers, to judge a disagreement by."""
    theirs, ours = differences(scenario)
    told = [scenario_text(scenario)]
    told += [f"  product only: {a.tell()} by {sorted(r)}" for a, r in sorted(theirs.items())]
    told += [f"  oracle only:  {a.tell()} by {sorted(r)}" for a, r in sorted(ours.items())]
    return "\n".join(told)


def scenario_text(scenario: LcdScenario) -> str:
    """The claim in short words; what is as usual is left out."""
    head = f"{scenario.name}: {scenario.payer}, {scenario.place or 'home ' + scenario.home}, {scenario.hook}"
    told = [f"{head} {scenario.claim_type if scenario.hook == 'claim' else ''} {scenario.diagnoses}"]
    names = ("bill", "start", "complete", "modalities", "course_fractions", "fractions", "level", "performer")
    named = [
        f"{name} {getattr(scenario, name)}" for name in names if getattr(scenario, name) not in (None, ())
    ]
    if scenario.indications:
        named.append(f"indications {', '.join(scenario.indications)}")
    if scenario.spine:
        named.append("spine")
    if named:
        told.append("  " + "; ".join(named))
    told += [f"  line {_line_text(line)}" for line in scenario.lines]
    for claim in scenario.history:
        more = f" {getattr(claim, 'diagnoses', '')} {', '.join(getattr(claim, 'indications', ()))}".rstrip()
        told.append(f"  earlier {'own' if claim.own else 'other'} {claim.claim_type}{more}")
        told += [f"    line {_line_text(line)}" for line in claim.lines]
    for r in scenario.records:
        told.append(f"  record {r.what} {r.date or ''} {r.methods} {r.techniques}")
    told.append(f"  chart {scenario.chart}")
    for label, papers in (("paper", scenario.papers), ("attached", scenario.attached_papers)):
        told += [f"    {label} {p.slug} {p.date or 'undated'} {p.signers or ''}" for p in papers]
    return "\n".join(told)


def _line_text(line: Any) -> str:
    parts = [line.label]
    if line.units != 1:
        parts.append(f"units {line.units}")
    for name in ("pos", "fractions", "end", "pointers", "course", "level", "performer", "rendering"):
        value = getattr(line, name, None)
        if value not in (None, ()):
            parts.append(f"{name} {value}")
    return ", ".join(str(part) for part in parts)
