"""837 files of several months side by side: a replacement or void meets its claim in whatever file that is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.audit.running import rows_in, run
from tests.audit_inputs.support import ROW, table
from tests.audit_inputs.test_x12 import INSTITUTIONAL, PROFESSIONAL, with_change

CLAIM = "SYN-I-1"
REPLACED = "set-aside: replaced by a later claim"
AGAIN = "set-aside: sent again later, with the same lines"


def month(interchange: int, frequency: str, day: str = "20240304", made: str = "20240401") -> str:
    """The synthetic claim in a file of its own: another interchange, frequency (CLM05-3), days and day of making."""
    text = with_change(INSTITUTIONAL, "13:A:1", f"13:A:{frequency}")
    number = re.search(r"\*00501\*(\d{9})\*", text)
    assert number
    text = text.replace(number[1], f"{interchange:09}").replace(number[1].lstrip("0"), str(interchange))
    text = re.sub(r"(BHT\*.*?\*.*?\*.*?\*)\d{8}", rf"\g<1>{made}", text)
    last = str(int(day) + 4)
    return text.replace("20240304", day).replace("20240308", last)


def audited(folder: Path, *files: str) -> tuple[list[str], dict[str, int]]:
    """Claims with findings, and the counts of claims with their reasons, of an audit of these files."""
    export = folder / "export"
    export.mkdir()
    for number, text in enumerate(files):
        (export / f"{9 - number}.837").write_text(text)  # the order of names tells nothing
    manifest = run(export, folder / "out")
    assert manifest.bad_count == 0
    found = sorted({row.claim.rpartition("/")[2] for row in rows_in(folder / "out")})
    return found, manifest.claims | manifest.reasons


def test_the_sample_alone_is_found(tmp_path: Path) -> None:
    found, counts = audited(tmp_path, month(1, "1"))
    assert [name.split(".")[1] for name in found] == ["1"]
    assert REPLACED not in counts


@pytest.mark.parametrize("made", ["20240501", "20240401"])
def test_a_replacement_in_a_later_file_takes_the_place_of_its_claim(tmp_path: Path, made: str) -> None:
    found, counts = audited(tmp_path, month(2, "7", made=made), month(1, "1"))
    assert [name.split(".")[1] for name in found] == ["2"]
    assert counts[REPLACED] == 1


def test_of_two_replacements_the_later_one_stands(tmp_path: Path) -> None:
    files = [month(1, "1"), month(3, "7", made="20240501"), month(2, "7", made="20240601")]
    found, counts = audited(tmp_path, *files)
    assert [name.split(".")[1] for name in found] == ["2"]
    assert counts[REPLACED] == 2


def test_a_void_in_a_later_file_takes_its_claim_back(tmp_path: Path) -> None:
    found, counts = audited(tmp_path, month(1, "1"), month(2, "8", made="20240501"))
    assert found == []
    assert counts[REPLACED] == 1


def test_a_number_that_stands_for_an_account_replaces_the_claim_of_its_days_alone(tmp_path: Path) -> None:
    files = [month(1, "1"), month(2, "1", "20240401"), month(3, "7", made="20240501")]
    found, counts = audited(tmp_path, *files)
    assert [name.split(".")[1] for name in found] == ["2", "3"]
    assert counts[REPLACED] == 1


def test_claims_of_one_number_that_bill_something_else_are_both_judged(tmp_path: Path) -> None:
    other = charged(month(2, "1", made="20240501"))
    found, counts = audited(tmp_path, month(1, "1"), other)
    assert [name.split(".")[1] for name in found] == ["1", "2"]
    assert AGAIN not in counts


def charged(text: str) -> str:
    """The same claim with another charge on one line."""
    return re.sub(r"(SV2\*[^*]*\*[^*]*\*)\d+", r"\g<1>1234", text, count=1)


@pytest.mark.parametrize("made", ["20240501", "20240401"])
def test_a_claim_that_went_out_again_unchanged_is_judged_once(tmp_path: Path, made: str) -> None:
    again = with_change(month(2, "1", made=made), "HI*ABK:C61", "HI*ABK:C71.9")
    found, counts = audited(tmp_path, month(3, "1", made="20240601"), again, month(1, "1"))
    assert [name.split(".")[1] for name in found] == ["3"]
    assert counts[AGAIN] == 2


@pytest.mark.parametrize("number", [CLAIM, "SYN-I-9"])
def test_what_replaces_a_claim_that_went_out_twice_stands_alone(tmp_path: Path, number: str) -> None:
    taker = renumbered(charged(month(3, "7", made="20240601")), number)
    files = [month(1, "1"), month(2, "1", made="20240501"), taker]
    found, counts = audited(tmp_path, *files)
    assert [name.split(".")[1] for name in found] == ["3"]
    assert (counts[AGAIN], counts[REPLACED]) == (1, 1)


def test_a_claim_that_went_out_again_after_a_void_stands(tmp_path: Path) -> None:
    files = [month(1, "1"), month(2, "8", made="20240501"), month(3, "1", made="20240601")]
    found, counts = audited(tmp_path, *files)
    assert [name.split(".")[1] for name in found] == ["3"]
    assert (counts[AGAIN], counts["set-aside: a void"]) == (1, 1)


def test_what_is_billed_anew_after_a_void_stands(tmp_path: Path) -> None:
    files = [month(1, "1"), month(2, "8", made="20240501"), charged(month(3, "1", made="20240601"))]
    found, counts = audited(tmp_path, *files)
    assert [name.split(".")[1] for name in found] == ["3"]
    assert counts[REPLACED] == 1


def test_the_same_lines_on_another_type_of_bill_are_another_claim(tmp_path: Path) -> None:
    inpatient = with_change(month(2, "1", made="20240501"), "13:A:1", "12:A:1")
    found, counts = audited(tmp_path, month(1, "1"), inpatient)
    assert [name.split(".")[1] for name in found] == ["1", "2"]
    assert AGAIN not in counts


def test_the_same_lines_billed_to_another_payer_are_judged_for_each(tmp_path: Path) -> None:
    second = re.sub(r"SBR\*P", "SBR*S", month(2, "1", made="20240501"))
    found, counts = audited(tmp_path, month(1, "1"), second)
    assert [name.split(".")[1] for name in found] == ["1", "2"]
    assert AGAIN not in counts


def to(text: str, name: str, number: str = "") -> str:
    """The same claim to a payer of this name and number."""
    return re.sub(
        r"NM1\*PR\*2\*[^~]*~", f"NM1*PR*2*{name}*****PI*{number}~" if number else f"NM1*PR*2*{name}~", text
    )


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("MEDICARE B FL", "09102"), ("MEDICARE PART B OF FLORIDA", "09102"), True),
        (("MEDICARE  B, FL",), ("Medicare B FL",), True),
        (("MEDICARE B FL", "09102"), ("MEDICARE B FL", "09103"), False),
        (("MEDICARE B FL",), ("MEDICARE B GA",), False),
    ],
    ids=["number", "spelling", "another number", "another name"],
)
def test_a_payer_is_told_by_number_else_by_name(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...], same: bool
) -> None:
    _, counts = audited(tmp_path, to(month(1, "1"), *first), to(month(2, "1", made="20240501"), *second))
    assert counts.get(AGAIN, 0) == same


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_replacement_or_void_meets_the_claim_of_its_own_payer(tmp_path: Path, frequency: str) -> None:
    """The secondary payer's copy, which went out later under the same number, is none of its."""
    secondary = re.sub(r"SBR\*P", "SBR*S", to(month(2, "1", made="20240425"), "SYNTHETIC MUTUAL", "SYN99"))
    taker = charged(month(3, frequency, made="20240505"))
    found, counts = audited(tmp_path, month(1, "1"), secondary, taker)
    assert counts[REPLACED] == 1
    assert "1" not in [name.split(".")[1] for name in found], "the original of its payer is set aside"
    other = to(month(3, frequency, made="20240505"), "SYNTHETIC FUND", "SYN98")
    (tmp_path / "other").mkdir()
    _, counts = audited(tmp_path / "other", month(1, "1"), secondary, other)
    assert counts[REPLACED] == 1, "the newest one, where none is of its payer"


