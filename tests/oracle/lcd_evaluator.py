"""The oracle for Medicare members treated in Florida: the general rules and the LCD text, settled together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.oracle.coverage import coverage_rules, in_scope, scope_rules
from tests.oracle.evaluator import _all_guidance_goes, _goes, _order_caps, _raw, _settle_lines, _winners
from tests.oracle.lcd_course import courses
from tests.oracle.lcd_devices import device_rules
from tests.oracle.lcd_earlier import earlier_claims
from tests.oracle.lcd_model import LcdScenario
from tests.oracle.lcd_papers import asks, guidance_review, notes, record
from tests.oracle.lcd_plans import motion_add_on, plan_rules
from tests.oracle.lcd_raw import graded
from tests.oracle.lcd_reasons import guidance_reason, imrt_reason
from tests.oracle.lcd_services import same_day, service_rules, supervision
from tests.oracle.lcd_units import course_limits, day_limits
from tests.oracle.model import Line
from tests.oracle.pairs import unit_rules
from tests.oracle.raw import Raw
from tests.oracle.validity import invalid_lines, is_invalid

# EXT-11 is silent on a line on which one of these speaks.
_SPEAK_FIRST = frozenset({"LCD-32", "LCD-41", "LCD-42", "LCD-43", "LCD-51", "LCD-56"})
_GUIDANCE = frozenset({"LCD-61", "LCD-63"})  # M-3: what is asked about guidance only


@dataclass(frozen=True)
class Settled:
    """Findings on lines and findings for the whole claim, before they are put together for comparison."""

    lines: tuple[Raw, ...]
    whole: tuple[Raw, ...]


def evaluate(scenario: LcdScenario) -> Settled:
    """All findings after suppression (M-2, M-3) and the caps of orders."""
    if not any(in_scope(line) for line in scenario.lines):  # M-7
        return Settled((), ())
    found = raw_findings(scenario)
    at_lines = [raw for raw in found if raw.lines and raw.kind != "documentation"]
    whole = [raw for raw in found if raw not in at_lines]
    decided = _winners(at_lines)
    staying = [line for line in scenario.lines if not is_invalid(line) and not _goes(decided.get(line))]
    numbers = frozenset(line.sequence for line in staying)
    limits = [*unit_rules(scenario, staying), *day_limits(scenario, numbers)]
    for course in courses(scenario):
        limits += graded(course, course_limits)
    at_lines = _settle_lines([*at_lines, *limits])
    general = [*scope_rules(scenario), *coverage_rules(scenario)]
    if _all_guidance_goes(scenario, at_lines):  # M-3
        general = [raw for raw in general if raw.kind not in {"coverage-necessity", "documentation"}]
        whole = [raw for raw in whole if raw.rule not in _GUIDANCE]
    whole = [*general, *whole]
    if scenario.hook == "order":
        at_lines = _order_caps(
            [raw for raw in at_lines if raw.kind != "modifier" or "add" not in str(raw.remedies)]
        )
        whole = _order_caps(whole)
    return Settled(tuple(at_lines), tuple(whole))


def raw_findings(scenario: LcdScenario) -> list[Raw]:
    """Everything but unit limits, as each rule says it by itself."""
    ended = _ended(scenario)
    invalid = {line for line in scenario.lines if is_invalid(line)}
    valid = frozenset(line.sequence for line in scenario.lines if line not in invalid)
    found = courses(scenario)
    asking = [course for course in found if asks(course)]
    compensated = [course for course in asking if course.coded({"G6016"})]  # LCD-37
    text = _of_all([graded(course, imrt_reason) for course in asking])
    text += [raw for raw in _of_all([graded(c, record) for c in asking]) if raw.rule != "LCD-37"]
    text += [raw for raw in _of_all([graded(c, record) for c in compensated]) if raw.rule == "LCD-37"]
    for course in found:
        for rule in (notes, plan_rules, service_rules, earlier_claims, device_rules):
            text += graded(course, rule)
    text += [
        *motion_add_on(scenario),
        *guidance_review(scenario),
        *guidance_reason(scenario),
        *same_day(scenario, valid),
        *supervision(scenario, valid),
    ]
    text = [raw for raw in text if not invalid & set(raw.lines)]  # M-10
    spoken = {line for raw in text if raw.rule in _SPEAK_FIRST for line in raw.lines}
    general = [raw for raw in _raw(scenario) if not (raw.rule == "EXT-11" and spoken & set(raw.lines))]
    general = [raw for raw in general if not ended.keys() & set(raw.lines)]
    return _once([*general, *text, *ended.values()])


def _of_all(answers: list[list[Raw]]) -> list[Raw]:
    """Open: a claim that asks for the reason and the record of two courses; taken: what one of them has is there."""
    said = [{(raw.rule, raw.remedies) for raw in answer} for answer in answers]
    return [raw for answer in answers for raw in answer if all((raw.rule, raw.remedies) in o for o in said)]


def _ended(scenario: LcdScenario) -> dict[Line, Raw]:
    """Spans that reach into a year in which their code is no longer valid: judged again by their end (contract)."""
    found = {}
    for line in scenario.lines:
        late = replace(line, date=line.end or line.date, end=None)
        if not is_invalid(replace(line, end=None)) and is_invalid(late):
            there = replace(scenario, lines=tuple(late if o == line else o for o in scenario.lines))
            (raw,) = [raw for raw in invalid_lines(there) if raw.lines == (late,)]
            found[line] = replace(raw, lines=(line,))
    return found


def _once(found: list[Raw]) -> list[Raw]:
    """Findings for the whole claim are said once, in the strictest form, however many courses ask."""
    kept: list[Raw] = []
    for raw in found:
        twin = next(
            (
                o
                for o in kept
                if not raw.lines
                and (o.rule, o.kind, o.lines, o.remedies) == (raw.rule, raw.kind, (), raw.remedies)
            ),
            None,
        )
        if twin is None:
            kept.append(raw)
        elif twin.severity == "info":
            kept[kept.index(twin)] = replace(twin, severity=raw.severity)
    return kept
