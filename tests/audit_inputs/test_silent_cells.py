"""Words that say nothing of what their column is for: unknown, counted by column, and no row is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.audit.records import Tables, Unread
from cds_service.audit_inputs import records
from cds_service.request.strict import require_valid
from tests.audit_inputs.support import ROW, judged, read, sorted_out, table

TWO = {**ROW, "diagnosis_1": "C61", "diagnosis_2": "Z51.0"}


def told(path: Path) -> list[str]:
    return [title for item in records(path) if isinstance(item, Unread) for title in item.titles]


def form_of(path: Path, cell: str, option: str = "", **more: str) -> str:
    path.write_text(table([{**ROW, "claim_form": cell, **more}]))
    (claim,), letters = sorted_out(records(path, Tables(option)))
    assert letters == []
    return str(claim["type"]["coding"][0]["code"]) if "coding" in claim["type"] else ""


@pytest.mark.parametrize(
    "cell",
    ["PB", "pb", "Professional Billing", "Professional Billing [1]", "CMS1500 (02/12)", "CMS-1500 02/12",
     "HCFA 1500 (12-90)", "Professional Claim"],
)  # fmt: skip
def test_names_of_the_professional_form(tmp_path: Path, cell: str) -> None:
    assert form_of(tmp_path / "a.csv", cell) == "professional"


@pytest.mark.parametrize("cell", ["HB", "Hospital Billing", "UB-04", "Institutional Claim"])
def test_names_of_the_institutional_form(tmp_path: Path, cell: str) -> None:
    assert form_of(tmp_path / "a.csv", cell) == "institutional"


@pytest.mark.parametrize("cell", ["Primary", "Electronic", "Paper", "Replacement", "1501", "P/I", "02/12"])
def test_words_that_name_no_form_leave_it_open_and_are_counted(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "a.csv"
    assert form_of(path, cell) == ""
    assert told(path) == ["claim_form (1 cell naming no form of claims)"]
    assert form_of(path, cell, type_of_bill="0131") == "institutional"
    assert form_of(path, cell, "professional") == "professional"


def pointed(tmp_path: Path, pointer: str) -> tuple[list[str], list[int]]:
    """The claim's diagnoses (empty: one that is not told) and those that its line is for."""
    path = tmp_path / "a.csv"
    path.write_text(table([{**TWO, "diagnosis_pointer": pointer}]))
    (claim,), letters = sorted_out(records(path))
    assert letters == []
    codes = [
        each["diagnosisCodeableConcept"].get("coding", [{"code": ""}])[0]["code"]
        for each in claim["diagnosis"]
    ]
    return codes, claim["item"][0]["diagnosisSequence"]


@pytest.mark.parametrize(
    ("pointer", "sequence"),
    [("AC", [1, 3]), ("3", [3]), ("4,3", [3]), ("L", [3])],
    ids=["one of them", "it alone", "two of them", "the last"],
)
def test_a_diagnosis_that_was_not_exported_is_an_unknown_one(
    tmp_path: Path, pointer: str, sequence: list[int]
) -> None:
    assert pointed(tmp_path, pointer) == (["C61", "Z51.0", ""], sequence)
    assert told(tmp_path / "a.csv") == ["diagnosis_pointer (1 cell pointing to diagnoses that are not there)"]
    *_, claim = records(tmp_path / "a.csv")
    require_valid(claim.data)  # type: ignore[union-attr]


def test_pointers_to_what_is_there_are_none_of_them(tmp_path: Path) -> None:
    assert pointed(tmp_path, "AB") == (["C61", "Z51.0"], [1, 2])
    assert told(tmp_path / "a.csv") == []


def test_the_principal_diagnosis_does_not_stand_in_for_an_unknown_one(tmp_path: Path) -> None:
    """The line's disease is unknown: what needs it is information."""
    medicare = {"payer_name": "Medicare", "line_of_business": "ffs"}
    plan = {**ROW, **medicare, "code": "77301", "diagnosis_1": "C61", "diagnosis_2": "Z51.0"}
    again = {**plan, "line_number": "2", "service_date": "2024-03-05"}

    def severity(pointer: str) -> list[str]:
        rows = [{**plan, "diagnosis_pointer": "A"}, {**again, "diagnosis_pointer": pointer}]
        (claim,), letters = read(tmp_path / "a.csv", table(rows))
        assert letters == []
        return [f.severity.name for f in judged(claim) if "LCD-30" in f.rules]

    assert (severity("A"), severity("C")) == (["warning"], ["info"])


def test_a_pointer_that_is_none_is_told(tmp_path: Path) -> None:
    _, (letter,) = read(tmp_path / "a.csv", table([{**TWO, "diagnosis_pointer": "X9"}]))
    assert letter.where == "column diagnosis_pointer"