def renumbered(text: str, number: str = "SYN-I-9") -> str:
    """The same claim under another number of the office (CLM01)."""
    return with_change(text, f"CLM*{CLAIM}*", f"CLM*{number}*")


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_replacement_or_void_under_a_new_number_meets_the_claim_of_its_days(
    tmp_path: Path, frequency: str
) -> None:
    taker = renumbered(charged(month(2, frequency, made="20240501")))
    found, counts = audited(tmp_path, taker, month(1, "1"), month(3, "1", "20240401"))
    assert [name.split(".")[:2] for name in found] == [[CLAIM, "3"], ["SYN-I-9", "2"]][
        : 2 - (frequency == "8")
    ]
    assert counts[REPLACED] == 1


def test_of_two_claims_of_its_days_the_one_with_more_of_its_lines_is_replaced(tmp_path: Path) -> None:
    split = renumbered(charged(month(2, "1", made="20240402")), "SYN-I-2")
    taker = renumbered(charged(month(3, "7", made="20240501")))
    found, counts = audited(tmp_path, month(1, "1"), split, taker)
    assert [name.split(".")[0] for name in found] == [CLAIM, "SYN-I-9"]
    assert counts[REPLACED] == 1


def test_where_two_claims_could_be_meant_by_a_replacement_none_is_set_aside(tmp_path: Path) -> None:
    split = renumbered(month(2, "1", made="20240402"), "SYN-I-2")
    found, counts = audited(
        tmp_path, month(1, "1"), split, renumbered(charged(month(3, "7", made="20240501")))
    )
    assert [name.split(".")[0] for name in found] == [CLAIM, "SYN-I-2", "SYN-I-9"]
    assert REPLACED not in counts


