"""Judges one point: every check that the proof makes there."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from cards.render import render
from cds_service.engine.evaluate import Engine
from cds_service.engine.model import Finding, LineRef, Remedy, Severity
from cds_service.facts.case import Case
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.views import CaseView
from cds_service.proof.answers import answer_of
from cds_service.proof.carry_out import ON_LINES, Way, carry_out, ways
from cds_service.proof.conflicts import contradictions
from cds_service.proof.faults import Fault, rule_ids
from cds_service.proof.limits import limit_faults
from cds_service.proof.rounds import BOUND, POLICIES, Rounds, words
from cds_service.proof.speaking import Speaker

_REMEMBERED = 60_000
"""Cases whose findings are kept, so that correcting into a case already seen costs nothing."""


_AMONG_LINES = frozenset({"bundling", "same-day-exclusion", "unit-limit"})
"""Kinds that come of several lines together, and not of what one line is in itself."""


class Judge:
    """Checks points of one book. Not shared between processes."""

    def __init__(self, engine: Engine, knowledge: Knowledge, days: Sequence[date] = ()) -> None:
        self.engine = engine
        self._knowledge = knowledge
        self.evaluated = 0
        self._findings: dict[Case, tuple[Finding, ...]] = {}
        self._shown: set[object] = set()
        self._answered: set[int] = set()
        self._days = tuple(days)
        self._speakers = {r.name: Speaker(r) for r in engine.book.rules if r.status == "active"}
        registers = engine.book.documents.values()
        self._statements = frozenset(s.id for document in registers for s in document.statements)
        self._rounds = Rounds(self.look)

    def look(self, case: Case) -> tuple[Finding, ...]:
        """The findings of a case; remembered, as many points are corrected into the same case."""
        found = self._findings.get(case)
        if found is None:
            found = self.engine.evaluate(CaseView(case, self._knowledge))
            self.evaluated += 1
            if len(self._findings) > _REMEMBERED:
                self._forget()
            self._findings[case] = found
        return found

    def _forget(self) -> None:
        self._findings.clear()
        self._rounds.forget()

    def faults(
        self, view: CaseView, findings: tuple[Finding, ...], thorough: bool = True, again: bool = False
    ) -> list[Fault]:
        """Every fault at a point with these findings.

        `thorough`: each fact that may be attested is tried alone; `again`: suggestions are carried out even where
        they were before, with the same lines, payer and answer.
        """
        if not findings:
            return []
        case = view.case
        if view.knowledge is not self._knowledge:  # what is remembered was found with other knowledge
            self._forget()
            self._knowledge = view.knowledge
        try:
            self._findings[case] = findings
            found = list(limit_faults(findings, case, self.engine.book, self._statements))
            found += contradictions(findings)
            if self._is_new(case, findings) or again:
                found += self._rest(view, findings, thorough)
            self._show(findings)
        except Exception as error:  # any error at all is the fault that is looked for
            return [self.raised(error)]
        return found

    def _is_new(self, case: Case, findings: Sequence[Finding]) -> bool:
        """Whether the suggestions are to be carried out: once for points that share lines, payer and answer."""
        mark = hash(answer_of(case, findings, self._days))
        new = mark not in self._answered
        self._answered.add(mark)
        return new

    @staticmethod
    def raised(error: Exception) -> Fault:
        """The fault that an error is, with the function of ours in which it was raised."""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if "cds_service/proof/" not in f.filename.replace("\\", "/")] or frames
        return Fault("raises", (), f"{type(error).__name__} in `{ours[-1].name if ours else ''}`: {error}")

    def _show(self, findings: Sequence[Finding]) -> None:
        """Make the cards once for every combination of rules and remedies."""
        for finding in findings:
            key = (finding.rule_names, finding.kind, finding.remedies)
            if key not in self._shown:
                self._shown.add(key)
                render([finding], hook_instance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", resources={})

    def _rest(self, view: CaseView, findings: Sequence[Finding], thorough: bool) -> Iterator[Fault]:
        """Soundness of the suggestions: each alternative for itself, then whole answers."""
        case = view.case
        after: list[tuple[Finding, Way, Case]] = []
        possible = [(finding, ways(finding)) for finding in findings]
        for finding, found in possible:
            for way in found if thorough else _fewer(found):
                made = carry_out(case, finding, way)
                if made is None:
                    yield Fault("no-effect", rule_ids(finding), f"`{words(way)}` finds nothing to change.")
                    continue
                after.append((finding, way, made))
                yield from self._settled(finding, way, made, view)
        yield from self._halves(case, findings, after)
        for policy in POLICIES if any(found for _, found in possible) else ():
            rest = self._rounds.to_rest(case, policy)
            if rest.fault is not None:
                yield replace(rest.fault, steps=rest.steps)

    def _settled(self, finding: Finding, way: Way, made: Case, view: CaseView) -> Iterator[Fault]:
        steps = (words(way),)
        left = self.look(made)
        to_go = _to_go(self.look(view.case))
        for other in left:
            if not to_go.isdisjoint(map(_place, other.lines)):
                continue  # of a line that was to go nothing else was said (M-2)
            if _same(finding, other) and not _only_review(other) and not _asks_for_less(finding, other):
                what = f"after `{words(way)}` it says the same again: `{' | '.join(r.label for r in other.remedies)}`."
                yield Fault("comes-back", rule_ids(finding), what, steps=steps)
        yield from self._drawn(finding, way, left, view)
        if way[0].action not in ON_LINES:
            return  # papers and reasons change no line; whole answers carry them out together
        rest = self._rounds.to_rest(made, "first")
        if rest.fault is None and rest.rounds + 1 > BOUND:
            what = f"after `{words(way)}` it takes {rest.rounds} more rounds to rest."
            yield Fault("no-rest", rule_ids(finding), what, steps=(*steps, *rest.steps))
        elif rest.fault is not None:
            yield replace(rest.fault, steps=(*steps, *rest.steps))

    def _drawn(self, finding: Finding, way: Way, left: Sequence[Finding], view: CaseView) -> Iterator[Fault]:
        """A line just replaced or added must not draw a correction that nobody asked for before."""
        remedy = way[0]
        if remedy.action not in ("replace", "add-line") or finding.kind == "code-effective-date":
            return  # the card of an invalid code stands alone (M-10); what the new code draws comes next
        code = str(remedy.to or remedy.code).partition("-")[0]
        old = {_place(ref) for ref in finding.lines if ref.code == remedy.code}
        for other in left:
            new = [
                r for r in other.lines if r.code == code and (_place(r) in old or r.path.startswith("added"))
            ]
            on_it = [r for r in other.remedies if r.code == code and r.action not in ("review", "add-line")]
            if not new or not on_it or len(on_it) < len(other.remedies):
                continue
            if other.kind in _AMONG_LINES or other.severity is Severity.info < finding.severity:
                continue  # about the line beside it, which M-2 says only when the code is right; or a mere hint
            if remedy.action == "replace" and self._spoke_before(other, new[0], view):
                continue  # hidden while the line was to be replaced (M-2)
            what = f"`{words(way)}` makes {new[0].label}, which draws `{' | '.join(r.label for r in on_it)}`."
            yield Fault("draws-again", rule_ids(finding, other), what, steps=(words(way),))

    def _spoke_before(self, finding: Finding, ref: LineRef, view: CaseView) -> bool:
        """Whether every rule behind the finding already spoke of the line as it was."""
        lines = [line for unit in view.units for line in unit.lines if _place(line.ref) == _place(ref)]
        return bool(lines) and all(self._speakers[name].speaks_of(lines[0]) for name in finding.rule_names)

    def _halves(
        self, case: Case, findings: Sequence[Finding], after: Sequence[tuple[Finding, Way, Case]]
    ) -> Iterator[Fault]:
        removals = {}
        for finding, way, made in after:
            if finding not in removals and all(r.action == "remove-line" for r in way):
                removals[finding] = made
        pairs = [(a, b) for n, a in enumerate(findings) for b in findings[n + 1 :]]
        for one, other in pairs:
            if one not in removals or other not in removals:
                continue
            without_one, without_other = self.look(removals[one]), self.look(removals[other])
            gone = not any(_same(other, f) for f in without_one)
            if (
                gone
                and not any(_same(one, f) for f in without_other)
                and not set(one.lines) & set(other.lines)
            ):
                what = f"each of `{one.remedies[0].label}` and `{other.remedies[0].label}` settles the other."
                yield Fault("both-halves", rule_ids(one, other), what)
        for finding in removals:
            yield from self._within(case, finding)

    def _within(self, case: Case, finding: Finding) -> Iterator[Fault]:
        """A finding about several lines of one code: removing one of them must not settle the others."""
        first = replace(next(r for r in finding.remedies if r.action == "remove-line"), sequence=None)
        lines = [ref for ref in finding.lines if ref.code == first.code]
        if len(lines) < 2 or len({ref.date for ref in lines}) == len(lines):
            return
        alone = [carry_out(case, replace(finding, lines=(ref,)), (first,)) for ref in lines]
        left = [self.look(made) if made is not None else () for made in alone]
        for n, ref in enumerate(lines):
            for k, other in enumerate(lines[n + 1 :], start=n + 1):
                if (
                    ref.date == other.date
                    and not _asked(first, other, left[n])
                    and not _asked(first, ref, left[k])
                ):
                    what = (
                        f"both {ref.label} lines of {ref.date} are to go, although either settles the other."
                    )
                    yield Fault("both-halves", rule_ids(finding), what)
                    return


def _to_go(findings: Sequence[Finding]) -> set[object]:
    """Places of the lines that some finding leaves no way but to remove."""
    return {
        _place(ref)
        for f in findings
        if all(r.action == "remove-line" for r in f.remedies) and len({r.code for r in f.remedies}) == 1
        for ref in f.lines
        if ref.code == f.remedies[0].code
    }


def _fewer(found: Sequence[Way]) -> Iterator[Way]:
    """The ways without all but the first of the facts that may be attested."""
    attested = False
    for way in found:
        attests = way[0].action.startswith("attest")
        if not (attests and attested):
            yield way
        attested = attested or attests


def _asked(remedy: Remedy, ref: LineRef, findings: Sequence[Finding]) -> bool:
    """Whether the remedy is asked for of the line, with or without naming its sequence."""
    wanted = {remedy, replace(remedy, sequence=ref.sequence)}
    return any(ref in f.lines and not wanted.isdisjoint(f.remedies) for f in findings)


def _place(ref: LineRef) -> tuple[str, int | None, str]:
    return ref.resource, ref.sequence, ref.path


def _same(one: Finding, other: Finding) -> bool:
    """Whether a later finding says of the same place what the earlier one said."""
    if one.kind != other.kind or not set(one.rule_names) & set(other.rule_names):
        return False
    if not one.lines and not other.lines:
        return one.document == other.document
    mine = {_place(ref) for ref in one.lines}
    return any(_place(ref) in mine for ref in other.lines)


def _asks_for_less(before: Finding, after: Finding) -> bool:
    """Whether one of several facts that are all wanted has been attested, and only the others are still asked for."""
    asked, left = (
        {fact for r in f.remedies for fact in (*r.indications, *r.modalities)} for f in (before, after)
    )
    return left < asked


def _only_review(finding: Finding) -> bool:
    return not ways(finding)
