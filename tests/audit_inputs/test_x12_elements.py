"""X12 837: who rendered or referred, what counts as units, and what other payers' loops do not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.audit_inputs.support import read
from tests.audit_inputs.test_x12 import INSTITUTIONAL, PROFESSIONAL, contained, with_change

ONCOLOGIST, OTHER, THIRD = "1558444216", "1346554323", "1234567893"


def team(claim: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (each["provider"]["identifier"]["value"], each["role"]["coding"][0]["code"])
        for each in claim.get("careTeam", ())
    ]


def test_a_line_may_name_who_rendered_it(tmp_path: Path) -> None:
    second_line = "DTP*472*D8*20240305~\n"
    text = with_change(PROFESSIONAL, second_line, f"{second_line}NM1*82*1*SYNTHETIC*OTHER****XX*{OTHER}~\n")
    claims, _ = read(tmp_path / "p.837", text)
    assert team(claims[0]) == [(ONCOLOGIST, "primary"), (OTHER, "primary")]
    assert [item["careTeamSequence"] for item in claims[0]["item"]] == [[1], [2]]


@pytest.mark.parametrize("role", ["DN", "DK"])
def test_the_first_who_referred_is_named(tmp_path: Path, role: str) -> None:
    at = "NM1*82*1*SYNTHETIC*ONCOLOGIST"
    named = "".join(f"NM1*{role}*1*SYNTHETIC*REFERRER****XX*{npi}~\n" for npi in (OTHER, THIRD))
    claims, _ = read(tmp_path / "p.837", with_change(PROFESSIONAL, at, named + at))
    assert team(claims[0]) == [(ONCOLOGIST, "primary"), (OTHER, "referring")]


@pytest.mark.parametrize("pointer", ["0", "13", "A", "1:x"])
def test_a_pointer_to_no_diagnosis_costs_its_claim(tmp_path: Path, pointer: str) -> None:
    text = with_change(PROFESSIONAL, "SV1*HC:77387*185*UN*1***1~", f"SV1*HC:77387*185*UN*1***{pointer}~")
    claims, letters = read(tmp_path / "p.837", text)
    assert (len(claims), letters[0].place, letters[0].where) == (3, "claim 1, segment 28", "SV107")


def test_who_rendered_in_the_eyes_of_another_payer_did_not_render_the_claim(tmp_path: Path) -> None:
    payer = "NM1*PR*2*SYNTHETIC MEDICAID*****PI*SYN77~\n"
    text = with_change(PROFESSIONAL, payer, f"{payer}NM1*82*1*SYNTHETIC*OTHER****XX*{OTHER}~\n")
    claims, _ = read(tmp_path / "p.837", text)
    assert team(claims[1]) == []


@pytest.mark.parametrize(
    ("written", "units"),
    [("UN*2", 2), ("*2", 2), ("UN*0", None), ("MJ*15", None), ("DA*3", None), ("UN*", None)],
    ids=["units", "no unit named", "none", "minutes", "days", "no number"],
)
def test_only_units_are_units(tmp_path: Path, written: str, units: int | None) -> None:
    text = with_change(PROFESSIONAL, "SV1*HC:77387*185*UN*1*", f"SV1*HC:77387*185*{written}*")
    claims, letters = read(tmp_path / "p.837", text)
    assert claims[0]["item"][0].get("quantity", {}).get("value") == units
    assert len(letters) == 1, "the one of the sample"


def test_units_of_a_hospital_line_are_read(tmp_path: Path) -> None:
    text = with_change(INSTITUTIONAL, "SV2*0333*HC:77386*2100*UN*1", "SV2*0333*HC:77386*2100*UN*3")
    (claim,), _ = read(tmp_path / "i.837", text)
    assert (claim["item"][0]["quantity"], claim["item"][0]["net"]["value"]) == ({"value": 3}, 2100)


@pytest.mark.parametrize("number", ["24*1234567893", "XX*123456789", "SV*1234567893"])
def test_a_number_of_another_kind_is_no_npi(tmp_path: Path, number: str) -> None:
    claims, _ = read(tmp_path / "p.837", with_change(PROFESSIONAL, "XX*1234567893", number))
    assert "identifier" not in contained(claims[0], "Organization", "biller")


def test_a_void_that_says_no_days_keeps_its_total(tmp_path: Path) -> None:
    last = "CLM*SYN-P-3*120*"
    void = "CLM*SYN-P-3*240***11:B:8*Y*A*Y*Y~\nHI*ABK:C50911~\nLX*1~\nSV1*HC:77014*240*UN*1***1~\n"
    claims, _ = read(tmp_path / "p.837", with_change(PROFESSIONAL, last, void + last))
    voided = claims[3]
    assert voided["related"][0]["claim"] == {"identifier": claims[2]["identifier"][0]}
    assert "extension" not in voided, "a line without a day cannot be compared"
    assert voided["total"]["value"] == 240


@pytest.mark.parametrize("total", ["", "x"], ids=["none", "no number"])
def test_a_void_without_a_total_is_read(tmp_path: Path, total: str) -> None:
    text = with_change(INSTITUTIONAL, "CLM*SYN-I-1*4820***13:A:1", f"CLM*SYN-I-1*{total}***13:A:8")
    (claim,), letters = read(tmp_path / "i.837", text)
    assert letters == []
    assert "total" not in claim


@pytest.mark.parametrize(
    ("place", "bill"),
    [("13:A:1", "0131"), ("13:B:1", None), ("131:A:1", None), ("13:A:", None)],
    ids=["type of bill", "place of service", "too long", "no frequency"],
)
def test_only_a_type_of_bill_is_one(tmp_path: Path, place: str, bill: str | None) -> None:
    claims, _ = read(tmp_path / "i.837", with_change(INSTITUTIONAL, "13:A:1", place))
    found = claims[0].get("subType")
    assert (found and found["coding"][0]["code"]) == bill


@pytest.mark.parametrize(
    "place", ["222", "2B", "٢٢"], ids=["too long", "a letter", "digits of another script"]
)
def test_a_place_of_service_is_two_plain_digits(tmp_path: Path, place: str) -> None:
    claims, letters = read(tmp_path / "p.837", with_change(PROFESSIONAL, "22:B:1", f"{place}:B:1"))
    assert len(claims) == 3
    assert letters[0].where == "CLM05"
    at = "SV1*HC:77387*185*UN*1**"
    claims, letters = read(tmp_path / "l.837", with_change(PROFESSIONAL, at, f"{at[:-1]}{place}*"))
    assert (len(claims), letters[0].where) == (3, "SV105")


@pytest.mark.parametrize(
    ("claim", "old", "new"),
    [
        (0, "DMG*D8*19550615", "DMG*D8*19550616"),
        (0, "*SYNMEMBER1~", "*SYNMEMBER8~"),
        (1, "*GAMMA~", "*OMEGA~"),
        (1, "DMG*D8*20090101", "DMG*D8*20090102"),
        (1, "*SYNMEMBER2~", "*SYNMEMBER8~"),
    ],
)
def test_member_number_birthday_and_a_dependents_given_name_tell_patients_apart(
    tmp_path: Path, claim: int, old: str, new: str
) -> None:
    before, _ = read(tmp_path / "a.837", PROFESSIONAL)
    after, _ = read(tmp_path / "b.837", with_change(PROFESSIONAL, old, new))
    same = [one["patient"] == other["patient"] for one, other in zip(before, after, strict=True)]
    assert same == [number != claim for number in range(4)]


def test_a_subscriber_is_one_patient_however_called(tmp_path: Path) -> None:
    before, _ = read(tmp_path / "a.837", PROFESSIONAL)
    after, _ = read(tmp_path / "b.837", with_change(PROFESSIONAL, "*ALPHA*", "*OMEGA*"))
    assert [claim["patient"] for claim in after] == [claim["patient"] for claim in before]


@pytest.mark.parametrize("other", ["DTP*435*D8*20240229~\n", "DTP*096*TM*1200~\n"])
def test_days_of_admission_and_hours_of_discharge_are_no_days_of_service(tmp_path: Path, other: str) -> None:
    plain, _ = read(tmp_path / "a.837", INSTITUTIONAL)
    at = "CL1*3*1*01~\n"
    text = with_change(INSTITUTIONAL, at, other + at).replace("SE*29*", "SE*30*")
    assert read(tmp_path / "b.837", text) == (plain, [])


def test_only_an_institutional_line_has_a_revenue_code_and_only_a_professional_one_a_place(
    tmp_path: Path,
) -> None:
    (hospital,), _ = read(tmp_path / "i.837", INSTITUTIONAL)
    assert [item["revenue"]["coding"][0]["code"] for item in hospital["item"]] == [*["0333"] * 3, "0250"]
    assert not any("locationCodeableConcept" in item for item in hospital["item"])
    physicians, _ = read(tmp_path / "p.837", PROFESSIONAL)
    assert not any("revenue" in item for claim in physicians for item in claim["item"])


def test_who_bills_is_named_with_the_state_of_the_practice(tmp_path: Path) -> None:
    pay_to = "NM1*87*2~\nN3*9 SYNTHETIC STREET~\nN4*OTHERVILLE*GA*300000000~\n"
    at = "HL*2*1*22*0~\n"
    claims, _ = read(tmp_path / "p.837", with_change(PROFESSIONAL, at, pay_to + at))
    biller = contained(claims[0], "Organization", "biller")
    assert biller["name"] == "SYNTHETIC RADIATION ONCOLOGY GROUP"
    assert biller["address"] == [{"state": "FL"}]


def test_a_person_who_bills_is_not_named(tmp_path: Path) -> None:
    group = "NM1*85*2*SYNTHETIC RADIATION ONCOLOGY GROUP*"
    claims, _ = read(tmp_path / "p.837", with_change(PROFESSIONAL, group, "NM1*85*1*SYNTHETICPERSON*PAT"))
    biller = contained(claims[0], "Organization", "biller")
    assert "name" not in biller
    assert "SYNTHETICPERSON" not in str(claims[0])


@pytest.mark.parametrize(("old", "new"), [("GE*2*", "GE*3*"), ("IEA*1*", "IEA*2*")])
def test_a_wrong_count_of_sets_or_groups_is_told(tmp_path: Path, old: str, new: str) -> None:
    claims, letters = read(tmp_path / "p.837", with_change(PROFESSIONAL, old, new))
    assert len(claims) == 4
    assert letters[-1].where == old[: old.index("*")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DTP*472*RD8*20240306-20240308", "DTP*472*RD8*2024"),
        ("ST*837*0001*005010X222A1", "ST*837*0001*005010X224A2"),
    ],
    ids=["a faulty last claim", "a set that is not ours"],
)
def test_what_was_left_out_before_it_does_not_cost_a_set_its_day(tmp_path: Path, old: str, new: str) -> None:
    claims, _ = read(tmp_path / "p.837", with_change(PROFESSIONAL, old, new))
    assert [claim["created"] for claim in claims[-2:]] == ["2024-04-01", "2024-04-01"]


def test_group_and_plan_are_those_of_the_subscriber(tmp_path: Path) -> None:
    text = with_change(PROFESSIONAL, "SBR*P*18**BLUEOPTIONS*", "SBR*P*18*GROUP-7*BLUEOPTIONS*")
    claims, _ = read(tmp_path / "p.837", text)
    classes = contained(claims[0], "Coverage", "coverage")["class"]
    assert {each["type"]["coding"][0]["code"]: each["value"] for each in classes} == {
        "group": "GROUP-7",
        "plan": "BLUEOPTIONS",
    }
    assert "class" not in contained(claims[1], "Coverage", "coverage")


def test_a_payer_is_not_taken_over_from_the_subscriber_before(tmp_path: Path) -> None:
    own = "SBR*S********CI~\n"
    text = with_change(PROFESSIONAL, own, "").replace("NM1*PR*2*SYNTHETIC MUTUAL*****PI*SYN99~\n", "")
    claims, _ = read(tmp_path / "p.837", text)
    assert claims[1]["id"].startswith("SYN-P-2.905.1.2.")
    assert "FLORIDA BLUE" not in str(claims[1])
    assert "BLUEOPTIONS" not in str(claims[1])


def test_a_claim_of_nobody_is_told(tmp_path: Path) -> None:
    text = with_change(PROFESSIONAL, "NM1*IL*1*SYNTHETIC*ALPHA****MI*SYNMEMBER1~\n", "")
    claims, letters = read(tmp_path / "p.837", text)
    assert len(claims) == 3
    assert "no subscriber" in letters[0].what
