"""What CDS Hooks and FHIR ask of single values of a card.

Each check raises ValueError: where, what, what to do. The letters never hold the value itself, which may be
a patient's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
"""A JSON object, as `json.loads` gives it."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]*/[A-Za-z0-9.\-]{1,64}")
_ADDRESS = re.compile(r"https://[!-~]+")


def refuse(where: str, what: str, remedy: str) -> ValueError:
    """The letter for a value that breaks a limit."""
    return ValueError(f"{where}: {what}. {remedy}.")


def need_text(where: str, value: str) -> None:
    """Refuse a blank text (required members hold at least one visible character)."""
    if not value.strip():
        raise refuse(where, "is blank", "Give it a text")


def need_one_line(where: str, value: str, limit: int) -> None:
    """Refuse a text that is blank, longer than `limit` characters or has a line break."""
    if len(value) <= limit and value.isprintable() and value.strip():  # no line break is printable
        return
    need_text(where, value)
    if len(value) > limit:
        raise refuse(where, f"has {len(value)} characters", f"Shorten it to {limit}")
    if value.splitlines() != [value]:
        raise refuse(where, "has a line break", "Write it as one line")


def need_uuid(where: str, value: str) -> None:
    """Refuse what is not a UUID in lower case (clients echo it in feedback)."""
    if not _UUID.fullmatch(value):
        raise refuse(where, "is not a lower-case UUID", "Build it with uuid5")


def need_https(where: str, value: str) -> None:
    """Refuse what is not an absolute https address in ASCII without a user, who would pass for the host (links come
    from registers, never from FHIR)."""
    try:
        parts = urlsplit(value)
        legal = bool(_ADDRESS.fullmatch(value) and parts.hostname and not set("@\\") & set(parts.netloc))
    except ValueError:
        legal = False
    if not legal:
        raise refuse(where, "is not an absolute https address", "Mend it where the document is registered")


def is_reference(value: str) -> bool:
    """Whether it is a relative literal reference, `Type/id` with an id as FHIR R4 spells one."""
    return bool(_REFERENCE.fullmatch(value))


def need_reference(where: str, value: str) -> None:
    """Refuse what is not a relative literal reference (`is_reference`)."""
    if not is_reference(value):
        raise refuse(where, "is not a relative reference", "Write it as ServiceRequest/id")


def need_choice(where: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a code that is not among `choices`."""
    if value not in choices:
        raise refuse(where, "is not a value that CDS Hooks knows", f"Use one of {', '.join(choices)}")


def without_blanks(pairs: Iterable[tuple[str, Any]]) -> Json:
    """The pairs as a JSON object, without None, "" and empty lists and objects; False and 0 are values."""
    return {key: value for key, value in pairs if value or value is False or type(value) in (int, float)}
