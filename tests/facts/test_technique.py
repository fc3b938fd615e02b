"""Technique of a date (rulebook 1.3): delivery code, then coded value, then hint."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.engine.model import UNKNOWN
from cds_service.facts.derive import Technique
from cds_service.facts.line_facts import likely_techniques_of_date, techniques_of_date
from tests.facts.build import (
    CONFORMAL,
    COURSE,
    ELECTRONS,
    FRACTION,
    ICD10,
    IMRT,
    PHOTONS,
    PLANE,
    PROTONS,
    Json,
    claim,
    coded,
    item,
    knowledge,
    order,
    procedure,
    technique,
    view,
)

FINDER = knowledge().techniques
SETS = knowledge().catalogue.sets
LAST_OF_2014, FIRST_OF_2015 = date(2014, 12, 31), date(2015, 1, 1)
LAST_OF_2025, FIRST_OF_2026 = date(2025, 12, 31), date(2026, 1, 1)
MID = date(2020, 6, 3)
NONE: frozenset[str] = frozenset()


def of(day: date, codes: list[str], coded: set[str] | None = None, hints: list[str] | None = None) -> Any:
    return FINDER.of(day, codes, frozenset(coded or ()), hints or [])


def firm(*techniques: str) -> Technique:
    return Technique(frozenset(techniques), firm=True)


def hinted(*techniques: str) -> Technique:
    return Technique(frozenset(techniques), firm=False)


SURE = {
    "imrt": ["77385", "77386", "G6015", "G6016"],
    "srs": ["77371", "77372"],
    "sbrt": ["77373", "G0339", "G0340"],
    "superficial": ["77401", "77437", "77438"],
    "proton": ["77520", "77522", "77523", "77525"],
    "neutron": ["77422", "77423"],
    "brachytherapy": [
        *("77750", "77761", "77762", "77763", "77767", "77768", "77770", "77771", "77772"),
        *("77778", "77789", "77799", "0394T", "0395T"),
    ],
}
CONVENTIONAL = ["77402", "77407", "77412", *(f"G60{n:02}" for n in range(3, 15))]


@pytest.mark.parametrize(("code", "name"), [(c, n) for n, codes in SURE.items() for c in codes])
@pytest.mark.parametrize("day", [FIRST_OF_2015, LAST_OF_2025, FIRST_OF_2026])
def test_a_delivery_code_decides_whatever_else_is_coded(code: str, name: str, day: date) -> None:
    assert of(day, [code]) == firm(name)
    assert of(day, [code], {"2d"}, ["77295"]) == firm(name)


@pytest.mark.parametrize("code", ["77418", "0073T"])
def test_the_imrt_codes_of_2014(code: str) -> None:
    assert of(LAST_OF_2014, [code]) == firm("imrt")
    assert of(FIRST_OF_2015, [code]) is UNKNOWN


@pytest.mark.parametrize("code", CONVENTIONAL)
def test_conventional_delivery_to_2025(code: str) -> None:
    assert of(LAST_OF_2025, [code]) == firm("conventional")
    assert of(LAST_OF_2025, [code], {"3dcrt"}) == firm("3dcrt")
    assert of(LAST_OF_2025, [code], {"2d"}) == firm("2d")
    assert of(LAST_OF_2025, [code], {"electron"}) == firm("electron")
    assert of(LAST_OF_2025, [code], {"3dcrt", "imrt"}) == firm("3dcrt")
    assert of(LAST_OF_2025, [code], {"imrt"}) == firm("conventional")
    assert of(LAST_OF_2025, [code], None, ["77301"]) == firm("conventional")


def test_two_deliveries_of_a_date_are_two_techniques() -> None:
    assert of(MID, ["77386", "77412"]) == firm("imrt", "conventional")
    assert of(MID, ["77373", "77412"], {"3dcrt"}) == firm("sbrt", "3dcrt")


@pytest.mark.parametrize("code", ["77402", "77407", "77412"])
def test_the_levels_of_2026_leave_it_to_the_coded_value(code: str) -> None:
    assert of(FIRST_OF_2026, [code], {"imrt"}) == firm("imrt")
    assert of(FIRST_OF_2026, [code], {"imrt", "3dcrt"}) == firm("imrt", "3dcrt")
    assert of(FIRST_OF_2026, [code], {"imrt", "brachytherapy"}) == firm("imrt", "brachytherapy")
    assert of(FIRST_OF_2026, [code], None, ["77301"]) == hinted("imrt")
    assert of(FIRST_OF_2026, [code]) == (hinted("3dcrt") if code == "77407" else UNKNOWN)


def test_the_middle_level_of_2026_hints_whatever_stands_beside_it() -> None:
    assert of(FIRST_OF_2026, ["77407", "77402"]) == of(FIRST_OF_2026, ["77402", "77407"]) == hinted("3dcrt")


OWN_CODES = ["sbrt", "srs", "proton", "neutron", "superficial", "brachytherapy"]


@pytest.mark.parametrize("name", OWN_CODES)
@pytest.mark.parametrize("code", ["77402", "77412", "G6012", "G6003"])
def test_what_a_level_of_2026_cannot_be_is_one_of_several(code: str, name: str) -> None:
    assert of(FIRST_OF_2026, [code], {name}) == firm(name, "linac")
    assert of(FIRST_OF_2026, [code], {name, "linac"}) == firm(name, "linac")
    assert of(FIRST_OF_2026, [], {name}) == firm(name)


@pytest.mark.parametrize("code", ["77402", "77412"])
def test_levels_that_electrons_may_have(code: str) -> None:
    assert of(FIRST_OF_2026, [code], {"electron"}) == firm("electron")
    assert of(FIRST_OF_2026, [code], {"electron", "linac"}) == firm("electron", "linac")


def test_the_middle_level_of_2026_is_of_photons() -> None:
    found = of(FIRST_OF_2026, ["77407"], {"electron"})
    assert (found.possible, found.likely, found.firm) == ({"electron", "linac"}, {"electron", "3dcrt"}, True)
    assert of(FIRST_OF_2026, ["77407"], {"2d"}) == firm("2d")
    assert of(FIRST_OF_2026, ["77402", "77407"], {"electron"}).possible == {"electron", "linac"}


@pytest.mark.parametrize(
    ("code", "name"), [("77437", "superficial"), ("77373", "sbrt"), ("77771", "brachytherapy")]
)
def test_a_level_of_2026_beside_another_delivery_is_a_second_technique(code: str, name: str) -> None:
    found = of(FIRST_OF_2026, [code, "77402"])
    assert (found.possible, found.likely, found.firm) == ({name, "linac"}, {name, "linac"}, True)
    assert of(FIRST_OF_2026, [code, "77402"], {name}).possible == {name, "linac"}
    assert of(FIRST_OF_2026, [code, "77407"]).likely == {name, "3dcrt"}
    assert of(FIRST_OF_2026, [code, "77402"], {"imrt"}) == firm(name, "imrt")
    assert of(LAST_OF_2025, [code, "77402"]) == firm(name, "conventional")


def test_a_hint_tells_the_linacs_beam_only_to_silence_or_lower() -> None:
    found = of(FIRST_OF_2026, ["77437", "77407"], None, ["77301"])
    assert (found.possible, found.likely) == ({"superficial", "linac"}, {"superficial", "imrt"})
    assert of(FIRST_OF_2026, ["77437", "77407"], {"3dcrt"}, ["77301"]) == firm("superficial", "3dcrt")
    assert of(FIRST_OF_2026, ["77437"], None, ["77301"]) == firm("superficial")


def test_photons_without_a_technique_in_the_coded_list() -> None:
    assert of(MID, [], {"linac"}) is UNKNOWN
    assert of(MID, [], {"linac"}, ["77301"]) == hinted("imrt")
    assert of(MID, ["77412"], {"linac"}) == firm("conventional")
    assert of(MID, ["77412"], {"linac", "electron"}) == firm("conventional", "electron")
    assert of(MID, ["77412"], {"linac", "proton"}) == firm("conventional")
    assert of(MID, ["77386"], {"linac", "electron"}) == firm("imrt")
    assert of(FIRST_OF_2026, ["77402"], {"linac"}) is UNKNOWN
    assert of(FIRST_OF_2026, ["77437", "77402"], {"linac"}) == firm("superficial", "linac")


@pytest.mark.parametrize("code", [c for c in CONVENTIONAL if c.startswith("G")])
def test_ended_conventional_codes_say_nothing_in_2026(code: str) -> None:
    assert of(FIRST_OF_2026, [code]) is UNKNOWN
    assert of(FIRST_OF_2026, [code], {"imrt"}) == firm("imrt")


@pytest.mark.parametrize(
    ("hint", "name"),
    [("77301", "imrt"), ("77338", "imrt"), ("77295", "3dcrt"), ("77435", "sbrt"), ("77432", "srs")],
)
def test_hints_come_last_and_are_never_firm(hint: str, name: str) -> None:
    assert of(MID, [], None, [hint]) == hinted(name)
    assert of(MID, ["77387", hint], {"electron"}, [hint]) == firm("electron")


def test_nothing_said_is_unknown() -> None:
    assert of(MID, []) is UNKNOWN
    assert of(MID, ["77387", "77427", "99281"], None, ["77290"]) is UNKNOWN


def test_a_list_stays_a_list() -> None:
    assert of(MID, [], {"imrt", "3dcrt"}) == firm("imrt", "3dcrt")
    assert of(MID, [], None, ["77301", "77295"]) == hinted("imrt", "3dcrt")


@given(
    st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    st.lists(st.sampled_from(sorted(knowledge().catalogue.codes)), max_size=4),
    st.frozensets(
        st.sampled_from(["imrt", "3dcrt", "2d", "sbrt", "proton", "electron", "linac"]), max_size=2
    ),
    st.lists(st.sampled_from(["77301", "77295", "77435", "77290"]), max_size=2),
)
def test_hints_change_nothing_that_is_known(
    day: date, codes: list[str], coded: frozenset[str], hints: list[str]
) -> None:
    without = FINDER.of(day, codes, coded, [])
    found = FINDER.of(day, codes, coded, hints)
    if isinstance(without, Technique) and without.firm:
        assert isinstance(found, Technique)
        assert (found.possible, found.firm) == (without.possible, True)
        assert found.likely == without.likely or "linac" in without.possible
    elif isinstance(found, Technique):
        assert not found.firm
        assert found.possible
    assert FINDER.of(day, list(reversed(codes)), coded, hints) == found


def techniques(made: Json, *beside: Json) -> tuple[Any, Any]:
    """What is known and what is likely of the last line's date."""
    last = view(made, beside=beside).lines[-1]
    return techniques_of_date(last), likely_techniques_of_date(last)


