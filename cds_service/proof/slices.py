"""Builds the core product: its stretches of time, and in each the classes that the rules in force tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from datetime import date, timedelta
from math import prod

from cds_service.engine.conditions import codes_of
from cds_service.engine.model import Unknown
from cds_service.engine.rule_checks import asks_of, remedies_of
from cds_service.engine.rules import Book, Rule
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.carry_out import ON_LINES
from cds_service.proof.classes import Class, choice_classes, classed, modifier_classes
from cds_service.proof.core import BESIDE, CORRECTIONS, NO_LINE, Cell, Slice
from cds_service.proof.givens import Given, view_of
from cds_service.proof.members import MemberClasses
from cds_service.proof.parts import sides
from cds_service.proof.probes import Probes
from cds_service.proof.projection import Projection
from cds_service.proof.questions import Questions, boundaries, questions_of
from cds_service.proof.shapes import shapes

GUIDANCE_FAMILIES = frozenset({"image_guidance", "surface_guidance"})
_END = date(2027, 12, 31)
_BESIDE_KINDS = frozenset({"coverage-necessity", "documentation", "scope-applicability", "supervision"})
"""Kinds that stay beside the correction of a line (rulebook M-2)."""
_OF_MODIFIERS = frozenset({"modifiers", "component"})
_NONE = Class((NO_LINE,))


class Core:
    """Builds the slices of the core product."""

    def __init__(
        self,
        book: Book,
        knowledge: Knowledge,
        asked: Questions,
        members: MemberClasses,
        codes: Sequence[Class],
        probes: Probes,
    ) -> None:
        self._book, self._knowledge, self._members = book, knowledge, members
        families = {code: entry.family for code, entry in book.catalogue.codes.items()}
        delivery = book.catalogue.sets.get("treatment-delivery", frozenset())
        named = ([v for v in c.values if families.get(v) in GUIDANCE_FAMILIES] for c in codes)
        self.guidance = [Class(tuple(values)) for values in named if values]
        self.delivery = (_NONE, *(c for c in codes if c.first in delivery))
        self.techniques = (_NONE, *choice_classes(shapes("given")["technique"].values, asked, book))
        self.methods = (_NONE, *choice_classes(shapes("given")["method"].values, asked, book))
        self.modifiers = (_NONE, Class(("26",)), Class(("TC",)), *modifier_classes(asked))
        self._codes = {v for c in (*self.guidance, *self.delivery) for v in c.values}
        self._sides = probes.sides()
        self._of_method = probes.facts_of([m.first for m in self.methods], "method")
        self._projection = Projection(members.facts | self._of_method)

    def slices(self, rules: Sequence[Rule]) -> list[Slice]:
        """The slices of the product of corrections and of the product of what stands beside them.

        Findings about coverage, documents, scope and supervision never change a correction (M-2). So the rules
        that make corrections are crossed in full with the members that they tell apart, and the others with
        the members that those tell apart, but with modifiers and methods only where they ask for them.
        """
        beside = [r for r in rules if _stands_beside(r)]
        return [
            *self._product([r for r in rules if not _stands_beside(r)], CORRECTIONS),
            *self._product(beside, BESIDE),
        ]

    def _product(self, rules: Sequence[Rule], about: str) -> list[Slice]:
        """Claims and orders, each stretch of time in which the same of `rules` are in force."""
        speaking = [r for r in rules if _can_speak_of(r, self._codes)]
        cuts = set(boundaries(speaking, ()))
        for group in self.guidance:
            for code in group.values:
                entry = self._book.catalogue.codes[code]
                cuts |= {d for d in (entry.first, entry.last and entry.last + timedelta(days=1)) if d}
        days = sorted(cuts)
        spans = [(a, b - timedelta(days=1)) for a, b in zip(days, (*days[1:], _END), strict=True)]
        found: list[Slice] = []
        seen: set[Hashable] = set()
        for hook in ("claim", "order"):
            for first, last in spans:
                here = [r for r in speaking if hook in r.hooks and r.effective.holds(first)]
                guidance = tuple(self._guidance(first, here, self._plain(about, here)))
                cells = tuple(self._cells(hook, first, here, guidance, seen))
                if cells:
                    methods, raw = self._methods(here), self._raw(hook)
                    found.append(Slice(about, hook, first, last, cells, methods, guidance, raw))
        return found

    def _cells(
        self,
        hook: str,
        day: date,
        rules: Sequence[Rule],
        guidance: tuple[tuple[Class, tuple[Class, ...]], ...],
        seen: set[Hashable],
    ) -> Iterator[Cell]:
        """The cells of a stretch, with the members that are new there."""
        texts = ["-".join(filter(None, (c.first, m.first))) for c, ms in guidance for m in ms]
        named = tuple(code for group, _ in guidance for code in group.values)
        for delivery, technique in self._deliveries(day, rules):
            for side in self._sides if hook == "claim" else self._sides[-1:]:
                base: Given = {"hook": hook, "date": day.isoformat(), **side.as_given}
                base |= {"technique": [technique.first]} if technique.first else {}
                beside = [{"code": delivery.first}] if delivery.first else []
                points = [base | {"lines": [{"code": t}, *beside] if t else beside} for t in texts]
                views = [view for p in points if (view := view_of(p, self._knowledge)) is not None]
                live = self._projection.live(rules, views)
                members = []
                for member, told in self._members.told(live):
                    key = (hook, named, side.words, delivery, technique, told)
                    if key not in seen:
                        members.append(member)
                    seen.add(key)
                if members:
                    yield Cell(side, delivery, technique, tuple(members))

    def _methods(self, rules: Sequence[Rule]) -> tuple[Class, ...]:
        """Imaging methods, as far as the rules tell them apart."""
        asked = questions_of(self._book, rules)
        reading = self._of_method & set(asked.facts)
        values = shapes("given")["method"].values
        if not reading:
            return self.methods[:1]
        if any(set(values).isdisjoint(self._book.vocabulary[name].values) for name in reading):
            return self.methods  # a fact of its own reads them
        return (self.methods[0], *choice_classes(values, asked, self._book, sets=False))

    def _raw(self, hook: str) -> int:
        """Points of the slice if every value were taken."""
        counts = (self.guidance, self.delivery, self.techniques, self.methods, self.modifiers)
        sizes = [sum(len(c.values) for c in group) for group in counts]
        return prod(sizes) * len(self._members.everyone) * (len(sides()) if hook == "claim" else 1)

    def _plain(self, about: str, rules: Sequence[Rule]) -> tuple[Class, ...]:
        """No modifier, 26 and TC; only the first where no rule asks for modifiers."""
        facts = {ask.fact.name for r in rules for _, ask, _ in asks_of(r)}
        asked = about == CORRECTIONS or not facts.isdisjoint(_OF_MODIFIERS)
        return tuple(m for m in self.modifiers if m.first in (NO_LINE, *(("26", "TC") if asked else ())))

    def _guidance(
        self, day: date, rules: Sequence[Rule], plain: tuple[Class, ...]
    ) -> Iterator[tuple[Class, tuple[Class, ...]]]:
        """Guidance codes and their modifiers; codes that cannot be reported on the date take turns."""
        ended: list[str] = []
        for group in self.guidance:
            valid = [v for v in group.values if self._book.catalogue.codes[v].valid_on(day)]
            ended += [v for v in group.values if v not in valid]
            if valid:
                asked = {m for r in rules if valid[0] in (codes_of(r.when) or ()) for m in _members_asked(r)}
                more = (m for m in self.modifiers if m not in plain and m.first in asked)
                yield Class(tuple(valid)), (*plain, *more)
        if ended:
            yield Class(tuple(ended)), plain
        yield _NONE, plain[:1]

    def _deliveries(self, day: date, rules: Sequence[Rule]) -> Iterator[tuple[Class, Class]]:
        """Delivery codes of the date with coded techniques, as far as they differ in the slice's questions."""
        arguments = [
            a.argument if isinstance(a.argument, frozenset) else frozenset({a.argument})
            for r in rules
            for _, a, _ in asks_of(r)
            if a.fact.type in ("code", "codes") and isinstance(a.argument, str | frozenset)
        ]
        class_of = {v: n for n, c in enumerate(self.techniques) for v in c.values}
        every = [v for c in self.delivery for v in c.values]
        valid = [v for v in every if v == NO_LINE or self._book.catalogue.codes[v].valid_on(day)]
        signature: dict[str, tuple[Hashable, Hashable]] = {
            code: (tuple(code in group for group in arguments), self._technique(code, "", day, class_of))
            for code in valid
        }
        for group in classed(valid, signature):
            seen: set[Hashable] = set()
            # A delivery that says nothing of the technique goes with none coded; no delivery with each one.
            silent = group.first != NO_LINE and signature[group.first][1] is None
            for technique in self.techniques[:1] if silent else self.techniques:
                found = self._technique(group.first, technique.first, day, class_of)
                if found not in seen:
                    seen.add(found)
                    yield group, technique

    def _technique(self, code: str, technique: str, day: date, class_of: dict[str, int]) -> Hashable:
        given: Given = {"date": day.isoformat(), "lines": [{"code": code or "99213"}]}
        given |= {"technique": [technique]} if technique else {}
        view = view_of(given, self._knowledge)
        found = view.units[0].lines[0].technique if view is not None else None
        if found is None or isinstance(found, Unknown):
            return None
        possible, likely = (frozenset(class_of[t] for t in told) for told in (found.possible, found.likely))
        return possible, likely, found.firm


def _stands_beside(rule: Rule) -> bool:
    changes = any(remedy.action in ON_LINES for remedy in remedies_of(rule))
    return rule.finding.kind in _BESIDE_KINDS and not changes and not rule.overrides


def _can_speak_of(rule: Rule, codes: set[str]) -> bool:
    named = codes_of(rule.when) if rule.for_each == "line" else None
    return named is None or not named.isdisjoint(codes)


def _members_asked(rule: Rule) -> set[str]:
    return {m for _, ask, _ in asks_of(rule) if isinstance(ask.argument, frozenset) for m in ask.argument}
