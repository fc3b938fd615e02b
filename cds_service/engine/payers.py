"""Reads payer identities, and refuses a name or identifier that would stand for two payers."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds_service.engine.letters import Problem
from cds_service.engine.textyaml import TextYaml

Told = dict[tuple[str, ...], tuple[str, str]]
"""Alias or identifier -> the payer that it stands for, and where that was written."""


def read_payers(text: TextYaml, payers: list[dict[str, Any]], told: Told, problems: list[Problem]) -> None:
    """Add the payers of a `payer.yaml`, whose shape has passed the schema, to `payers`."""
    data: Any = text.data
    several = "payers" in data
    for i, raw in enumerate(data["payers"] if several else [data]):
        payers.append(raw)
        _need_day(raw, text, ("payers", i) if several else (), problems)
        for member in ("identifiers", "aliases"):
            for n, each in enumerate(raw.get(member, ())):
                path = ("payers", i, member, n) if several else (member, n)
                _tell(each, raw["payer"], text, text.line(*path), told, problems)
        for n, each in enumerate(raw.get("programs", ())):
            path = ("payers", i, "programs", n) if several else ("programs", n)
            _enrolled(each, text, path, problems)


def _enrolled(
    each: dict[str, str], text: TextYaml, path: tuple[str | int, ...], problems: list[Problem]
) -> None:
    days: list[date] = []
    for end in ("from", "through"):
        try:
            days += [date.fromisoformat(each[end])] if end in each else []
        except ValueError:
            what = f"{each[end]!r} is no date."
            problems.append(Problem(text.name, text.line(*path, end), "", what, "Write YYYY-MM-DD."))
    if len(days) == 2 and days[1] < days[0]:
        what = "the last day lies before the first."
        problems.append(Problem(text.name, text.line(*path), "", what, "Swap or correct the dates."))


def _need_day(
    raw: dict[str, Any], text: TextYaml, path: tuple[str | int, ...], problems: list[Problem]
) -> None:
    day = raw.get("coding_policy_from")
    try:
        if day is not None:
            date.fromisoformat(day)
    except ValueError:
        what = f"{day!r} is no date."
        line = text.line(*path, "coding_policy_from")
        problems.append(Problem(text.name, line, "", what, "Write YYYY-MM-DD."))


def _tell(
    each: dict[str, str], payer: str, text: TextYaml, line: int, told: Told, problems: list[Problem]
) -> None:
    shown = each.get("name") or each["value"]
    key = ("name", shown.lower()) if "name" in each else ("id", each.get("system", ""), shown)
    other, place = told.setdefault(key, (payer, f"{text.name}:{line}"))
    if other != payer:
        what = f"`{shown}` already stands for the payer `{other}` ({place})."
        problems.append(Problem(text.name, line, "", what, "Leave it out of one of the two."))
