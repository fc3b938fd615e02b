"""Points of the space, written in the short form of the cases beside the policies (facts.given)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from cds_service.facts.given import CaseError, build_case
from cds_service.facts.given_edits import build_edits
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.views import CaseView

Given = dict[str, Any]
DEFAULT_DAY = "2024-06-03"
"""The day of a case that names none (facts.given)."""

_ORDER = (
    "hook",
    "payer",
    "line_of_business",
    "programs",
    "state",
    "claim_type",
    "place_of_service",
    "date",
    "lines",
    "history",
)


def normal(given: Mapping[str, Any], day: date | None = None) -> Given:
    """A copy in which the day is named and each line is a mapping; `day` takes the place of its `date`."""
    made: Given = {key: _copy(value) for key, value in given.items()}
    made["date"] = day.isoformat() if day else str(given.get("date", DEFAULT_DAY))
    for where in ("lines", "history"):
        if where in made:
            made[where] = [{"code": line} if isinstance(line, str) else line for line in made[where]]
    return made


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(member) for key, member in value.items()}
    return [_copy(entry) for entry in value] if isinstance(value, list | tuple) else value


def key_of(given: Any) -> str:
    """The same text for the same point, whatever the order in which its members were set."""
    return json.dumps(given, sort_keys=True, separators=(",", ":"))


def fingerprint(given: Mapping[str, Any]) -> int:
    """64 bits of the point's text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(key_of(given).encode(), digest_size=8).digest(), "big")


def view_of(given: Mapping[str, Any], knowledge: Knowledge) -> CaseView | None:
    """The case as rules see it, with the edits that it names; None when the short form refuses it."""
    try:
        case = build_case(given)
        if "edits" in given:
            knowledge = _with_edits(key_of(given["edits"]), str(given.get("claim_type")), knowledge)
        return CaseView(case, knowledge)
    except (CaseError, OverflowError):
        return None


_KNOWN: dict[tuple[str, str, int], tuple[Knowledge, Knowledge]] = {}
"""Knowledge by its edits and what it was made from, so that the same edits give the same object."""
_MOST_KNOWN = 500


def _with_edits(edits: str, claim_type: str, knowledge: Knowledge) -> Knowledge:
    """The knowledge with edits written as JSON."""
    key = (edits, claim_type, id(knowledge))
    if key not in _KNOWN:
        if len(_KNOWN) > _MOST_KNOWN:
            _KNOWN.clear()
        index = build_edits({"edits": json.loads(edits), "claim_type": claim_type})
        _KNOWN[key] = replace(knowledge, edits=index), knowledge  # held, so that its id stays its own
    return _KNOWN[key][0]


def days_in(given: Given) -> Iterator[tuple[dict[str, Any], str]]:
    """Each member that holds a day, as (mapping, key)."""
    for key in ("date", "service_start"):
        if key in given:
            yield given, key
    for where in ("lines", "history", "records", "documents", "attached"):
        entries = given.get(where)
        for entry in entries if isinstance(entries, list) else ():
            for key in ("date", "through"):
                if isinstance(entry, dict) and key in entry:
                    yield entry, key


def moved_by(given: Given, by: timedelta) -> Given:
    """The point with every day in it moved."""
    made = normal(given)
    for holder, key in days_in(made):
        holder[key] = (date.fromisoformat(holder[key]) + by).isoformat()
    return made


def shown(given: Mapping[str, Any]) -> Given:
    """The point as an author would write it: lines without more than a code as texts, members in a known order."""
    made = normal(given)
    for where in ("lines", "history"):
        if where in made:
            made[where] = [line["code"] if set(line) == {"code"} else line for line in made[where]]
    empty = [key for key, value in made.items() if value == [] and key != "documents"]
    for key in empty:
        del made[key]
    first = [key for key in _ORDER if key in made]
    return {key: made[key] for key in (*first, *(k for k in made if k not in first))}


def yaml_of(given: Mapping[str, Any]) -> str:
    """The point as YAML that can be pasted below `given:` of a cases file (every scalar is text there)."""
    lines = []
    for key, value in shown(given).items():
        if (
            key in ("lines", "history", "records", "documents", "attached", "edits")
            and isinstance(value, list)
            and value
        ):
            lines.append(f"{key}:")
            lines += [f"  - {_flow(entry)}" for entry in value]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(entry) for entry in value) + "]"
    text = str(value)
    return text if text and not set(text) & set(":{}[],#&*!|>'\"%@` ") else json.dumps(text)
