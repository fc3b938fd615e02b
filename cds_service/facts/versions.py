"""Of two copies of a resource, which one the server wrote later: an older copy may still stand in an earlier export."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

Version = tuple[datetime, int]
"""When it was last updated, and the number of its version; the older the less."""
NEVER = datetime.min.replace(tzinfo=UTC)
_LONGEST_NUMBER = 18


class _Meta(msgspec.Struct):
    lastUpdated: str | None = None
    versionId: str | None = None


class _Versioned(msgspec.Struct):
    meta: _Meta | None = None


_DECODER = msgspec.json.Decoder(_Versioned)


def version_of(raw: bytes) -> Version:
    """The version of a resource's JSON; the least there is when it tells none."""
    try:
        meta = _DECODER.decode(raw).meta if raw else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        meta = None
    if meta is None:
        return NEVER, -1
    number = (meta.versionId or "").strip()
    plain = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    return instant(meta.lastUpdated), int(number) if plain else -1


def instant(text: str | None) -> datetime:
    """A FHIR instant, whatever its time zone and its fraction of a second; the least there is when it is none."""
    try:
        found = datetime.fromisoformat((text or "").strip())
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        return NEVER
