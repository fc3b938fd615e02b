"""Whether documents are signed by the people that a statement asks for (LCD-33, LCD-36, LCD-77)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import permutations

from cds_service.facts.case import Document


def may_be_signed_by(documents: Iterable[Document], *roles: str) -> bool:
    """Whether the signers of the documents together may be people of these roles, a different one for each.

    A signer without a coded role may hold any. So this is False only when nobody signed, or when the roles of all
    signers are known and one of `roles` is missing.
    """
    people: dict[object, set[str]] = defaultdict(set)
    for document in documents:
        for signer in document.signers:
            people[signer.reference or signer].update({signer.role} - {""})
    if any(not held for held in people.values()):
        return True
    return any(
        all(role in held for role, held in zip(roles, signers, strict=True))
        for signers in permutations(people.values(), len(roles))
    )
