"""Builds rules from a policy file's text, once its shape has passed the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from cds_service.engine.conditions import ALWAYS, Condition, ConditionError, Parser
from cds_service.engine.letters import Problem
from cds_service.engine.model import Severity
from cds_service.engine.rules import Cap, FindingSpec, Ladder, Policy, RemedySpec, Rule, Span
from cds_service.engine.textyaml import TextYaml
from cds_service.engine.vocabulary import Fact, Scope, Vocabulary

T = TypeVar("T")
_OF_ONE_REMEDY = frozenset({"to", "code", "modifier", "document", "indications", "modalities"})
"""Members that stand for what one kind of remedy needs; beside another kind nobody would read them."""
Path = tuple[str | int, ...]


class PolicyBuilder:
    """Builds one file; every trouble becomes a letter, and the other rules are still read.

    `lost` holds, as written, the rules that could not be built.
    """

    def __init__(
        self,
        document: TextYaml,
        vocabulary: Vocabulary,
        sets: Mapping[str, frozenset[str]],
        problems: list[Problem],
    ) -> None:
        self._document = document
        self._vocabulary = vocabulary
        self._sets = sets
        self._problems = problems
        self._parser = Parser(vocabulary, sets)
        self._notes: tuple[str, ...] = ()
        self.lost: list[Any] = []

    def policy(self) -> Policy:
        """The policy with those of its rules that could be read."""
        data: Any = self._document.data
        applies = self._condition(data.get("applies"), ("applies",), "unit", "")
        self._notes = tuple(data.get("notes", ()))
        rules = [self._rule(data, raw, ("rules", i), applies) for i, raw in enumerate(data["rules"])]
        return Policy(
            id=data["policy"],
            about=data["about"],
            file=self._document.name,
            document=data["document"],
            rules=tuple(r for r in rules if r is not None),
            lines={member: self._document.line(member) for member in data},
        )

    def _letter(self, path: Path, rule: str, what: str, remedy: str) -> None:
        self._problems.append(Problem(self._document.name, self._document.line(*path), rule, what, remedy))

    def _condition(self, tree: Any, path: Path, scope: Scope, rule: str) -> Condition:
        if tree is None:
            return ALWAYS
        try:
            return self._parser.parse(tree, path, scope)
        except ConditionError as error:
            self._letter(error.path, rule, error.what, error.remedy)
            return ALWAYS

    def _rule(self, data: Any, raw: Any, path: Path, applies: Condition) -> Rule | None:
        before = len(self._problems)
        name = raw["id"]
        also = data.get("also_cites", ())
        for_each = raw.get("for_each", "line")
        scope: Scope = for_each
        rule = Rule(
            id=name,
            policy=data["policy"],
            file=self._document.name,
            line=self._document.line(*path),
            status=raw["status"],
            effective=self._span(raw["effective"], (*path, "effective"), name),
            dated_by=data.get("dated_by", "line-date"),
            hooks=frozenset(raw.get("hooks", ("claim", "order"))),
            for_each=for_each,
            once_per=raw.get("once_per", for_each),
            applies=applies,
            when=self._condition(raw["when"], (*path, "when"), scope, name),
            if_unknown=raw.get("if_unknown", "stay-silent"),
            overrides=tuple(raw.get("overrides", ())),
            finding=self._finding(raw["finding"], (*path, "finding"), scope, name),
            cites=tuple(raw["cites"]),
            also_cites=tuple(
                (self._condition(each["when"], ("also_cites", i, "when"), scope, name), tuple(each["cites"]))
                for i, each in enumerate(also)
            ),
            lines=self._lines(raw, path),
        )
        if rule.if_unknown == "ask" and not rule.finding.question:
            self._letter(path, name, "asks when unknown, but has no `question`.", "Add `finding.question`.")
        if rule.finding.question and rule.if_unknown != "ask":
            what = "has a `question` that it never asks."
            self._letter(
                (*path, "finding", "question"), name, what, "Add `if_unknown: ask` to the rule, or remove it."
            )
        if for_each == "unit" and rule.once_per != "unit":
            self._letter(path, name, "a rule for each unit speaks once per unit.", "Remove `once_per`.")
        if len(self._problems) == before:
            return rule
        self.lost.append(
            raw | {"cites": [*raw["cites"], *(cited for each in also for cited in each["cites"])]}
        )
        return None

    def _lines(self, raw: Any, path: Path) -> dict[str, int]:
        """The line of each member of a rule, and of each member of its finding as `finding.…`."""
        lines = {member: self._document.line(*path, member) for member in raw}
        lines |= {member: self._document.line(member) for member in ("applies", "also_cites")}
        inner = {f"finding.{m}": self._document.line(*path, "finding", m) for m in raw["finding"]}
        of_all = {"finding.notes": self._document.line("notes")} if self._notes else {}
        return lines | of_all | inner

    def _span(self, raw: Mapping[str, str], path: Path, rule: str) -> Span:
        days: dict[str, date | None] = {}
        for end in ("from", "through"):
            try:
                days[end] = date.fromisoformat(raw[end]) if end in raw else None
            except ValueError:
                self._letter((*path, end), rule, f"{raw[end]!r} is no date.", "Write YYYY-MM-DD.")
                days[end] = None
        first, last = days["from"], days["through"]
        if first and last and last < first:
            self._letter(path, rule, "the last day lies before the first.", "Swap or correct the dates.")
        return Span(first, last)

    def _finding(self, raw: Any, path: Path, scope: Scope, rule: str) -> FindingSpec:
        others = None
        if "others" in raw:
            fact = self._fact(raw["others"]["from"], ("lines",), (*path, "others", "from"), rule)
            where = self._condition(raw["others"]["where"], (*path, "others", "where"), "line", rule)
            others = (fact, where) if fact else None
        because = raw["because"]
        return FindingSpec(
            kind=raw["kind"],
            severity=self._ladder(
                raw["severity"], (*path, "severity"), scope, rule, lambda s, _: Severity[s], Severity.info
            ),
            summary=raw["summary"],
            because=(because,) if isinstance(because, str) else tuple(because),
            remedies=self._ladder(
                raw["remedies"],
                (*path, "remedies"),
                scope,
                rule,
                lambda specs, p: tuple(self._remedy(s, (*p, i), scope, rule) for i, s in enumerate(specs)),
                (),
            ),
            question=raw.get("question", ""),
            notes=(*raw.get("notes", ()), *self._notes),
            all_of=raw.get("all_of") == "yes",
            limit_per=raw.get("limit_per", "date"),
            concerns_guidance=raw.get("concerns") == "image-guidance",
            others=others,
            others_in_question="others" in raw and raw["others"].get("in_question") == "yes",
            document=raw.get("document", ""),
            missing=tuple(raw.get("missing", ())),
            checklist=raw.get("checklist", ""),
            checklist_summary=raw.get("checklist_summary", ""),
            caps=tuple(
                Cap(
                    self._condition(cap["when"], (*path, "caps", i, "when"), scope, rule),
                    Severity[cap["at_most"]],
                )
                for i, cap in enumerate(raw.get("caps", ()))
            ),
        )

    def _ladder(
        self, raw: Any, path: Path, scope: Scope, rule: str, read: Callable[[Any, Path], T], empty: T
    ) -> Ladder[T]:
        if not isinstance(raw, dict):
            return Ladder((), read(raw, path))
        steps: list[tuple[Condition, T]] = []
        otherwise: T | None = None
        for i, step in enumerate(raw["first_of"]):
            here = (*path, "first_of", i)
            if set(step) == {"otherwise"}:
                if i != len(raw["first_of"]) - 1:
                    self._letter(here, rule, "`otherwise` is not the last step.", "Move it to the end.")
                otherwise = read(step["otherwise"], (*here, "otherwise"))
            elif set(step) == {"when", "then"}:
                condition = self._condition(step["when"], (*here, "when"), scope, rule)
                steps.append((condition, read(step["then"], (*here, "then"))))
            else:
                self._letter(
                    here, rule, "a step needs `when` and `then`.", "Or `otherwise` alone, at the end."
                )
        if otherwise is None:
            self._letter(path, rule, "the ladder has no `otherwise`.", "End it with `- otherwise: …`.")
            otherwise = empty
        return Ladder(tuple(steps), otherwise)

    def _remedy(self, raw: Any, path: Path, scope: Scope, rule: str) -> RemedySpec:
        action = raw["action"]
        needs = {
            "replace": "to",
            "add-line": "code",
            "reduce-units": "to",
            "add-modifier": "modifier",
            "remove-modifier": "modifier",
            "add-document": "document",
            "attest-indication": "indications",
            "attest-other-modality": "modalities",
        }.get(action)
        if needs and needs not in raw:
            self._letter(path, rule, f"remedy `{action}` needs `{needs}`.", f"Add `{needs}: …`.")
        for member in sorted(_OF_ONE_REMEDY & set(raw) - {needs}):
            self._letter(path, rule, f"remedy `{action}` has no `{member}`.", f"Remove `{member}`.")
        if action == "reduce-units" and isinstance(raw.get("to"), str | list) and not _digits(raw["to"]):
            self._letter(path, rule, "remedy `reduce-units` needs a number.", "Write digits or {fact: name}.")
        return RemedySpec(
            action=action,
            of=raw.get("of", "subject"),
            target=self._target(raw.get("to", raw.get("code", ())), path, rule, action),
            component=raw.get("component", "keep"),
            modifier=raw.get("modifier", ""),
            document=raw.get("document", ""),
            indications=self._members(raw.get("indications"), (*path, "indications"), rule),
            modalities=self._members(raw.get("modalities"), (*path, "modalities"), rule),
            unless=self._condition(raw["unless"], (*path, "unless"), scope, rule)
            if "unless" in raw
            else None,
        )

    def _target(self, raw: Any, path: Path, rule: str, action: str) -> tuple[str, ...] | Fact:
        if isinstance(raw, dict):
            types = ("number",) if action == "reduce-units" else ("codes",)
            return self._fact(raw["fact"], types, path, rule) or ()
        return (raw,) if isinstance(raw, str) else tuple(raw)

    def _members(self, raw: Any, path: Path, rule: str) -> tuple[str, ...]:
        if isinstance(raw, dict):
            name = raw["set"]
            if name not in self._sets:
                self._letter(path, rule, f"there is no set `{name}`.", "See catalogues/sets.yaml.")
            return tuple(sorted(self._sets.get(name, ())))
        return tuple(raw or ())

    def _fact(self, name: str, types: tuple[str, ...], path: Path, rule: str) -> Fact | None:
        fact = self._vocabulary.get(name)
        if fact is None or fact.type not in types:
            wanted = " or ".join(types)
            self._letter(path, rule, f"`{name}` is no fact of type {wanted}.", "See docs/add-a-payer.md.")
            return None
        return fact


def _digits(raw: Any) -> bool:
    return isinstance(raw, str) and raw.isascii() and raw.isdigit()