def both(*names: str) -> tuple[Any, Any]:
    return frozenset(names), frozenset(names)


def test_the_delivery_may_stand_on_another_claim() -> None:
    hospital = claim(item("77386"), id="h1", type="institutional")
    assert techniques(claim(item("77387")), hospital) == both("imrt")
    assert techniques(claim(item("77387", day="2024-06-04")), hospital) == (UNKNOWN, UNKNOWN)


def test_the_delivery_of_another_day_is_not_this_days() -> None:
    made = claim(item("77373", 1, day="2024-06-03"), item("77387", 2, day="2024-06-04"))
    assert techniques(made) == (UNKNOWN, UNKNOWN)


def test_a_line_over_several_days_is_judged_by_its_first_day() -> None:
    period = {"start": "2024-06-03", "end": "2024-06-07"}
    on_first = claim(item("77386", 1, day="2024-06-03"), item("77387", 2, day=None, servicedPeriod=period))
    assert techniques(on_first) == both("imrt")
    later = claim(item("77386", 1, day="2024-06-05"), item("77387", 2, day=None, servicedPeriod=period))
    assert techniques(later) == (UNKNOWN, UNKNOWN)
    reverse = claim(item("77386", 1, day=None, servicedPeriod=period), item("77387", 2, day="2024-06-05"))
    assert techniques(reverse) == both("imrt")


