"""The body of a feedback call (CDS Hooks 2.0, Feedback): read strictly, kept leanly.

What a user wrote freely is not kept: `userComment` may hold anything, patient data too. A reason is kept when it is
one that our cards offer; any other is counted as *unlisted*, since its code may hold anything as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cards.wording import override_reasons
from cds_service.request.errors import Problem, Refusal

MOST_ITEMS: Final = 500
MOST_SUGGESTIONS: Final = 50
MOST_BYTES: Final = 512 * 1024
LEEWAY: Final = timedelta(days=1)
"""How far the clock of a client may be ahead of ours, or behind the moment when its card was issued."""
UNLISTED: Final = ("", "unlisted")
_MOST_PROBLEMS: Final = 20
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """What became of one card. `reason` is (system, code), empty texts when none was given."""

    card: str
    at: datetime
    outcome: str
    reason: tuple[str, str]
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """The items in the order of the body, and how many comments came that are not kept."""

    items: tuple[Item, ...]
    comments: int


def read_feedback(body: Any, now: datetime) -> Feedback:
    """Check a decoded body.

    Raises:
        Refusal: 400 with a letter for each fault, the first twenty of them; 413 for too many items.
    """
    given = body.get("feedback") if isinstance(body, dict) else None
    if not isinstance(given, list) or not given:
        raise _malformed(
            [
                Problem(
                    "feedback", "There is no list of feedback.", "Send an object with the array `feedback`."
                )
            ]
        )
    if len(given) > MOST_ITEMS:
        raise Refusal(
            413,
            [
                Problem(
                    "feedback", f"More than {MOST_ITEMS} items came at once.", "Send them in several calls."
                )
            ],
            code="too-long",
        )
    problems: list[Problem] = []
    items = [_item(each, f"feedback[{number}]", now, problems) for number, each in enumerate(given)]
    if problems:
        raise _malformed(problems[:_MOST_PROBLEMS])
    comments = sum(_has_comment(each.get("overrideReason")) for each in given)
    return Feedback(tuple(item for item in items if item), comments)


def _item(given: Any, where: str, now: datetime, problems: list[Problem]) -> Item | None:
    if not isinstance(given, dict):
        problems.append(Problem(where, "This is no object.", "Send one object for each card."))
        return None
    card, outcome, at = given.get("card"), given.get("outcome"), _instant(given.get("outcomeTimestamp"))
    before = len(problems)
    if not _is_uuid(card):
        problems.append(Problem(f"{where}.card", "This is no UUID.", "Send the `uuid` of the card."))
    if at is None:
        problems.append(
            Problem(
                f"{where}.outcomeTimestamp",
                "This is no instant of RFC 3339.",
                "Send the date and time in UTC, such as 2026-11-24T09:30:00Z.",
            )
        )
    elif at > now + LEEWAY:
        problems.append(
            Problem(f"{where}.outcomeTimestamp", "This lies in the future.", "Check the clock of the sender.")
        )
    suggestions: tuple[str, ...] = ()
    reason = ("", "")
    if outcome == "accepted":
        suggestions = _accepted(given.get("acceptedSuggestions"), f"{where}.acceptedSuggestions", problems)
    elif outcome == "overridden":
        reason = _reason(given.get("overrideReason"), f"{where}.overrideReason", problems)
    else:
        problems.append(
            Problem(f"{where}.outcome", "This outcome is unknown.", "Send accepted or overridden.")
        )
    if len(problems) > before or at is None:
        return None
    return Item(str(card).lower(), at, str(outcome), reason, suggestions)


def _accepted(given: Any, where: str, problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_SUGGESTIONS:
        problems.append(
            Problem(
                where,
                f"An accepted card needs its accepted suggestions, 1 to {MOST_SUGGESTIONS} of them.",
                'Send [{"id": UUID of the suggestion}].',
            )
        )
        return ()
    ids = [each.get("id") if isinstance(each, dict) else None for each in given]
    for number, each in enumerate(ids):
        if not _is_uuid(each):
            problems.append(
                Problem(f"{where}[{number}].id", "This is no UUID.", "Send the `uuid` of the suggestion.")
            )
    return tuple(sorted({str(each).lower() for each in ids}))


def _reason(given: Any, where: str, problems: list[Problem]) -> tuple[str, str]:
    if given is None:
        return ("", "")
    if not isinstance(given, dict):
        problems.append(Problem(where, "This is no object.", "Send `reason`, `userComment` or both in it."))
        return ("", "")
    coding, comment = given.get("reason"), given.get("userComment")
    if comment is not None and not isinstance(comment, str):
        problems.append(Problem(f"{where}.userComment", "This is no text.", "Send a text, or leave it out."))
    if coding is None:
        return ("", "")
    code, system = (coding.get(name) if isinstance(coding, dict) else None for name in ("code", "system"))
    if not isinstance(code, str) or not code or not isinstance(system, str | None):
        problems.append(
            Problem(
                f"{where}.reason", "This is no Coding.", "Send `code` and `system` of a reason of the card."
            )
        )
        return ("", "")
    offered = {(each.system, each.code) for each in override_reasons()}
    return (system or "", code) if (system, code) in offered else UNLISTED


def _has_comment(reason: Any) -> bool:
    return isinstance(reason, dict) and bool(str(reason.get("userComment") or "").strip())


def _is_uuid(text: Any) -> bool:
    return isinstance(text, str) and bool(_UUID.fullmatch(text))


def _instant(text: Any) -> datetime | None:
    """An instant of RFC 3339 section 5.6, to the microsecond; a leap second counts as the one before it."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    day, time, second, fraction, zone = found.groups()
    second = "59" if second == "60" else second
    try:
        read = datetime.fromisoformat(f"{day}T{time}:{second}{(fraction or '.0')[:7]}{zone.upper()}")
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _malformed(problems: list[Problem]) -> Refusal:
    return Refusal(400, problems)
