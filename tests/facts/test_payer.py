"""Who the payer is: identifier before name, then the longest alias; and where the Coverage is found."""

from __future__ import annotations

import pytest

from cds_service.facts.case import Member
from tests.facts.build import PATIENT, Json, case, claim, coverage, item, order, unit

NAIC = "urn:oid:2.16.840.1.113883.6.300"
NPI = "http://hl7.org/fhir/sid/us-npi"
EIN = "urn:oid:2.16.840.1.113883.4.4"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def organization(
    name: str | None = None, *identifiers: Json, id: str = "payer", alias: list[str] | None = None
) -> Json:
    made: Json = {"resourceType": "Organization", "id": id, "identifier": list(identifiers)}
    return {**made, **({"name": name} if name else {}), **({"alias": alias} if alias else {})}


def member(the_coverage: Json, *beside: Json) -> Member:
    return unit(claim(item("77387")), beside=[the_coverage, *beside]).member


def payer(name: str) -> str:
    return member(coverage(name)).payer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Florida Blue", "florida-blue"),
        ("FLORIDA BLUE, INC.", "florida-blue"),
        ("Florida Blue Medicare", "florida-blue"),
        ("Florida Blue Medicare, Inc.", "florida-blue"),
        ("FloridaBlue HMO", "florida-blue"),
        ("BCBSFL", "florida-blue"),
        ("BCBS of Florida", "florida-blue"),
        ("Blue Cross & Blue Shield of Florida", "florida-blue"),
        ("Blue Cross and Blue Shield of Florida (Florida Blue)", "florida-blue"),
        ("BlueCross-BlueShield of Florida", "florida-blue"),
        ("Health Options, Inc.", "florida-blue"),
        ("Idaho Health Options", "unknown"),
        ("Medicare", "medicare-ffs"),
        ("MEDICARE PART B", "medicare-ffs"),
        ("Medicare Part B of Florida", "medicare-ffs"),
        ("Centers for Medicare & Medicaid Services", "medicare-ffs"),
        ("First Coast Service Options, Inc.", "medicare-ffs"),
        ("Medicare Advantage Plus of Nowhere", "unknown"),
        ("Acme Medicare", "unknown"),
        ("Molina Healthcare of Florida", "molina"),
        ("Molína Healthcare", "molina"),
        ("Molina Medicare Complete Care", "molina"),
        ("Aetna", "cvs-aetna"),
        ("Aetna Medicare", "cvs-aetna"),
        ("Humana Medicare Advantage", "other"),
        ("Blue Cross Blue Shield of Alabama", "other"),
        ("Blue Cross Blue Shield", "unknown"),
        ("Florida", "unknown"),
        ("New Florida Blue Fence Company", "unknown"),
        ("---", "unknown"),
    ],
)
def test_payer_by_display(name: str, expected: str) -> None:
    assert payer(name) == expected


def test_an_identifier_decides_before_any_name() -> None:
    named = organization("Aetna", {"system": NAIC, "value": "98167"}, alias=["Medicare"])
    found = member(
        coverage("Humana", payor=[{"reference": "Organization/payer", "display": "Humana"}]), named
    )
    assert found.payer == "florida-blue"
    assert member(coverage("Aetna", identifier={"system": NAIC, "value": "98167"})).payer == "florida-blue"


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ({"system": NAIC, "value": "98167"}, "florida-blue"),
        ({"system": "2.16.840.1.113883.6.300", "value": " 98167 "}, "florida-blue"),
        ({"system": NAIC, "value": "13128"}, "molina"),
        ({"system": NAIC, "value": "60054"}, "cvs-aetna"),
        ({"value": "51062"}, "molina"),
        ({"system": "https://clearinghouse.example/payer-id", "value": "51062"}, "molina"),
        ({"system": "https://clearinghouse.example/payer-id", "value": "bcbsf"}, "florida-blue"),
        ({"value": "128FL"}, "cvs-aetna"),
        ({"value": "09102"}, "medicare-ffs"),
        # A NAIC number counts under its own system only.
        ({"value": "98167"}, "unknown"),
        ({"system": "https://clearinghouse.example/payer-id", "value": "98167"}, "unknown"),
        # A clearinghouse number is no NAIC, NPI or tax number.
        ({"system": NAIC, "value": "51062"}, "unknown"),
        ({"system": NPI, "value": "51062"}, "unknown"),
        ({"system": "urn:oid:2.16.840.1.113883.4.6", "value": "51062"}, "unknown"),
        ({"system": EIN, "value": "51062"}, "unknown"),
        ({"system": "http://hl7.org/fhir/sid/us-ein", "value": "51062"}, "unknown"),
        ({"system": "http://terminology.hl7.org/NamingSystem/USEIN", "value": "51062"}, "unknown"),
        ({"type": {"coding": [{"system": V2, "code": "TAX"}]}, "value": "51062"}, "unknown"),
        ({"type": {"coding": [{"system": V2, "code": "NPI"}]}, "value": "51062"}, "unknown"),
        ({"type": {"coding": [{"system": V2, "code": "NIIP"}]}, "value": "51062"}, "molina"),
        ({"system": NAIC}, "unknown"),
        ({"value": ""}, "unknown"),
    ],
)
def test_payer_by_identifier(identifier: Json, expected: str) -> None:
    found = coverage(payor=[{"reference": "Organization/payer"}])
    assert member(found, organization(None, identifier)).payer == expected
    assert member(coverage(identifier=identifier)).payer == expected


