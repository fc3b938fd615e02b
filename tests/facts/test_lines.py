"""Side, component, method codes (rulebook 1.7), fractions and neighbours of a line."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.derive import method_codes
from cds_service.facts.line_facts import (
    a_code_fits_the_method,
    biller_lines_of_course_elsewhere,
    biller_lines_of_date,
    biller_lines_of_date_same_code,
    code_for_methods_without_one,
    codes_of_method,
    guidance_that_keeps_the_date,
    hospital_lines_of_date_elsewhere,
    lines_of_date_same_component,
    lines_overlapping_the_date,
    method_is_coded,
    professional_lines_of_date_elsewhere,
    same_code_of_date,
    same_code_of_date_same_biller,
    successor_of_2015,
)
from cds_service.facts.views import LineView
from tests.facts.build import (
    CODEX,
    FRACTION,
    LOCAL,
    POS,
    Json,
    claim,
    coded,
    coverage,
    guidance,
    info,
    item,
    number,
    order,
    procedure,
    technique,
    view,
)

ALL_CODES = ("77014", "G6001", "G6002")
TRACKING = "intrafraction-tracking"


def at(place: str | None) -> Json:
    return {"locationCodeableConcept": coded(place, POS)} if place else {}


def first(made: Json, *beside: Json) -> LineView:
    return view(made, beside=beside).lines[0]


def labels(lines: tuple[LineView, ...]) -> list[str]:
    return ["-".join((line.code, *line.modifiers)) for line in lines]


@pytest.mark.parametrize(
    ("kind", "place", "side"),
    [
        ("institutional", None, "hospital"),
        ("institutional", "11", "hospital"),
        ("professional", "19", "physician-in-hospital"),
        ("professional", "21", "physician-in-hospital"),
        ("professional", "22", "physician-in-hospital"),
        ("professional", "11", "freestanding"),
        ("professional", "49", "freestanding"),
        ("professional", "24", UNKNOWN),
        ("professional", "1", UNKNOWN),
        ("professional", None, UNKNOWN),
        ("oral", "22", UNKNOWN),
    ],
)
def test_side(kind: str, place: str | None, side: Any) -> None:
    found = first(claim(item("77387", **at(place)), type=kind)).side
    assert found is UNKNOWN if side is UNKNOWN else found == side


def test_an_order_has_no_side() -> None:
    assert first(order("77387", locationCode=[coded("22", POS)])).side is UNKNOWN


@pytest.mark.parametrize(
    ("kind", "code", "component"),
    [
        ("professional", "77387", "global"),
        ("professional", "77387-26", "professional"),
        ("professional", "77387-TC", "technical"),
        ("professional", "77387-59", "global"),
        ("institutional", "77387", "technical"),
        ("institutional", "77387-TC", "technical"),
        ("institutional", "77387-26", "professional"),
        ("oral", "77387", "global"),
    ],
)
def test_component(kind: str, code: str, component: str) -> None:
    assert first(claim(item(code), type=kind)).component == component


@pytest.mark.parametrize(
    ("methods", "codes"),
    [
        ({"ct"}, ("77014",)),
        ({"ultrasound"}, ("G6001",)),
        ({"stereoscopic-xray"}, ("G6002",)),
        ({"ct", "stereoscopic-xray"}, ("77014", "G6002")),
        ({"ct", TRACKING}, ("77014",)),
        ({"stereoscopic-xray", "planar"}, ("G6002",)),
        ({"mri"}, ()),
        ({"planar", "fluoroscopy"}, ()),
        (set(), ()),
        (UNKNOWN, ALL_CODES),
    ],
)
@pytest.mark.parametrize("side", ["hospital", "physician-in-hospital", "freestanding", UNKNOWN])
@pytest.mark.parametrize("payer", ["medicare-ffs", "molina", "other"])
def test_code_of_the_method(methods: Any, codes: tuple[str, ...], side: Any, payer: str) -> None:
    told = methods if methods is UNKNOWN else frozenset(methods)
    assert method_codes(told, side, payer, frozenset({"imrt"})) == codes
    assert method_codes(told, side, payer, frozenset({"sbrt"})) == ()
    assert method_codes(told, side, payer, frozenset({"srs", "imrt"})) == ()


@pytest.mark.parametrize(
    ("side", "payer", "codes"),
    [
        ("freestanding", "other", ("G6017",)),
        ("freestanding", "molina", ("G6017",)),
        ("hospital", "molina", ("G6017",)),
        (UNKNOWN, "molina", ("G6017",)),
        ("hospital", "other", ()),
        ("physician-in-hospital", "medicare-ffs", ()),
        (UNKNOWN, "other", ()),
    ],
)
def test_tracking_has_a_code_in_the_office_and_for_molina(
    side: Any, payer: str, codes: tuple[str, ...]
) -> None:
    assert method_codes(frozenset({TRACKING}), side, payer, frozenset()) == codes


def by_method(code: str) -> Json:
    return order("77387", extension=[guidance(code, LOCAL + "igrt-method")])


def test_method_facts_of_a_line() -> None:
    ct = first(by_method("ct"))
    assert (codes_of_method(ct), method_is_coded(ct), a_code_fits_the_method(ct)) == (("77014",), True, True)
    none = first(by_method("none"))
    assert (codes_of_method(none), method_is_coded(none), a_code_fits_the_method(none)) == ((), False, False)
    unknown = first(order("77387"))
    assert (codes_of_method(unknown), method_is_coded(unknown)) == (ALL_CODES, False)


@pytest.mark.parametrize(
    ("made", "name", "codes"),
    [
        (by_method("mri"), "Aetna", ("77387",)),
        (by_method("planar"), "Florida Blue", ("77387",)),
        (by_method("fluoroscopy"), "Nobody", ("77387",)),
        (by_method("mri"), "Medicare", ()),
        (by_method("mri"), "Molina Healthcare", ()),
        (by_method("ct"), "Aetna", ()),
        (by_method("none"), "Aetna", ()),
        (order("77387"), "Aetna", ()),
        (
            order(
                "77387",
                extension=[guidance("mri", LOCAL + "igrt-method"), technique(None, local="sbrt")],
            ),
            "Aetna",
            (),
        ),
    ],
)
def test_methods_without_a_code_of_their_own(made: Json, name: str, codes: tuple[str, ...]) -> None:
    assert code_for_methods_without_one(first(made, coverage(name))) == codes


def test_successors_of_2015() -> None:
    made = claim(*(item(code, n) for n, code in enumerate(["77421", "76950", "0197T", "77387"], start=1)))
    assert [successor_of_2015(line) for line in view(made).lines] == [("G6002",), ("G6001",), ("G6017",), ()]


def told(value: int, sequence: int = 1) -> Json:
    return info("fractions", sequence, valueQuantity={"value": value})


SPAN = {"start": "2024-06-03", "end": "2024-06-07"}


@pytest.mark.parametrize(
    ("made", "beside", "fractions"),
    [
        # The line's own number, also for a line over several days.
        (claim(item("G6017", informationSequence=[1]), supportingInfo=[told(2)]), 0, 2.0),
        (
            claim(
                item("G6017", day=None, servicedPeriod=SPAN, informationSequence=[1]),
                supportingInfo=[told(5)],
            ),
            0,
            5.0,
        ),
        (claim(item("G6017", day=None, servicedPeriod=SPAN), supportingInfo=[told(5)]), 0, UNKNOWN),
        (
            claim(item("G6017"), item("77427", 2, day=None, servicedPeriod=SPAN), supportingInfo=[told(5)]),
            0,
            UNKNOWN,
        ),
        # Another line's of the same date.
        (claim(item("G6017"), item("G6015", 2, informationSequence=[1]), supportingInfo=[told(2)]), 0, 2.0),
        (
            claim(
                item("G6017"),
                item("G6015", 2, day="2024-06-04", informationSequence=[1]),
                supportingInfo=[told(2)],
            ),
            0,
            UNKNOWN,
        ),
        # Records of the day.
        (claim(item("G6017")), 1, 1.0),
        (claim(item("G6017")), 2, 2.0),
        # The claim's number, when it covers one date.
        (claim(item("G6017"), item("G6015", 2), supportingInfo=[told(2)]), 0, 2.0),
        (claim(item("G6017"), item("G6015", 2, day="2024-06-04"), supportingInfo=[told(2)]), 0, UNKNOWN),
        (claim(item("G6017")), 0, UNKNOWN),
        # An order's own number.
        (
            order("G6017", extension=[number(CODEX + "codexrt-radiotherapy-fractions-prescribed", 25)]),
            0,
            25.0,
        ),
        (order("G6017"), 0, UNKNOWN),
    ],
)
def test_fractions_of_the_date(made: Json, beside: int, fractions: Any) -> None:
    records = [procedure(FRACTION, f"f{n}", performedDateTime="2024-06-03T09:00:00Z") for n in range(beside)]
    found = first(made, *records).fractions_of_date
    assert found is UNKNOWN if fractions is UNKNOWN else found == fractions


def test_neighbours_of_the_date() -> None:
    made = claim(
        item("77387", 1),
        item("77386", 2),
        item("77387-26", 3),
        item("77386", 4, day="2024-06-04"),
        item("77427", 5, day=None, servicedPeriod=SPAN),
    )
    one = view(made).lines[0]
    assert labels(one.of_date) == ["77386", "77387-26"]
    assert labels(same_code_of_date(one)) == ["77387-26"]
    assert labels(lines_overlapping_the_date(one)) == ["77386", "77387-26", "77427"]
    span = view(made).lines[4]
    assert (span.is_span, span.of_date, span.of_date_elsewhere) == (True, (), ())
    assert labels(lines_overlapping_the_date(span)) == ["77387", "77386", "77387-26", "77386"]


@pytest.mark.parametrize(
    ("kind", "one", "other", "share"),
    [
        ("professional", "77387", "77014", True),
        ("professional", "77387", "77014-26", True),
        ("professional", "77387-TC", "77014", True),
        ("professional", "77387-26", "77014-26", True),
        ("professional", "77387-26", "77014-TC", False),
        ("institutional", "77387", "77014", True),
        ("institutional", "77387", "77014-TC", True),
        ("institutional", "77387", "77014-26", False),
        # A code that is never split is the whole service in an office, the technical one of a hospital.
        ("professional", "77387-26", "G6017", True),
        ("professional", "77387", "G6017", True),
        ("professional", "77387-TC", "G6017", False),
        ("institutional", "77387-TC", "G6017", True),
        ("institutional", "77387-26", "G6017", False),
    ],
)
def test_lines_that_report_the_same_component(kind: str, one: str, other: str, share: bool) -> None:
    here, there = view(claim(item(one), item(other, 2), type=kind)).lines
    assert labels(lines_of_date_same_component(here)) == ([other] if share else [])
    assert labels(here.of_date_same_component) == ([other] if share else [])
    assert labels(there.of_date_same_component) == ([one] if share else [])


def test_of_several_guidance_lines_77387_keeps_the_date_and_tracking_goes_first() -> None:
    made = claim(item("G6017"), item("77014", 2), item("77387", 3), item("G6002", 4))
    kept = {line.code: labels(guidance_that_keeps_the_date(line)) for line in view(made).lines}
    assert kept == {
        "G6017": ["77014", "77387", "G6002"],
        "77014": ["77387"],
        "77387": [],
        "G6002": ["77014", "77387"],
    }
    for one, other in combinations(view(made).lines, 2):
        assert (other in one.kept_date.by) != (one in other.kept_date.by)


def billed_by(reference: str, id: str, code: str = "77387", **more: Any) -> Json:
    return claim(item(code), id=id, provider={"reference": reference}, **more)


def test_lines_of_other_claims_by_biller_and_kind() -> None:
    beside = [
        billed_by("https://ehr.example/fhir/Organization/a", "same"),
        billed_by("Organization/b", "other"),
        billed_by("Organization/b", "hospital", "77386", type="institutional"),
        billed_by("Organization/b", "hospital-26", "77014-26", type="institutional"),
        billed_by("Organization/a", "elsewhere", "77014"),
    ]
    one = first(billed_by("Organization/a", "c1"), *beside)
    assert [line.line.resource for line in same_code_of_date_same_biller(one)] == ["Claim/same"]
    assert labels(biller_lines_of_date(one)) == ["77387", "77014"]
    assert labels(biller_lines_of_date_same_code(one)) == ["77387"]
    assert labels(hospital_lines_of_date_elsewhere(one)) == []
    assert [line.line.resource for line in professional_lines_of_date_elsewhere(one)] == [
        "Claim/same",
        "Claim/other",
        "Claim/hospital-26",
        "Claim/elsewhere",
    ]
    of_b = first(billed_by("Organization/b", "c1"), *beside)
    assert labels(hospital_lines_of_date_elsewhere(of_b)) == ["77386", "77014-26"]
    nameless = first(claim(item("77387")), *beside)
    assert same_code_of_date_same_biller(nameless) == ()
    assert biller_lines_of_date(nameless) == ()
    assert labels(hospital_lines_of_date_elsewhere(nameless)) == ["77386", "77014-26"]


def test_lines_of_the_course_on_other_claims_of_the_biller() -> None:
    beside = [
        billed_by("Organization/a", "same", "77470"),
        billed_by("Organization/b", "other", "77306"),
        claim(item("77331"), id="nameless"),
    ]
    one = first(
        claim(item("77301"), item("77300", 2), id="c1", provider={"reference": "Organization/a"}), *beside
    )
    assert labels(biller_lines_of_course_elsewhere(one)) == ["77470", "77331"]


def test_deliveries_of_the_date_count_copies_of_the_other_side_once() -> None:
    hospital = claim(item("77386", quantity={"value": 2}), id="h", type="institutional")
    made = claim(item("77387"), item("77427", 2))
    assert first(made).deliveries_of_date == 0
    assert first(made, hospital).deliveries_of_date == 2
    assert first(claim(item("77387"), item("77386", 2)), hospital).deliveries_of_date == 2


def test_evidence_names_the_place_and_an_earlier_claim_by_name() -> None:
    seen = view(claim(item("77387:26")), beside=[claim(item("77386"), id="c0")])
    assert [(each.path, each.value) for each in seen.lines[0].evidence] == [
        ("Claim.item[0].productOrService", "77387-26")
    ]
    assert [each.path for each in seen.elsewhere[0].evidence] == ["Claim/c0 Claim.item[0].productOrService"]
    assert seen.lines[0].ref.label == "77387-26"
