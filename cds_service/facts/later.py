"""A sequence that is read when somebody asks for it: of what a chart holds, most calls ask little."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from cds_service.facts.once import cached_property

T = TypeVar("T")


class Later(Sequence[T]):
    """What `read` returns, from the first question on. Belongs to one call and one thread, and is not to be pickled."""

    def __init__(self, read: Callable[[], tuple[T, ...]]) -> None:
        self._read = read

    @cached_property
    def all(self) -> tuple[T, ...]:
        """All of it."""
        return self._read()

    def __getitem__(self, index: Any) -> Any:
        return self.all[index]

    def __iter__(self) -> Iterator[T]:  # the one of Sequence asks for each by its index
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __eq__(self, other: object) -> bool:
        return self.all == (other.all if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self.all)

    def __repr__(self) -> str:
        return repr(self.all)