def test_hints_come_from_the_claim_and_the_course_alone() -> None:
    def planned(diagnosis: str) -> dict[str, Any]:
        made = claim(item("77301", day="2024-05-27"), id="h1")
        made["diagnosis"] = [{"sequence": 1, "diagnosisCodeableConcept": coded(diagnosis, ICD10)}]
        return made

    made = claim(item("77387"))
    made["diagnosis"] = [{"sequence": 1, "diagnosisCodeableConcept": coded("C61", ICD10)}]
    assert techniques(made, planned("C61")) == (UNKNOWN, frozenset({"imrt"}))
    assert techniques(made, planned("C34.11")) == (UNKNOWN, UNKNOWN)


def test_the_record_of_the_day_comes_before_the_course() -> None:
    course = procedure(COURSE, "c", extension=[technique(PHOTONS, IMRT), technique(ELECTRONS, CONFORMAL)])
    of_day = procedure(
        FRACTION, "f", extension=[technique(ELECTRONS, CONFORMAL)], performedDateTime="2024-06-03"
    )
    assert techniques(claim(item("77387")), course) == both("imrt", "electron")
    assert techniques(claim(item("77387")), course, of_day) == both("electron")
    assert techniques(claim(item("77387", day="2024-06-04")), course, of_day) == both("imrt", "electron")


