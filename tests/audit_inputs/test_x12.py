"""X12 837 professional and institutional: what is read from where, and what a fault costs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.audit.records import Record
from cds_service.audit_inputs import records
from cds_service.request.strict import require_valid
from tests.audit_inputs.support import judged, read, sorted_out, whole
from tests.conftest import ROOT

SAMPLES = ROOT / "fhir_fixtures" / "billing"
PROFESSIONAL = (SAMPLES / "synthetic-professional.837").read_text("ascii")
INSTITUTIONAL = (SAMPLES / "synthetic-institutional.837").read_text("ascii")


def with_change(text: str, old: str, new: str, count: int = 1) -> str:
    assert text.count(old) >= 1, f"the sample lacks {old}"
    return text.replace(old, new, count)


def contained(claim: dict[str, Any], kind: str, ident: str) -> dict[str, Any]:
    return next(e for e in claim["contained"] if (e["resourceType"], e["id"]) == (kind, ident))


def test_professional_claim_is_read(tmp_path: Path) -> None:
    claims, letters = read(tmp_path / "p.837", PROFESSIONAL)
    assert [claim["id"] for claim in claims] == [
        "SYN-P-1.905.1.1.e2fb6f",
        "SYN-P-2.905.1.2.e2fb6f",
        "SYN-P-3.905.2.1.e6bcf9",
        "SYN-P-3.905.2.3.85f97f",
    ]
    assert [letter.place for letter in letters] == ["claim 4, segment 72"]
    first = claims[0]
    assert first["type"]["coding"][0]["code"] == "professional"
    assert first["identifier"][0]["value"] == "SYN-P-1"
    payer = contained(first, "Organization", "payer")
    assert (payer["name"], payer["identifier"][0]["value"]) == ("FLORIDA BLUE", "BCBSF")
    coverage = contained(first, "Coverage", "coverage")
    assert coverage["order"] == 1
    assert coverage["class"][0]["value"] == "BLUEOPTIONS"
    assert "type" not in coverage, "BL says nothing of the line of business"
    assert contained(first, "Organization", "biller")["identifier"][0]["value"] == "1234567893"
    assert contained(first, "Location", "site") == {
        "resourceType": "Location",
        "id": "site",
        "name": "SYNTHETIC HOSPITAL",
        "address": {"state": "FL"},
    }
    assert [item.get("modifier") is not None for item in first["item"]] == [False, True]
    assert [item["diagnosisSequence"] for item in first["item"]] == [[1], [1, 2]]
    assert {item["locationCodeableConcept"]["coding"][0]["code"] for item in first["item"]} == {"22"}
    assert first["careTeam"][0]["provider"]["identifier"]["value"] == "1558444216"
    assert first["total"]["value"] == 370
    assert [f.rules for f in judged(first) if f.severity.name == "warning"] == [("AST-13",)]


def test_other_payers_and_their_decisions_do_not_replace_the_claims_own(tmp_path: Path) -> None:
    claims, _ = read(tmp_path / "p.837", PROFESSIONAL)
    second = claims[1]
    assert contained(second, "Organization", "payer")["name"] == "SYNTHETIC MUTUAL"
    coverage = contained(second, "Coverage", "coverage")
    assert (coverage["order"], coverage["type"]["coding"][0]["code"]) == (2, "commercial")
    (item,) = second["item"]
    assert item["servicedPeriod"] == {"start": "2024-03-06", "end": "2024-03-08"}


def test_institutional_claim_is_read(tmp_path: Path) -> None:
    (claim,), letters = read(tmp_path / "i.837", INSTITUTIONAL)
    assert letters == []
    assert claim["type"]["coding"][0]["code"] == "institutional"
    assert claim["subType"]["coding"][0]["code"] == "0131"
    assert claim["billablePeriod"] == {"start": "2024-03-04", "end": "2024-03-08"}
    assert [item.get("servicedDate") for item in claim["item"]] == ["2024-03-04", "2024-03-04", None, None]
    # A line without a date is some day of the statement's: never simply its first.
    assert claim["item"][2]["servicedPeriod"] == {"start": "2024-03-04", "end": "2024-03-08"}
    assert "coding" not in claim["item"][3]["productOrService"]
    assert "careTeam" not in claim, "the attending physician need not have rendered anything"
    assert [d["diagnosisCodeableConcept"]["coding"][0]["code"] for d in claim["diagnosis"]] == ["C61"]
    bundled = [f for f in judged(claim) if f.kind == "bundling"]
    assert [(f.severity.name, f.rules) for f in bundled] == [("critical", ("AST-15", "AST-16"))]


def test_claims_are_valid_fhir() -> None:
    for name in ("synthetic-professional.837", "synthetic-institutional.837"):
        for record in records(SAMPLES / name):
            if isinstance(record, Record):
                require_valid(record.data)


def test_one_patient_of_two_files_is_one(tmp_path: Path) -> None:
    professional, _ = read(tmp_path / "p.837", PROFESSIONAL)
    institutional, _ = read(tmp_path / "i.837", INSTITUTIONAL)
    assert institutional[0]["patient"] == professional[2]["patient"]
    patients = [claim["patient"]["reference"] for claim in professional]
    assert len(set(patients)) == 3, "a dependent is not the subscriber"
    assert not any("SYNMEMBER" in reference for reference in patients)


def test_a_replacement_names_the_number_of_the_claim_whose_place_it_takes(tmp_path: Path) -> None:
    claims, _ = read(tmp_path / "p.837", PROFESSIONAL)
    assert claims[3]["related"][0]["claim"] == {"identifier": claims[2]["identifier"][0]}
    assert "related" not in claims[2]


def test_a_void_bills_nothing(tmp_path: Path) -> None:
    known, _ = read(tmp_path / "a.837", with_change(PROFESSIONAL, "11:B:7", "11:B:8"))
    assert "item" not in known[3]
    assert known[3]["related"]
    assert known[3]["total"]["value"] == 120, "CLM02"
    assert known[3]["billablePeriod"] == known[2]["billablePeriod"], "the days tell which claim it is for"
    alone = with_change(INSTITUTIONAL, "13:A:1", "13:A:8")
    (claim,), _ = read(tmp_path / "b.837", alone)
    assert "item" not in claim
    number = {"identifier": claim["identifier"][0]}
    assert claim["related"][0]["claim"] == number
    (original,), _ = read(tmp_path / "c.837", INSTITUTIONAL)
    kept = [json.loads(each["valueString"]) for each in claim["extension"]]
    compared = ("productOrService", "modifier", "servicedDate", "servicedPeriod", "quantity", "net")
    assert [[line.get(name) for name in compared] for line in kept] == [
        [line.get(name) for name in compared] for line in original["item"]
    ], "the lines that it takes back"
    assert claim["billablePeriod"] == {"start": "2024-03-04", "end": "2024-03-08"}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("DTP*472*D8*20240304", "DTP*472*D8*20240230", "DTP03"),
        ("DTP*472*D8*20240304", "DTP*472*D9*20240304", "DTP02"),
        ("DTP*472*D8*20240304", "DTP*472*RD8*20240304-20240301", "DTP03"),
        ("SV1*HC:77387*185*UN*1***1", "SV1*HC:7738*185*UN*1***1", "SV101"),
        ("SV1*HC:77387*185*UN*1***1", "SV1*HC:77387:2*185*UN*1***1", "SV101"),
        ("SV1*HC:77387*185*UN*1***1", "SV1*HC:77387*x*UN*1***1", "SV102"),
        ("SV1*HC:77387*185*UN*1***1", "SV1*HC:77387*185*UN*-1***1", "SV104"),
        ("SV1*HC:77387*185*UN*1***1", "SV1*HC:77387*185*UN*1***3", "LX"),
        ("SV1*HC:77387*185*UN*1***1", "SV1*HC:77387*185*UN*1*AB**1", "SV105"),
        ("LX*2", "LX*1", "LX01"),
        ("LX*2", "LX*", "LX"),
        ("LX*2", "LX*0", "LX01"),
        ("ABK:C61", "ABK:PROSTATE", "HI01"),
        ("22:B:1", "2B:B:1", "CLM05"),
        ("DTP*472*D8*20240304~\n", "", "LX"),
        ("CLM*SYN-P-1*", "CLM**", "CLM01"),
    ],
)
def test_a_faulty_segment_costs_its_claim_alone(tmp_path: Path, old: str, new: str, where: str) -> None:
    good, _ = read(tmp_path / "g.837", PROFESSIONAL)
    claims, letters = read(tmp_path / "f.837", with_change(PROFESSIONAL, old, new))
    letter = letters[0]
    assert [claim["id"] for claim in claims] == [claim["id"] for claim in good[1:]]
    assert claims == good[1:]
    assert letter.where == where
    assert re.fullmatch(r"claim 1, segment [0-9]+", letter.place)
    assert letter.remedy
    assert not re.search(r"SYNMEMBER|ALPHA|PROSTATE|20240230", whole(letter))


def test_a_parent_that_is_not_there_costs_the_claims_below_it(tmp_path: Path) -> None:
    claims, letters = read(tmp_path / "h.837", with_change(PROFESSIONAL, "HL*4*3*23*0", "HL*4*9*23*0"))
    assert len(claims) == 3
    assert (letters[0].place[:7], letters[0].where) == ("claim 2", "HL02")


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("HL*2*1*22*0", "HL*2*9*22*0", 1),
        ("HL*3*1*22*1", "HL*3*2*22*1", 1),
        ("HL*3*1*22*1", "HL*3*9*22*1", 1),
        ("HL*4*3*23*0", "HL*4*2*23*0", 1),
        ("HL*4*3*23*0", "HL*4**23*0", 0),
        ("HL*4*3*23*0", "HL*04*03*23*0", 0),
    ],
)
def test_a_level_stands_under_the_parent_that_it_names(tmp_path: Path, old: str, new: str, lost: int) -> None:
    good, planted = read(tmp_path / "g.837", PROFESSIONAL)
    claims, letters = read(tmp_path / "h.837", with_change(PROFESSIONAL, old, new))
    assert len(good) - len(claims) == lost
    assert [letter.where for letter in letters if letter not in planted] == ["HL02"] * lost


def test_who_bills_ends_the_subscribers_before(tmp_path: Path) -> None:
    text = with_change(PROFESSIONAL, "HL*3*1*22*1", "HL*3**20*1").replace("HL*4*3*23*0", "HL*4*2*23*0")
    _, letters = read(tmp_path / "h.837", text)
    assert letters[0].where == "HL02"


def test_a_fault_of_a_patient_costs_his_claims_and_one_of_the_subscriber_those_of_all(tmp_path: Path) -> None:
    patient = PROFESSIONAL[PROFESSIONAL.index("HL*4*3*23*0") : PROFESSIONAL.index("SE*51*0001")]
    brother = patient.replace("HL*4*", "HL*5*").replace("GAMMA", "DELTA").replace("SYN-P-2", "SYN-P-9")
    both = PROFESSIONAL.replace("SE*51*0001", f"{brother}SE*67*0001")
    good, _ = read(tmp_path / "g.837", both)
    assert len(good) == 5

    def lost(at: str) -> tuple[int, list[str]]:
        claims, letters = read(tmp_path / "b.837", both.replace(at, f"{at}Z*1~\n", 1))
        told = [letter.place.split(",")[0] for letter in letters if "no segment" in letter.what]
        return len(good) - len(claims), told

    assert lost("NM1*QC*1*SYNTHETIC*GAMMA~\n") == (1, ["claim 2"])
    assert lost("NM1*QC*1*SYNTHETIC*DELTA~\n") == (1, ["claim 3"])
    assert lost("NM1*IL*1*SYNTHETIC*BETA****MI*SYNMEMBER2~\n") == (2, ["claim 2", "claim 3"])
    assert lost("HL*1**20*1~\n") == (0, [])


def test_levels_end_with_their_transaction_set(tmp_path: Path) -> None:
    first, second = PROFESSIONAL.split("ST*837*0002")
    good, _ = read(tmp_path / "g.837", PROFESSIONAL)
    text = first + "ST*837*0002" + second.replace("HL*1**20*1~\n", "")
    claims, letters = read(tmp_path / "h.837", text)
    assert (len(good), len(claims)) == (4, 2)
    assert {letter.where for letter in letters} >= {"HL02"}


def test_levels_may_keep_the_numbers_of_a_set_that_was_divided(tmp_path: Path) -> None:
    plain = read(tmp_path / "a.837", PROFESSIONAL)
    text = PROFESSIONAL
    for number in range(9, 0, -1):
        text = re.sub(rf"(?m)^HL\*{number}\*", f"HL*{number + 62}*", text)
        text = re.sub(rf"(?m)^(HL\*[0-9]+)\*{number}\*", rf"\1*{number + 62}*", text)
    assert "HL*63**20*1" in text
    assert read(tmp_path / "b.837", text) == plain


def test_a_set_that_does_not_name_its_guide_is_of_the_one_that_its_group_names(tmp_path: Path) -> None:
    for text in (PROFESSIONAL, INSTITUTIONAL):
        unnamed = re.sub(r"(?m)^(ST\*837\*[0-9]+)\*[0-9A-Z]+~", r"\1~", text)
        assert unnamed != text
        assert read(tmp_path / "b.837", unnamed) == read(tmp_path / "a.837", text)
        assert read(tmp_path / "d.837", text.replace("*X*005010X22", "*X*005010X99")) == read(
            tmp_path / "a.837", text
        )
        another = unnamed.replace("*005010X22", "*004010X09")
        assert [each.where for each in read(tmp_path / "c.837", another)[1]] == ["ST"] * text.count("ST*837*")


def test_each_group_names_the_guide_of_its_sets(tmp_path: Path) -> None:
    both = PROFESSIONAL + INSTITUTIONAL
    unnamed = re.sub(r"(?m)^(ST\*837\*[0-9]+)\*[0-9A-Z]+~", r"\1~", both)
    assert read(tmp_path / "b.837", unnamed) == read(tmp_path / "a.837", both)


def test_a_wrong_count_is_told_and_costs_nothing(tmp_path: Path) -> None:
    claims, letters = read(tmp_path / "s.837", with_change(INSTITUTIONAL, "SE*29*", "SE*30*"))
    assert len(claims) == 1
    assert [letter.where for letter in letters] == ["SE"]


def test_a_file_that_breaks_off_gives_up_its_last_claim(tmp_path: Path) -> None:
    cut = PROFESSIONAL[: PROFESSIONAL.index("DTP*472*D8*20240305")]
    claims, letters = read(tmp_path / "c.837", cut)
    assert claims == []
    assert any("not whole" in letter.what for letter in letters)
    cut = PROFESSIONAL[: PROFESSIONAL.index("SV1*HC:G6015") + 6]
    claims, letters = read(tmp_path / "d.837", cut)
    assert [claim["id"] for claim in claims] == ["SYN-P-1.905.1.1.e2fb6f"]
    assert [letter.place.split(",")[0] for letter in letters] == ["claim 2", "segment 49"]
    assert "breaks off" in letters[-1].what


def test_an_empty_segment_that_would_end_the_reading_is_told(tmp_path: Path) -> None:
    text = with_change(PROFESSIONAL, "~\nHL*4*3*23*0", "~\n~\nHL*4*3*23*0")
    claims, letters = read(tmp_path / "e.837", text)
    assert len(claims) == 1
    assert "ends it early" in letters[-1].what


def test_other_delimiters_and_line_ends(tmp_path: Path) -> None:
    plain, _ = read(tmp_path / "a.837", INSTITUTIONAL)
    for text in (
        INSTITUTIONAL.replace("\n", ""),
        INSTITUTIONAL.replace("\n", "\r\n"),
        INSTITUTIONAL.replace("*", "|").replace(":", ">").replace("~", "'"),
        "\ufeff\r\n" + INSTITUTIONAL,
    ):
        assert read(tmp_path / "b.837", text) == (plain, [])


def test_how_a_subscriber_is_called_makes_nobody_another(tmp_path: Path) -> None:
    dated = with_change(INSTITUTIONAL, "NM1*PR*2*MEDICARE", "DMG*D8*19500101*U~\nNM1*PR*2*MEDICARE")
    dated = dated.replace("SE*29*", "SE*30*")
    (one,), _ = read(tmp_path / "a.837", dated)
    (other,), _ = read(tmp_path / "b.837", with_change(dated, "*DELTA*", "*DEL*"))
    assert one["patient"] == other["patient"]


BORN = "DMG*D8*19500101*U~\n"


@pytest.mark.parametrize(
    ("name", "birth", "same"),
    [
        ("SYNTHETIC*DELTA", BORN, True),
        ("SYNTHETIC*EPSILON", BORN, False),
        ("OTHER*DELTA", BORN, False),
        ("SYNTHETIC*DELTA", "", False),
    ],
    ids=["one", "another-first-name", "another-last-name", "names-alone"],
)
def test_without_a_member_number_the_birth_date_alone_is_no_patient(
    tmp_path: Path, name: str, birth: str, same: bool
) -> None:
    def claim_of(file: str, name: str) -> Any:
        text = re.sub(r"NM1\*IL\*1\*SYNTHETIC\*DELTA[^~]*~\n", f"NM1*IL*1*{name}~\n{birth}", INSTITUTIONAL)
        text = text.replace("SE*29*", f"SE*{30 if birth else 29}*").replace("CLM*", f"CLM*{file}")
        (found,), letters = read(tmp_path / f"{file}.837", text)
        assert letters == []
        return found

    assert (claim_of("1", "SYNTHETIC*DELTA")["patient"] == claim_of("2", name)["patient"]) is same


@pytest.mark.parametrize("birth", [BORN, ""], ids=["born", "without-birth-date"])
def test_a_member_number_without_a_birth_date_is_one_with_the_first_name(tmp_path: Path, birth: str) -> None:
    def claim_of(file: str, name: str) -> Any:
        text = with_change(INSTITUTIONAL, "NM1*PR*2*MEDICARE", f"{birth}NM1*PR*2*MEDICARE")
        text = with_change(text, "*DELTA*", f"*{name}*").replace("SE*29*", f"SE*{30 if birth else 29}*")
        (found,), letters = read(tmp_path / f"{file}.837", text)
        assert letters == []
        return found

    assert (claim_of("1", "DELTA")["patient"] == claim_of("2", "EPSILON")["patient"]) is bool(birth)


def test_other_transactions_are_named_and_skipped(tmp_path: Path) -> None:
    claims, letters = read(tmp_path / "t.837", INSTITUTIONAL.replace("005010X223A2", "005010X224A2"))
    assert claims == []
    assert [letter.where for letter in letters] == ["ST"]


def test_an_old_version_is_refused(tmp_path: Path) -> None:
    claims, letters = read(tmp_path / "v.837", INSTITUTIONAL.replace("*00501*", "*00301*"))
    assert claims == []
    assert "00501" in letters[0].what


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_makes_reading_fail_and_none_shows_a_patient(tmp_path: Path, data: st.DataObject) -> None:
    parts = PROFESSIONAL.split("~\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(1, len(parts) - 2))
        how = data.draw(st.sampled_from(["drop", "twice", "swap", "junk", "cut"]))
        if how == "drop":
            parts[at] = ""
        elif how == "twice":
            parts[at] = f"{parts[at]}~\n{parts[at]}"
        elif how == "swap":
            parts[at], parts[at - 1] = (parts[at - 1], parts[at]) if at > 1 else (parts[at], parts[at - 1])
        elif how == "junk":
            parts[at] = parts[at] + data.draw(st.text("*:~^AB1 ", max_size=6))
        else:
            parts[at] = parts[at][: data.draw(st.integers(0, len(parts[at])))]
    path = tmp_path / "x.837"
    path.write_text("~\n".join(part for part in parts if part), encoding="utf-8")
    _, letters = sorted_out(records(path))
    for letter in letters:
        assert not re.search(r"SYNMEMBER|ALPHA|BETA|GAMMA|DELTA", whole(letter))


@pytest.mark.parametrize("first", ["GS*HC*", "ST*837*", "ISA*00*"])
def test_what_begins_within_an_interchange_is_told_so(tmp_path: Path, first: str) -> None:
    text = PROFESSIONAL[PROFESSIONAL.index(first) :].replace("ISA*00*", "ISA*0*")
    claims, (letter,) = read(tmp_path / "g.837", text)
    assert claims == []
    assert "begin with a whole ISA" in letter.what
