"""Which draft orders a call of order-select advises on: those that its selections name (contract section 1)."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.facts import fhir
from cds_service.facts.pool import relative


def selected(selections: Iterable[str], drafts: fhir.Bundle) -> frozenset[str]:
    """References (`Type/id`) of the entries that are named: by a reference, relative, absolute or of one version, by
    the id alone, as the hook's own table says, or by the `fullUrl` of the entry. Entries of every type count.
    """
    texts = {text.strip() for text in selections} - {""}
    references = texts | {relative(text) for text in texts}
    return frozenset([reference for entry in drafts.entry if (reference := _named(entry, texts, references))])


def _named(entry: fhir.BundleEntry, texts: set[str], references: set[str]) -> str:
    """The reference of an entry that is named; empty for others, and for what cannot be read."""
    try:
        head = fhir.peek(entry.resource)
    except fhir.Unreadable:
        return ""
    reference = f"{head.resourceType}/{head.id or 'unidentified'}"
    by_id = bool(head.id) and (head.id in texts or reference in references)
    by_address = isinstance(entry.fullUrl, str) and entry.fullUrl.strip() in texts
    return reference if by_id or by_address else ""
