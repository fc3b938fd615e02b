"""The rows of one sheet, as a stream: each cell as the text that its owner would write for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from cds_service.zipped.limits import MOST_CELLS, Counted, Refuse
from cds_service.zipped.parts import PartReader, parsed, shown

Row = tuple[int, list[str]]
_DIGITS = "0123456789"
_NOT_WORKED_OUT = "#CALC!"
_LAST_DAY = 2_958_465
"""31 December 9999; what is larger is no day."""
_EXACT = 1e15
"""Below this a spreadsheet keeps every digit of a whole number."""


class _Columns(dict[str, int]):
    """Column by its letters: C is 2, anything else than letters -1."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters[:4]:
            number = 26 * number + ord(letter) - 64 if "A" <= letter <= "Z" else 0
        if len(self) < 1000:
            self[letters] = number - 1
        return number - 1


class SheetReader(PartReader):
    """The rows of a sheet. A cell that is left out is empty; one that has no name follows the last."""

    def __init__(self, refuse: Refuse, texts: list[str], dates: frozenset[int], day_nought: date) -> None:
        super().__init__(refuse)
        self._texts, self._dates, self._day_nought = texts, dates, day_nought
        self._rows: list[Row] = []
        self._columns = _Columns()
        self._cells: list[str] = []
        self._number = 0
        self._kind = ""
        self._format = ""
        self._place = 0
        self._formula = False

    def read(self, stream: Counted) -> Iterator[Row]:
        """The rows; refused when the XML is broken, or names a shared text that is not there."""
        for _ in parsed(self, stream):
            rows, self._rows = self._rows, []
            yield from rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = self._locals[tag]
        if local == "c":
            self._kind = attributes.get("t", "n")
            self._format = attributes.get("s", "")
            self._formula = False
            place = self._columns[attributes.get("r", "").rstrip(_DIGITS)]
            self._place = max(place, len(self._cells))
        elif local == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdecimal() and len(number) < 9 else self._number + 1
            self._cells = []
        elif local == "f":
            self._formula = True
        self._listening = local == "v" or local == "t"

    def _end(self, tag: str) -> None:
        local = self._locals[tag]
        self._listening = False
        if local == "c":
            value = self._value()
            if self._place < MOST_CELLS:
                if self._place > len(self._cells):
                    self._cells += [""] * (self._place - len(self._cells))
                self._cells.append(value)
        elif local == "row":
            self._rows.append((self._number, self._cells))

    def _value(self) -> str:
        text = self._taken()
        if self._formula and self._kind == "n" and not text:
            return _NOT_WORKED_OUT
        if self._kind == "s":
            number = int(text) if text.isdecimal() and len(text) < 9 else len(self._texts)
            if number >= len(self._texts):
                raise self.refuse("names a shared text that it does not hold.", self._number)
            return self._texts[number]
        if self._kind != "n":
            return shown(text)
        if self._dates and self._format.isdecimal() and int(self._format[:9]) in self._dates:
            return self._day(text)
        return plain_number(text)

    def _day(self, text: str) -> str:
        """The day that a day number means, with the time of day where it has one; any other number as it is."""
        try:
            number = float(text)
        except ValueError:
            return text
        if not 0 < number <= _LAST_DAY:
            return plain_number(text)
        moment = timedelta(seconds=round(number * 86_400))
        day = self._day_nought + timedelta(days=moment.days)
        clock = f"T{timedelta(seconds=moment.seconds)!s:0>8}" if moment.seconds else ""
        return f"{day.isoformat()}{clock}"


def plain_number(text: str) -> str:
    """A number as it is shown: 20220101, not 20220101.0 or 2.0220101E7, and 0.3, not 0.30000000000000004."""
    if text.isdecimal():
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if value.is_integer():
        return str(int(value)) if abs(value) < _EXACT else text
    return f"{value:.15g}"
