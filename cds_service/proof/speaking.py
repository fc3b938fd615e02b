"""What one rule version answers at the subjects that it is asked of, before anything is settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cds_service.engine.closures import compile_condition, getter
from cds_service.engine.evaluate import in_force
from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.rules import Rule


class Speaker:
    """A rule version, compiled apart from the engine."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._applies = compile_condition(rule.applies, "unit")
        self._when = compile_condition(rule.when, rule.for_each)
        self._others: tuple[Any, Any] | None = None
        if rule.finding.others is not None:
            fact, where = rule.finding.others
            self._others = getter(fact, rule.for_each), compile_condition(where, "line")

    def asked(self, unit: Any) -> Iterator[Any]:
        """The subjects of the unit for which the version is in force, when the rule applies at all."""
        if unit.case.hook not in self.rule.hooks or self._applies(unit) is not True:
            return
        if self.rule.for_each == "unit":
            if self.rule.effective.holds(unit.start):
                yield unit
            return
        for line in unit.lines:
            if in_force(self.rule, line, unit.start):
                yield line

    def answers(self, unit: Any) -> Iterator[tuple[Any, bool | Unknown]]:
        """Each such subject with the truth of the rule's `when`."""
        for subject in self.asked(unit):
            yield subject, self._when(subject)

    def speaks_of(self, line: Any) -> bool:
        """Whether the rule, one about lines, has something to say of this very line."""
        if self.rule.for_each == "unit":
            return False
        return any(each is line and self.heard(truth) for each, truth in self.answers(line.unit))

    def speaks_in(self, unit: Any) -> bool:
        """Whether the rule has something to say of the unit or of one of its lines."""
        return any(self.heard(truth) for _, truth in self.answers(unit))

    def heard(self, truth: bool | Unknown) -> bool:
        """Whether the rule speaks when its `when` is of this truth."""
        return truth is True or (truth is UNKNOWN and self.rule.if_unknown == "ask")

    def others(self, subject: Any) -> tuple[Any, ...]:
        """The other lines that its finding names."""
        if self._others is None:
            return ()
        get, where = self._others
        lines = get(subject)
        return () if lines is UNKNOWN else tuple(line for line in lines if where(line) is True)
