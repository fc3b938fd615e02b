"""A FHIR resource under correction: what no remedy touches is shared with the resource as received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cards.limits import Json

DROPPED: Final[Any] = object()
"""Stands where an entry was, until the corrected resource is put together."""


_NESTED: Final = (dict, list)


class Unsafe(Exception):
    """The remedy cannot be carried out on this resource without guessing; a person has to."""


def copy_json(value: Any) -> Any:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return {k: copy_json(m) if isinstance(m, _NESTED) else m for k, m in value.items()}
    if isinstance(value, list):
        return [copy_json(entry) for entry in value]
    return value


def entries_of(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one (senders are not always valid)."""
    return value if isinstance(value, list) else []


class Draft:
    """Changes to one resource, by the positions of the resource as received.

    Entries keep their index until `result`, so that several remedies can name lines by the same paths.
    """

    def __init__(self, resource: Mapping[str, Any]) -> None:
        self.received: Final = resource
        self._members: dict[str, Any] = {}
        self._touched: dict[str, set[int]] = {}

    def member(self, name: str) -> Any:
        """A top-level member, copied so that it may be changed; None if absent."""
        if name not in self._members and name in self.received:
            self._members[name] = copy_json(self.received[name])
        return self._members.get(name)

    def _entries(self, name: str) -> list[Any]:
        if name not in self._members:
            self._members[name] = list(entries_of(self.received.get(name)))
        entries: list[Any] = self._members[name]
        return entries

    def entry(self, name: str, index: int) -> Json:
        """Entry `index` of a top-level list, copied so that it may be changed.

        Raises:
            Unsafe: an earlier remedy dropped it.
        """
        entries = self._entries(name)
        if entries[index] is DROPPED:
            raise Unsafe
        touched = self._touched.setdefault(name, set())
        if index not in touched:
            touched.add(index)
            entries[index] = copy_json(entries[index])
        entry: Json = entries[index]
        return entry

    def drop(self, name: str, index: int) -> None:
        """Take entry `index` out of a top-level list.

        Raises:
            Unsafe: an earlier remedy dropped or changed it.
        """
        entries = self._entries(name)
        if entries[index] is DROPPED or index in self._touched.get(name, ()):
            raise Unsafe
        entries[index] = DROPPED

    def append(self, name: str, entry: Json) -> None:
        """Add `entry` at the end of a top-level list."""
        self._entries(name).append(entry)

    def next_sequence(self, name: str) -> int:
        """One more than the highest `sequence` in a top-level list of backbone elements."""
        used = [e.get("sequence") for e in self._entries(name) if isinstance(e, dict)]
        dropped = [e.get("sequence") for e in entries_of(self.received.get(name)) if isinstance(e, dict)]
        return max((n for n in (*used, *dropped) if isinstance(n, int)), default=0) + 1

    def result(self) -> Json:
        """The corrected resource; a list left without entries is left out."""
        made = {**self.received, **self._members}
        for name, value in self._members.items():
            if isinstance(value, list):
                made[name] = [entry for entry in value if entry is not DROPPED]
                if not made[name]:
                    del made[name]
        return made
