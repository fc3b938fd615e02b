"""Runs the cases that stand beside policies, and says which rule versions lack one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.engine.evaluate import Engine
from cds_service.engine.letters import Problem
from cds_service.engine.model import Finding
from cds_service.engine.rules import Rule
from cds_service.engine.schema import fits
from cds_service.engine.silence import why_silent
from cds_service.engine.subjects import CaseLike
from cds_service.engine.textyaml import TextYaml, read_text_yaml

Build = Callable[[Mapping[str, Any], date | None], CaseLike]


@dataclass
class Report:
    """What the cases showed: how many ran, what failed, and what each rule version was seen to do."""

    ran: int = 0
    problems: list[Problem] = field(default_factory=list)
    spoke: dict[str, set[date]] = field(default_factory=dict)
    silent: dict[str, set[date]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One `*.cases.yaml`, with the id of the policy that it stands beside."""

    policy: str
    text: TextYaml


def read_case_files(paths: Iterable[tuple[Path, str]], engine: Engine, report: Report) -> list[CaseFile]:
    """Read and check the files; troubles go to the report."""
    stems = {policy.file.removesuffix(".policy.yaml"): policy.id for policy in engine.book.policies}
    found = []
    for path, name in paths:
        text = read_text_yaml(path, name, report.problems)
        if text is None:
            continue
        policy = stems.get(name.removesuffix(".cases.yaml"))
        if policy is None:
            report.problems.append(
                Problem(name, 0, "", "stands beside no policy of the same stem.", "Rename it.")
            )
            continue
        if fits(text, "cases", report.problems):
            _check(text, report)
            found.append(CaseFile(policy, text))
    return found


def _check(text: TextYaml, report: Report) -> None:
    data: Any = text.data
    seen: dict[tuple[str, str], int] = {}
    for number, case in enumerate(data["cases"]):
        line = text.line("cases", number)
        if {"speaks", "silent"} <= case.get("expect", {}).keys():
            what = "expects that the rule speaks, and that it is silent."
            report.problems.append(
                Problem(
                    text.name,
                    text.line("cases", number, "expect"),
                    case["rule"],
                    what,
                    "Keep one of the two.",
                )
            )
        first = seen.setdefault((case["rule"], case["name"]), line)
        if first != line:
            what = f"“{case['name']}” is also the name of the case of this rule in line {first}."
            report.problems.append(Problem(text.name, line, case["rule"], what, "Give it a name of its own."))


def run_cases(case_files: Iterable[CaseFile], engine: Engine, build: Build) -> Report:
    """Run every case of every file, on its own day and on those of its `days`."""
    report = Report()
    for case_file in case_files:
        cases: Any = case_file.text.data
        for number, case in enumerate(cases["cases"]):
            _run(case_file, number, case, engine, build, report)
    return report


def _run(
    case_file: CaseFile, number: int, case: Mapping[str, Any], engine: Engine, build: Build, report: Report
) -> None:
    versions = [r for r in engine.book.rules if r.policy == case_file.policy and r.id == case["rule"]]
    name = f"{case_file.policy}.{case['rule']}"
    if not versions:
        _fail(case_file, number, case, "names no rule of its policy.", "Check `rule`.", report)
        return
    try:
        runs = list(_runs(case))
    except ValueError:
        _fail(case_file, number, case, "names a day that does not exist.", "Write YYYY-MM-DD.", report)
        return
    if not runs:
        _fail(case_file, number, case, "expects nothing.", "Add `expect` or `days`.", report)
    for day, expect in runs:
        try:
            subject = build(case["given"], day)
        except ValueError as error:
            _fail(case_file, number, case, str(error), "", report)
            return
        findings = engine.evaluate(subject)
        report.ran += 1
        when = subject.units[0].start if versions[0].dated_by == "service-start" else _line_day(subject)
        speaking = [f for f in findings if any(v.name in f.rule_names for v in versions)]
        for version in versions:
            if any(version.name in f.rule_names for f in findings):
                report.spoke.setdefault(version.name, set()).add(when)
            elif version.effective.holds(when):
                report.silent.setdefault(version.name, set()).add(when)
        silent = "" if speaking or "speaks" not in expect else why_silent(engine, subject, name)
        for trouble in _differences(expect, speaking, findings, silent):
            place = f"on {day}: " if day else ""
            _fail(case_file, number, case, place + trouble, "Correct the rule or the case.", report)


