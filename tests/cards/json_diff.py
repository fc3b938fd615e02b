"""Where two JSON values differ, as paths; written for the tests, knows nothing of corrections."""

from __future__ import annotations

from typing import Any


def differences(old: Any, new: Any, path: str = "") -> set[str]:
    """Paths of members and entries that were added, taken away or changed; lists compared by position."""
    if isinstance(old, dict) and isinstance(new, dict):
        found: set[str] = set()
        for name in old.keys() | new.keys():
            place = f"{path}.{name}" if path else name
            if name in old and name in new:
                found |= differences(old[name], new[name], place)
            else:
                found.add(place)
        return found
    if isinstance(old, list) and isinstance(new, list):
        found = {f"{path}[{n}]" for n in range(min(len(old), len(new)), max(len(old), len(new)))}
        for n, (a, b) in enumerate(zip(old, new, strict=False)):
            found |= differences(a, b, f"{path}[{n}]")
        return found
    return set() if type(old) is type(new) and old == new else {path}
