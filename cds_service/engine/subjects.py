"""What the engine needs of the things it judges: the case, its claims or orders (units) and their lines.

cds_service.facts implements these; the engine imports none of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Sequence
from typing import Protocol

from cds_service.engine.model import Evidence, LineRef


class CaseLike(Protocol):
    """One request: the member and the claims or orders under review."""

    @property
    def hook(self) -> str: ...
    @property
    def units(self) -> Sequence[UnitLike]: ...


class UnitLike(Protocol):
    """One claim or order under review."""

    @property
    def case(self) -> CaseLike: ...
    @property
    def ref(self) -> str: ...
    @property
    def start(self) -> datetime.date: ...
    @property
    def lines(self) -> Sequence[LineLike]: ...


class LineLike(Protocol):
    """One billed or ordered code. Lines of history are seen through facts, never judged themselves (M-11)."""

    @property
    def unit(self) -> UnitLike: ...
    @property
    def ref(self) -> LineRef: ...
    @property
    def code(self) -> str: ...
    @property
    def likeness(self) -> Hashable:
        """Lines that agree on it have one code, and agree on every indexed fact about a line."""

    @property
    def modifiers(self) -> Sequence[str]: ...
    @property
    def units(self) -> float: ...
    @property
    def date(self) -> datetime.date: ...
    @property
    def end(self) -> datetime.date: ...
    @property
    def course_number(self) -> int: ...
    @property
    def component(self) -> str: ...
    @property
    def component_modifiers(self) -> Sequence[str]: ...
    @property
    def is_guidance(self) -> bool: ...
    @property
    def in_review(self) -> bool: ...
    @property
    def evidence(self) -> Sequence[Evidence]: ...
