"""Classes of members: payer, line of business, programmes and state, as the rules tell them apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from itertools import product
from typing import Any

from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.rule_checks import remedies_of
from cds_service.engine.rules import Book, Rule
from cds_service.engine.vocabulary import Fact
from cds_service.facts.case import Case, Member, Unit
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.payer import LINES_OF_BUSINESS
from cds_service.facts.views import CaseView
from cds_service.proof.classes import Class
from cds_service.proof.probes import Probes, answer
from cds_service.proof.questions import Questions

NOWHERE = "GA"
"""A state that no rule names."""
_RAW = frozenset({"payer", "line_of_business", "programs", "state"})
"""Facts that give the member's own words back: only what is asked of them tells members apart."""


def everyone(asked: Questions, book: Book) -> list[Member]:
    """Every combination of a payer of the book, a line of business, a programme and a state that is asked for."""
    payers = ["other", *(str(raw["payer"]) for raw in book.payers), "unknown"]
    programs: list[tuple[str, ...]] = [(), *((program,) for program in sorted(asked.members["programs"]))]
    lobs: tuple[str | Unknown, ...] = (UNKNOWN, *LINES_OF_BUSINESS)
    states: list[str | Unknown] = [
        UNKNOWN,
        *sorted(asked.members["state"]),
        *([NOWHERE] if asked.members["state"] else []),
    ]
    return [
        Member(payer=p, line_of_business=b, programs=frozenset(g), state=s)
        for p, b, g, s in product(payers, lobs, programs, states)
    ]


@dataclass(frozen=True, eq=False)
class Model:
    """Members to whom every question about a member is answered alike.

    `units` are claims of one of them. `read` stands for what the facts about a line that depend on the member
    answer: the same number, the same answers.
    """

    units: list[Any]
    read: int
    members: list[Member]