def test_an_unknown_identifier_leaves_the_name() -> None:
    found = organization("Florida Blue", {"system": NPI, "value": "51062"})
    assert member(coverage(payor=[{"reference": "Organization/payer"}]), found).payer == "florida-blue"


@pytest.mark.parametrize("alias", [None, ["Molina Healthcare", "MHF"]])
def test_names_and_aliases_of_the_organization(alias: list[str] | None) -> None:
    found = organization("MHF Holding" if alias else "Molina Healthcare", alias=alias)
    assert member(coverage(payor=[{"reference": "Organization/payer"}]), found).payer == "molina"


@pytest.mark.parametrize(
    "reference",
    ["Organization/payer", "https://ehr.example/fhir/Organization/payer", "Organization/payer/_history/2"],
)
def test_the_organization_by_reference(reference: str) -> None:
    assert member(coverage(payor=[{"reference": reference}]), organization("Aetna")).payer == "cvs-aetna"


def test_the_organization_contained_in_the_coverage_or_beside_it() -> None:
    in_coverage = coverage(payor=[{"reference": "#payer"}], contained=[organization("Aetna")])
    assert member(in_coverage).payer == "cvs-aetna"
    inside = claim(
        item("77387"),
        insurance=[{"sequence": 1, "focal": True, "coverage": {"reference": "#cov1"}}],
        contained=[coverage(payor=[{"reference": "#payer"}]), organization("Aetna")],
    )
    assert unit(inside).member.payer == "cvs-aetna"


def test_of_several_names_the_longest_alias_decides() -> None:
    found = organization("Medicare", alias=["Molina Medicare of Florida"])
    assert member(coverage(payor=[{"reference": "Organization/payer"}]), found).payer == "molina"


def test_without_coverage_or_payor_nobody_is_known() -> None:
    assert unit(claim(item("77387"))).member == Member()
    assert member(coverage(payor=[])).payer == "unknown"
    assert member(coverage(payor=[PATIENT])).payer == "unknown"


def named_by(*insurance: Json) -> Json:
    return claim(item("77387"), insurance=list(insurance))


def insured(reference: str, focal: bool | None = None, sequence: int = 1) -> Json:
    made: Json = {"sequence": sequence, "coverage": {"reference": reference}}
    return made if focal is None else {**made, "focal": focal}


TWO = [coverage("Aetna", "cov1"), coverage("Florida Blue", "cov2")]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (named_by(insured("Coverage/cov2", True)), "florida-blue"),
        (named_by(insured("Coverage/cov1", False), insured("Coverage/cov2", True, 2)), "florida-blue"),
        (named_by(insured("Coverage/cov2")), "florida-blue"),
        (named_by(insured("Coverage/cov1", sequence=2), insured("Coverage/cov2")), "florida-blue"),
        (named_by(insured("https://ehr.example/fhir/Coverage/cov2", True)), "florida-blue"),
        (named_by(), "cvs-aetna"),
        (order(insurance=[{"reference": "Coverage/cov2"}]), "florida-blue"),
        (order(), "cvs-aetna"),
    ],
)
def test_the_coverage_that_is_named_counts(made: Json, expected: str) -> None:
    assert unit(made, beside=TWO).member.payer == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"order": 2}, {"order": 1}, "florida-blue"),
        ({}, {"order": 1}, "florida-blue"),
        ({"status": "cancelled"}, {}, "florida-blue"),
        ({"status": "entered-in-error"}, {}, "florida-blue"),
        ({"period": {"end": "2023-12-31"}}, {"period": {"start": "2024-01-01"}}, "florida-blue"),
        ({"period": {"end": "2023-12-31"}, "order": 1}, {"order": 2}, "florida-blue"),
        ({"period": {"start": "2024-06-04"}}, {}, "florida-blue"),
        ({"period": {"start": "2024-06-03", "end": "2024-06-03"}}, {}, "cvs-aetna"),
        ({"period": {"end": "2023-12-31"}}, {"status": "cancelled"}, "cvs-aetna"),
        ({}, {}, "cvs-aetna"),
    ],
)
def test_of_unnamed_coverages_the_active_one_of_the_day_first_by_order(
    first: Json, second: Json, expected: str
) -> None:
    beside = [coverage("Aetna", "cov1", **first), coverage("Florida Blue", "cov2", **second)]
    assert unit(claim(item("77387")), beside=beside).member.payer == expected


