"""Reads single cells of a claim-line table. Nothing here repeats what a cell holds: it may be patient data."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal, InvalidOperation

_EXCEL_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_BREAKS = re.compile(r"[\r\n\t]+")
_EMPTY = frozenset(
    ("null", "(null)", "[null]", "<null>", "\\n", "none", "n/a", "na", "<na>", "nan", "nat", "nil", ".")
)
"""What databases and statistics programs write where there is nothing. `#N/A` is a formula that failed: what it was to
say is unknown, and it is told.
"""
_DASHES = re.compile("[-\u2013\u2014]{1,3}")
_WHOLE = re.compile(r"([0-9]+)\.0+")
_CLOCK = re.compile(
    r"[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AaPp][Mm])?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_ISO = re.compile(r"([0-9]{4})[-/]?([0-9]{2})[-/]?([0-9]{2})")
_US = re.compile(r"([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4}|[0-9]{2})")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NAMED = (
    re.compile(r"(?P<day>[0-9]{1,2})[- ](?P<month>[a-z]{3,9})[- ,]+(?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<month>[a-z]{3,9})\.? (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})"),
)
"""4-MAR-2025, as databases write it, and Mar 4, 2025."""
_DOTTED = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.([0-9]{4}|[0-9]{2})")
_CODE = re.compile(r"[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9]{4}")
_MODIFIER = re.compile(r"[A-Z0-9]{2}")
_BETWEEN = re.compile(r"[\s,;/|:+-]+")
_DESCRIBED = re.compile(r"([0-9A-Z]{5}(?:[-:][0-9A-Z]{2})*)(?:\s*[-\u2013:]\s+|\s+)(\S.*)")
"""A code with its modifiers, then something behind a blank."""
_ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?")
_ICD_DESCRIBED = re.compile(r"\s*[0-9A-Z.]+\s*[-\u2013:]\s")
"""What follows in the same part describes the code, even where it looks like one: E53.8 - Vitamin B12 deficiency."""
_PLACE = re.compile(r"([0-9]{1,2})\s*[-\u2013:/ ]\s*[A-Za-z(].*", re.DOTALL)
_ICD9 = re.compile(r"([0-9]{3}|V[0-9]{2})(\.?[0-9]{1,2})?")
_MONEY = re.compile(r"\(?-?\$? ?-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,4})?(\)|-)?|\$?\.[0-9]{1,2}")
_NOTHING = re.compile(r"\$? *-")
"""Nought as spreadsheets print it in columns of amounts."""
_ROUNDED = re.compile(r"-?[0-9](\.[0-9]*)?E\+[0-9]{1,3}", re.IGNORECASE)
_WITH_ID = re.compile(
    r"(?:[0-9]+\s+[-\u2013]\s+)?(?P<name>.*[A-Za-z].*?)(?:\s*(?:\[\s*[0-9]+\s*\]|\(\s*[0-9]+\s*\)))?"
)
"""A name with its record's number, as Epic prints it: `MEDICARE [1001]`, `MEDICARE (1001)`, `1001 - MEDICARE`."""
_UNITS = re.compile(
    r"(?P<before>-)?(?P<open>\()?(?P<number>[0-9]{1,7}(\.[0-9]{1,4})?)(?(open)\))(?P<after>-)?"
)
_FIRST_YEAR = 1980


class BadCell(ValueError):
    """A cell that cannot be read. The text says what is wrong and what to write, never what stands there."""


def text(cell: str) -> str:
    """The cell without what spreadsheets put around it: `="00123"`, a leading apostrophe, spaces. Empty where a program
    wrote that there is nothing: `NULL`, `N/A`, `None`.
    """
    plain = _BREAKS.sub(" ", cell.strip().strip("\u00a0\u200b\ufeff").strip())
    match = _EXCEL_TEXT.fullmatch(plain)
    if match:
        plain = match[1].strip()
    plain = plain[1:].strip() if plain.startswith("'") else plain
    return "" if plain.lower() in _EMPTY else plain


def is_dash(text_: str) -> bool:
    """Whether somebody drew a line where there is nothing. In a column of amounts it is nought."""
    return _DASHES.fullmatch(text_) is not None


def says_nothing(cell: str) -> bool:
    """Whether a cell, other than one of amounts, is empty or holds what is written where there is nothing."""
    found = text(cell)
    return not found or is_dash(found)