def one_day_more(text: str) -> str:
    """The statement ends a day later."""
    return with_change(text, "20240304-20240308", "20240304-20240309")


def test_a_replacement_under_a_new_number_may_add_or_drop_a_day(tmp_path: Path) -> None:
    taker = renumbered(charged(month(2, "7", made="20240501")))
    found, counts = audited(tmp_path, one_day_more(month(1, "1")), taker)
    assert [name.split(".")[0] for name in found] == ["SYN-I-9"]
    assert counts[REPLACED] == 1
    (tmp_path / "other").mkdir()
    wider = renumbered(one_day_more(month(4, "1", made="20240402")), "SYN-I-4")
    found, _ = audited(tmp_path / "other", month(1, "1"), wider, taker)
    assert [name.split(".")[0] for name in found] == ["SYN-I-4", "SYN-I-9"], (
        "one of just its days goes before"
    )


@pytest.mark.parametrize(
    "claim",
    [
        month(1, "1", made="20240601"),
        re.sub(r"SBR\*P", "SBR*S", month(1, "1")),
        re.sub(r"SBR\*P", "SBR*S", one_day_more(month(1, "1"))),
        one_day_more(month(1, "1", made="20240601")),
        one_day_more(month(1, "1")).replace("HC:77386", "HC:77385"),
    ],
    ids=[
        *("sent later", "another payer's", "another payer's, of other days", "of other days, sent later"),
        "of other days, other codes",
    ],
)
def test_a_replacement_under_a_new_number_leaves_other_claims_alone(tmp_path: Path, claim: str) -> None:
    taker = renumbered(charged(month(2, "7", made="20240501")))
    found, counts = audited(tmp_path, claim, taker)
    assert [name.split(".")[0] for name in found] == [CLAIM, "SYN-I-9"]
    assert REPLACED not in counts


def test_a_replacement_under_a_new_number_leaves_a_claim_of_other_codes_alone(tmp_path: Path) -> None:
    other = month(1, "1").replace("HC:77386", "HC:77385").replace("HC:77387", "HC:G6002")
    _, counts = audited(tmp_path, other, renumbered(month(2, "7", made="20240501")))
    assert REPLACED not in counts


def test_each_replacement_under_a_new_number_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    files = [
        month(1, "1"),
        renumbered(month(2, "7", made="20240501"), "SYN-I-2"),
        renumbered(month(3, "7", made="20240601"), "SYN-I-3"),
    ]
    found, counts = audited(tmp_path, *files)
    assert [name.split(".")[0] for name in found] == ["SYN-I-3"]
    assert counts[REPLACED] == 2


def together(*files: str) -> str:
    """The claims of files of one interchange in one file, a transaction set each."""
    parts = []
    for number, text in enumerate(files, start=1):
        body = text[text.index("ST*") : text.index("GE*")]
        for name in ("ST", "SE"):
            body = re.sub(rf"({name}\*[0-9]+\*)0001", rf"\g<1>{number:04}", body)
        parts.append(body)
    head, tail = files[0][: files[0].index("ST*")], files[0][files[0].index("GE*") :]
    return head + "".join(parts) + tail.replace("GE*1*", f"GE*{len(files)}*")


