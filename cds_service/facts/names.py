"""Names and identifiers of payers, indexed: one look-up costs the words of the name, not all aliases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from cds_service.engine.payers import identifier_key
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes

LONGEST_NAME = 500
"""Characters of a name that are looked at; the longest alias has a tenth of them."""
_CACHED_NAMES = 2048
_NAIC = "2.16.840.1.113883.6.300"
_OTHER_KINDS = frozenset(
    {
        "http://hl7.org/fhir/sid/us-npi",
        "2.16.840.1.113883.4.6",
        "http://terminology.hl7.org/NamingSystem/USEIN",
        "http://hl7.org/fhir/sid/us-ein",
        "2.16.840.1.113883.4.4",
        "http://hl7.org/fhir/sid/us-ssn",
        "2.16.840.1.113883.4.1",
        "2.16.840.1.113883.4.7",
        _NAIC,
    }
)
"""Systems of NPI, tax, CLIA and NAIC numbers: no clearinghouse number stands under them."""
_OTHER_TYPES = frozenset({"npi", "tax", "en", "ss", "naiccode", "clia"})


def normalised(text: str) -> str:
    """Lower case, accents off, punctuation to spaces, runs of spaces one."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain.lower()).split())


class NameIndex:
    """Finds the longest alias that a name matches.

    An alias belongs to an owner, a number; of two aliases of one length the smaller owner's wins. How an
    alias matches: `equal` the whole name, `starts` its first words, `contains` words anywhere in it.
    """

    def __init__(self, aliases: Iterable[tuple[str, str, int]]) -> None:
        self._owners: dict[str, dict[str, int]] = {"equal": {}, "starts": {}, "contains": {}}
        for alias, how, owner in aliases:
            kept = self._owners[how].setdefault(alias, owner)
            self._owners[how][alias] = min(kept, owner)
        parts = [*self._owners["starts"], *self._owners["contains"]]
        self._most_words = max((alias.count(" ") + 1 for alias in parts), default=0)
        self._find = lru_cache(maxsize=_CACHED_NAMES)(self._search)

    def find(self, name: str) -> tuple[int, int] | None:
        """Length of the longest matching alias and its owner; None when no alias matches."""
        return self._find(normalised(name[:LONGEST_NAME]))

    def cached(self) -> int:
        """How many answers are kept for names that come again."""
        return self._find.cache_info().currsize

    def _search(self, name: str) -> tuple[int, int] | None:
        words = name.split()
        found: list[tuple[int, int]] = []
        if name in self._owners["equal"]:
            found.append((len(name), self._owners["equal"][name]))
        for first in range(len(words)):
            for last in range(first + 1, min(len(words), first + self._most_words) + 1):
                part = " ".join(words[first:last])
                for how in ("contains",) if first else ("contains", "starts"):
                    owner = self._owners[how].get(part)
                    if owner is not None:
                        found.append((len(part), owner))
        return min(found, key=lambda hit: (-hit[0], hit[1]), default=None)


class IdentifierIndex:
    """Finds the owner of an Organization.identifier. Of several hits the smallest owner's wins."""

    def __init__(self, identifiers: Iterable[tuple[str, str, int]]) -> None:
        self._owners: dict[tuple[str, str], int] = {}
        for system, value, owner in identifiers:
            key = identifier_key(system, value)
            self._owners[key] = min(self._owners.get(key, owner), owner)

    def find(self, identifiers: Iterable[fhir.Identifier]) -> int | None:
        """The owner of one of the identifiers.

        An entry without system is met by the value alone, but never by an identifier whose system or type
        says that it is of another kind: NPI, tax number, NAIC number.
        """
        found = []
        for identifier in identifiers:
            system, value = identifier_key(identifier.system or "", identifier.value or "")
            found.append(self._owners.get((system, value)) if system else None)
            types = {code.lower() for code in any_codes(identifier.type)}
            if system not in _OTHER_KINDS and not types & _OTHER_TYPES:
                found.append(self._owners.get(("", value)))
        return min((owner for owner in found if owner is not None), default=None)