def number(cell: str) -> str:
    """A number of a claim, a patient or the like, as the office writes it.

    Raises:
        BadCell: a spreadsheet has rounded it, so that several may look the same.
    """
    if _ROUNDED.fullmatch(cell):
        raise BadCell("was rounded by a spreadsheet. Format the column as text and export it again")
    return cell


def name(cell: str) -> str:
    """A name without the number that its record has in the office's system."""
    found = _WITH_ID.fullmatch(cell)
    return found["name"] if found else cell


def whole(cell: str) -> str:
    """The text of a number that some programs write as `22.0`."""
    match = _WHOLE.fullmatch(cell)
    return match[1] if match else cell


def day(cell: str) -> date:
    """A date: ISO forms, US forms with the month first, or with the month's English name. A year of two digits is of
    this century.

    Raises:
        BadCell: it is none of these, or no day of the calendar.
    """
    plain = _CLOCK.sub("", cell)
    iso, us = _ISO.fullmatch(plain), _US.fullmatch(plain)
    if iso:
        year, month, number = (int(part) for part in iso.groups())
    elif us:
        month, number, year = (int(part) for part in us.groups())
        year += 2000 if len(us[3]) == 2 else 0
    elif (named := _with_month(plain)) is not None:
        year, month, number = named
    elif re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", plain):
        raise BadCell(
            "is a spreadsheet's day number. Format the column as a date (YYYY-MM-DD) and save it again"
        )
    elif _DOTTED.fullmatch(plain):
        raise BadCell("has dots, so that day and month cannot be told. Write 2024-03-04 or 3/4/2024")
    else:
        raise BadCell("is no date. Write 2024-03-04 or 3/4/2024")
    if not 1 <= month <= 12:
        raise BadCell("is no date: its month is none. Dates with slashes have the month first, as 3/31/2024")
    if year < _FIRST_YEAR or not 1 <= number <= monthrange(year, month)[1]:
        raise BadCell("is no day of the calendar. Correct it")
    return date(year, month, number)