def test_within_a_file_the_number_is_looked_for_among_the_same_days(tmp_path: Path) -> None:
    """March, April, and March again in one file: it replaces March."""
    found, counts = audited(tmp_path, together(month(1, "1"), month(1, "1", "20240401"), month(1, "7")))
    assert [name.split(".")[2] for name in found] == ["2", "3"]
    assert counts[REPLACED] == 1


@pytest.mark.parametrize("made", ["20240501", "20240401"])
def test_a_void_in_a_later_file_takes_back_what_replaced_the_claim_in_its_own(
    tmp_path: Path, made: str
) -> None:
    first = together(month(9, "1"), month(9, "7"))
    found, counts = audited(tmp_path, first, month(10, "8", made=made))
    assert found == []
    assert counts[REPLACED] == 2


def test_of_files_made_on_one_day_the_one_with_the_higher_number_is_newer(tmp_path: Path) -> None:
    found, counts = audited(tmp_path, month(10, "7"), month(8, "1"), month(9, "7"))
    assert [name.split(".")[1] for name in found] == ["10"]
    assert counts[REPLACED] == 2


def alike(text: str) -> str:
    """The same file from an office that gives every interchange the number 1."""
    number = re.search(r"\*00501\*(\d{9})\*", text)
    assert number
    return (
        text.replace(number[1], f"{1:09}")
        .replace(f"*{int(number[1])}*X", "*1*X")
        .replace(f"GE*1*{int(number[1])}~", "GE*1*1~")
    )


@pytest.mark.parametrize("made", ["20240501", "20240401"])
@pytest.mark.parametrize("frequency", ["7", "8"])
def test_files_that_all_bear_one_number_hold_different_claims(
    tmp_path: Path, frequency: str, made: str
) -> None:
    files = [alike(month(2, frequency, made=made)), alike(month(1, "1"))]
    found, counts = audited(tmp_path, *files)
    assert len(found) == (frequency == "7")
    assert counts[REPLACED] == 1


def test_months_of_one_account_in_files_that_bear_one_number_are_all_judged(tmp_path: Path) -> None:
    files = [alike(month(1, "1")), alike(month(2, "1", "20240401", "20240501"))]
    found, counts = audited(tmp_path, *files)
    assert len(found) == 2
    assert counts["set-aside"] == 0


def test_of_files_made_on_one_day_the_one_made_later_is_newer_whatever_its_number(tmp_path: Path) -> None:
    later = month(2, "7").replace("*20240401*1200*CH", "*20240401*1530*CH")
    assert later != month(2, "7")
    found, counts = audited(tmp_path, later, month(1, "1"), month(9, "7"))
    assert [name.split(".")[1] for name in found] == ["2"]
    assert counts[REPLACED] == 2


def test_a_hospital_does_not_replace_the_physicians_claim_of_the_same_number(tmp_path: Path) -> None:
    """Both bill the account, and both stand in one file."""
    physician = month(1, "1").replace("005010X223A2", "005010X222A1").replace("13:A:1", "22:B:1")
    physician = re.sub(r"SV2\*0333\*(HC:77386)\*2100\*UN\*1", r"SV1*HC:77387*150*UN*1***1", physician)
    physician = re.sub(r"LX\*[24]~\nSV2.*\n(DTP\*472.*\n)?", "", physician).replace("SE*29*", "SE*24*")
    physician = re.sub(r"LX\*3~\nSV1.*\n", "", physician).replace("SE*24*", "SE*22*")
    found, counts = audited(tmp_path, physician + month(2, "7"))
    assert [name.split(".")[1] for name in found] == ["1", "2"]
    assert REPLACED not in counts


def test_letters_stand_in_the_order_of_their_files(tmp_path: Path) -> None:
    """Line 9 before line 10, and segment 9 before segment 10."""
    export = tmp_path / "export"
    export.mkdir()
    rows = [{**ROW, "claim_id": f"SYN-{n}", "charge": "x"} for n in range(2, 14)]
    (export / "a.csv").write_text(table(rows))
    claims = "".join(re.findall(r"CLM\*SYN-P-4.*?(?=CLM)", PROFESSIONAL, re.DOTALL))
    assert claims
    (export / "b.837").write_text(PROFESSIONAL.replace(claims, claims * 12))
    places = [(line.file, line.place) for line in run(export, tmp_path / "out").bad]
    assert [place for file, place in places if file == "a.csv"] == [f"line {n}" for n in range(2, 14)]
    segments = [int(place.rpartition(" ")[2]) for file, place in places if file == "b.837"]
    assert len(segments) == 13
    assert segments == sorted(segments)
