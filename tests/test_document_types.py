"""A site's own codes of documents, and what a wrong file of them says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds_service.books import POLICIES, document_types, document_types_of, load_library
from cds_service.settings import DOCUMENT_TYPES, SettingError
from tests.cli.conftest import Igrt, igrt_process

__all__ = ["igrt_process"]

GOOD_TYPES = """
"http://loinc.org|60591-5": prescription-constraints
" https://ehr.example.org/types | RT-DVH ": dvh-review
"""


def test_the_codes_of_documents_of_a_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "types.yaml"
    file.write_text(GOOD_TYPES, "utf-8")
    expected = {
        ("http://loinc.org", "60591-5"): "prescription-constraints",
        ("https://ehr.example.org/types", "RT-DVH"): "dvh-review",
    }
    assert document_types_of(file) == expected
    assert document_types_of(None) == {}
    monkeypatch.setenv(DOCUMENT_TYPES, str(file))
    assert document_types() == expected
    monkeypatch.delenv(DOCUMENT_TYPES)
    assert document_types() == {}
    assert load_library([POLICIES], document_types=expected).knowledge.document_types == expected


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('"http://loinc.org|1-8": dvh-review\n"60591-5": dvh-review\n', ":2", "is not a system and a code"),
        ('"http://loinc.org|": dvh-review\n', ":1", "is not a system and a code"),
        ('"|60591-5": dvh-review\n', ":1", "is not a system and a code"),
        ('"http://loinc.org|1|2": dvh-review\n', ":1", "is not a system and a code"),
        ('"http://loinc.org|60591-5": dvh\n', ":1", "`dvh` is not a document type. Choose one of: anatomy-"),
        ('"http://loinc.org|60591-5": [dvh-review]\n', ":1", "is not a document type"),
        ("- dvh-review\n", ":1", "is no mapping of codes to document types"),
        ('"a|b": dvh-review\n"a|b": image-review\n', ":2", "a|b"),
        ("", "", "is empty"),
    ],
)
def test_a_wrong_file_of_document_types_is_a_letter(tmp_path: Path, text: str, line: str, said: str) -> None:
    file = tmp_path / "types.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingError) as told:
        document_types_of(file)
    assert str(told.value).startswith(f"{DOCUMENT_TYPES}: {file}{line}: ")
    assert said in str(told.value)


def test_all_mistakes_of_a_file_of_document_types_are_said(tmp_path: Path) -> None:
    file = tmp_path / "types.yaml"
    file.write_text('"a": dvh-review\n"a|b": no-such-type\n', "utf-8")
    with pytest.raises(SettingError) as told:
        document_types_of(file)
    assert len(str(told.value).splitlines()) == 2


def test_a_file_of_document_types_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as told:
        document_types_of(tmp_path / "none.yaml")
    assert str(told.value) == f"{DOCUMENT_TYPES}: {tmp_path / 'none.yaml'}: does not exist. Check the path."


def planned_claim(folder: Path) -> Path:
    """An IMRT plan of a Medicare member in Florida; the chart holds one document with a code of the site."""
    system, patient = "https://ehr.example.org/types", {"reference": "Patient/p1"}
    coverage = {
        "resourceType": "Coverage",
        "id": "cov",
        "status": "active",
        "beneficiary": patient,
        "payor": [{"display": "Medicare"}],
    }
    home = {"resourceType": "Patient", "id": "p1", "address": [{"use": "home", "state": "FL"}]}
    document = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "subject": patient,
        "type": {"coding": [{"system": system, "code": "RT-DVH"}]},
    }
    kind = {"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}
    product = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "77301"}]}
    claim = {
        "resourceType": "Claim",
        "id": "c1",
        "status": "active",
        "use": "claim",
        "type": {"coding": [kind]},
        "patient": patient,
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/cov"}}],
        "item": [{"sequence": 1, "productOrService": product, "servicedDate": "2024-06-03"}],
    }
    entries = [{"resource": each} for each in (coverage, home, document, claim)]
    path = folder / "claim.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return path


def test_a_mapped_code_makes_a_chart_that_can_be_read(igrt_process: Igrt, tmp_path: Path) -> None:
    """LCD-77: in an unmapped chart the items are unknown, in a mapped one what is not there is missing."""
    path, file = planned_claim(tmp_path), tmp_path / "types.yaml"
    file.write_text(GOOD_TYPES.replace(" ", "").replace(":", ": ").replace(": //", "://"), "utf-8")
    severities: dict[str, dict[str, str]] = {}
    for name, set_to in (("unmapped", ""), ("mapped", str(file))):
        told = json.loads(igrt_process("check", "--json", path, IGRT_CDS_DOCUMENT_TYPES=set_to).out)
        severities[name] = {
            finding["document"]: finding["severity"]
            for finding in _findings(told)
            if finding["rules"] and "document" in finding
        }
    assert severities["unmapped"]["dvh-review"] == severities["unmapped"]["image-review"] == "info"
    assert "dvh-review" not in severities["mapped"]
    assert severities["mapped"]["image-review"] == "warning"


def _findings(told: object) -> list[dict[str, str]]:
    """Every finding of an answer, wherever it stands."""
    if isinstance(told, dict):
        if "severity" in told and "rules" in told:
            return [told]
        return [f for value in told.values() for f in _findings(value)]
    if isinstance(told, list):
        return [f for value in told for f in _findings(value)]
    return []