class MemberClasses:
    """The partition of members, for all rules or for some of them only."""

    def __init__(
        self, asked: Questions, book: Book, knowledge: Knowledge, days: Sequence[date], probes: Probes
    ) -> None:
        self.everyone = everyone(asked, book)
        facts = [f for f in book.vocabulary.values() if f.scope == "unit" and f.type != "lines"]
        own = _depending(facts, self._axes(), days, knowledge)
        facts = [f for f in facts if f.name in own]
        units = [[_unit(m, day, knowledge) for day in days] for m in self.everyone]
        answers = [[{f.name: answer(f.get, u) for f in facts} for u in each] for each in units]
        self._own = own
        words = [tuple(tuple(v for n, v in a.items() if n in own - _RAW) for a in told) for told in answers]
        of_lines = probes.depend_on(list(dict(zip(words, self.everyone, strict=True)).values()))
        self.facts: frozenset[str] = own | of_lines
        """Facts that depend on the member."""
        tests = [compile_condition(a, "unit") for a in asked.asks if a.fact.name in own]
        on_lines = [compile_condition(a, "line") for a in asked.asks if a.fact.name in of_lines]
        targets = [f.get for f in asked.facts.values() if f.name in of_lines and f.type == "codes"]
        models: dict[Hashable, Model] = {}
        readings: dict[Hashable, int] = {}
        for member, each, told in zip(self.everyone, units, words, strict=True):
            truths = [tuple(test(unit) for test in tests) for unit in each]
            model = models.get((told, tuple(truths)))
            if model is None:
                different = list(dict(zip(truths, each, strict=True)).values())
                lines = list(probes.views(member))
                read = [(*(t(o) for t in on_lines), *(answer(g, o) for g in targets)) for o in lines]
                number = readings.setdefault(tuple(read), len(readings))
                model = models[(told, tuple(truths))] = Model(different, number, [])
            model.members.append(member)
        self._models = list(models.values())
        self._by_rule: dict[int, list[int]] = {}
        self._classes: dict[tuple[int, ...], Class] = {}

    def _axes(self) -> list[Member]:
        """Members that differ from the plainest one in one respect, and Medicare members of each payer."""
        first = self.everyone[0]
        told = [astuple(m) for m in self.everyone]
        plain = astuple(first)
        near = [m for m, t in zip(self.everyone, told, strict=True) if sum(map(_differ, t, plain)) <= 1]
        return near + [
            m for m in self.everyone if m.line_of_business == "medicare-advantage" and not m.programs
        ]

    def told(self, rules: Sequence[Rule]) -> list[tuple[Class, Hashable]]:
        """Classes of the members that `rules` tell apart, each with all that they can tell of it."""
        known = [(rule.name, self._told(rule)) for rule in rules]
        groups: dict[Hashable, list[Member]] = {}
        for number, model in enumerate(self._models):
            left = tuple([(name, numbers[number]) for name, numbers in known if numbers[number]])
            groups.setdefault((model.read, left), []).extend(model.members)
        return [(self._class(members), left) for left, members in groups.items()]

    def _class(self, members: list[Member]) -> Class:
        key = tuple(map(id, members))
        if key not in self._classes:
            self._classes[key] = Class(tuple(sorted(members, key=_plainness)))
        return self._classes[key]

    def of(self, rules: Sequence[Rule]) -> tuple[Class, ...]:
        """Classes of the members that `rules` tell apart, each with its plainest member first."""
        return tuple(group for group, _ in self.told(rules))

    def _told(self, rule: Rule) -> list[int]:
        """A number for what is left of the rule's conditions for each model; 0 where it cannot speak."""
        if id(rule) not in self._by_rule:
            numbers: dict[Hashable, int] = {}
            told = []
            for model in self._models:
                left = tuple(self._left_of(rule, unit) for unit in model.units)
                told.append(numbers.setdefault(left, len(numbers) + 1) if any(left) else 0)
            self._by_rule[id(rule)] = told
        return self._by_rule[id(rule)]

    def _left_of(self, rule: Rule, unit: Any) -> Hashable:
        applies, when = self._residual(rule.applies, unit), self._residual(rule.when, unit)
        if _never(applies) or when is False or (rule.if_unknown == "stay-silent" and _never(when)):
            return ()
        further = (self._residual(condition, unit) for condition in _further(rule))
        return (applies, when, *(False if _never(each) else each for each in further))

    def _residual(self, condition: Condition, unit: Any) -> Hashable:
        """True, False or UNKNOWN where the member decides, else the questions that are left."""
        if isinstance(condition, Ask):
            return self._of_ask(condition, unit)
        parts = [self._residual(part, unit) for part in condition.parts]
        if condition.how == "not":
            (part,) = parts
            return not part if isinstance(part, bool) else part if part is UNKNOWN else ("not", part)
        decisive = condition.how == "any"
        if any(part is decisive for part in parts):
            return decisive
        left = tuple(part for part in parts if not isinstance(part, bool))
        return (condition.how, left) if left else not decisive

    def _of_ask(self, ask: Ask, unit: Any) -> Hashable:
        if ask.fact.name in self._own:
            return compile_condition(ask, "unit")(unit)
        return (id(ask), self._residual(ask.nested, unit) if ask.nested is not None else None)


def _never(left: Hashable) -> bool:
    """Whether a residual cannot become true any more: what nobody knows of the member stays unknown."""
    if left is False or left is UNKNOWN:
        return True
    if isinstance(left, tuple) and left[0] in ("all", "any"):
        return (any if left[0] == "all" else all)(_never(part) for part in left[1])
    return False


def _further(rule: Rule) -> Iterator[Condition]:
    """The conditions that shape what the rule says once it speaks."""
    spec = rule.finding
    yield from (condition for condition, _ in spec.severity.steps)
    yield from (condition for condition, _ in spec.remedies.steps)
    yield from (cap.when for cap in spec.caps)
    yield from (remedy.unless for remedy in remedies_of(rule) if remedy.unless is not None)
    if spec.others is not None:
        yield spec.others[1]


def _differ(one: Any, other: Any) -> bool:
    return bool(one != other)


def _depending(
    facts: Iterable[Fact], members: Sequence[Member], days: Sequence[date], knowledge: Knowledge
) -> frozenset[str]:
    """Names of facts about a claim or order whose answers differ between the members on some day."""
    found: set[str] = set()
    for day in days:
        units = [_unit(member, day, knowledge) for member in members]
        found |= {f.name for f in facts if len({answer(f.get, unit) for unit in units}) > 1}
    return frozenset(found)


def _unit(member: Member, day: date, knowledge: Knowledge) -> Any:
    unit = Unit("Claim/case", "claim", day, (), member)
    return CaseView(Case("claim", day, (unit,)), knowledge).units[0]


def _plainness(member: Member) -> tuple[int, bool]:
    known = (member.line_of_business is not UNKNOWN, bool(member.programs), member.state is not UNKNOWN)
    return sum(known), member.payer not in ("other", "unknown")
