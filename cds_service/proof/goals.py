"""What every rule version must be seen to do somewhere: speak, be heard, and use each of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.engine.closures import Test, compile_condition
from cds_service.engine.conditions import Condition
from cds_service.engine.model import UNKNOWN, Finding, Remedy, Severity
from cds_service.engine.remedies import Make, compile_remedies
from cds_service.engine.rules import Book, Rule
from cds_service.proof.branches import brief, without_each_branch
from cds_service.proof.speaking import Speaker

SPEAKS, SURVIVES = "speaks", "survives settling"


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a rule version must be seen to do. `when` has to hold for it, on top of the rule itself."""

    rule: str
    what: str
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A subject that the rule is asked of, what the rule answers, and the finding that came of it."""

    subject: Any
    truth: Any
    speaks: bool
    finding: Finding | None


Check = Callable[[Moment], bool]


class Goals:
    """The goals of one rule version that are still open in this process."""

    def __init__(self, rule: Rule, book: Book, speakers: dict[str, Speaker]) -> None:
        self.rule = rule
        self._speakers = speakers
        self._speaker = speakers[rule.name]
        self._valid_on = book.catalogue.valid_on
        self._unsplit = book.catalogue.sets.get("unsplit-guidance", frozenset())
        self.open: dict[Goal, Check] = dict(self._all(book))

    def meet(self, unit: Any, findings: Sequence[Finding]) -> list[Goal]:
        """Goals that this unit meets; they are open no longer."""
        if not self.open:
            return []
        rule, met = self.rule, []
        heard = [f for f in findings if rule.name in f.rule_names and f.unit == unit.ref]
        for subject, truth in self._speaker.answers(unit):
            speaks = self._says(truth) != "silent"
            finding = next((f for f in heard if _about(f, subject, rule)), None) if speaks else None
            moment = Moment(subject, truth, speaks, finding)
            met += [goal for goal, check in self.open.items() if check(moment)]
            for goal in met:
                self.open.pop(goal, None)
        return met

    def _all(self, book: Book) -> Iterator[tuple[Goal, Check]]:
        rule = self.rule
        yield Goal(rule.name, SPEAKS), lambda m: m.speaks
        yield Goal(rule.name, SURVIVES), lambda m: m.finding is not None
        if rule.if_unknown == "ask":
            yield Goal(rule.name, "asks when it cannot know"), lambda m: m.speaks and m.truth is UNKNOWN
        yield from self._of_when()
        yield from self._of_severity()
        yield from self._of_remedies()
        yield from self._of_overrides(book)

    def _of_when(self) -> Iterator[tuple[Goal, Check]]:
        scope = self.rule.for_each
        for words, variant in without_each_branch(self.rule.when):
            test = compile_condition(variant, scope)
            goal = Goal(self.rule.name, f"`any` branch `{words}` of `when`", (), (variant,))
            yield goal, _with(lambda m, test: self._says(test(m.subject)) != self._says(m.truth), test)

    def _says(self, truth: Any) -> str:
        """What the rule does with this truth: speaks, asks or keeps silent."""
        if truth is True:
            return "speaks"
        return "asks" if truth is UNKNOWN and self.rule.if_unknown == "ask" else "silent"

    def _branches(self, where: str, condition: Condition) -> Iterator[tuple[Goal, Check]]:
        scope = self.rule.for_each
        whole = compile_condition(condition, scope)
        for words, variant in without_each_branch(condition):
            test = compile_condition(variant, scope)
            goal = Goal(self.rule.name, f"`any` branch `{words}` of {where}", (condition,), (variant,))
            yield (
                goal,
                _with(
                    lambda m, test: (
                        m.finding is not None and (test(m.subject) is True) is not (whole(m.subject) is True)
                    ),
                    test,
                ),
            )

    def _of_severity(self) -> Iterator[tuple[Goal, Check]]:
        spec, scope = self.rule.finding, self.rule.for_each
        steps = [(compile_condition(c, scope), s) for c, s in spec.severity.steps]
        caps = [(compile_condition(c.when, scope), c.at_most) for c in spec.caps]
        otherwise = spec.severity.otherwise

        def final(subject: Any, step: int = -1, cap: int = -1) -> Severity:
            """The severity without one step or cap."""
            left = (s for n, (test, s) in enumerate(steps) if n != step and test(subject) is True)
            severity = next(left, otherwise)
            for n, (test, at_most) in enumerate(caps):
                if n != cap and test(subject) is True:
                    severity = min(severity, at_most)
            return severity

        before: list[Condition] = []
        for n, (condition, severity) in enumerate(spec.severity.steps):
            where = f"step {n + 1} ({severity.name}) of its severity"
            yield (
                Goal(self.rule.name, where, (condition,), tuple(before)),
                _with(
                    lambda m, n: m.finding is not None and final(m.subject) is not final(m.subject, step=n), n
                ),
            )
            yield from self._branches(where, condition)
            before.append(condition)
        if steps:
            yield (
                Goal(self.rule.name, f"`otherwise` ({otherwise.name}) of its severity", (), tuple(before)),
                lambda m: m.finding is not None and not any(test(m.subject) is True for test, _ in steps),
            )
        for n, cap in enumerate(spec.caps):
            where = f"cap {n + 1} (at most {cap.at_most.name})"
            yield (
                Goal(self.rule.name, where, (cap.when,)),
                _with(
                    lambda m, n: m.finding is not None and final(m.subject) is not final(m.subject, cap=n), n
                ),
            )
            yield from self._branches(where, cap.when)

    def _of_remedies(self) -> Iterator[tuple[Goal, Check]]:
        ladder, scope = self.rule.finding.remedies, self.rule.for_each
        tests = [compile_condition(c, scope) for c, _ in ladder.steps]
        makes = [compile_remedies(specs, scope, self._unsplit, self._valid_on) for _, specs in ladder.steps]
        makes.append(compile_remedies(ladder.otherwise, scope, self._unsplit, self._valid_on))

        def chosen(subject: Any, without: int = -1) -> int:
            return next(
                (n for n, test in enumerate(tests) if n != without and test(subject) is True), len(tests)
            )

        def made(m: Moment, n: int) -> tuple[Remedy, ...]:
            return makes[n](m.subject, self._speaker.others(m.subject)) or (Remedy("review"),)

        def matters(m: Moment, n: int) -> bool:
            if m.finding is None or chosen(m.subject) != n:
                return False
            return n == len(tests) or made(m, n) != made(m, chosen(m.subject, without=n))

        before: list[Condition] = []
        ways = [*ladder.steps, (None, ladder.otherwise)]
        for n, (condition, specs) in enumerate(ways):
            own = () if condition is None else (condition,)
            where = f"step {n + 1} of its remedies" if own else "`otherwise` of its remedies"
            if ladder.steps:
                yield (
                    Goal(self.rule.name, where, own, tuple(before)),
                    _with(matters, n),
                )
            for k, spec in enumerate(specs):
                yield from self._alternative(n, k, specs, (own, tuple(before)), chosen)
                if spec.unless is not None:
                    test: Test = compile_condition(spec.unless, scope)
                    yield (
                        Goal(
                            self.rule.name,
                            f"`unless {brief(spec.unless)}`",
                            (*own, spec.unless),
                            tuple(before),
                        ),
                        _with(
                            lambda m, n, test: (
                                m.finding is not None and chosen(m.subject) == n and test(m.subject) is True
                            ),
                            n,
                            test,
                        ),
                    )
            if condition is not None:
                yield from self._branches(where, condition)
                before.append(condition)

    def _alternative(
        self, n: int, k: int, specs: Sequence[Any], holds: tuple[Any, Any], chosen: Callable[[Any], int]
    ) -> Iterator[tuple[Goal, Check]]:
        scope = self.rule.for_each
        one: Make = compile_remedies((specs[k],), scope, self._unsplit, self._valid_on)
        earlier: Make = compile_remedies(tuple(specs[:k]), scope, self._unsplit, self._valid_on)

        def offered(m: Moment) -> bool:
            if m.finding is None or chosen(m.subject) != n:
                return False
            others = self._speaker.others(m.subject)
            before = earlier(m.subject, others)
            return any(r not in before and r in m.finding.remedies for r in one(m.subject, others))

        step = "otherwise" if n == len(self.rule.finding.remedies.steps) else f"step {n + 1}"
        words = f"alternative {k + 1} (`{specs[k].action}`, {step}) of its remedies"
        yield Goal(self.rule.name, words, holds[0], holds[1]), offered

    def _of_overrides(self, book: Book) -> Iterator[tuple[Goal, Check]]:
        for name in self.rule.overrides:
            targets = [r for r in book.rules if r.id == name and r.status == "active"]
            goal = Goal(self.rule.name, f"`overrides: {name}`", tuple(r.when for r in targets[:1]))
            yield goal, self._silences([self._speakers[r.name] for r in targets])

    def _silences(self, targets: Sequence[Speaker]) -> Check:
        """A rule about lines overrides on its line, one about units everywhere in the unit."""
        if self.rule.for_each == "unit":
            return lambda m: m.finding is not None and any(t.speaks_in(m.subject) for t in targets)
        return lambda m: m.finding is not None and any(t.speaks_of(m.subject) for t in targets)


def _with(check: Callable[..., bool], *bound: Any) -> Check:
    """The check with these further arguments, as they are now."""
    return lambda moment: check(moment, *bound)


def _about(finding: Finding, subject: Any, rule: Rule) -> bool:
    return rule.for_each == "unit" or subject.ref in finding.lines
