"""Groups of ICD-10-CM codes: codes, ranges and patterns (LCD-11 to 18, CVS-06, CVS-09)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.books import CATALOGUES
from cds_service.facts import forms
from cds_service.facts.diagnosis import load_diagnosis_groups

GROUPS = load_diagnosis_groups(CATALOGUES / "diagnosis_groups.csv")


@pytest.mark.parametrize(
    ("code", "group", "belongs"),
    [
        ("C61", "imrt-site-prostate", True),
        ("C62.90", "imrt-site-prostate", False),
        ("C70.0", "imrt-site-cns", True),
        ("C72.9", "imrt-site-cns", True),
        ("C73", "imrt-site-cns", False),
        ("C75.0", "imrt-site-cns", False),
        ("C75.1", "imrt-site-cns", True),
        ("C75.3", "imrt-site-cns", True),
        ("C75.4", "imrt-site-cns", False),
        ("C79.40", "imrt-site-cns", True),
        ("D18.02", "imrt-site-cns", True),
        ("D18.01", "imrt-site-cns", False),
        ("C41.2", "imrt-site-spine", True),
        ("C79.51", "imrt-site-spine", False),
        ("C79.51", "spine-or-other-bone-metastasis", True),
        ("C79.52", "spine-or-other-bone-metastasis", True),
        ("C44.42", "imrt-site-head-and-neck", True),
        ("C44.5", "imrt-site-head-and-neck", False),
        ("C78.7", "imrt-site-thorax-or-abdomen", True),
        ("C78.80", "imrt-site-thorax-or-abdomen", False),
        ("C34.11", "imrt-site-thorax-or-abdomen", True),
        ("C53.9", "imrt-site-pelvis", True),
        ("C50.412", "breast-left", True),
        ("C50.411", "breast-left", False),
        ("C50.411", "breast-right", True),
        ("C50.A2", "breast-left", True),
        ("D05.12", "breast-left", True),
        ("D05.11", "breast-right", True),
        ("C50.41", "breast-left", False),
        ("Z92.3", "prior-irradiation", True),
        ("C81.90", "lymphoma", True),
        ("C86.0", "lymphoma", False),
        ("C96.9", "malignant", True),
        ("D09.9", "malignant", True),
        ("D10.0", "malignant", False),
        ("D00.0", "malignant", True),
        ("C79.51", "bone-metastasis", True),
        ("C79.52", "bone-metastasis", False),
        ("C79.5", "bone-metastasis", False),
        ("C77.1", "metastasis", True),
        ("C80.1", "metastasis", False),
    ],
)
def test_a_code_belongs_to_its_groups(code: str, group: str, belongs: bool) -> None:
    assert group in GROUPS.names
    assert (group in GROUPS.of((code,))) is belongs


def test_several_diagnoses_belong_to_the_groups_of_each() -> None:
    assert GROUPS.of(("C61", "C79.51")) >= {"imrt-site-prostate", "bone-metastasis"}


@pytest.mark.parametrize("codes", ["C6", "C61-C6", "61", "C61-C62.1", "c61"])
def test_a_row_that_cannot_be_read_is_named(codes: str, tmp_path: Path) -> None:
    table = tmp_path / "diagnosis_groups.csv"
    table.write_text(f"group,codes,note\ngood,C61,\nbad,{codes},\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"diagnosis_groups\.csv:3: .* Correct it\."):
        load_diagnosis_groups(table)


@pytest.mark.parametrize(
    "code",
    ["C01", "C07", "C12", "C19", "C20", "C23", "C33", "C37", "C52", "C55", "C58", "C61", "C73", "D34", "D45"],
)
def test_a_complete_code_of_three_characters_is_no_category(code: str) -> None:
    assert forms.DIAGNOSIS.fits(code)


@pytest.mark.parametrize("category", ["C00", "C34", "C50", "C64", "C7A", "C96", "D05", "D33", "D3A", "D49"])
def test_a_category_of_neoplasms_is_no_diagnosis(category: str) -> None:
    assert not forms.DIAGNOSIS.fits(category)
    assert forms.DIAGNOSIS.fits(f"{category}.0")


@pytest.mark.parametrize("code", ["B20", "D50", "D62", "E43", "R52", "Z23", "I5A", "M84"])
def test_of_other_chapters_a_category_is_not_told_from_a_code(code: str) -> None:
    assert forms.DIAGNOSIS.fits(code)


@pytest.mark.parametrize(
    ("category", "groups"),
    [
        ("C50", {"breast-left", "breast-right", "malignant", "primary-tumour"}),
        ("D17", set()),
        ("C7B", {"metastasis"}),
    ],
)
def test_the_groups_that_hold_codes_of_a_category(category: str, groups: set[str]) -> None:
    assert GROUPS.of_category(category) >= groups
    assert bool(GROUPS.of_category(category)) == bool(groups)
    for group in GROUPS.of_category(category) - groups:
        assert any(GROUPS.of([f"{category}.{more}"]) >= {group} for more in range(1000)), group
