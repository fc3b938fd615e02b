"""What changes from one book to another."""

from __future__ import annotations

from cds_service.engine.changes import Change
from cds_service.engine.diff_registers import conflict_changes, document_changes, payer_changes
from cds_service.engine.diff_rules import policy_changes, rule_changes
from cds_service.engine.rules import Book


def changes_between(old: Book, new: Book) -> list[Change]:
    """Every change, by payer or society, and within one in the order in which the books list things."""
    if old.fingerprint == new.fingerprint:
        return []
    changes = [
        *policy_changes(old, new),
        *rule_changes(old, new),
        *document_changes(old, new),
        *payer_changes(old, new),
        *conflict_changes(old, new),
    ]
    return sorted(changes, key=lambda change: change.who)
