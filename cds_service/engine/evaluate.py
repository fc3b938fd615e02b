"""Pure evaluation: a book and a case give findings. No FHIR, no clock, no file (docs/decisions/0002)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from string import Formatter
from typing import Any

from cds_service.engine.chances import Chance, chance_of
from cds_service.engine.closures import Test, Truth, compile_condition, getter
from cds_service.engine.conditions import codes_of
from cds_service.engine.drafts import Draft
from cds_service.engine.model import UNKNOWN, Finding, Remedy, Severity, Text, Unknown
from cds_service.engine.partly import NOTE, days_of, lost_day_of
from cds_service.engine.plans import Plan, Plans
from cds_service.engine.remedies import Make, compile_remedies
from cds_service.engine.residue import Residue
from cds_service.engine.rules import Book, Rule
from cds_service.engine.settle import settle
from cds_service.engine.subjects import CaseLike, LineLike, UnitLike
from cds_service.engine.trace import Trace
from cds_service.engine.vocabulary import Scope

_KEPT = 20_000
"""Lists of rules in force that an engine keeps."""

Fill = Callable[[Any, Sequence[LineLike]], Text]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule version with its closures."""

    rule: Rule
    name: str
    asks: bool
    chance: Chance | None
    severities: tuple[tuple[Test, Severity], ...]
    severity: Severity
    caps: tuple[tuple[Test, Severity], ...]
    remedies: tuple[tuple[Test, Make], ...]
    remedy: Make
    others: Callable[[Any], tuple[LineLike, ...]]
    cites: Callable[[Any], tuple[str, ...]]
    fill: dict[str, Fill]
    lost_day: Callable[[Any], date | None]


Rules = tuple[tuple[CompiledRule, Residue], ...]
"""Rules with what of their conditions is left to be asked."""


