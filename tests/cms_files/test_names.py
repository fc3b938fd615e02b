"""Quarters, kinds and parts, as file names and people tell them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cms_files.kinds import KINDS, part_in, programme_in, settings_in
from cds_service.cms_files.quarters import Quarter, quarter_of, quarters_in

QUARTERS = st.builds(Quarter, st.integers(2010, 2060), st.integers(1, 4))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r0-f1.zip", ["2026Q4"]),
        ("ccioph-v321r0-f2.txt", ["2026Q2"]),
        ("ccipra-v301r0-f1.TXT", ["2024Q2"]),
        ("ccipra-v320r1.xlsx", ["2026Q1"]),
        ("MCR_MUE_PractitionerServices_Eff_10-01-2026.csv", ["2026Q4"]),
        ("practitionerservicesmuetable-effective-07-01-2024.zip", ["2024Q3"]),
        ("MUE_Eff_01012025.csv", ["2025Q1"]),
        ("MUE_Eff_20250401.csv", ["2025Q2"]),
        ("medicaid-ncci-2026-q3-ptp-edits-practitioner-services.zip", ["2026Q3"]),
        ("medicaid-ncci-q2-2026-mue-edits-outpatient-hospital-services.zip", ["2026Q2"]),
        ("ncci-ptp-edits-october-2024.zip", ["2024Q4"]),
        ("mue january 1 2025.csv", ["2025Q1"]),
        ("mue-march-2025.csv", ["2025Q1"]),
        ("2026Q1 and 2026Q2.csv", ["2026Q1", "2026Q2"]),
        ("table.csv", []),
        ("ptp 77301 20260.txt", []),
        ("v324r0.txt", []),
        ("q5-2026 13-01-2026 2026q5.txt", []),
    ],
)
def test_quarters_of_names(name: str, told: list[str]) -> None:
    assert sorted(map(str, quarters_in(name))) == told


@given(QUARTERS)
def test_a_quarter_is_read_as_it_is_written(quarter: Quarter) -> None:
    assert quarter_of(f" {quarter} ") == quarter
    assert quarter_of(str(quarter).lower()) == quarter
    for name in (f"x-{quarter.year}q{quarter.number}.zip", f"Eff_{quarter.last:%m-%d-%Y}.csv"):
        assert quarters_in(name) == {quarter}


@given(QUARTERS)
def test_quarters_follow_each_other_without_gap(quarter: Quarter) -> None:
    following = Quarter(quarter.year + quarter.number // 4, quarter.number % 4 + 1)
    assert quarter.last + timedelta(days=1) == following.first
    assert quarter < following
    assert str(quarter) < str(following)


def test_the_days_of_a_quarter() -> None:
    assert [(q.first, q.last) for q in (Quarter(2026, 1), Quarter(2026, 4))] == [
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 10, 1), date(2026, 12, 31)),
    ]


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026Q0", "Q4 2026", "26Q4", "1999Q1", "2026Q4 x"])
def test_what_is_no_quarter_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="Write it as 2026Q4"):
        quarter_of(text)


@pytest.mark.parametrize(
    ("name", "setting", "programme", "part"),
    [
        ("medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r0-f1.zip", {"practitioner"}, "medicare", 1),
        ("ccipra-v323r0-f4.txt", {"practitioner"}, "medicare", 4),
        ("ccioph-v323r0-f12.txt", {"outpatient-hospital"}, "medicare", 12),
        ("MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.csv", {"outpatient-hospital"}, "medicare", 0),
        (
            "facilityoutpatienthospitalservicesmuetable-effective-10-01-2026.zip",
            {"outpatient-hospital"},
            "",
            0,
        ),
        ("MCR_MUE_DMESupplierServices_Eff_10-01-2026.csv", {"dme"}, "medicare", 0),
        ("medicaid-ncci-2026-q3-ptp-edits-durable-medical-equipment.zip", {"dme"}, "medicaid", 0),
        ("medicaid-ncci-q2-2026-ptp-edits-practitioner-services.zip", {"practitioner"}, "medicaid", 0),
        ("MCD-MUE-OPH-v2024q1-F1-D.txt", {"outpatient-hospital"}, "medicaid", 1),
        ("MCD-NCCI-PRA-v2024q1.txt", {"practitioner"}, "medicaid", 0),
        ("practice.txt", set(), "", 0),
        ("prague-f100.txt", set(), "", 0),
        ("f0.txt", set(), "", 0),
    ],
)
def test_kinds_of_names(name: str, setting: set[str], programme: str, part: int) -> None:
    assert (set(settings_in(name)), programme_in(name), part_in(name)) == (setting, programme, part)


def test_each_kind_has_a_word_and_says_what_it_is() -> None:
    assert list(KINDS) == [
        "practitioner-ptp",
        "hospital-ptp",
        "practitioner-mue",
        "hospital-mue",
        "medicaid-practitioner-ptp",
        "medicaid-hospital-ptp",
        "medicaid-practitioner-mue",
        "medicaid-hospital-mue",
    ]
    assert KINDS["hospital-mue"].words == "Medicare unit limits, outpatient hospital"
    assert KINDS["medicaid-practitioner-ptp"].words == "Medicaid pair edits, practitioner"
