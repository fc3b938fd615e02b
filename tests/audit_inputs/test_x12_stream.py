"""X12 files as transport leaves them: broken lines, padded records, lost ends, several interchanges."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit_inputs.support import read, whole
from tests.audit_inputs.test_x12 import INSTITUTIONAL, PROFESSIONAL, with_change

ONE_LINE = INSTITUTIONAL.replace("\n", "")
SEGMENTS = [segment for segment in ONE_LINE.split("~") if segment]
IN_LINES = "\n".join(SEGMENTS)
AGAIN = INSTITUTIONAL.replace("000000906", "000000907").replace("*906", "*907")


def broken(text: str, end: str) -> str:
    return end.join(text[at : at + 80] for at in range(0, len(text), 80))


@pytest.mark.parametrize(
    "text",
    [
        broken(ONE_LINE, "\n"),
        broken(ONE_LINE, "\r\n"),
        "".join(f"{segment}~".ljust(110) + "\r\n" for segment in SEGMENTS),
        "~ \n  ".join(SEGMENTS) + "~",
        IN_LINES + "\n",
        IN_LINES + "\n\n",
        IN_LINES,
        "\r\n".join(SEGMENTS) + "\r\n",
        "\n\n".join(SEGMENTS),
        "~\n".join(SEGMENTS),
        INSTITUTIONAL + "\x1a",
        INSTITUTIONAL + "\x00" * 40,
    ],
)
def test_what_transport_does_to_a_file_changes_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "b.837", text) == read(tmp_path / "a.837", INSTITUTIONAL)


@pytest.mark.parametrize("between", ["", "\n", "\r\n \x1a"])
@pytest.mark.parametrize(
    "second",
    [
        AGAIN,
        AGAIN.replace("\n", "").replace("*", "|").replace(":", ">").replace("~", "\n"),
        AGAIN.replace("~\n", "'"),
        broken(AGAIN.replace("\n", ""), "\n"),
    ],
)
def test_interchanges_may_differ_in_their_delimiters(tmp_path: Path, between: str, second: str) -> None:
    (first,), _ = read(tmp_path / "a.837", INSTITUTIONAL)
    (other,), _ = read(tmp_path / "b.837", AGAIN)
    assert read(tmp_path / "c.837", INSTITUTIONAL + between + second) == ([first, other], [])
    assert read(tmp_path / "d.837", second + between + INSTITUTIONAL) == ([other, first], [])


@pytest.mark.parametrize("at", [400, 700, len(INSTITUTIONAL) - 60])
def test_an_interchange_that_breaks_off_costs_itself_not_the_next_one(tmp_path: Path, at: int) -> None:
    claims, letters = read(tmp_path / "c.837", INSTITUTIONAL[:at].rstrip("~\n") + "\n" + AGAIN)
    assert [claim["id"].split(".")[1] for claim in claims] == ["907"]
    assert letters
    assert all(letter.remedy for letter in letters)


def test_a_claim_behind_which_another_interchange_begins_is_not_whole(tmp_path: Path) -> None:
    cut = INSTITUTIONAL[: INSTITUTIONAL.index("LX*3")]
    claims, letters = read(tmp_path / "c.837", cut + AGAIN)
    assert [claim["id"].split(".")[1] for claim in claims] == ["907"]
    assert "no end (SE)" in letters[0].what
    assert "no end (IEA)" in letters[1].what


@pytest.mark.parametrize(
    "text", [PROFESSIONAL.lower().replace("isa", "ISA"), SEGMENTS[0] + "~IEA*0*000000906~"]
)
def test_a_file_in_which_nothing_was_found_is_told(tmp_path: Path, text: str) -> None:
    claims, (letter,) = read(tmp_path / "c.837", text)
    assert claims == []
    assert "No transaction set" in letter.what
    assert "alpha" not in whole(letter).lower()


def test_a_name_that_ends_a_broken_line_begins_no_interchange(tmp_path: Path) -> None:
    """80 columns end within LISA: the next line begins with ISA."""
    text = with_change(ONE_LINE, "*SYNTHETIC*DELTA*", "*SYNTHETIC*LISA*")
    at = text.index("ISA*", 10)
    text = text[:at] + "\n" + text[at:]
    claims, letters = read(tmp_path / "c.837", text)
    assert (len(claims), letters) == (1, [])


@pytest.mark.parametrize("end", ["GE*", "IEA*"])
def test_a_file_that_ends_before_its_trailers_is_told(tmp_path: Path, end: str) -> None:
    claims, letters = read(tmp_path / "c.837", INSTITUTIONAL[: INSTITUTIONAL.index(end)])
    assert len(claims) == 1
    assert ["no end (IEA)" in letter.what for letter in letters] == [True]


def test_qualifiers_in_small_letters_are_read(tmp_path: Path) -> None:
    small = INSTITUTIONAL.replace("HC:", "hc:").replace("ABK:", "abk:")
    assert read(tmp_path / "b.837", small) == read(tmp_path / "a.837", INSTITUTIONAL)