def _with_month(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of a date that names its month."""
    for form in _NAMED:
        found = form.fullmatch(text.lower())
        months = [n for n, name in enumerate(_MONTHS, 1) if found and name.startswith(found["month"])]
        if found and months:
            year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
            return year, months[0], int(found["day"])
    return None


def code(cell: str) -> tuple[str, tuple[str, ...]]:
    """A billing code and the modifiers written behind it; words that describe it are passed over (`77387 - IGRT`).

    Raises:
        BadCell: it is no HCPCS or CPT code.
    """
    described = _DESCRIBED.fullmatch(cell.upper())
    if described and _is_description(described[2]):
        cell = described[1]
    head, *rest = _BETWEEN.split(whole(cell).upper())
    if len(head) in (7, 9) and _CODE.fullmatch(head[:5]):  # 7738726, as some systems print it
        head, rest = head[:5], [head[n : n + 2] for n in range(5, len(head), 2)] + rest
    if not _CODE.fullmatch(head) or not all(_MODIFIER.fullmatch(part) for part in rest):
        raise BadCell("is no HCPCS or CPT code. Write five characters, as 77387 or G6002")
    return head, tuple(rest)


def _is_description(words: str) -> bool:
    """Whether what stands behind a code describes it, and is neither modifiers nor another code."""
    return re.search(r"[A-Z]{4}", words) is not None and not any(
        _CODE.fullmatch(word) for word in _BETWEEN.split(words)
    )


def modifiers(cell: str) -> tuple[str, ...]:
    """Modifiers of one cell, in their order.

    Raises:
        BadCell: one of them has not two letters or digits.
    """
    parts = [p for p in _BETWEEN.split(whole(cell).upper()) if p]
    if len(parts) == 1 and len(parts[0]) in (4, 6, 8):  # 2659: several without anything between
        parts = [parts[0][n : n + 2] for n in range(0, len(parts[0]), 2)]
    if not all(_MODIFIER.fullmatch(part) for part in parts):
        raise BadCell("is no modifier. Write two letters or digits, as 26 or TC")
    return tuple(parts)


def diagnoses(cell: str) -> tuple[str, ...]:
    """Diagnosis codes of one cell, in their order; words that describe one are passed over (`C61 - Prostate`).

    Raises:
        BadCell: one of them has not the shape of an ICD code.
    """
    found: list[str] = []
    for part in re.split(r"[;|,/+]+", cell.upper()):
        words = [p for p in re.split(r"[\s:\u2013]+|(?<=\s)-(?=\s)", part) if p]
        codes = [word for word in words if _ICD10.fullmatch(word) or _ICD9.fullmatch(word)]
        if codes == words:
            found += codes
        elif codes[:1] == words[:1] and (len(codes) == 1 or _ICD_DESCRIBED.match(part)):
            found += codes[:1]
        elif codes or not found or not re.search(r"[A-Z]{4}", part):
            raise BadCell("is no diagnosis code. Write ICD-10-CM codes, as C61 or C50.911")
    return tuple(found)


def is_icd9(code_: str) -> bool:
    """Whether the code can only be of the ninth revision."""
    return not _ICD10.fullmatch(code_)


def pointers(cell: str) -> tuple[int, ...]:
    """Numbers of the diagnoses that a line is for, from 1: `1,2`, `12` or `AB`.

    Raises:
        BadCell: something else stands there.
    """
    parts = list(re.sub(r"[\s,;/|:]+", "", whole(cell).upper()))
    if re.search(r"[,;|\s:]", cell):
        parts = [p for p in re.split(r"[\s,;/|:]+", cell.upper()) if p]
    numbers = [ord(p) - 64 if re.fullmatch(r"[A-L]", p) else int(p) if p.isdecimal() else 0 for p in parts]
    if not all(1 <= number <= 12 for number in numbers):
        raise BadCell("does not point to diagnoses. Write 1,2 or AB")
    return tuple(dict.fromkeys(numbers))


def units(cell: str) -> Decimal:
    """A number of units, below 0 on a row that takes a line back: `-1`, `(1)` or `1-`.

    Raises:
        BadCell: it is no number, or 0.
    """
    found = _UNITS.fullmatch(cell)
    signs = [found[name] for name in ("before", "open", "after") if found[name]] if found else []
    if found is None or len(signs) > 1 or Decimal(found["number"]) == 0:
        raise BadCell("is no number of units. Write a number above 0")
    number_ = Decimal(found["number"])
    return -number_ if signs else number_


def money(cell: str) -> Decimal:
    """An amount in US dollars; thousands may be parted by commas. Below 0 on a row that takes a line back.

    Raises:
        BadCell: it is no amount.
    """
    if _NOTHING.fullmatch(cell):
        return Decimal(0)
    if not _MONEY.fullmatch(cell):
        raise BadCell("is no amount. Write dollars and cents, as 1234.50")
    try:
        amount = Decimal(re.sub(r"[$, ()-]", "", cell))
        return -amount if "(" in cell or "-" in cell else amount
    except InvalidOperation:
        raise BadCell("is no amount. Write dollars and cents, as 1234.50") from None


def sequence(cell: str) -> int:
    """The number of a line.

    Raises:
        BadCell: it is no whole number above 0.
    """
    plain = whole(cell)
    if not (plain.isascii() and plain.isdecimal() and int(plain[:9]) > 0 and len(plain) < 10):
        raise BadCell("is no number of a line. Write a whole number from 1")
    return int(plain)


def digits(cell: str, least: int, most: int, what: str) -> str:
    """A number of `least` to `most` digits, filled with zeros in front to `most`.

    Raises:
        BadCell: it is none.
    """
    plain = whole(cell)
    if not (plain.isascii() and plain.isdecimal() and least <= len(plain) <= most):
        raise BadCell(f"is no {what}")
    return plain.zfill(most)


def place(cell: str) -> str:
    """A place of service of two digits; words that describe it are passed over (`22 - Outpatient Hospital`).

    Raises:
        BadCell: no number of one or two digits stands first.
    """
    described = _PLACE.fullmatch(cell)
    return digits(
        described[1] if described else cell, 1, 2, "place of service. Write its two digits, as 11 or 22"
    )


def bill(cell: str) -> str:
    """A type of bill of three or four characters, the leading zero in place.

    Raises:
        BadCell: it is none.
    """
    plain = whole(cell).upper().lstrip("0")
    if not re.fullmatch(r"[1-9][0-9][0-9A-Z]", plain):
        raise BadCell("is no type of bill. Write it as 0131")
    return f"0{plain}"
