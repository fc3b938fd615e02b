"""Reads payer identities, and refuses a name or identifier that would stand for two payers with names of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.engine.letters import Problem
from cds_service.engine.textyaml import TextYaml

Told = dict[tuple[str, ...], tuple[str, str]]
"""Alias or identifier -> the payer that it stands for, payer -> its name; and where that was written."""
Path = tuple[str | int, ...]

NOT_A_PAYER_FILE = frozenset({"other", "unknown"})
"""Answers of the fact `payer` that stand for many payers: no payer.yaml has to name them."""

BY_ITS_OWN_NAME = "cvs-radonc"
"""The programme that a group's own value may name, whatever groups are listed (contract section 3)."""


@dataclass(frozen=True, slots=True)
class PayerEntry:
    """One payer of a `payer.yaml`: where it stands, and the lines of the programmes in which it enrols groups."""

    payer: str
    file: str
    line: int
    programs: tuple[tuple[str, int], ...] = ()
    home: str = ""


def read_payers(
    text: TextYaml, payers: list[dict[str, Any]], told: Told, problems: list[Problem], home: str = ""
) -> list[PayerEntry]:
    """Add the payers of a `payer.yaml`, whose shape has passed the schema, to `payers`; `home` is its folder.

    Returns:
        Where each of them stands.
    """
    data: Any = text.data
    several = "payers" in data
    found = []
    for i, raw in enumerate(data["payers"] if several else [data]):
        payers.append(raw)
        here: Path = ("payers", i) if several else ()
        _need_day(raw, text, here, problems)
        _named(raw, text, here, told, problems)
        for member in ("identifiers", "aliases"):
            for n, each in enumerate(raw.get(member, ())):
                _tell(each, raw["payer"], text, text.line(*here, member, n), told, problems)
        _words(raw, text, here, problems)
        programs = []
        for n, each in enumerate(raw.get("programs", ())):
            _enrolled(each, text, (*here, "programs", n), problems)
            programs.append((each["program"], text.line(*here, "programs", n, "program")))
        line = text.line(*here, "payer")
        found.append(PayerEntry(raw["payer"], text.name, line, tuple(programs), home))
    return found


def _named(raw: dict[str, Any], text: TextYaml, here: Path, told: Told, problems: list[Problem]) -> None:
    """One payer has one name in all files; `other` is many payers."""
    if raw["payer"] in NOT_A_PAYER_FILE:
        return
    line = text.line(*here, "name")
    name, place = told.setdefault(("payer", raw["payer"]), (raw["name"], f"{text.name}:{line}"))
    if name.casefold() != raw["name"].casefold():
        what = f"the payer `{raw['payer']}` is called `{name}` in {place}, here `{raw['name']}`."
        remedy = "Write the same name if they are one payer; if not, give this one a `payer` of its own."
        problems.append(Problem(text.name, line, "", what, remedy))


def _words(raw: dict[str, Any], text: TextYaml, here: Path, problems: list[Problem]) -> None:
    """One word tells one line of business."""
    seen: dict[str, tuple[str, int]] = {}
    for n, each in enumerate(raw.get("lines_of_business", ())):
        line = text.line(*here, "lines_of_business", n)
        lob, other = seen.setdefault(each["word"], (each["lob"], line))
        if lob != each["lob"]:
            what = f"`{each['word']}` tells `{each['lob']}` here and `{lob}` in line {other}."
            remedy = "Keep one of them, or write more words of the plan's name."
            problems.append(Problem(text.name, line, "", what, remedy))


def _enrolled(each: dict[str, str], text: TextYaml, path: Path, problems: list[Problem]) -> None:
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


def _need_day(raw: dict[str, Any], text: TextYaml, path: Path, problems: list[Problem]) -> None:
    day = raw.get("coding_policy_from")
    try:
        if day is not None:
            date.fromisoformat(day)
    except ValueError:
        what = f"{day!r} is no date."
        line = text.line(*path, "coding_policy_from")
        problems.append(Problem(text.name, line, "", what, "Write YYYY-MM-DD."))


def identifier_key(system: str, value: str) -> tuple[str, str]:
    """What makes two identifiers one: an OID may be written as a URN, a system end with a slash, letters be small."""
    return system.strip().rstrip("/").removeprefix("urn:oid:"), value.strip().upper()


def _tell(
    each: dict[str, str], payer: str, text: TextYaml, line: int, told: Told, problems: list[Problem]
) -> None:
    """A name or identifier of a payer with a name of its own is that payer's, also where `other` lists it: the list of
    payers without a policy must not bar anybody from writing one."""
    named = "name" in each
    shown = each["name"] if named else each["value"]
    key = ("name", shown.lower()) if named else ("id", *identifier_key(each.get("system", ""), shown))
    other, place = told.get(key, ("other", ""))
    if other in NOT_A_PAYER_FILE:
        told[key] = (payer, f"{text.name}:{line}")
    elif payer not in {other, *NOT_A_PAYER_FILE}:
        what = f"`{shown}` already stands for the payer `{other}` ({place})."
        remedy = f"Leave it out of one of the two; if they are one payer, write its rules for `{other}`."
        problems.append(Problem(text.name, line, "", what, remedy))
