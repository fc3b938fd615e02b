"""What rules are told of a line's date and course, where several lines and records speak of it (rulebook 1.2, 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView
from cds_service.facts.vocabulary import VOCABULARY
from tests.facts.build import knowledge

SPAN = {"code": "G6017", "date": "2024-06-03", "through": "2024-06-07"}
CT, ULTRASOUND, NONE = ({"method": [method]} for method in ("ct", "ultrasound", "none"))
IMAGING = {"fraction": "no", "method": ["ct"]}


def answer(fact: str, *lines: Any, **given: Any) -> Any:
    """The fact of the first line of a claim on 2024-06-03."""
    made = {"claim_type": "professional", "place_of_service": "11", "lines": list(lines), **given}
    return VOCABULARY[fact].get(CaseView(build_case(made), knowledge()).units[0].lines[0])


@pytest.mark.parametrize(
    ("lines", "given", "fractions"),
    [
        (["G6017"], {}, UNKNOWN),
        (["G6017"], {"records": [{}]}, 1),
        (["G6017"], {"records": [{}, {}]}, 2),
        (["G6017"], {"records": [IMAGING]}, UNKNOWN),
        (["G6017"], {"records": [{}, IMAGING]}, 1),
        (["G6017"], {"fractions": "1", "records": [{}, {}]}, 2),
        (["G6017"], {"fractions": "3", "records": [{}, {}]}, 3),
        (["G6017", {"code": "G6015", "date": "2024-06-04"}], {"fractions": "2"}, UNKNOWN),
        (["G6017", {"code": "G6015", "fractions": "1"}, {"code": "77014", "fractions": "1"}], {}, 1),
        # A record of the first day says nothing of the other days.
        ([SPAN], {"records": [{}]}, UNKNOWN),
        ([{**SPAN, "fractions": "5"}], {"records": [{}]}, 5),
    ],
)
def test_fractions_of_the_date(lines: list[Any], given: dict[str, Any], fractions: Any) -> None:
    assert answer("fractions_of_date", *lines, **given) == fractions


@pytest.mark.parametrize(
    ("records", "methods", "done"),
    [
        ([CT, ULTRASOUND], {"ct", "ultrasound"}, True),
        ([NONE, CT], {"ct"}, True),
        ([CT, {}], {"ct"}, True),
        ([NONE, {}], set(), False),
        ([{}], {"planar"}, UNKNOWN),
    ],
)
def test_guidance_by_several_records_of_the_date(records: list[Any], methods: set[str], done: Any) -> None:
    given = {"records": records, "method": ["planar"]}
    assert answer("methods_of_date", "77387", **given) == methods
    assert answer("guidance_recorded_on_date", "77387", **given) == done


@pytest.mark.parametrize(
    ("provider", "other", "found"),
    [("hospital-a", "hospital-a", 1), ("hospital-a", "hospital-b", 0), ("hospital-a", "", 1), ("", "b", 1)],
)
def test_a_claim_of_an_unknown_hospital_may_be_the_hospitals(provider: str, other: str, found: int) -> None:
    history = [{"code": "77387", "claim_type": "institutional", "provider": other}]
    told = answer("hospital_lines_of_date_elsewhere", "77402", provider=provider, history=history)
    assert len(told) == found


def test_a_plan_on_the_claim_hints_at_the_technique_whatever_its_course() -> None:
    lines = [{"code": "77387", "diagnoses": ["C34.11"]}, {"code": "77301", "diagnoses": ["C61"]}]
    assert answer("likely_techniques_of_date", *lines) == {"imrt"}
    assert answer("techniques_of_date", *lines) is UNKNOWN


@pytest.mark.parametrize(
    ("day", "modalities"), [("2025-12-31", {"external-beam-boost"}), ("2026-01-01", set())]
)
def test_the_neutral_levels_of_2026_stand_for_no_modality(day: str, modalities: set[str]) -> None:
    lines = [{"code": "77301", "date": "2025-12-20"}, {"code": "77402", "date": day}]
    assert answer("other_modalities_of_course", *lines, diagnoses=["C61"]) == modalities


@pytest.mark.parametrize(
    ("codes", "modality", "days"),
    [
        ("77402 77407 77412 G6003 G6014", "external-beam-boost", ["2024-06-03"]),
        ("77371 77372 77373 G0339 G0340", "external-beam-boost", ["2024-06-03", "2026-06-03"]),
        ("77520 77522 77523 77525", "proton", ["2024-06-03", "2026-06-03"]),
        ("77423", "neutron", ["2024-06-03", "2026-06-03"]),
        ("77401", "superficial", ["2024-06-03"]),
        ("77437 77438", "superficial", ["2026-06-03"]),
        ("77750 77763 77767 77770 77778 77789 77799 0395T", "brachytherapy", ["2024-06-03", "2026-06-03"]),
        ("77424 77425", "intraoperative", ["2024-06-03", "2026-06-03"]),
        ("77385 77386 G6015 G6016 77387 77334 77427", "", ["2024-06-03"]),
    ],
)
def test_deliveries_tell_the_other_modality_of_their_course(
    codes: str, modality: str, days: list[str]
) -> None:
    """Rulebook 1.2."""
    for code in codes.split():
        for day in days:
            found = answer("other_modalities_of_course", "77334", code, diagnoses=["C61"], date=day)
            assert found == ({modality} if modality else set()), (code, day)


@pytest.mark.parametrize(("day", "found"), [("2025-12-31", "certain"), ("2026-01-01", "no")])
def test_a_delivery_of_2025_makes_no_imrt_course_of_a_line_of_2026(day: str, found: str) -> None:
    lines = [{"code": "77336", "date": day}, {"code": "G6015", "date": "2025-12-30"}]
    assert answer("imrt_course", *lines, diagnoses=["C61"]) == found


@pytest.mark.parametrize(
    ("day", "coded", "found"),
    [
        ("2024-06-03", ["external-beam-boost"], True),
        ("2024-06-02", ["external-beam-boost"], False),
        ("2024-06-03", [], True),
        ("2024-06-02", [], False),
        # Of a modality without a line of its own nobody can say which devices are for it.
        ("2024-06-02", ["brachytherapy"], True),
    ],
)
def test_devices_from_three_weeks_before_another_modality_may_be_for_it(
    day: str, coded: list[str], found: bool
) -> None:
    later = [{"code": "77412", "date": date} for date in ("2024-07-02", "2024-06-24", "2024-07-01")]
    lines = [{"code": "77334", "date": day}, *later]
    given = {"diagnoses": ["C61"], "other_modalities": coded}
    assert answer("may_be_for_another_modality", *lines, **given) is found


@pytest.mark.parametrize(
    ("codes", "day", "coded", "techniques"),
    [
        (["77418"], "2014-12-31", [], {"imrt"}),
        (["77418"], "2015-01-01", [], UNKNOWN),
        (["77402"], "2025-12-31", ["imrt"], {"conventional"}),
        (["77402"], "2026-01-01", ["imrt"], {"imrt"}),
        # The level of 2026 may be the coded technique, whatever else was given on the date.
        (["77402", "77437"], "2026-01-05", ["imrt"], {"imrt", "superficial"}),
    ],
)
def test_the_technique_of_the_date_by_its_era(
    codes: list[str], day: str, coded: list[str], techniques: Any
) -> None:
    assert answer("techniques_of_date", *codes, date=day, technique=coded) == techniques
