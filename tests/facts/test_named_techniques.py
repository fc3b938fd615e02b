"""Techniques that an order names in its code or details, where no extension of it codes one (contract section 3)."""

from __future__ import annotations

import pytest

from cds_service.facts.imrt_facts import imrt_order
from tests.facts.build import (
    CONFORMAL,
    COURSE,
    CPT,
    ELECTRONS,
    IMRT,
    LOCAL,
    PHOTONS,
    PROTONS,
    SNOMED,
    VMAT,
    Json,
    case,
    coded,
    order,
    technique,
    unit,
    view,
)

BESIDE_A_CODE = {"coding": [{"system": SNOMED, "code": IMRT}, {"system": CPT, "code": "77387"}]}
RADIOTHERAPY = "1287742003"
HIGH_DOSE_RATE = "394902000"
UNSEALED = "440252007"
INTRACAVITARY = "384692006"
TECHNIQUE = LOCAL + "technique"
SBRT = "sbrt"
SBRT_IN_BOTH_SYSTEMS = {
    "coding": [{"system": TECHNIQUE, "code": SBRT}, {"system": SNOMED, "code": CONFORMAL}]
}
MRI = "72197"
VISIT = "99205"


@pytest.mark.parametrize(
    ("asked", "techniques"),
    [
        (order(BESIDE_A_CODE), {"imrt"}),
        (order(coded(VMAT, SNOMED)), {"imrt"}),
        (order(orderDetail=[coded(CONFORMAL, SNOMED)]), {"3dcrt"}),
        (order(orderDetail=[coded(PROTONS, SNOMED), coded(IMRT, SNOMED)]), {"proton"}),
        (order(orderDetail=[coded(c, SNOMED) for c in (PHOTONS, IMRT, PROTONS)]), {"imrt", "proton"}),
        (order(coded(IMRT, SNOMED), orderDetail=[coded(ELECTRONS, SNOMED)]), {"imrt", "electron"}),
        (order(orderDetail=[coded(IMRT, SNOMED), coded(HIGH_DOSE_RATE, SNOMED)]), {"imrt", "brachytherapy"}),
        (order(orderDetail=[coded(SBRT, TECHNIQUE), coded(CONFORMAL, SNOMED)]), {"sbrt", "3dcrt"}),
        (order(orderDetail=[SBRT_IN_BOTH_SYSTEMS]), {"sbrt"}),
        (order(orderDetail=[coded(PHOTONS, SNOMED), coded(IMRT, SNOMED)]), {"imrt"}),
        (order(orderDetail=[coded(PHOTONS, SNOMED), coded(ELECTRONS, SNOMED)]), {"linac", "electron"}),
        (order(orderDetail=[coded(UNSEALED, SNOMED), coded(INTRACAVITARY, SNOMED)]), set()),
        (order(coded("sbrt", LOCAL + "technique")), {"sbrt"}),
        (order(orderDetail=[coded("no-such-one", LOCAL + "technique")]), set()),
        (order(orderDetail=[coded(PHOTONS, SNOMED)]), {"linac"}),
        (order(orderDetail=[coded(IMRT, "urn:oid:1.2.840.114350.1")]), set()),
        (order(BESIDE_A_CODE, extension=[technique(PHOTONS, CONFORMAL)]), {"3dcrt"}),
        (order(BESIDE_A_CODE, extension=[technique(PHOTONS)]), {"imrt"}),
        (order(), set()),
    ],
    ids=[
        "beside-a-billing-code",
        "alone",
        "detail",
        "modulated-protons",
        "imrt-and-a-proton-boost",
        "code-and-detail",
        "imrt-and-high-dose-rate",
        "sbrt-and-conformal",
        "sbrt-in-two-codings",
        "photons-and-their-technique",
        "photons-and-electrons",
        "no-sealed-source",
        "own-code",
        "unknown-own-code",
        "photons-without-a-technique",
        "another-system",
        "extension-first",
        "extension-without-technique",
        "none",
    ],
)
def test_code_and_details_tell_the_technique(asked: Json, techniques: set[str]) -> None:
    found = unit(asked)
    assert found.radiotherapy.techniques == found.ordered_techniques == techniques


@pytest.mark.parametrize(
    ("code", "ours"),
    [(coded(IMRT, SNOMED), True), (coded(PROTONS, SNOMED), True), (coded("113091000", SNOMED), False)],
    ids=["technique", "beam", "imaging"],
)
def test_such_an_order_is_ours_and_has_no_line(code: Json, ours: bool) -> None:
    found = unit(order(code))
    assert (found.in_scope, found.lines) == (ours, ())


BY_DETAIL: Json = {"orderDetail": [coded(IMRT, SNOMED)]}
CATEGORY: Json = {"category": [coded(RADIOTHERAPY, SNOMED)]}


@pytest.mark.parametrize(
    ("asked", "ours"),
    [
        (order(MRI, **BY_DETAIL), False),
        (order(VISIT, **BY_DETAIL), False),
        (order({"coding": [{"system": SNOMED, "code": IMRT}, {"system": CPT, "code": MRI}]}), False),
        (order({"text": "Radiation oncology consultation"}, **BY_DETAIL), False),
        (order(None, **BY_DETAIL), False),
        (order(MRI, extension=[technique(PHOTONS, IMRT)]), True),
        (order("77290", **BY_DETAIL), True),
        (order({"text": "Treatment course"}, **BY_DETAIL, **CATEGORY), True),
        (order(coded(RADIOTHERAPY, SNOMED), **BY_DETAIL), True),
        (order(coded(COURSE, SNOMED), **BY_DETAIL), True),
    ],
    ids=[
        "mri-by-detail",
        "visit-by-detail",
        "mri-by-code",
        "text-by-detail",
        "detail-alone",
        "mri-by-extension",
        "simulation",
        "category",
        "radiotherapy-code",
        "course-code",
    ],
)
def test_a_technique_that_an_order_is_for_makes_it_no_treatment(asked: Json, ours: bool) -> None:
    assert unit(asked).in_scope is ours


def test_two_details_are_as_two_extensions() -> None:
    details = unit(order(orderDetail=[coded(IMRT, SNOMED), coded(ELECTRONS, SNOMED)])).radiotherapy
    extensions = unit(order(extension=[technique(PHOTONS, IMRT), technique(ELECTRONS)])).radiotherapy
    assert details.techniques == extensions.techniques
    assert details.other_modalities == extensions.other_modalities == {"electron"}


def test_an_order_by_technique_alone_is_asked_for_its_reason() -> None:
    assert imrt_order(view(order(coded(IMRT, SNOMED)))) is True
    assert imrt_order(view(order(coded(CONFORMAL, SNOMED)))) is False


def test_a_course_named_so_tells_the_orders_based_on_it() -> None:
    course = order({"coding": [{"system": SNOMED, "code": c} for c in (RADIOTHERAPY, IMRT)]}, "course")
    child = order("77387", basedOn=[{"reference": "ServiceRequest/course"}])
    assert unit(child, beside=[course]).radiotherapy.techniques == {"imrt"}
    assert [line.code for each in case(child, beside=[course]).units for line in each.lines] == ["77387"]


def test_a_beam_beside_photons_is_another_modality() -> None:
    electrons = order("77412", "o9", orderDetail=[coded(ELECTRONS, SNOMED)])
    assert unit(order(), beside=[electrons]).radiotherapy.other_modalities == {"electron"}
    assert unit(electrons).radiotherapy.other_modalities == {"electron"}
    photons = {**electrons, "extension": [technique(PHOTONS, CONFORMAL)]}
    assert unit(order(), beside=[photons]).radiotherapy.other_modalities == set()
