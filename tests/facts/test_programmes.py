"""Whose programme governs: the group of the coverage that pays this very claim or order, on its first day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.facts import fhir
from cds_service.facts.payer import PayerBook
from cds_service.service import Advisor
from tests.facts.build import (
    COURSE,
    ELECTRONS,
    Json,
    case,
    claim,
    coverage,
    item,
    order,
    plan,
    procedure,
    technique,
    unit,
)

IN_PROGRAMME: dict[str, Any] = {"class": [plan("group", "cvs-radonc")]}
START = date(2024, 6, 3)


def of_class(*entries: dict[str, Any]) -> dict[str, Any]:
    """The member `class` of a Coverage, which is no Python name."""
    return {"class": list(entries)}


def insured(reference: str, focal: bool = True, sequence: int = 1) -> Json:
    return {"sequence": sequence, "focal": focal, "coverage": {"reference": f"Coverage/{reference}"}}


PRIMARY = coverage("Florida Blue", "first", order=1)
SECONDARY = coverage("Aetna", "second", order=2, **IN_PROGRAMME)
TO_PRIMARY = [insured("first"), insured("second", False, 2)]
TO_SECONDARY = [insured("first", False), insured("second", True, 2)]


# ---- Two coverages: each governs its own claim, the primary one an order


@pytest.mark.parametrize(
    ("insurance", "payer", "programs"),
    [(TO_PRIMARY, "florida-blue", set()), (TO_SECONDARY, "cvs-aetna", {"cvs-radonc"})],
    ids=["to the primary", "to the secondary"],
)
@pytest.mark.parametrize(
    "beside", [[PRIMARY, SECONDARY], [SECONDARY, PRIMARY]], ids=["as billed", "reversed"]
)
def test_the_focal_insurance_decides_payer_and_programme_of_a_claim(
    insurance: list[Json], payer: str, programs: set[str], beside: list[Json]
) -> None:
    found = unit(claim(item("77387"), insurance=insurance), beside=beside).member
    assert (found.payer, set(found.programs)) == (payer, programs)


def test_two_claims_of_one_request_have_each_their_own() -> None:
    first = claim(item("77387"), id="c1", insurance=TO_PRIMARY)
    second = claim(item("77387"), id="c2", insurance=TO_SECONDARY)
    found = case(first, second, beside=[PRIMARY, SECONDARY])
    assert [(u.member.payer, set(u.member.programs)) for u in found.units] == [
        ("florida-blue", set()),
        ("cvs-aetna", {"cvs-radonc"}),
    ]


@pytest.mark.parametrize("named", [False, True], ids=["named by nobody", "named by the order"])
@pytest.mark.parametrize(
    ("first", "second", "payer", "programs"),
    [
        ({"order": 1}, {"order": 2, **IN_PROGRAMME}, "florida-blue", set()),
        ({"order": 1, **IN_PROGRAMME}, {"order": 2}, "florida-blue", {"cvs-radonc"}),
        ({"order": 2}, {"order": 1, **IN_PROGRAMME}, "cvs-aetna", {"cvs-radonc"}),
        (
            {"order": 1, "period": {"end": "2024-06-02"}},
            {"order": 2, **IN_PROGRAMME},
            "cvs-aetna",
            {"cvs-radonc"},
        ),
        ({"order": 1, "period": {"end": "2024-06-03"}}, {"order": 2, **IN_PROGRAMME}, "florida-blue", set()),
        (
            {"order": 1, "period": {"start": "2024-06-04"}},
            {"order": 2, **IN_PROGRAMME},
            "cvs-aetna",
            {"cvs-radonc"},
        ),
    ],
)
def test_of_several_coverages_of_an_order_the_primary_one_in_force_decides(
    first: Json, second: Json, payer: str, programs: set[str], named: bool
) -> None:
    beside = [coverage("Florida Blue", "first", **first), coverage("Aetna", "second", **second)]
    insurance = [{"reference": "Coverage/second"}, {"reference": "Coverage/first"}]
    made = order(insurance=insurance) if named else order()
    found = unit(made, beside=beside).member
    assert (found.payer, set(found.programs)) == (payer, programs)


def test_an_order_that_names_one_coverage_goes_by_it() -> None:
    made = order(insurance=[{"reference": "Coverage/second"}])
    found = unit(made, beside=[PRIMARY, SECONDARY]).member
    assert (found.payer, set(found.programs)) == ("cvs-aetna", {"cvs-radonc"})


def test_of_coverages_without_an_order_the_order_names_the_first() -> None:
    beside = [coverage("Florida Blue", "first"), coverage("Aetna", "second", **IN_PROGRAMME)]
    made = order(insurance=[{"reference": "Coverage/second"}, {"reference": "Coverage/first"}])
    assert unit(made, beside=beside).member.payer == "cvs-aetna"


def test_coverages_that_an_order_names_in_vain_leave_the_active_ones() -> None:
    made = order(insurance=[{"reference": "Coverage/elsewhere"}])
    assert unit(made, beside=[PRIMARY, SECONDARY]).member.payer == "florida-blue"


@pytest.mark.parametrize(
    ("period", "payer"),
    [
        ({"start": "2024-06-04"}, "unknown"),
        ({"end": "2024-06-02"}, "unknown"),
        ({"start": "2024-06-03", "end": "2024-06-03"}, "cvs-aetna"),
        ({"start": "2024"}, "cvs-aetna"),
        ({}, "cvs-aetna"),
    ],
)
def test_a_coverage_that_a_claim_names_in_vain_is_not_replaced_by_one_of_other_days(
    period: Json, payer: str
) -> None:
    """The member had another insurer on the day of service: whose rules govern is not known."""
    made = claim(item("77387"), insurance=[insured("elsewhere")])
    beside = [coverage("Aetna", "here", period=period)]
    assert unit(made, beside=beside).member.payer == payer


def test_a_coverage_that_a_claim_names_counts_whatever_its_period_says() -> None:
    made = claim(item("77387"), insurance=[insured("here")])
    beside = [coverage("Aetna", "here", period={"end": "2024-06-02"})]
    assert unit(made, beside=beside).member.payer == "cvs-aetna"


# ---- Groups and days of enrolment


def book(*payers: tuple[str, str, Sequence[Mapping[str, str]]]) -> PayerBook:
    raw = [
        {
            "payer": payer,
            "name": name,
            "aliases": [{"name": name.lower(), "match": "equal"}],
            "programs": list(programs),
        }
        for payer, name, programs in payers
    ]
    return PayerBook(raw, {})


def grouped(value: str, kind: str = "group") -> fhir.Coverage:
    found = fhir.decode(json.dumps(coverage(**of_class(plan(kind, value)))).encode())
    assert isinstance(found, fhir.Coverage)
    return found


def programmes(
    of: PayerBook, value: str, payer: str | None, day: date | None = START, **more: Any
) -> set[str]:
    identity = of.recognise([], [payer]) if payer else None
    return set(of.programs(grouped(value, **more), identity, day))


RAD_7 = {"value": "RAD 7", "program": "cvs-radonc"}


def test_a_group_of_the_payer_is_enrolled() -> None:
    acme = book(("acme", "Acme", [RAD_7]), ("bolt", "Bolt", []))
    assert programmes(acme, "rad 7 ", "Acme") == {"cvs-radonc"}
    assert programmes(acme, "RAD 7", "Acme", kind="plan") == set()
    assert programmes(acme, "RAD 70", "Acme") == set()
    assert programmes(acme, "RAD 7", "Bolt") == set()
    assert programmes(acme, "RAD 7", None) == set()


@pytest.mark.parametrize(
    ("days", "enrolled"),
    [
        ({}, (True, True, True, True)),
        ({"from": "2024-01-01"}, (False, True, True, True)),
        ({"through": "2024-12-31"}, (True, True, True, False)),
        ({"from": "2024-01-01", "through": "2024-12-31"}, (False, True, True, False)),
    ],
)
def test_a_group_is_enrolled_from_its_first_to_its_last_day(
    days: Mapping[str, str], enrolled: tuple[bool, ...]
) -> None:
    acme = book(("acme", "Acme", [{**RAD_7, **days}]))
    around = (date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1))
    assert tuple(bool(programmes(acme, "RAD 7", "Acme", day)) for day in around) == enrolled
    assert programmes(acme, "RAD 7", "Acme", None) == {"cvs-radonc"}


def test_the_value_of_the_programme_itself_counts_on_any_day() -> None:
    acme = book(("acme", "Acme", [{"value": "cvs-radonc", "program": "cvs-radonc", "from": "2024-01-01"}]))
    assert programmes(acme, "cvs-radonc", "Acme", date(2014, 12, 31)) == {"cvs-radonc"}


def test_groups_may_be_listed_in_a_file_of_the_site() -> None:
    acme = book(("acme", "Acme", []), ("acme", "Acme Health", [RAD_7]))
    assert programmes(acme, "RAD 7", "Acme") == {"cvs-radonc"}


def test_payers_without_documents_are_told_apart_by_their_name() -> None:
    others = book(
        ("other", "Acme", []), ("other", "Bolt", [RAD_7]), ("other", "Acme", [{**RAD_7, "value": "8"}])
    )
    assert programmes(others, "RAD 7", "Acme") == set()
    assert programmes(others, "RAD 7", "Bolt") == {"cvs-radonc"}
    assert programmes(others, "8", "Acme") == {"cvs-radonc"}


SITE = """payer: florida-blue
name: Florida Blue
aliases:
  - {name: florida blue, match: starts}