class Engine:
    """A book made ready: conditions compiled, rules grouped by what they speak of. Safe to share between threads."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._active = active = [rule for rule in book.rules if rule.status == "active"]
        self._compiled: dict[int, CompiledRule] = {}  # of a book of many payers few rules are ever asked
        self._plans = Plans(
            active, [codes_of(rule.when) if rule.for_each == "line" else None for rule in active]
        )
        self._for_line: dict[Hashable, Rules] = {}

    def evaluate(self, case: CaseLike) -> tuple[Finding, ...]:
        """All settled findings of the case, in a fixed order."""
        found: list[Finding] = []
        for unit in case.units:
            found += self._findings(unit, case.hook)
        return tuple(found)

    def trace(self, unit: UnitLike, hook: str) -> Trace:
        """How the findings of a unit come about."""
        trace = Trace(unit)
        self._findings(unit, hook, trace)
        return trace

    def _findings(self, unit: UnitLike, hook: str, trace: Trace | None = None) -> list[Finding]:
        drafts = self._drafts(unit, hook)
        return settle(unit, drafts, self.book, hook, trace) if drafts else []

    def _drafts(self, unit: UnitLike, hook: str) -> list[Draft]:
        plan = self._plans.of(unit, hook, _KEPT)
        per_rule: dict[str, list[Draft]] = {}
        era_of = self._plans.eras.of
        rules_of: dict[Hashable, Rules] = {}
        for line in unit.lines:
            era = era_of(line.date)
            alike = (era, era if line.end == line.date else era_of(line.end), line.likeness)
            rules = rules_of.get(alike)
            if rules is None:
                rules = rules_of[alike] = self._rules_of(line, plan, alike)
            for compiled, left in rules:
                truth = left(line) if callable(left) else left
                if truth is True or (truth is UNKNOWN and compiled.asks):
                    per_rule.setdefault(compiled.name, []).append(_speak(compiled, truth, line, unit))
        drafts = [draft for said in per_rule.values() for draft in _collapse(said)]
        for number, left in plan.of_unit:
            truth = left(unit) if callable(left) else left
            compiled = self._ready(number)
            if truth is True or (truth is UNKNOWN and compiled.asks):
                drafts.append(_speak(compiled, truth, unit, unit))
        return drafts

    def _rules_of(self, line: LineLike, plan: Plan, alike: Hashable) -> Rules:
        """The rules in force for a line that may speak of it or of one of its claim that is `alike`, each with what is
        left to be asked. Without those that have no chance on the claim, if they would be asked more than once."""
        rules = self._in_force(line, plan, alike)
        unit = line.unit
        if len(unit.lines) < 2:
            return rules
        return tuple([each for each in rules if (chance := each[0].chance) is None or chance(unit)])

    def _in_force(self, line: LineLike, plan: Plan, alike: Hashable) -> Rules:
        """The rules in force for a line that are not false whatever else holds; kept, as lines are alike: what their
        indexed facts settle is worked out once."""
        key = (plan.number, alike)
        found = self._for_line.get(key)
        if found is None:
            found = tuple(
                (self._ready(each.number), left)
                for each in plan.of_line(line.code)
                if in_force(each.rule, line, line.unit.start) and (left := each.left_of(line)) is not False
            )
            if len(self._for_line) >= _KEPT:
                self._for_line.clear()
            self._for_line[key] = found
        return found

    def _ready(self, number: int) -> CompiledRule:
        """The rule with its closures; made by two threads at once, either one will do."""
        found = self._compiled.get(number)
        if found is None:
            found = self._compiled[number] = self._compile(self._active[number])
        return found

    def _compile(self, rule: Rule) -> CompiledRule:
        scope: Scope = rule.for_each
        spec = rule.finding
        lost_day = lost_day_of(rule, self.book.catalogue.valid_on)
        unsplit = self.book.catalogue.sets.get("unsplit-guidance", frozenset())
        texts = (spec.summary, *spec.because, *spec.notes, spec.checklist_summary, spec.question)
        return CompiledRule(
            rule=rule,
            name=rule.name,
            asks=rule.if_unknown == "ask",
            chance=chance_of(rule.when) if scope == "line" and rule.if_unknown != "ask" else None,
            severities=tuple((compile_condition(c, scope), s) for c, s in spec.severity.steps),
            severity=spec.severity.otherwise,
            caps=tuple((compile_condition(cap.when, scope), cap.at_most) for cap in spec.caps),
            remedies=tuple(
                (
                    compile_condition(c, scope),
                    compile_remedies(specs, scope, unsplit, self.book.catalogue.valid_on),
                )
                for c, specs in spec.remedies.steps
            ),
            remedy=compile_remedies(spec.remedies.otherwise, scope, unsplit, self.book.catalogue.valid_on),
            others=self._others(rule, scope),
            cites=citations(rule),
            fill={text: self._fill(text, scope, lost_day) for text in texts if text},
            lost_day=lost_day,
        )

    def _others(self, rule: Rule, scope: Scope) -> Callable[[Any], tuple[LineLike, ...]]:
        if rule.finding.others is None:
            return lambda subject: ()
        fact, where = rule.finding.others
        get, test = getter(fact, scope), compile_condition(where, "line")

        def others(subject: Any) -> tuple[LineLike, ...]:
            lines = get(subject)
            return () if lines is UNKNOWN else tuple(line for line in lines if test(line) is True)

        return others

    def _fill(self, template: str, scope: Scope, lost_day: Callable[[Any], date | None]) -> Fill:
        gaps = sorted({name for _, name, _, _ in Formatter().parse(template) if name})
        getters = {g: getter(f, scope) for g in gaps if (f := self.book.vocabulary.get(g)) is not None}

        def fill(subject: Any, others: Sequence[LineLike]) -> Text:
            values: list[tuple[str, str]] = []
            for gap in gaps:
                if gap in getters:
                    values.append((gap, _shown(getters[gap](subject))))
                elif gap == "others":
                    values.append((gap, ", ".join(dict.fromkeys(o.ref.label for o in others))))
                elif gap == "date":
                    values.append((gap, str(lost_day(subject) or subject.date)))
                elif gap != "items":
                    values.append((gap, _built_in(gap, subject)))
            return Text(template, tuple(values))

        return fill


def citations(rule: Rule) -> Callable[[Any], tuple[str, ...]]:
    """The statements that the rule cites of a subject: its own, and those of `also_cites` whose condition is true."""
    more = [(compile_condition(when, rule.for_each), cites) for when, cites in rule.also_cites]

    def cited(subject: Any) -> tuple[str, ...]:
        return (*rule.cites, *(each for test, cites in more if test(subject) is True for each in cites))

    return cited


def _built_in(gap: str, subject: Any) -> str:
    if gap == "line":
        return str(subject.ref.label)
    if gap == "days":
        return days_of(subject)
    if gap == "units":
        return f"{subject.units:g}"
    return str(getattr(subject, gap))


def _shown(value: Any) -> str:
    if value is UNKNOWN:
        return "not known"
    if isinstance(value, frozenset | tuple | list):
        return ", ".join(sorted(str(v) for v in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def in_force(rule: Rule, line: LineLike, start: date) -> bool:
    """Whether the version governs the line: by its date, or by the first date of service (rulebook 3.3)."""
    if rule.dated_by == "service-start":
        return rule.effective.holds(start)
    if rule.effective.holds(line.date):
        return True
    # A span is judged by its start, and its code's validity again by its end (contract section 3, Span).
    return rule.finding.kind == "code-effective-date" and rule.effective.holds(line.end)


def _speak(compiled: CompiledRule, truth: Truth, subject: Any, unit: UnitLike) -> Draft:
    rule = compiled.rule
    asking = isinstance(truth, Unknown)
    others = compiled.others(subject)
    spec = rule.finding
    severity = next((s for test, s in compiled.severities if test(subject) is True), compiled.severity)
    uncapped = severity
    for test, at_most in compiled.caps:
        if test(subject) is True:
            severity = min(severity, at_most)
    make = next((m for test, m in compiled.remedies if test(subject) is True), compiled.remedy)
    partly = compiled.lost_day(subject) is not None
    remedies = () if asking else make(subject, others)
    fill = {text: f(subject, others) for text, f in compiled.fill.items()}
    return Draft(
        rule=rule,
        unit=unit,
        lines=() if rule.for_each == "unit" else (subject,),
        others=others,
        severity=Severity.info if asking else severity,
        remedies=remedies or (Remedy("review"),),
        cites=compiled.cites(subject),
        summary=fill[spec.question if asking else spec.summary],
        because=tuple(fill[text] for text in spec.because),
        notes=(*((Text(NOTE),) if partly else ()), *(fill[text] for text in spec.notes)),
        checklist_summary=fill[spec.checklist_summary] if spec.checklist else None,
        capped=severity < uncapped,
        partly=partly,
    )


def _collapse(drafts: list[Draft]) -> Iterator[Draft]:
    """`once_per`: one draft a date or a unit, with all its lines and the strictest severity."""
    once_per = drafts[0].rule.once_per
    if once_per == "line":
        yield from drafts
        return
    groups: dict[Any, list[Draft]] = {}
    for draft in drafts:
        key = draft.lines[0].date if once_per == "date" else None
        groups.setdefault(key, []).append(draft)
    for group in groups.values():
        strictest = max(group, key=lambda d: d.severity)
        if once_per == "date":
            yield strictest
            continue
        lines = tuple(line for draft in group for line in draft.lines)
        others = tuple({id(other): other for draft in group for other in draft.others}.values())
        cites = tuple(dict.fromkeys(cited for draft in group for cited in draft.cites))
        yield replace(strictest, lines=lines, others=others, cites=cites)
