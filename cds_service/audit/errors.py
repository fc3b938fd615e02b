"""Why an audit cannot go on, as letters: where, what, what to do."""

from __future__ import annotations


class AuditError(Exception):
    """The audit as a whole cannot be done or go on. Holds no patient data."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(" ".join(part for part in (f"{where}:", what, remedy) if part))