programs:
  - {value: "0042", program: cvs-radonc, from: 2024-06-03, through: 2024-06-30}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Advisor:
    """The service with a folder of the site that lists a group."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "groups").mkdir()
    (folder / "groups" / "payer.yaml").write_text(SITE, encoding="utf-8")
    return Advisor(load_library([POLICIES, folder]))


@pytest.mark.parametrize(
    ("start", "speaks"),
    [("2024-06-02", False), ("2024-06-03", True), ("2024-06-30", True), ("2024-07-01", False)],
)
def test_the_site_says_since_when_a_group_is_in_the_programme(
    site: Advisor, start: str, speaks: bool
) -> None:
    """From the first day of enrolment to the last CVS-17 speaks, and Florida Blue's own question does not."""
    electrons = procedure(
        COURSE, performedPeriod={"start": "2024-06-01", "end": "2024-07-05"}, extension=[technique(ELECTRONS)]
    )
    bill = claim(item("77014", day=start), insurance=[insured("cov1")])
    request = {
        "hook": "org.igrt-cds.claim-submit",
        "hookInstance": "00000000-0000-4000-8000-000000000001",
        "context": {
            "userId": "PractitionerRole/1",
            "patientId": "p1",
            "claims": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": bill}]},
        },
        "prefetch": {
            "coverage": coverage("Florida Blue", **of_class(plan("group", "0042"))),
            "procedures": electrons,
        },
    }
    answer = site.advise("igrt-claim-review", json.dumps(request).encode())
    assert answer.status == 200, answer.body
    cited = {
        rule
        for card in answer.body["cards"]
        for found in card["extension"]["org.igrt-cds.findings"]
        for rule in found["rules"]
    }
    assert {"CVS-17", "FLB-21"} & cited == ({"CVS-17"} if speaks else {"FLB-21"})
