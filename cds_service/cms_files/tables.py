"""Reads one table of CMS: finds its header, keeps the rows about our codes, counts and reports the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from cds_service.cms_files import cells
from cds_service.cms_files.cells import BadCell, Cells
from cds_service.cms_files.columns import NAMES, Header, header_in
from cds_service.cms_files.kinds import PAIRS
from cds_service.cms_files.letters import SHOWN, refusal
from cds_service.cms_files.limits import MOST_KEPT, MOST_ROWS
from cds_service.cms_files.reasons import reason_of
from cds_service.cms_files.textrows import no_header
from cds_service.engine.letters import Problem
from cds_service.facts.edits import COUNTED, PairEdit, UnitEdit
from cds_service.zipped.sheet import Row

T = TypeVar("T")
_PREAMBLE = 100
"""Rows among which the header is looked for."""
_AGAIN = "Download the file again, and give it as it is."
_BY_INDICATOR = dict(zip("123", COUNTED, strict=True))


@dataclass
class Table:
    """What one file holds. `kept` are the rows about our codes, `read` counts all of them.

    `first_deleted` is the earliest deletion date of any row, `highest` the last column 1 code of the file. Rows
    that could not be read are in `problems`, up to a limit, and counted in `bad`.
    """

    name: str
    header: Header
    read: int = 0
    pairs: list[PairEdit] = field(default_factory=list)
    units: list[UnitEdit] = field(default_factory=list)
    first_deleted: date | None = None
    highest: str = ""
    problems: list[Problem] = field(default_factory=list)
    bad: int = 0

    def complain(self, line: int, what: str) -> None:
        """Count a row that cannot be read, and keep a letter about the first ones."""
        self.bad += 1
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(self.name, line, "", f"{what}.", _AGAIN))


def read_header(rows: Iterator[Row], name: str) -> Header:
    """The header, which stands after a few rows of copyright notes.

    Raises:
        EditFilesError: there is none.
    """
    for number, (_, record) in enumerate(rows):
        header = header_in(record)
        if header is not None:
            return header
        if number >= _PREAMBLE:
            break
    raise no_header(name)


def read_table(rows: Iterator[Row], name: str, header: Header, codes: Set[str]) -> Table:
    """Read what follows the header; of pairs both codes have to be in `codes` to be kept.

    Raises:
        EditFilesError: there are more rows than CMS has ever published.
    """
    table = Table(name, header)
    keep = _pair_reader(table, codes) if header.table == PAIRS else _unit_reader(table, codes)
    first, width = min(header.places.values()), max(header.places.values()) + 1
    for line, record in rows:
        if len(record) < width:
            record += [""] * (width - len(record))  # empty cells at the end may be left out
        try:
            keep(record)
        except BadCell as error:
            if not _is_text(record, first) and not (table.read == 0 and not record[first].strip()):
                table.complain(line, str(error))
        if table.read > MOST_ROWS or len(table.pairs) > MOST_KEPT or len(table.units) > MOST_KEPT:
            raise refusal(name, f"has more than {MOST_ROWS} rows.", "It is no edit file of CMS.", line)
    return table


def _is_text(record: list[str], first: int) -> bool:
    """A blank row, one with a sentence in its first cell and nothing else, or the header once more."""
    filled = [place for place, cell in enumerate(record) if cell.strip()]
    return not filled or (filled == [first] and " " in record[first].strip()) or header_in(record) is not None


def _pair_reader(table: Table, codes: Set[str]) -> Callable[[list[str]], None]:
    code = Cells(lambda raw: _named("column1", cells.code, raw))
    other = Cells(lambda raw: _named("column2", cells.code, raw))
    day = Cells(lambda raw: _named("effective", cells.day, raw))
    last_day = Cells(lambda raw: _named("deletion", cells.last_day, raw))
    indicator = Cells(lambda raw: _named("indicator", cells.indicator, raw))
    reason = Cells(lambda raw: _reason(PAIRS, raw))
    places = table.header.places
    at1, at2 = places["column1"], places["column2"]
    at_first, at_last, at_indicator = places["effective"], places["deletion"], places["indicator"]
    at_reason = places.get("rationale")

    def keep(record: list[str]) -> None:
        one, two = code[record[at1]], other[record[at2]]
        first, last, allowed = (
            day[record[at_first]],
            last_day[record[at_last]],
            indicator[record[at_indicator]],
        )
        why = reason[record[at_reason]] if at_reason is not None else "other"
        table.read += 1
        if last is not None and (table.first_deleted is None or last < table.first_deleted):
            table.first_deleted = last
        if one > table.highest:
            table.highest = one
        # 9 marks a pair that was deleted on the day on which it began: it never kept anything apart.
        if allowed != "9" and one in codes and two in codes:
            table.pairs.append(PairEdit(one, two, first, last, allowed, why))

    return keep


def _unit_reader(table: Table, codes: Set[str]) -> Callable[[list[str]], None]:
    places = table.header.places
    at_code, at_most = places["code"], places["most"]
    at_counted, at_reason = places.get("adjudication"), places.get("rationale")

    def keep(record: list[str]) -> None:
        code = _named("code", cells.code, record[at_code])
        most = _named("most", cells.units, record[at_most])
        counted = COUNTED[0]  # Medicaid's limits hold for each line
        if at_counted is not None:
            counted = _BY_INDICATOR[_named("adjudication", cells.adjudication, record[at_counted])]
        why = _reason(table.header.table, record[at_reason]) if at_reason is not None else "other"
        table.read += 1
        if code in codes:
            table.units.append(UnitEdit(code, most, counted, why))

    return keep


def _reason(table: str, raw: str) -> str:
    if "\n" in raw.strip():
        raise BadCell("the rationale runs over several rows: a quotation mark is missing")
    return reason_of(table, raw)


def _named(column: str, read: Callable[[str], T], raw: str) -> T:
    try:
        return read(raw)
    except BadCell as error:
        raise BadCell(f"column {NAMES[column]}: {error}") from None
