"""The complete product at the heart of the rules: one guidance line and one delivery line of a date."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any

from cds_service.engine.conditions import codes_of
from cds_service.engine.model import Unknown
from cds_service.engine.rule_checks import asks_of, remedies_of
from cds_service.engine.rules import Book, Rule
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.carry_out import ON_LINES
from cds_service.proof.classes import Class, choice_classes, classed, modifier_classes
from cds_service.proof.dimensions import Sides, sides
from cds_service.proof.givens import Given, view_of
from cds_service.proof.members import MemberClasses, as_given
from cds_service.proof.questions import Questions, boundaries, questions_of
from cds_service.proof.shapes import shapes

GUIDANCE_FAMILIES = frozenset({"image_guidance", "surface_guidance"})
NO_LINE = ""
CORRECTIONS, BESIDE = "corrections", "what stands beside them"
_BESIDE_KINDS = frozenset({"coverage-necessity", "documentation", "scope-applicability", "supervision"})
"""Kinds that stay beside the correction of a line (rulebook M-2)."""
_OF_MODIFIERS = frozenset({"modifiers", "component"})
_END = date(2027, 12, 31)


@dataclass(frozen=True)
class Slice:
    """The product for one hook and one stretch of time, with the classes that can be told apart there.

    `guidance` are guidance codes (or none) with the modifiers that are asked of them. `pairs` are a class of
    members with a class of delivery codes (or none) and of coded techniques (or none); pairs for which the same
    rules stand as in an earlier stretch are left out.
    """

    about: str
    hook: str
    first: date
    last: date
    pairs: tuple[tuple[Class, Class, Class], ...]
    sides: tuple[Sides, ...]
    methods: tuple[Class, ...]
    guidance: tuple[tuple[Class, tuple[Class, ...]], ...]
    raw: int = field(compare=False)

    @property
    def blocks(self) -> int:
        """Blocks that share all but the guidance line."""
        return len(self.pairs) * len(self.sides) * len(self.methods)

    @property
    def in_block(self) -> int:
        """Points of one block: every guidance code with every modifier, and none."""
        return sum(len(modifiers) for _, modifiers in self.guidance)

    @property
    def size(self) -> int:
        """Points of the slice."""
        return self.blocks * self.in_block

    def block(self, number: int, seed: int) -> Iterator[Given]:
        """The points of one block. Members of a class take turns in standing for it."""
        turn = number + seed
        rest, method = divmod(number, len(self.methods))
        pair, side = divmod(rest, len(self.sides))
        member, code, technique = self.pairs[pair]
        base = self._base(member, self.sides[side], self.methods[method], turn)
        if _turned(technique, turn):
            base["technique"] = [_turned(technique, turn)]
        beside = [{"code": _turned(code, turn)}] if _turned(code, turn) else []
        for guidance, modifiers in self.guidance:
            name = _turned(guidance, turn)
            for modifier in modifiers:
                text = "-".join(filter(None, (name, _turned(modifier, turn))))
                lines = [{"code": text}, *beside] if text else beside
                yield base | {"lines": lines if turn % 2 else lines[::-1]}

    def _base(self, member: Class, side: Sides, method: Class, turn: int) -> Given:
        days = (self.first + (self.last - self.first) // 2, self.first, self.last)
        base: Given = {
            "hook": self.hook,
            **as_given(_turned(member, turn)),
            "date": days[turn % 3].isoformat(),
        }
        if side.claim_type:
            base["claim_type"] = side.claim_type
        if side.place:
            base["place_of_service"] = side.place
        if _turned(method, turn):
            base["method"] = [_turned(method, turn)]
        return base


def _turned(group: Class, turn: int) -> Any:
    return group.values[turn % len(group.values)]


class Core:
    """Builds the slices of the core product."""

    def __init__(
        self,
        book: Book,
        knowledge: Knowledge,
        asked: Questions,
        members: MemberClasses,
        codes: Sequence[Class],
    ) -> None:
        self._book, self._knowledge, self._members = book, knowledge, members
        none = Class((NO_LINE,))
        families = {code: entry.family for code, entry in book.catalogue.codes.items()}
        delivery = book.catalogue.sets.get("treatment-delivery", frozenset())
        self.guidance = [_only(c, lambda v: families.get(v) in GUIDANCE_FAMILIES) for c in codes]
        self.guidance = [c for c in self.guidance if c.values]
        self.delivery = (none, *(c for c in codes if c.first in delivery))
        self.techniques = (none, *choice_classes(shapes("given")["technique"].values, asked, book))
        self.methods = (none, *choice_classes(shapes("given")["method"].values, asked, book))
        self.modifiers = (none, Class(("26",)), Class(("TC",)), *modifier_classes(asked))
        self._codes = {v for c in (*self.guidance, *self.delivery) for v in c.values}
        self._sides = self._told_sides()
        self._of_method = self._facts_of_method()

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
        """Claims and orders, each stretch of time in which the same of `rules` are in force.

        A member for whom the same rules stand as in an earlier stretch is left out of the later one.
        """
        speaking = [r for r in rules if self._speaks_of_core(r)]
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
            for span in spans:
                made = self._slice(about, hook, *span, speaking, seen)
                found += [made] if made.pairs else []
        return found

    def _speaks_of_core(self, rule: Rule) -> bool:
        codes = codes_of(rule.when) if rule.for_each == "line" else None
        return codes is None or bool(codes & self._codes)

    def _slice(
        self, about: str, hook: str, first: date, last: date, rules: Sequence[Rule], seen: set[Hashable]
    ) -> Slice:
        here = [r for r in rules if hook in r.hooks and r.effective.holds(first)]
        guidance = tuple(self._guidance(first, here, self._plain(about, here)))
        named = frozenset(code for group, _ in guidance for code in group.values)
        pairs = []
        for delivery, technique in self._deliveries(first, here):
            can_speak = [r for r in here if _can_speak_of(r, named | set(delivery.values))]
            for member, told in self._members.told(can_speak):
                key = (hook, named, delivery, technique, told)
                if key not in seen:
                    pairs.append((member, delivery, technique))
                seen.add(key)
        return Slice(
            about=about,
            hook=hook,
            first=first,
            last=last,
            pairs=tuple(pairs),
            sides=self._sides if hook == "claim" else self._sides[-1:],
            methods=self._methods(here),
            guidance=guidance,
            raw=self._raw(hook),
        )

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
                yield (
                    Class(tuple(valid)),
                    (*plain, *(m for m in self.modifiers if m not in plain and m.first in asked)),
                )
        if ended:
            yield Class(tuple(ended)), plain
        yield Class((NO_LINE,)), plain[:1]

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
        if technique:
            given["technique"] = [technique]
        view = view_of(given, self._knowledge)
        found = view.units[0].lines[0].technique if view is not None else None
        if found is None or isinstance(found, Unknown):
            return None
        return frozenset(class_of[t] for t in found.possible), found.firm

    def _answers(self, side: Sides, code: str, method: str = "") -> dict[str, Any]:
        """What every fact answers to a claim of one line."""
        given: Given = {"date": "2024-06-03", "lines": [{"code": code}]}
        given |= {"claim_type": side.claim_type} if side.claim_type else {}
        given |= {"place_of_service": side.place} if side.place else {}
        given |= {"method": [method]} if method else {}
        view = view_of(given, self._knowledge)
        line = view.units[0].lines[0] if view is not None else None
        answers: dict[str, Any] = {}
        for fact in self._book.vocabulary.values():
            if fact.scope == "line" and fact.type != "lines":
                try:
                    answers[fact.name] = fact.get(line)
                except Exception as error:  # found where points are judged
                    answers[fact.name] = type(error).__name__
        return answers

    def _told_sides(self) -> tuple[Sides, ...]:
        """The sides that some fact tells apart; the one that nobody knows last."""
        found = {tuple(map(str, self._answers(side, "77387").values())): side for side in reversed(sides())}
        return tuple(reversed(found.values()))

    def _facts_of_method(self) -> frozenset[str]:
        """Names of facts whose answer depends on the imaging method."""
        found: set[str] = set()
        for side, group in product(self._sides, self.guidance):
            told = [self._answers(side, group.first, method.first) for method in self.methods]
            found |= {name for name in told[0] if len({answers[name] for answers in told}) > 1}
        return frozenset(found)


def _only(group: Class, wanted: Any) -> Class:
    return Class(tuple(v for v in group.values if wanted(v)))


def _stands_beside(rule: Rule) -> bool:
    changes = any(remedy.action in ON_LINES for remedy in remedies_of(rule))
    return rule.finding.kind in _BESIDE_KINDS and not changes and not rule.overrides


def _can_speak_of(rule: Rule, codes: frozenset[str]) -> bool:
    named = codes_of(rule.when) if rule.for_each == "line" else None
    return named is None or not named.isdisjoint(codes)


def _members_asked(rule: Rule) -> set[str]:
    return {m for _, ask, _ in asks_of(rule) if isinstance(ask.argument, frozenset) for m in ask.argument}
