"""Which of several guidance lines of a date keeps a part that they would all report (rulebook 1.7)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.facts.given import build_case
from cds_service.facts.line_facts import another_line_keeps_its_part, unreported_codes_of_method
from cds_service.facts.views import CaseView, LineView

DAY = "2024-03-11"
HOSPITAL = {"claim_type": "professional", "place_of_service": "22"}
OFFICE = {"claim_type": "professional", "place_of_service": "11"}


def lines(codes: tuple[str, ...], **given: Any) -> list[LineView]:
    told = [{"code": code, "date": DAY} for code in codes]
    case = build_case({"payer": "medicare-ffs", "state": "GA", "diagnoses": ["C61"], **given, "lines": told})
    return list(CaseView(case, standard_library().knowledge).all_units[0].lines)


def gone(codes: tuple[str, ...], **given: Any) -> set[frozenset[str]]:
    """What goes, by every order of the lines."""
    found = set()
    for order in permutations(codes):
        here = lines(order, **given)
        found.add(frozenset(one.ref.label for one in here if another_line_keeps_its_part(one)))
    return found


@pytest.mark.parametrize(
    ("codes", "given", "goes"),
    [
        (("77387-TC", "77387-26"), HOSPITAL, {"77387-TC"}),
        (("77387", "77387-26"), HOSPITAL, {"77387"}),
        (("77387-TC", "77387-26"), OFFICE, set()),
        (("77387", "77387-TC", "77387-26"), OFFICE, {"77387-TC", "77387-26"}),
        (("77387-26", "G6002-TC"), HOSPITAL, {"77387-26"}),
        (("77387-26", "G6002-TC"), OFFICE, set()),
        (("77387", "G6002-TC", "77387-26"), OFFICE, {"77387"}),
        (("77387-26", "76950-26"), HOSPITAL, {"77387-26"}),
        (("77387-26", "0197T"), HOSPITAL, set()),
        (("77421", "G6002-26"), OFFICE, set()),
        (("77421-26", "G6002"), OFFICE, {"77421-26"}),
        (("77421-TC", "77421"), OFFICE, {"77421-TC"}),
        (("77387-26", "77387-26", "77387-TC"), HOSPITAL, {"77387-TC"}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else None,
)
def test_the_same_line_goes_however_they_stand(
    codes: tuple[str, ...], given: dict[str, str], goes: set[str]
) -> None:
    assert gone(codes, **given) == {frozenset(goes)}


def test_where_no_code_fits_nothing_goes() -> None:
    assert gone(("77387-TC", "77387-26"), method=["mri"], **HOSPITAL) == {frozenset()}


def test_another_setting_is_another_service() -> None:
    told = [{"code": "77387", "date": DAY} | OFFICE, {"code": "77387-26", "date": DAY} | HOSPITAL]
    case = build_case({"payer": "medicare-ffs", "state": "GA", **OFFICE, "lines": told})
    here = CaseView(case, standard_library().knowledge).all_units[0].lines
    assert [another_line_keeps_its_part(one) for one in here] == [False, False]


@pytest.mark.parametrize(
    ("methods", "shares"),
    [
        (["ct"], {"G6001": ("77014",), "G6017": ()}),
        (["ct", "stereoscopic-xray"], {"G6001": ("77014",), "G6017": ("G6002",)}),
    ],
    ids=["one code", "two codes"],
)
def test_lines_of_other_methods_share_the_codes(
    methods: list[str], shares: dict[str, tuple[str, ...]]
) -> None:
    for order in permutations(shares):
        here = lines(order, method=methods, **OFFICE)
        assert {one.code: tuple(unreported_codes_of_method(one)) for one in here} == shares


def test_the_last_line_has_the_choice() -> None:
    (only,) = lines(("G6017",), method=["ct", "stereoscopic-xray"], **OFFICE)
    assert tuple(unreported_codes_of_method(only)) == ("77014", "G6002")
