"""What the owner of a table is told of its columns once its rows have been read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from cds_service.audit_inputs.columns import Header

_NO_NPI = "without an NPI"
_LACKING: Mapping[str, str] = {
    "rendering_npi": _NO_NPI,
    "billing_npi": _NO_NPI,
    "ordering_npi": _NO_NPI,
    "claim_form": "naming no form of claims",
    "diagnosis_pointer": "pointing to diagnoses that are not there",
}


class Noted:
    """Of one or more tables of a file: cells that tell nothing of what their column is for (`silent` counts them by
    column; they cost no row), and titles under which nothing was read, since a better known one said it.
    """

    def __init__(self) -> None:
        self.silent: Counter[str] = Counter()
        self._used: set[int] = set()
        self._beside: dict[str, None] = {}

    def use(self, place: int) -> None:
        """A row was read here, where the better known title of the column said nothing."""
        self._used.add(place)

    def end(self, header: Header) -> None:
        """A table has been read to its end."""
        unused = {place: title for place, title in sorted(header.beside.items()) if place not in self._used}
        self._beside |= dict.fromkeys(unused.values())
        self._used.clear()

    def titles(self) -> Iterator[str]:
        """Columns in words, as `Unread` has them."""
        yield from self._beside
        for column, count in sorted(self.silent.items()):
            yield f"{column} ({count:,} {'cells' if count > 1 else 'cell'} {_LACKING[column]})"
