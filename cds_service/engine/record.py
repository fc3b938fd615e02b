"""Records that nobody changes: the type checker refuses it, and at run time the check is spared.

A frozen dataclass sets each of its members by a call of its own, which was a tenth of what a decision cost. So what is
made for every line of every call is a `record`: for mypy a dataclass with the arguments that are written, at run time
one whose members are simply set. Equality and hash are those of the frozen one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen=False, slots=False, eq=True):
        """As `dataclasses.dataclass`."""
        return dataclass(slots=slots, eq=eq, unsafe_hash=frozen and eq)


def refined(fresh: T, **members: Any) -> T:
    """The same record with these members, for one that was just made and that nobody else has seen."""
    for name, value in members.items():
        object.__setattr__(fresh, name, value)
    return fresh


__all__ = ["record", "refined"]
