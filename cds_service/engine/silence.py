"""Why a rule that should speak is silent, in one sentence: what the letters of failing cases say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cds_service.engine.evaluate import Engine
from cds_service.engine.explain import explain_case
from cds_service.engine.subjects import CaseLike

Rows = Sequence[dict[str, Any]]
_PARTS_NAMED = 2


def why_silent(engine: Engine, case: CaseLike, rule: str) -> str:
    """The nearest reason: of the lines that were asked, the one on which the fewest conditions fail.

    `rule` is policy.id.
    """
    entries = explain_case(engine, case, rule)
    spoke = next((entry for entry in entries if entry["spoke"]), None)
    if spoke is not None:
        return str(spoke["settled"]["says"])
    asked = [_failing(entry["conditions"]) for entry in entries if "not_asked" not in entry]
    if asked:
        return _told("when", min(asked, key=len))
    if not entries:
        return "there is no line to ask it of"
    applies = entries[0].get("applies", ())
    failing = _failing(applies) if applies else []
    return _told("applies", failing) if failing else f"it {entries[0]['not_asked']}"


def _told(member: str, failing: list[str]) -> str:
    more = f" and {len(failing) - _PARTS_NAMED} more" if len(failing) > _PARTS_NAMED else ""
    return f"`{member}` does not hold: {'; '.join(failing[:_PARTS_NAMED])}{more}"


def _failing(rows: Rows) -> list[str]:
    """What must all hold and does not, each with the values that it met."""
    top = 1 if rows[0]["text"] == "all" else 0
    found: list[str] = []
    for n, row in enumerate(rows):
        if row["depth"] != top or row["truth"] == "true":
            continue
        below = []
        for inner in rows[n + 1 :]:
            if inner["depth"] <= top:
                break
            below.append(f"{inner['text']} [{inner['value']}]" if inner["value"] else "")
        inside = ", ".join(text for text in below if text)
        said = f"{row['text']} [{row['value']}]" if row["value"] else f"{row['text']} ({inside})"
        found.append(said)
    return found
