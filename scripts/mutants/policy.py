"""Mutants of one policy file: each changes one condition, date, code, severity or remedy of one rule."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Path = tuple[str | int, ...]

_OPPOSITE = {
    "has_any": "has_none",
    "has_none": "has_any",
    "some": "none",
    "none": "some",
    "is": "is_not",
    "is_not": "is",
    "in": "not_in",
    "not_in": "in",
    "more_than": "at_least",
    "at_least": "more_than",
}
_MILDER = {"critical": "warning", "warning": "info", "info": "warning"}
_CONDITION_HOLDERS = ("when", "where", "unless", "applies")


@dataclass(frozen=True)
class Mutant:
    """What was changed, in words, and the whole file's data after the change."""

    rule: str
    change: str
    data: Any


def mutants(data: Any) -> Iterator[Mutant]:
    """Every mutant of a policy file's data (text-only YAML: scalars are texts)."""
    if "applies" in data:
        for path, change, value in _of_condition(data["applies"], ("applies",)):
            yield Mutant("*", f"applies: {change}", _with(data, path, value))
    # Rules for each unit go by the first day of service anyway.
    if any(rule.get("for_each", "line") == "line" for rule in data["rules"]):
        other = "line-date" if data.get("dated_by") == "service-start" else "service-start"
        yield Mutant("*", f"dated_by becomes {other}", {**data, "dated_by": other})
    for number, rule in enumerate(data["rules"]):
        if rule["status"] != "active":
            continue
        for path, change, value in _of_rule(rule):
            yield Mutant(rule["id"], change, _with(data, ("rules", number, *path), value))


_GONE = object()


def _with(data: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(data)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is _GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


def _of_rule(rule: Any) -> Iterator[tuple[Path, str, Any]]:
    for end, day in rule["effective"].items():
        for step in (-1, 1):
            moved = date.fromisoformat(day) + timedelta(days=step)
            yield ("effective", end), f"{end} {day} becomes {moved}", moved.isoformat()
    yield from _of_condition(rule["when"], ("when",))
    for hook in rule.get("hooks", ("claim", "order")):
        kept = [h for h in ("claim", "order") if h != hook]
        if "hooks" not in rule or len(rule["hooks"]) == 1:
            yield ("hooks",), f"hooks become {kept}", kept
    for name in rule.get("overrides", ()):
        kept = [o for o in rule["overrides"] if o != name]
        yield ("overrides",), f"no longer overrides {name}", kept or _GONE
    if "if_unknown" in rule:
        other = "ask" if rule["if_unknown"] == "stay-silent" else "stay-silent"
        yield ("if_unknown",), f"if_unknown becomes {other}", other
    if rule.get("once_per") in ("date", "unit") and rule.get("for_each", "line") == "line":
        yield ("once_per",), "once_per becomes line", "line"
    finding = rule["finding"]
    yield from _of_ladder(finding["severity"], ("finding", "severity"), _severity)
    yield from _of_ladder(finding["remedies"], ("finding", "remedies"), _remedies)
    for number, cap in enumerate(finding.get("caps", ())):
        here = ("finding", "caps", number)
        kept = [c for n, c in enumerate(finding["caps"]) if n != number]
        yield ("finding", "caps"), f"cap {number + 1} is gone", kept or _GONE
        yield from _of_condition(cap["when"], (*here, "when"))
    if "concerns" in finding:
        yield ("finding", "concerns"), "concerns nothing", _GONE
    if "limit_per" in finding:
        yield ("finding", "limit_per"), "limit_per is gone", _GONE


def _of_ladder(raw: Any, path: Path, leaf: Any) -> Iterator[tuple[Path, str, Any]]:
    if not isinstance(raw, dict):
        yield from leaf(raw, path)
        return
    steps = raw["first_of"]
    for number, step in enumerate(steps):
        here = (*path, "first_of", number)
        if "otherwise" in step:
            yield from leaf(step["otherwise"], (*here, "otherwise"))
            continue
        yield from _of_condition(step["when"], (*here, "when"))
        yield from leaf(step["then"], (*here, "then"))
        kept = [s for n, s in enumerate(steps) if n != number]
        shorter: Any = {"first_of": kept} if len(kept) > 1 else kept[0]["otherwise"]
        yield path, f"step {number + 1} of {path[-1]} is gone", shorter


def _severity(raw: str, path: Path) -> Iterator[tuple[Path, str, Any]]:
    yield path, f"severity {raw} becomes {_MILDER[raw]}", _MILDER[raw]


def _remedies(raw: list[Any], path: Path) -> Iterator[tuple[Path, str, Any]]:
    for number, remedy in enumerate(raw):
        if len(raw) > 1:
            kept = [r for n, r in enumerate(raw) if n != number]
            yield path, f"remedy {remedy['action']} is gone", kept
        for member in ("to", "code", "indications", "modalities"):
            value = remedy.get(member)
            if isinstance(value, list) and len(value) > 1:
                yield (*path, number, member), f"{member} loses {value[0]}", value[1:]
        if remedy.get("component", "keep") != "keep":
            yield (*path, number, "component"), "component becomes keep", "keep"
        if "modifier" in remedy:
            yield (*path, number, "modifier"), "modifier becomes 52", "52"
        if "unless" in remedy:
            yield (*path, number, "unless"), "unless is gone", _GONE


def _of_condition(raw: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    for key, value in raw.items():
        here = (*path, key)
        if len(raw) > 1:
            yield path, f"{key} is no longer asked", {k: v for k, v in raw.items() if k != key}
        if key in ("all", "any"):
            for number, part in enumerate(value):
                if len(value) > 1:
                    kept = [p for n, p in enumerate(value) if n != number]
                    yield here, f"part {number + 1} of {key} is gone", kept
                yield from _of_condition(part, (*here, number))
        elif key == "not":
            yield path, "not is gone", {**{k: v for k, v in raw.items() if k != "not"}, "all": [value]}
            yield from _of_condition(value, here)
        else:
            yield from _of_question(key, value, here)


def _of_question(fact: str, raw: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    ((operator, argument),) = raw.items()
    if operator in ("some", "none"):
        yield path, f"{fact}: {operator} becomes {_OPPOSITE[operator]}", {_OPPOSITE[operator]: argument}
        yield from _of_condition(argument, (*path, operator))
        return
    if argument in ("yes", "no"):
        other = "no" if argument == "yes" else "yes"
        yield (*path, operator), f"{fact} {operator} {argument} becomes {other}", other
        return
    if operator in _OPPOSITE:
        yield path, f"{fact}: {operator} becomes {_OPPOSITE[operator]}", {_OPPOSITE[operator]: argument}
    if isinstance(argument, list) and len(argument) > 1:
        for member in argument:
            kept = [m for m in argument if m != member]
            yield (*path, operator), f"{fact} {operator} loses {member}", kept
    if isinstance(argument, str) and argument.isdigit() and operator in ("more_than", "at_least"):
        for step in (-1, 1):
            number = str(max(int(argument) + step, 0))
            if number != argument:
                yield (*path, operator), f"{fact} {operator} {argument} becomes {number}", number