def _line_day(subject: CaseLike) -> date:
    lines = subject.units[0].lines
    return lines[0].date if lines else subject.units[0].start


def _runs(case: Mapping[str, Any]) -> Iterator[tuple[date | None, Mapping[str, Any]]]:
    if "expect" in case:
        yield None, case["expect"]
    days = case.get("days", {})
    for day in days.get("speaks", ()):
        yield date.fromisoformat(day), {"speaks": {}}
    for day in days.get("silent", ()):
        yield date.fromisoformat(day), {"silent": "yes"}


def _differences(
    expect: Mapping[str, Any], speaking: list[Finding], findings: tuple[Finding, ...], silent: str
) -> Iterator[str]:
    if expect.get("silent") == "yes" and speaking:
        yield f"should be silent, but says: {short(speaking[0])}."
    if "speaks" in expect:
        if not speaking:
            said = "; ".join(short(f) for f in findings) or "nothing at all"
            yield f"should speak, but is silent: {silent}. Found: {said}."
        elif not any(_fits(f, expect["speaks"]) for f in speaking):
            said = "; ".join(_told(f, expect["speaks"]) for f in speaking)
            yield f"should say {_wanted(expect['speaks'])}, but says: {said}."
    if "all" in expect:
        got = sorted(short(f) for f in findings)
        if got != sorted(expect["all"]):
            yield f"should give exactly {sorted(expect['all'])}, but gives {got}."


def _wanted(speaks: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in speaks.items())


def _fits(finding: Finding, wanted: Mapping[str, Any]) -> bool:
    checks: dict[str, Callable[[Any], bool]] = {
        "kind": lambda v: finding.kind == v,
        "severity": lambda v: finding.severity.name == v,
        "lines": lambda v: {line.label for line in finding.lines} == set(v),
        "remedies": lambda v: [r.label for r in finding.remedies] == list(v),
        "indications": lambda v: _offered(finding) == set(v),
        "rules": lambda v: set(v) <= set(finding.rules),
        "document": lambda v: finding.document == v,
    }
    return all(checks[key](value) for key, value in wanted.items())


def short(finding: Finding) -> str:
    """`kind severity: remedy | remedy`."""
    return f"{finding.kind} {finding.severity.name}: {' | '.join(r.label for r in finding.remedies)}"


def _told(finding: Finding, wanted: Mapping[str, Any]) -> str:
    offered = f", offering {sorted(_offered(finding))}" if "indications" in wanted else ""
    return f"{short(finding)} [{_lines(finding)}]{offered}"


def _offered(finding: Finding) -> set[str]:
    return {reason for remedy in finding.remedies for reason in remedy.indications}


def _lines(finding: Finding) -> str:
    return ", ".join(line.label for line in finding.lines)


def _fail(
    case_file: CaseFile, number: int, case: Mapping[str, Any], what: str, remedy: str, report: Report
) -> None:
    line = case_file.text.line("cases", number)
    report.problems.append(
        Problem(case_file.text.name, line, case["rule"], f"“{case['name']}” {what}", remedy)
    )


def missing_cases(engine: Engine, report: Report) -> list[Problem]:
    """Rule versions that no case makes speak, without a near miss, or without their first or last day."""
    found: list[Problem] = []
    for rule in engine.book.rules:
        if rule.status != "active":
            continue
        spoke = report.spoke.get(rule.name, set())
        if not spoke:
            found.append(_lacks(rule, "no case makes it speak."))
            continue
        if not report.silent.get(rule.name):
            found.append(_lacks(rule, "has no near miss: a case in force in which it is silent."))
        for what, day in (("first", rule.effective.first), ("last", rule.effective.last)):
            if day and day not in spoke and not _unreachable(day):
                found.append(_lacks(rule, f"no case makes it speak on its {what} day, {day}."))
    return found


def _unreachable(day: date) -> bool:
    """Rules about codes that never existed begin with the catalogue itself."""
    return day == date(1984, 1, 1)


def _lacks(rule: Rule, what: str) -> Problem:
    return Problem(rule.file, rule.line, rule.id, what, "Add it to the cases beside the policy.")