def test_another_patients_coverage_is_never_used() -> None:
    foreign = coverage("Florida Blue", beneficiary={"reference": "Patient/p2"})
    assert unit(claim(item("77387")), beside=[foreign]).member.payer == "unknown"
    assert unit(named_by(insured("Coverage/cov1", True)), beside=[foreign]).member.payer == "unknown"
    inside = claim(item("77387"), insurance=[insured("#cov1", True)], contained=[foreign])
    assert unit(inside).member.payer == "unknown"


def test_a_name_may_stand_in_the_value_of_an_identifier_without_a_system() -> None:
    """As Medicare's own exports name it."""
    name = "Centers for Medicare and Medicaid Services"
    named = coverage() | {"payor": [{"identifier": {"value": name}}]}
    assert (member(named).payer, member(named).line_of_business) == ("medicare-ffs", "ffs")
    numbered = coverage() | {"payor": [{"identifier": {"system": "urn:example:payers", "value": name}}]}
    assert member(numbered).payer == "unknown"


@pytest.mark.parametrize(
    "insurer",
    [
        {"identifier": {"value": "CMS"}},
        {"display": "Medicare"},
        {"reference": "Organization/payer"},
        {"reference": "#payer"},
    ],
)
def test_without_any_coverage_the_insurer_of_an_exported_claim_is_the_payer(insurer: Json) -> None:
    cms = organization("Centers for Medicare & Medicaid Services")
    billed = claim(item("77387"), insurer=insurer, contained=[cms], insurance=[])

    def found(*beside: Json, exported: bool = True) -> tuple[str, str | None]:
        member = case(billed, beside=beside, exported=exported).units[0].member
        return member.payer, member.payer_path

    assert found(cms) == ("medicare-ffs", "Claim.insurer")
    assert found(coverage("Florida Blue"))[0] == "florida-blue"
    assert found(coverage("Nobody Knows"))[0] == "unknown"
    assert found(cms, exported=False)[0] == "unknown"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("medicare-ffs", "Claim.insurance")),
        ({"insurer": {"display": "Nobody Knows"}}, ("medicare-ffs", "Claim.insurer")),
        ({"insurer": {"display": "Florida Blue"}}, ("florida-blue", "Claim.insurer")),
    ],
    ids=["alone", "beside-an-unknown-insurer", "beside-a-known-insurer"],
)
def test_an_exported_claim_may_only_show_its_coverage(more: Json, expected: tuple[str, str]) -> None:
    shown = [
        {"sequence": 1, "focal": False, "coverage": {"display": "Florida Blue"}},
        {"sequence": 2, "focal": True, "coverage": {"display": "Medicare"}},
    ]
    billed = claim(item("77387"), insurance=shown, **more)
    found = case(billed, exported=True).units[0].member
    assert (found.payer, found.payer_path) == expected
    assert case(billed).units[0].member.payer == "unknown"
    of_another = case(billed, beside=[coverage("Florida Blue")], exported=True).units[0].member
    assert of_another.payer == "florida-blue"


def test_of_several_payors_the_first_one_is_the_payer() -> None:
    identified = {"identifier": {"system": NAIC, "value": "13128"}}
    assert member(coverage(payor=[identified])).payer == "molina"
    assert member(coverage(payor=[{"display": "Florida Blue"}, identified])).payer == "florida-blue"
    assert member(coverage(payor=[{"display": "Somebody"}, identified])).payer == "unknown"
