"""Headers as billing systems write them: spelt out or short, and what may not be mixed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.audit.records import Record, Tables, Unread
from cds_service.audit_inputs import records
from cds_service.audit_inputs.columns import COLUMNS, read_header
from cds_service.audit_inputs.titles import spelt_out
from tests.audit.running import run
from tests.audit_inputs.support import read

PRACTICE = """\
Encounter ID,Patient ID,Patient Full Name,Service From Date,Service Through Date,Procedure Code,\
Procedure Modifier 1,Procedure Modifier 2,Procedure Units,Total Charges,Encounter Diagnosis ID 1,\
Encounter Diagnosis ID 2,Service Location Place Of Service Code,Service Location State,Rendering Provider NPI,\
Primary Insurance Company Name,Primary Insurance Plan Name
SYN-1,P1,"Synthetic, Alpha",3/4/2025,3/5/2025,G6015,26,59,2,1200.00,C61,Z51.0,11,FL,1234567893,MEDICARE,Part B
"""
CHARTS = """\
Visit Number;Chart Number;DOS From;CPT;Mod 1;Qty;Fee;ICD-10 1;POS;Carrier Name;Facility State
SYN-1;100;03/04/2025;77385;TC;1;$1,200.00;C61;22;Medicare B;FL
"""
CHARGES = """\
"Acct #","MRN","Svc Date","Post Date","Proc Code","Mods","Qty","Amount","Dx Codes","POS","Pri Payer","Claim #"
"9001","77","03/04/2025","03/10/2025","77387","26,59","1","150.00","C61,Z51.0","22 - Outpatient","AETNA","SYN-1"
"""
HOSPITAL = """\
HAR,MRN,Bill Type,Rev Code,HCPCS/CPT,Modifier(s),Service Dt,Units,Charge Amt,Principal Dx,Payor,Hospital State
SYN-1,5,131,0333,77386,,20250304,1,2500,C61,CMS Medicare,FL
"""


@pytest.mark.parametrize(
    ("table", "lacking"),
    [(PRACTICE, "charge"), (CHARTS, ""), (CHARGES, "state"), (HOSPITAL, "place_of_service")],
    ids=["practice", "charts", "charges", "hospital"],
)
def test_exports_of_billing_systems_are_read_as_they_come(tmp_path: Path, table: str, lacking: str) -> None:
    (claim,), letters = read(tmp_path / "t.csv", table)
    assert letters == []
    (item,) = claim["item"]
    assert claim["id"].startswith("SYN-1")
    assert item["productOrService"]["coding"][0]["code"] in ("G6015", "77385", "77387", "77386")
    assert {"servicedDate", "servicedPeriod"} & item.keys()
    assert claim["diagnosis"][0]["diagnosisCodeableConcept"]["coding"][0]["code"] == "C61"
    found = read_header(table.split("\n")[0].split(";" if ";" in table else ",")).places
    wanted = {"payer_name", "units", "charge", "place_of_service", "state"} - {lacking}
    assert wanted <= found.keys()
    assert lacking not in found


@pytest.mark.parametrize(
    ("titles", "columns"),
    [
        (["ServiceDate", "ProcCode"], {"service_date": 0, "code": 1}),
        (["Tx Date", "CPT Mod"], {"service_date": 0, "modifiers": 1}),
        (["Treatment Date", "Procedure Modifier"], {"service_date": 0, "modifiers": 1}),
        (["Treatment Date", "DOS"], {"service_date": 1}),
        (["CPT Mod 1", "CPT Mod 2", "HCPCS Modifiers"], {"modifier_1": 0, "modifier_2": 1, "modifiers": 2}),
        (["CPT Mod", "CPT Mod"], {"modifier_1": 0, "modifier_2": 1}),
        (
            ["CSN", "Patient ID1", "Ext Charge", "Extended Amount"],
            {"claim_id": 0, "patient_id": 1, "charge": 3},
        ),
        (["SVC_DT", "PROC_CD"], {"service_date": 0, "code": 1}),
        (["Pri Payer", "Pri Plan"], {"payer_name": 0, "plan_name": 1}),
        (["Dx1", "Diag 2", "Diagnosis 3 Code", "ICD-10 4"], {f"diagnosis_{n}": n - 1 for n in range(1, 5)}),
        (["Mod1", "Proc Mod 2", "Modifier 3 Cd"], {f"modifier_{n}": n - 1 for n in range(1, 4)}),
        (["Encounter ID", "Claim #"], {"claim_id": 1}),
        (["Chart Number", "MRN"], {"patient_id": 1}),
        (["Fee", "Chg Amt"], {"charge": 1}),
        (["Visit #", "Pt #"], {"claim_id": 0, "patient_id": 1}),
        (["Diag Ptr"], {"diagnosis_pointer": 0}),
        (["PROCCODE", "DATEOFSERVICE"], {"code": 0, "service_date": 1}),
        (["Dx", "Dx"], {"diagnosis_1": 0, "diagnosis_2": 1}),
    ],
)
def test_short_forms_and_what_is_better_known(titles: list[str], columns: dict[str, int]) -> None:
    assert {name: places[0] for name, places in read_header(titles).places.items()} == columns


@pytest.mark.parametrize(
    "title",
    ["Account", "Acct #", "Total Charges", "Post Date", "Date", "Patient Name", "DOB", "Carrier Code", "Member ID",
     "Allowed Amt", "Paid Amt", "Balance", "Payment Date", "Description", "Secondary Payer", "Visit", "1", "", "#"],
)  # fmt: skip
def test_what_may_mean_something_else_is_left_alone(title: str) -> None:
    assert read_header([title]).places == {}


def test_a_number_that_belongs_to_a_word_stays_with_it() -> None:
    assert spelt_out("Dx 1 Cd") == spelt_out("Diagnosis Code 1")
    assert spelt_out("ICD-10 Dx 1") != spelt_out("ICD Dx 101")


def test_each_title_belongs_to_the_column_that_lists_it_first() -> None:
    seen: dict[str, str] = {}
    for column in COLUMNS:
        for title in (column.name, *column.also):
            seen.setdefault(spelt_out(title), column.name)
            (found,) = read_header([title]).places
            assert found in {column.name, seen[spelt_out(title)]} | {
                c.name for c in COLUMNS if title in c.also
            }


def test_a_form_is_taken_where_the_table_does_not_say(tmp_path: Path) -> None:
    def forms(table: str, form: str = "") -> list[str]:
        path = tmp_path / "f.csv"
        path.write_text(table)
        raw = [found.data for found in records(path, Tables(form)) if isinstance(found, Record)]
        return [
            next((w for w in ("professional", "institutional") if f'"{w}"'.encode() in r), "") for r in raw
        ]

    assert forms(CHARTS) == [""]
    assert forms(CHARTS, "professional") == ["professional"]
    told = CHARTS.replace("Facility State\n", "Claim Form\n").replace(";FL\n", ";UB-04\n")
    assert forms(told, "professional") == ["institutional"]
    assert forms(HOSPITAL, "professional") == ["institutional"]
    without_bill = HOSPITAL.replace("Bill Type,", "").replace(",131,", ",")
    assert forms(without_bill, "professional") == ["institutional"]


def test_columns_that_nothing_reads_are_told(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PRACTICE)
    (unread,) = [found for found in records(tmp_path / "p.csv") if isinstance(found, Unread)]
    assert unread.titles == ("Patient Full Name", "Total Charges")
    (tmp_path / "n.csv").write_text(CHARTS)
    assert not [found for found in records(tmp_path / "n.csv") if isinstance(found, Unread)]


def test_of_very_many_such_columns_and_of_long_titles_a_part_is_kept(tmp_path: Path) -> None:
    header, row = CHARTS.split("\n")[:2]
    many = [f"Free {n} {'x' * 100}" for n in range(300)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in/m.csv").write_text(f"{header};{';'.join(many)}\n{row};{';'.join('1' for _ in many)}\n")
    (read,) = run(tmp_path / "in", tmp_path / "out").inputs
    assert (len(read.unread), max(map(len, read.unread))) == (200, 80)


def test_a_total_is_no_line(tmp_path: Path) -> None:
    """A row without patient, day and code; one that has any of them is a line of which something is missing."""
    total = "Total;;;;;4;$4,800.00;;;;\n"
    claims, letters = read(tmp_path / "t.csv", CHARTS + total)
    assert (claims, letters) == read(tmp_path / "c.csv", CHARTS)
    _, (letter,) = read(tmp_path / "b.csv", CHARTS + "SYN-1;;;77386;;1;$1.00;C61;22;Medicare B;FL\n")
    assert letter.where == "columns patient_id, service_date:"
