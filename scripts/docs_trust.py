"""The table of docs/trust.md, made from `cds_service.trust.reasons`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cds_service.trust.reasons import Reason
from scripts.docs_manual import table


def _reasons() -> str:
    rows = [(f"`{reason.code}`", reason.meaning, reason.remedy) for reason in Reason]
    return table(("code", "what is wrong", "what to do"), rows)


TABLES: Mapping[str, Callable[[], str]] = {"refused-tokens": _reasons}
"""Name -> the table."""