def test_orders_signed_together_tell_the_technique_of_their_day() -> None:
    seen = view(order("77387"), order("77373", "o2"))
    assert techniques_of_date(seen.lines[0]) == {"sbrt"}
    planned = view(order("77387"), order("77301", "o2"))
    assert techniques_of_date(planned.lines[0]) is UNKNOWN
    assert likely_techniques_of_date(planned.lines[0]) == {"imrt"}


def test_an_earlier_order_of_the_day_tells_the_technique() -> None:
    assert techniques(order("77387"), order("77386", "o0", status="active")) == both("imrt")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (order("77387", extension=[technique(PHOTONS, PLANE)]), both("2d")),
        (order("77387", extension=[technique(PROTONS)]), both("proton")),
        (order("77387"), (UNKNOWN, UNKNOWN)),
    ],
)
def test_coded_techniques_of_an_order(made: Json, expected: tuple[Any, Any]) -> None:
    assert techniques(made) == expected


DAY = date(2024, 6, 3)


def planned(days_before: int, code: str = "77301", id: str = "plan") -> Json:
    return claim(item(code, day=(DAY - timedelta(days=days_before)).isoformat()), id=id)


@pytest.mark.parametrize(
    ("beside", "likely"),
    [
        ([planned(0)], {"imrt"}),
        ([planned(60)], {"imrt"}),
        ([planned(61)], UNKNOWN),
        ([planned(-60)], {"imrt"}),
        ([planned(-61)], UNKNOWN),
        ([planned(100), planned(50, "77427", "between")], {"imrt"}),
        ([planned(100), planned(39, "77427", "between")], UNKNOWN),
        ([planned(100), planned(50, "99281", "between")], UNKNOWN),
        ([planned(-100), planned(-50, "77427", "between")], {"imrt"}),
        ([planned(30), planned(300, "77295", "other")], {"imrt"}),
    ],
)
def test_hints_reach_as_far_as_the_course(beside: list[Json], likely: Any) -> None:
    known, found = techniques(claim(item("77387")), *beside)
    assert known is UNKNOWN
    assert found == likely if likely is not UNKNOWN else found is UNKNOWN


def test_the_course_reaches_sixty_days_past_the_last_line() -> None:
    last = DAY + timedelta(days=50)
    made = claim(item("77387", day=last.isoformat()), item("77387", 2))
    assert techniques(made, planned(-110))[1] == {"imrt"}
    assert techniques(made, planned(-111))[1] is UNKNOWN


def test_the_sets_hold_the_codes_of_the_rules() -> None:
    for name, codes in SURE.items():
        if name == "brachytherapy":
            assert SETS["brachytherapy"] == set(codes)
        else:
            assert set(codes) <= SETS["treatment-delivery"]
    assert set(CONVENTIONAL) <= SETS["conventional-delivery"]
