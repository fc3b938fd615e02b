"""Facts about the payer on a line's date. The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import LineView


@VOCABULARY.add("line", "choice", indexed=True)
def payer_on_date(line: LineView) -> Any:
    """As payer, but `other` on line dates before the payer's own coding policy began (`coding_policy_from` in
    its payer.yaml). For rules that give way to such a policy."""
    return line.payer_on_date
