"""Billing codes, modifiers, ICD-10-CM codes and places of service as real senders write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.facts.codes import BillingCode, billing_codes, icd10_codes, modifiers_of, places_of_service
from tests.facts.build import (
    CPT,
    HCPCS,
    ICD10,
    LOCAL,
    LOINC,
    POS,
    SNOMED,
    claim,
    coded,
    concept,
    item,
    knowledge,
    line,
    unit,
)

CATALOGUE = knowledge().catalogue
SYSTEMS = [
    CPT,
    CPT + "/",
    "urn:oid:2.16.840.1.113883.6.12",
    HCPCS,
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes",
    "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
    "urn:oid:2.16.840.1.113883.6.285",
    "urn:oid:2.16.840.1.113883.6.14",
]
CLINICAL = [
    SNOMED,
    SNOMED + "/731000124108",
    "urn:oid:2.16.840.1.113883.6.96",
    LOINC,
    "urn:oid:2.16.840.1.113883.6.1",
    ICD10,
    "urn:oid:2.16.840.1.113883.6.90",
    "http://www.cms.gov/Medicare/Coding/ICD10",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-9-cm",
    "http://hl7.org/fhir/sid/ndc",
]


def read(code: str, system: str | None = CPT) -> list[tuple[str, tuple[str, ...]]]:
    found = billing_codes(concept(coded(code, system)), CATALOGUE)
    return [(each.code, each.modifiers) for each in found]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("code", ["77387", "G6002", "0197T", "99281"])
def test_each_billing_system_holds_each_kind_of_code(system: str, code: str) -> None:
    # Senders put G-codes under the CPT URL and the reverse; 99281 is no code of ours, yet a line.
    assert read(code, system) == [(code, ())]


@pytest.mark.parametrize("system", [None, "", "http://hospital.example/charge-master"])
def test_in_another_system_only_a_code_that_we_know_counts(system: str | None) -> None:
    assert read("77387", system) == [("77387", ())]
    assert read("77387-26", system) == [("77387", ("26",))]
    assert read("99281", system) == []


@pytest.mark.parametrize("system", CLINICAL)
@pytest.mark.parametrize("code", ["77387", "G6001", "77387-26"])
def test_clinical_systems_never_hold_billing_codes(system: str, code: str) -> None:
    assert read(code, system) == []


@pytest.mark.parametrize("code", ["77387-3", "77387-9999", "77387 image guidance"])
def test_an_identifier_that_begins_like_a_code_counts_only_under_a_billing_system(code: str) -> None:
    assert read(code, "http://hospital.example/ids") == []
    assert read(code) == [("77387", ())]


@pytest.mark.parametrize(
    ("written", "code", "modifiers"),
    [
        ("g6002", "G6002", ()),
        (" 77387 ", "77387", ()),
        ("77387:26", "77387", ("26",)),
        ("77387-26", "77387", ("26",)),
        ("77387 TC", "77387", ("TC",)),
        ("77387:tc", "77387", ("TC",)),
        ("77387 - 26", "77387", ("26",)),
        ("77387:26:XU", "77387", ("26", "XU")),
        ("77387, 26, 59", "77387", ("26", "59")),
        ("0197t-tc", "0197T", ("TC",)),
        ("77418", "77418", ()),
        ("77421:26", "77421", ("26",)),
    ],
)
def test_spellings_of_one_code(written: str, code: str, modifiers: tuple[str, ...]) -> None:
    assert read(written) == [(code, modifiers)]


@pytest.mark.parametrize(
    "written", ["", " ", "26", "7738", "773877", "G600", "ABCDE", "-77387", "igrt 77387", "７７３８７"]
)
def test_what_is_no_code_is_not_read(written: str) -> None:
    assert read(written) == ([("77387", ())] if written == "-77387" else [])


def test_a_composite_text_is_split_and_marked() -> None:
    found = billing_codes(concept(coded("77001-76937-36561")), CATALOGUE)
    assert [each.code for each in found] == ["77001", "76937", "36561"]
    assert all(each.composite for each in found)
    with_modifier = billing_codes(concept(coded("77385-77387-26")), CATALOGUE)
    assert [(each.code, each.modifiers) for each in with_modifier] == [("77385", ()), ("77387", ("26",))]


def test_codings_are_read_in_order_each_code_once() -> None:
    written = {"coding": [{}, {"system": CPT}, *coded("77387:26")["coding"], *coded("77387")["coding"]]}
    written["coding"] += coded("G6002", HCPCS)["coding"] + coded("1217123003", SNOMED)["coding"]
    assert billing_codes(concept(written), CATALOGUE) == (
        BillingCode("77387", ("26",), 2),
        BillingCode("G6002", (), 4),
    )
    assert billing_codes(concept({"coding": [], "text": "77387"}), CATALOGUE) == ()
    assert billing_codes(None, CATALOGUE) == ()


def test_a_site_s_own_number_beside_a_billing_code_is_none() -> None:
    local = "urn:oid:1.2.840.114350.1.13.0.1.7.4"

    def read(*codings: tuple[str | None, str]) -> list[str]:
        written = {"coding": [{"system": s, "code": c} if s else {"code": c} for s, c in codings]}
        return [each.code for each in billing_codes(concept(written), CATALOGUE)]

    assert read((local, "77014"), (CPT, "71260")) == ["71260"]
    assert read((None, "77014"), (CPT, "71260")) == ["71260"]
    assert read((local, "G6002"), (CPT, "77387")) == ["G6002", "77387"]
    assert read((local, "77014"), (SNOMED, "77477000")) == ["77014"]
    assert line(
        claim(item({"coding": [{"system": local, "code": "77014"}, {"system": CPT, "code": "71260"}]}))
    ).code == ("71260")


def test_a_line_of_a_deleted_code_is_kept() -> None:
    assert [each.code for each in unit(claim(item("77418"), item("0197T", 2))).lines] == ["77418", "0197T"]


def test_codings_of_one_product_are_one_line_but_a_composite_is_several() -> None:
    translated = {"coding": [*coded("77387")["coding"], *coded("G6002", HCPCS)["coding"]]}
    assert [each.code for each in unit(claim(item(translated))).lines] == ["77387"]
    composite = unit(claim(item("77385-77387", 7)))
    assert [(each.code, each.sequence, each.composite) for each in composite.lines] == [
        ("77385", 7, True),
        ("77387", 7, True),
    ]


@pytest.mark.parametrize(
    "written",
    [
        coded("26"),
        coded("26", HCPCS),
        coded("26", None),
        coded("26", "http://hospital.example/modifiers"),
        coded("-26"),
        coded(" 26 "),
        {"text": "26"},
        {"text": " 26 "},
        {"text": "26 - professional component"},
        {"coding": [{}], "text": "26"},
        {"coding": [{"code": "prof"}], "text": "26"},
    ],
)
def test_a_modifier_in_any_system_or_as_text(written: dict[str, object]) -> None:
    assert modifiers_of([concept(written)]) == ("26",)


def test_modifiers_are_kept_in_order_once_each() -> None:
    several = [coded("tc"), coded("XU", HCPCS), coded("TC", HCPCS), {"text": "59, kx"}]
    assert modifiers_of([concept(each) for each in several]) == ("TC", "XU", "59", "KX")


def test_words_of_a_text_are_no_modifiers() -> None:
    assert modifiers_of([concept({"text": "professional part of it, 26"})]) == ()
    assert modifiers_of([concept(coded("professional"))]) == ()


def test_post_coordinated_modifiers_stand_before_those_of_the_item() -> None:
    made = claim(item("77387:26", modifier=[coded("XU", HCPCS), coded("26")]))
    assert line(made).modifiers == ("26", "XU")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("C61", "C61"),
        (" c50.912 ", "C50.912"),
        ("C50912", "C50.912"),
        ("C50A2", "C50.A2"),
        ("C7B.8", "C7B.8"),
        ("U07.1", "U07.1"),
        ("Z51.0", "Z51.0"),
    ],
)
def test_icd10_codes_have_one_form(written: str, code: str) -> None:
    assert icd10_codes(concept(coded(written, ICD10))) == (code,)
    assert icd10_codes(concept(coded(written, "urn:oid:2.16.840.1.113883.6.90"))) == (code,)
    assert icd10_codes(concept(coded(written, "http://hl7.org/fhir/sid/icd-10"))) == (code,)


@pytest.mark.parametrize(("code", "system"), [("C61", SNOMED), ("C61", None), ("77387", ICD10), ("", ICD10)])
def test_other_codes_are_no_diagnoses(code: str, system: str | None) -> None:
    assert icd10_codes(concept(coded(code, system))) == ()


@pytest.mark.parametrize(
    ("codings", "places"),
    [
        ([{"system": POS, "code": "22"}], ("22",)),
        ([{"system": POS, "code": "1"}], ("01",)),
        ([{"system": "urn:oid:2.16.840.1.113883.15.5", "code": " 11 "}], ("11",)),
        (
            [{"system": "http://hospital.example/units", "code": "11"}, {"system": POS + " ", "code": "22"}],
            ("22",),
        ),
        ([{"system": "http://hospital.example/units", "code": "11"}, {"system": POS, "code": "22"}], ("22",)),
        ([{"system": "http://terminology.hl7.org/CodeSystem/ex-serviceplace", "code": "19"}], ("19",)),
        ([{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "HOSP"}], ()),
        ([{"system": POS, "code": "022"}], ()),
        ([{"system": POS}], ()),
        ([], ()),
    ],
)
def test_place_of_service(codings: list[dict[str, str]], places: tuple[str, ...]) -> None:
    assert places_of_service(concept({"coding": codings})) == places
    made = claim(item("77387", locationCodeableConcept={"coding": codings}))
    assert ([line(made).place_of_service] if places else []) == list(places)


@given(
    code=st.sampled_from(sorted(CATALOGUE.codes)),
    modifiers=st.lists(st.from_regex(r"[A-Z0-9]{2}", fullmatch=True), max_size=4, unique=True),
    separator=st.sampled_from([":", "-", " ", ", ", "/", " - "]),
    lower=st.booleans(),
)
def test_every_catalogue_code_survives_every_spelling(
    code: str, modifiers: list[str], separator: str, lower: bool
) -> None:
    written = separator.join([code, *modifiers])
    assert read(written.lower() if lower else written) == [(code, tuple(modifiers))]


@given(st.text(max_size=30), st.sampled_from([*SYSTEMS, None, "x"]))
def test_no_text_breaks_the_reader_or_gives_a_crooked_code(text: str, system: str | None) -> None:
    for code, modifiers in read(text, system):
        assert len(code) == 5
        assert code.isascii()
        assert code.isalnum()
        assert all(len(each) == 2 and each.isascii() for each in modifiers)


def test_local_systems_are_no_billing_systems() -> None:
    assert read("99281", LOCAL + "technique") == []
