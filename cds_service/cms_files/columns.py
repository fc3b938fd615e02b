"""Finds the header of a table and its columns, by what they are called and not by where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cds_service.cms_files.kinds import PAIRS, UNITS

_PAIR_COLUMNS: Mapping[str, re.Pattern[str]] = {
    "column1": re.compile(r"col(umn)? ?1( code)?"),
    "column2": re.compile(r"col(umn)? ?2( code)?"),
    "effective": re.compile(r"eff(ective)? ?(date|dt)?\b.*"),
    "deletion": re.compile(r"del(etion)? ?(date|dt)?\b.*"),
    "indicator": re.compile(r"(ccmi|modifier).*"),
    "rationale": re.compile(r".*\brationale"),
}
_UNIT_COLUMNS: Mapping[str, re.Pattern[str]] = {
    "code": re.compile(r"(hcpcs|cpt|cpt ?/ ?hcpcs|hcpcs ?/ ?cpt)( code)?s?"),
    "most": re.compile(r".*\bmue values?"),
    "adjudication": re.compile(r"(mue )?adjudication indicator|mai"),
    "rationale": re.compile(r".*\brationale"),
}
NAMES: Mapping[str, str] = {
    "column1": "Column 1",
    "column2": "Column 2",
    "effective": "Effective Date",
    "deletion": "Deletion Date",
    "indicator": "Modifier",
    "code": "HCPCS/CPT Code",
    "most": "MUE Values",
    "adjudication": "MUE Adjudication Indicator",
}
"""What CMS calls the columns, for letters."""

_MADE_FOR_PAIRS = frozenset({"column1", "column2"})
_MADE_FOR_UNITS = frozenset({"code", "most"})
_MEDICAID_STYLE = re.compile(r"col ?[12]|(eff|del) ?dt")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: `ptp` or `mue`, the place of each column, and its titles in plain form."""

    table: str
    places: Mapping[str, int]
    titles: tuple[str, ...]

    def missing(self, medicaid: bool) -> tuple[str, ...]:
        """Columns without which the table cannot be read. Medicaid's unit limits have no adjudication indicator."""
        wanted = set(_PAIR_COLUMNS if self.table == PAIRS else _UNIT_COLUMNS) - {"rationale"}
        wanted -= {"adjudication"} if medicaid else set()
        return tuple(name for name in NAMES if name in wanted and name not in self.places)

    @property
    def medicaid_style(self) -> bool:
        """Whether the titles are those that only Medicaid's files use, or lack what Medicare's have."""
        if self.table == UNITS:
            return "adjudication" not in self.places
        return any(_MEDICAID_STYLE.fullmatch(title) for title in self.titles)

    @property
    def title_of_values(self) -> str:
        """The title of the column with the unit limits, which names the setting."""
        return self.titles[self.places["most"]] if "most" in self.places else ""


def header_in(record: Sequence[str]) -> Header | None:
    """The header that this record is, or None. A title over several rows counts by its first row."""
    titles = tuple(" ".join(cell.replace("\u00a0", " ").lower().split()) for cell in record)
    for table, columns, marks in (
        (PAIRS, _PAIR_COLUMNS, _MADE_FOR_PAIRS),
        (UNITS, _UNIT_COLUMNS, _MADE_FOR_UNITS),
    ):
        places: dict[str, int] = {}
        for place, title in enumerate(titles):
            for name, pattern in columns.items():
                if name not in places and pattern.fullmatch(title):
                    places[name] = place
                    break
        if marks <= set(places):
            return Header(table, places, titles)
    return None
